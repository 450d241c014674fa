//! What is published to connections whose tasks have nothing to do.
#![cfg(feature = "wsi")]

mod common;

use common::*;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tieline_server::wsi::Publication;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

/// A subscriber whose socket takes little.
async fn narrow(site: &Site) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let stream = socket.connect(site.addr()).await.unwrap();
    let mut client = Client::over(stream, &format!("ws://{}/", site.addr())).await.unwrap();
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
    client.send(SUBSCRIBE).await;
    assert_eq!(client.text().await, OK);
    assert_eq!(client.next().await["event_type"], "extension_status");
    client
}

/// An event that begins with its number and is as long as one likes.
fn numbered(number: usize, length: usize) -> Publication {
    let text = format!(r#"{{"event_type":"call_hold","count":{number},"padding":"{}"}}"#, "x".repeat(length));
    Publication::new("call_hold", text).of_tenant(TENANT).concerning(["102"])
}

/// A site whose clients may lag behind by much.
async fn patient() -> Site {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 20;
    Site::with(ServerOptions::default(), config).await
}

#[tokio::test]
async fn a_socket_that_is_full_amid_an_event_gets_the_rest_of_it_and_all_that_follow_in_order() {
    let site = patient().await;
    let mut client = narrow(&site).await;
    // More than both kernels' buffers hold, of lengths that no buffer is a multiple of.
    let lengths = [200, 70_001, 3_001, 126, 33_333];
    let all = (0..250).map(|number| numbered(number, lengths[number % lengths.len()]));
    for publication in all.clone() {
        assert_eq!(site.hub.publish(|_| Some(publication.clone())), 1);
        tokio::task::yield_now().await;
    }
    for publication in all {
        assert!(publication.text == *client.text().await, "another event or a broken one");
    }
    assert_eq!(site.hub.stats().slow_peers, 0);
}

#[tokio::test]
async fn one_that_was_full_is_written_to_at_once_again_when_it_has_read() {
    let site = patient().await;
    let mut client = narrow(&site).await;
    for _ in 0..3 {
        for number in 0..100 {
            site.hub.publish(|_| Some(numbered(number, 50_000)));
            tokio::task::yield_now().await;
        }
        for number in 0..100 {
            assert!(numbered(number, 50_000).text == *client.text().await, "another event or a broken one");
        }
    }
}

#[tokio::test]
async fn what_was_published_before_an_answer_comes_before_it() {
    let site = Site::start().await;
    let mut client = site.subscriber().await;
    for number in 0..50 {
        site.hold(&number.to_string());
    }
    client.send(UNSUBSCRIBE).await;
    for number in 0..50 {
        assert_eq!(client.next().await["aor"], format!("sip:{number}@portsip.io"));
    }
    assert_eq!(client.text().await, OK);
    assert_eq!(site.hold("102"), 0);
}

#[tokio::test]
async fn pings_are_answered_among_events() {
    use futures::{SinkExt as _, StreamExt as _};
    let site = Site::start().await;
    let mut client = site.subscriber().await;
    let (mut events, mut pongs) = (0, 0);
    for round in 0..20_u8 {
        site.hold("102");
        client.0.send(Message::Ping(vec![round].into())).await.unwrap();
        site.hold("103");
        while events < 2 * (usize::from(round) + 1) || pongs <= round {
            match within(client.0.next()).await.unwrap().unwrap() {
                Message::Pong(payload) => {
                    assert_eq!(payload[..], [pongs]);
                    pongs += 1;
                }
                message => events += usize::from(message.is_text()),
            }
        }
    }
}

#[tokio::test]
async fn what_is_published_right_before_a_shutdown_comes_before_the_goodbye() {
    let site = Site::start().await;
    let mut clients = [site.subscriber().await, site.subscriber().await];
    for number in 0..50 {
        assert_eq!(site.hold(&number.to_string()), 2);
    }
    site.running.begin_shutdown();
    for client in &mut clients {
        for number in 0..50 {
            assert_eq!(client.next().await["aor"], format!("sip:{number}@portsip.io"));
        }
        assert_eq!(client.close_code().await, 1001);
    }
}

#[tokio::test]
async fn a_hub_serves_more_than_one_server() {
    let site = Site::start().await;
    let service = tieline_server::wsi::WsiService::new(site.pbx.clone(), site.hub.clone());
    let server = tieline_server::Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
    let router = tieline_server::Router::new().websocket(tieline_server::wsi::paths(), service);
    let other = Site { running: server.spawn(router), hub: site.hub.clone(), pbx: site.pbx.clone() };
    let (mut here, mut there) = (site.subscriber().await, other.subscriber().await);
    assert_eq!(site.hold("102"), 2);
    assert_eq!(here.next().await["aor"], "sip:102@portsip.io");
    assert_eq!(there.next().await["aor"], "sip:102@portsip.io");
    site.running.shutdown().await;
    assert_eq!(site.hold("103"), 1);
    assert_eq!(there.next().await["aor"], "sip:103@portsip.io");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_connections_on_many_threads_each_get_everything_in_order() {
    let site = patient().await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(site.subscriber().await);
        clients.push(narrow(&site).await);
    }
    let (hub, listening) = (site.hub.clone(), clients.len());
    let lengths = [200, 7_001, 300, 126, 3_333];
    let publication = move |number: usize| numbered(number, lengths[number % lengths.len()]);
    let publishing = std::thread::spawn(move || {
        for number in 0..1_000 {
            assert_eq!(hub.publish(|_| Some(publication(number))), listening);
        }
    });
    let reading = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            for number in 0..1_000 {
                assert!(publication(number).text == *client.text().await, "another event or a broken one");
            }
        })
    });
    for reader in reading.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
    publishing.join().unwrap();
}
