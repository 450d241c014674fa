//! PortSIP IM over real sockets, with the client of this project and with bare frames.
#![cfg(feature = "portsip-im")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tieline_core::json::Encode as _;
use tieline_core::supervisor::LineEvent;
use tieline_core::{Secret, Text};
use tieline_portsip_im::client::{ClientEvent, Noting, Publish, Subscribe, Subscribers};
use tieline_portsip_im::server::{Accepted, Answer, ServerConfig};
use tieline_portsip_im::{
    ClientBody, ClientMessage, Credentials, Data, Info, Note, NoteWhat, Params, ServerMessage, Status, Topic, UserId,
};
use tieline_server::im::{ClientId, Desk, Exchange, ImHub, ImService, im_paths};
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tieline_tokio::im::{Client, Config, Events, Item, connect};
use tieline_tokio::{ConnectError, Proxy};
use tokio_tungstenite::tungstenite::Message;

const GROUP: &str = "grpLobby";

/// One room, and a token that lets everybody in.
struct Lobby {
    hub: ImHub,
    token: Secret,
    attached: Mutex<BTreeSet<ClientId>>,
    last: Mutex<u64>,
    left: Mutex<Vec<ClientId>>,
}

impl Lobby {
    fn tell(&self, message: &ServerMessage<Text>) {
        let message = Text::from(message.to_json());
        for client in self.attached.lock().unwrap().iter() {
            self.hub.push(*client, &message);
        }
    }
}

impl Desk for Lobby {
    fn login(&self, _: ClientId, credentials: &Credentials) -> Result<Accepted, Status> {
        match credentials {
            Credentials::AccessToken { user, token, .. } if token.matches(&self.token) => {
                Ok(Accepted::user(UserId::from(format!("usr{user}"))).with_token("dG9rZW4="))
            }
            Credentials::AccessToken { .. } => Err(Status::AUTHENTICATION_FAILED),
            _ => Err(Status::UNKNOWN_SCHEME),
        }
    }

    fn request(&self, message: &ClientMessage<Text>, exchange: Exchange<'_>) {
        match &message.body {
            ClientBody::Sub(_) => {
                self.attached.lock().unwrap().insert(exchange.client());
                // The number of the last message, as PortSIP says it on joining.
                let mut params = Params::default();
                params.seq = Some(*self.last.lock().unwrap());
                exchange.respond(Answer::status(Status::ACCEPTED).with(&params));
            }
            ClientBody::Pub(publish) => {
                let mut last = self.last.lock().unwrap();
                *last += 1;
                let mut params = Params::default();
                params.seq = Some(*last);
                exchange.respond(Answer::status(Status::ACCEPTED).with(&params));
                let mut data = Data::default();
                data.topic = Some(Topic::new(GROUP.into()));
                data.seq = Some(*last);
                data.content.clone_from(&publish.content);
                self.tell(&ServerMessage::Data(data));
            }
            // Nobody answers this.
            ClientBody::Get(_) => {}
            _ => exchange.respond(Status::PERMISSION_DENIED),
        }
    }

    fn note(&self, _: ClientId, note: &Note<Text>) {
        assert_eq!(note.what, Some(NoteWhat::Typing));
        let mut info = Info::default();
        info.topic = Some(Topic::new(GROUP.into()));
        info.what.clone_from(&note.what);
        self.tell(&ServerMessage::Info(info));
    }

    fn left(&self, client: ClientId) {
        self.attached.lock().unwrap().remove(&client);
        self.left.lock().unwrap().push(client);
    }
}

struct Site {
    lobby: Arc<Lobby>,
    running: ServerHandle,
    url: String,
}

impl Site {
    async fn start() -> Self {
        let hub = ImHub::new();
        let lobby = Arc::new(Lobby {
            hub: hub.clone(),
            token: "swordfish".into(),
            attached: Mutex::default(),
            last: Mutex::default(),
            left: Mutex::default(),
        });
        let mut config = ServerConfig::new(0);
        config.answer_timeout = Duration::from_millis(100);
        let service = ImService::new(Arc::clone(&lobby), hub).config(config);
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let url = format!("ws://{}/im", server.local_addr());
        Self { lobby, running: server.spawn(Router::new().websocket(im_paths(), service)), url }
    }

    async fn join(&self, user: &str) -> (Client, Events) {
        let config = Config::new(Credentials::access_token(user, "portsip.io", "swordfish")).attach(GROUP);
        connect(&self.url, config.proxy(Proxy::direct())).await.unwrap()
    }
}

