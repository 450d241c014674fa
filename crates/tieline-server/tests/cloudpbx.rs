//! The event stream of CloudPBX over real sockets, with a client of others.
#![cfg(all(feature = "cloudpbx", feature = "wsi"))]

mod common;

use std::net::SocketAddr;

use common::{Client, until, within};
use serde_json::json;
use tieline_cloudpbx::server::ServerConfig;
use tieline_cloudpbx::stream::{Event, QueueCalls, Quoted, StreamTarget};
use tieline_core::Secret;
use tieline_server::cloudpbx::{StreamHub, StreamService, stream_paths};
use tieline_server::{Router, Server, ServerHandle, ServerOptions, Strictness};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};

const STREAM: &str = "/ws/pbx_MojaCentrala?pbxkey=MyExampleKey";

/// A server of two PBXs, each with its own key.
struct Site {
    running: ServerHandle,
    hub: StreamHub,
}

impl Site {
    async fn start() -> Self {
        Self::with(ServerOptions::default(), ServerConfig::default()).await
    }

    async fn with(options: ServerOptions, config: ServerConfig) -> Self {
        let hub = StreamHub::new();
        let keys = [("MojaCentrala", Secret::from("MyExampleKey")), ("Druga", Secret::from("drugi+klucz"))];
        let admits = move |target: &StreamTarget| {
            keys.iter().any(|(name, key)| *name == target.pbx_name() && key.matches(target.key()))
        };
        let service = StreamService::new(admits, hub.clone()).config(config);
        let server = Server::bind("127.0.0.1:0", options).await.unwrap();
        let running = server.spawn(Router::new().websocket(stream_paths(), service));
        Self { running, hub }
    }

    fn addr(&self) -> SocketAddr {
        self.running.local_addr()
    }

    async fn listen_at(&self, path: &str) -> Result<Client, Error> {
        let stream = TcpStream::connect(self.addr()).await?;
        Client::over(stream, &format!("ws://{}{path}", self.addr())).await
    }

    async fn listen(&self) -> Client {
        self.listen_at(STREAM).await.unwrap()
    }

    /// How an opening is refused: the status.
    async fn refusal(&self, path: &str) -> u16 {
        match self.listen_at(path).await.map(|_| "an open stream") {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("{other:?}"),
        }
    }

    fn publish(&self, pbx_name: &str, calls: u64) -> usize {
        self.hub.publish(pbx_name, &[queue("Kolejka1", calls)])
    }
}

fn queue(name: &str, calls: u64) -> Event<String> {
    let mut queue = QueueCalls::default();
    queue.peer = Some(name.to_owned());
    queue.calls = Some(Quoted(calls));
    Event::Queue(queue)
}

/// The head of the answer to the request that the document's curl command sends to this server.
async fn ask_as_the_document_does(site: &Site) -> (TcpStream, String) {
    let request = format!(
        "GET {STREAM} HTTP/1.1\r\nHost: pbxvisor1.cloudpbx.pl\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://pbxvisor1.cloudpbx.pl\r\n\
         Sec-WebSocket-Key: SGVsbG8sIHdvcmxkIQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    let mut stream = TcpStream::connect(site.addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

#[tokio::test]
async fn an_event_comes_in_the_envelope_of_the_document() {
    let site = Site::start().await;
    let mut client = site.listen().await;
    assert_eq!(site.publish("MojaCentrala", 1), 1);
    let expected = r#"{"id":1,"channel":"pbx_MojaCentrala","text":{"queue":{"peer":"Kolejka1","calls":"1"}}}"#;
    assert_eq!(client.text().await, expected);
}

#[tokio::test]
async fn everybody_receives_the_same_messages_numbered_from_1_in_order() {
    let site = Site::start().await;
    let mut clients = [site.listen().await, site.listen().await, site.listen().await];
    for calls in 0..100 {
        assert_eq!(site.publish("MojaCentrala", calls), 3);
    }
    for client in &mut clients {
        for calls in 0..100 {
            let text = json!({"queue": {"peer": "Kolejka1", "calls": calls.to_string()}});
            assert_eq!(client.next().await, json!({"id": calls + 1, "channel": "pbx_MojaCentrala", "text": text}));
        }
    }
    assert_eq!((site.hub.stats().messages, site.hub.stats().deliveries), (100, 300));
}

#[tokio::test]
async fn each_pbx_has_its_own_listeners_and_numbers() {
    let site = Site::start().await;
    let mut first = site.listen().await;
    let mut other = site.listen_at("/ws/pbx_Druga?pbxkey=drugi+klucz").await.unwrap();
    assert_eq!((site.publish("MojaCentrala", 1), site.publish("MojaCentrala", 2), site.publish("Druga", 3)), (1, 1, 1));
    assert_eq!(other.next().await["id"], 1);
    assert_eq!((first.next().await["id"].clone(), first.next().await["id"].clone()), (json!(1), json!(2)));
}

#[tokio::test]
async fn one_who_comes_later_gets_what_comes_from_then_on_and_numbers_count_meanwhile() {
    let site = Site::start().await;
    assert_eq!((site.publish("MojaCentrala", 1), site.publish("MojaCentrala", 2)), (0, 0));
    let mut client = site.listen().await;
    site.publish("MojaCentrala", 3);
    assert_eq!(client.next().await["id"], 3);
}

#[tokio::test]
async fn after_a_restart_numbers_begin_anew() {
    let site = Site::start().await;
    let mut client = site.listen().await;
    site.publish("MojaCentrala", 1);
    site.publish("MojaCentrala", 2);
    site.hub.restart();
    site.publish("MojaCentrala", 3);
    let ids = [client.next().await, client.next().await, client.next().await].map(|message| message["id"].clone());
    assert_eq!(ids, [1, 2, 1]);
}

#[tokio::test]
async fn several_events_go_in_one_message() {
    let site = Site::start().await;
    let mut client = site.listen().await;
    site.hub.publish("MojaCentrala", &[queue("A", 1), queue("B", 2)]);
    let text = json!([{"queue": {"peer": "A", "calls": "1"}}, {"queue": {"peer": "B", "calls": "2"}}]);
    assert_eq!(client.next().await["text"], text);
}

#[tokio::test]
async fn a_wrong_key_no_key_and_an_unknown_pbx_are_refused_alike_before_the_upgrade() {
    let site = Site::start().await;
    let refused = [
        "/ws/pbx_MojaCentrala?pbxkey=myexamplekey",
        "/ws/pbx_MojaCentrala?pbxkey=drugi+klucz",
        "/ws/pbx_MojaCentrala?pbxkey=",
        "/ws/pbx_MojaCentrala?key=MyExampleKey",
        "/ws/pbx_MojaCentrala",
        "/ws/pbx_Nikt?pbxkey=MyExampleKey",
        "/ws/pbx_MojaCentrala?pbxkey=%ff",
    ];
    for path in refused {
        assert_eq!(site.refusal(path).await, 403, "{path}");
    }
    assert_eq!((site.hub.stats().refused, site.hub.stats().opened), (refused.len() as u64, 0));
}

#[tokio::test]
async fn a_path_that_names_no_pbx_is_404() {
    let site = Site::start().await;
    for path in ["/ws/pbx_?pbxkey=MyExampleKey", "/ws/pbx_Moja/Centrala?pbxkey=MyExampleKey", "/ws/MojaCentrala"] {
        assert_eq!(site.refusal(path).await, 404, "{path}");
    }
}

#[tokio::test]
async fn the_opening_of_the_document_is_refused_with_400_by_a_strict_server() {
    let site = Site::start().await;
    let (_, head) = ask_as_the_document_does(&site).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

#[tokio::test]
async fn the_opening_of_the_document_is_taken_by_a_lenient_server_and_events_follow() {
    let mut options = ServerOptions::default();
    options.strictness = Strictness::Lenient;
    let site = Site::with(options, ServerConfig::default()).await;
    let (mut stream, head) = ask_as_the_document_does(&site).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(site.publish("MojaCentrala", 1), 1);
    let expected = br#"{"id":1,"channel":"pbx_MojaCentrala","text":{"queue":{"peer":"Kolejka1","calls":"1"}}}"#;
    let mut frame = vec![0; 2 + expected.len()];
    within(stream.read_exact(&mut frame)).await.unwrap();
    assert_eq!(frame, [&[0x81, expected.len() as u8], &expected[..]].concat());
}

#[tokio::test]
async fn what_a_client_says_is_ignored() {
    use futures::SinkExt as _;
    let site = Site::start().await;
    let mut client = site.listen().await;
    client.send("subscribe").await;
    client.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(site.publish("MojaCentrala", 1), 1);
    assert_eq!(client.next().await["id"], 1);
}

#[tokio::test]
async fn a_client_that_says_too_much_at_once_is_closed_with_1009_and_counted() {
    let site = Site::start().await;
    let mut client = site.listen().await;
    client.send(&"x".repeat((16 << 10) + 1)).await;
    assert_eq!(client.close_code().await, 1009);
    until(|| site.hub.stats().misbehaved_peers == 1).await;
    assert_eq!(site.hub.stats().listening, 0);
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed_and_counted_while_another_goes_on() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let site = Site::with(ServerOptions::default(), config).await;
    let mut slow = site.listen().await;
    let mut reader = site.listen().await;
    let long = "x".repeat(100_000);
    let mut id = 0;
    while site.hub.stats().slow_peers == 0 {
        assert!(id < 1_000, "nobody was too slow");
        id += 1;
        site.hub.publish("MojaCentrala", &[queue(&long, 1)]);
        assert_eq!(reader.next().await["id"], id);
    }
    until(|| site.hub.stats().listening == 1).await;
    assert_eq!(site.publish("MojaCentrala", 1), 1);
    assert_eq!(reader.next().await["id"], id + 1);
    assert_eq!(slow.close_code().await, 1013);
}

#[tokio::test]
async fn nothing_is_published_to_a_client_that_left() {
    let site = Site::start().await;
    let client = site.listen().await;
    assert_eq!(site.publish("MojaCentrala", 1), 1);
    drop(client);
    until(|| site.hub.stats().listening == 0).await;
    assert_eq!(site.publish("MojaCentrala", 2), 0);
}

#[tokio::test]
async fn a_shutdown_sends_what_was_published_and_closes_without_a_code() {
    let site = Site::start().await;
    let mut client = site.listen().await;
    site.publish("MojaCentrala", 1);
    let (messages, ()) = tokio::join!(
        async {
            let event = client.next().await;
            let close = client.message().await.unwrap().unwrap();
            client.ended().await;
            (event, close)
        },
        within(site.running.shutdown())
    );
    assert_eq!(messages.0["id"], 1);
    assert_eq!(messages.1, Message::Close(None));
}