/// The next frame of the topic: its key, and the number of a message.
async fn next(events: &mut Events) -> (String, Option<u64>) {
    let waiting = async {
        loop {
            if let Item::Line(LineEvent::Session(ClientEvent::Received(received))) =
                events.next().await.expect("a line")
            {
                return (received.message.key().to_owned(), received.seq());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("something hangs")
}

#[tokio::test]
async fn what_one_publishes_all_who_are_attached_receive_in_one_order() {
    let site = Site::start().await;
    let (alice, mut alices) = site.join("1").await;
    let (bob, mut bobs) = site.join("2").await;
    for client in [&alice, &bob, &alice] {
        client.publish(Publish::text(GROUP, "hello")).await.unwrap();
    }
    bob.note(GROUP, Noting::Typing).await.unwrap();
    for events in [&mut alices, &mut bobs] {
        for seq in 1..=3 {
            assert_eq!(next(events).await, ("data".to_owned(), Some(seq)));
        }
        assert_eq!(next(events).await.0, "info");
    }
    let stats = site.lobby.hub.stats();
    assert_eq!((stats.logged_in, stats.logins, stats.deliveries), (2, 2, 8));
    alice.close().await;
    bob.close().await;
}

#[tokio::test]
async fn a_wrong_token_is_answered_401_and_counted() {
    let site = Site::start().await;
    let config = Config::new(Credentials::access_token("1", "portsip.io", "wrong")).proxy(Proxy::direct());
    let error = connect(&site.url, config).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { status: 401, .. }), "{error:?}");
    assert_eq!(site.lobby.hub.stats().refused_logins, 1);
}

#[tokio::test]
async fn a_request_that_the_desk_leaves_is_answered_503_and_the_line_lives() {
    let site = Site::start().await;
    let (client, _events) = site.join("1").await;
    let error = client.subscribers(Subscribers::of(GROUP)).await.unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    client.publish(Publish::text(GROUP, "hello")).await.unwrap();
    assert!(client.delete_topic(GROUP, true).await.unwrap_err().to_string().contains("403"));
    client.close().await;
}

#[tokio::test]
async fn who_goes_is_forgotten_and_gets_nothing_more() {
    let site = Site::start().await;
    let (alice, mut alices) = site.join("1").await;
    let (bob, bobs) = site.join("2").await;
    site.running.kill_connections();
    // Both come again by themselves, as new connections.
    while site.lobby.hub.stats().logins < 4 {
        tokio::task::yield_now().await;
    }
    bob.close().await;
    drop(bobs);
    while site.lobby.left.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    let subscribed = alice.subscribe(Subscribe::to(GROUP)).await.unwrap();
    assert!(subscribed.done().is_some());
    alice.publish(Publish::text(GROUP, "hello")).await.unwrap();
    assert_eq!(next(&mut alices).await, ("data".to_owned(), Some(1)));
    let stats = site.lobby.hub.stats();
    assert_eq!((stats.logged_in, stats.deliveries), (1, 1));
    alice.close().await;
}

#[tokio::test]
async fn bare_frames_are_served_with_and_without_hello_and_told_of_the_shutdown() {
    let site = Site::start().await;
    let stream = tokio::net::TcpStream::connect(site.running.local_addr()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(&site.url, stream).await.unwrap();
    let mut said = async |text: &str| {
        socket.send(Message::text(text)).await.unwrap();
        socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
    };
    assert_eq!(said("1").await, "0");
    let hello: Value = serde_json::from_str(&said(r#"{"hi":{"id":"1","ver":"0.25"}}"#).await).unwrap();
    assert_eq!(hello["ctrl"]["code"], 201);
    let early: Value =
        serde_json::from_str(&said(r#"{"pub":{"id":"2","topic":"grpLobby","content":1}}"#).await).unwrap();
    assert_eq!(early["ctrl"]["code"], 401);
    // `1@portsip.io:swordfish`
    let login = r#"{"login":{"id":"3","scheme":"access_token","secret":"MUBwb3J0c2lwLmlvOnN3b3JkZmlzaA=="}}"#;
    let login: Value = serde_json::from_str(&said(login).await).unwrap();
    assert_eq!((&login["ctrl"]["code"], &login["ctrl"]["params"]["user"]), (&200.into(), &"usr1".into()));
    let ts = login["ctrl"]["ts"].as_str().unwrap();
    assert!(ts.starts_with("20") && ts.ends_with('Z'), "{ts}");
    site.running.begin_shutdown();
    let goodbye = socket.next().await.unwrap().unwrap().into_text().unwrap();
    let goodbye: Value = serde_json::from_str(&goodbye).unwrap();
    assert_eq!((&goodbye["ctrl"]["code"], &goodbye["ctrl"]["text"]), (&205.into(), &"server shutdown".into()));
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
}
