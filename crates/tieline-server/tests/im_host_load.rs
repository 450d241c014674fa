//! The IM service when much comes at once, little is read, or the store is slow: over real sockets.
#![cfg(feature = "im-service")]

mod im_site;

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tieline_portsip_im::Credentials;
use tieline_portsip_im::server::ServerConfig;
use tieline_server::im::host::HostedIm;
use tieline_server::im::store::MemoryStore;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::im_site::{LONG, Site, ask, group, hear, until};

#[tokio::test]
async fn who_does_not_read_is_dropped_and_holds_up_nobody() {
    let mut lines = ServerConfig::new(0);
    lines.limits.queued_bytes = 256 << 10;
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let mut alice = site.socket(1001).await;
    let mut bob = site.socket(1002).await;
    let answer = ask(&mut alice, &json!({"sub": {"id": "1", "topic": "new"}})).await;
    let group = answer["topic"].as_str().unwrap().to_owned();
    assert_eq!(ask(&mut bob, &json!({"sub": {"id": "2", "topic": group}})).await["code"], 202);
    let large = "x".repeat(100_000);
    for seq in 2..152 {
        let publish = json!({"pub": {"id": "3", "topic": group, "noecho": true, "content": large}});
        assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], seq, "bob holds up nobody");
    }
    let mut read = 0;
    let end = loop {
        match tokio::time::timeout(LONG, bob.next()).await.expect("something hangs") {
            Some(Ok(Message::Text(_))) => read += 1,
            Some(Ok(Message::Close(close))) => break close.map(|close| u16::from(close.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert!(read < 150, "{read} of 150");
    assert!(matches!(end, Some(1013) | None), "{end:?}");
    drop((alice, bob));
    site.stop().await;
}

/// Keeps the thread that decides from deciding until it is dropped.
struct Held {
    _going: std::sync::mpsc::Sender<()>,
}

impl Held {
    async fn hold(im: &HostedIm) -> Self {
        let ((holds, held), (go_on, going)) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel());
        im.engine().when_settled(move |_| {
            let _ = holds.send(());
            // Whoever holds it drops it.
            let _ = going.recv();
        });
        held.await.unwrap();
        Self { _going: go_on }
    }
}

#[tokio::test]
async fn a_page_of_history_is_cut_to_what_a_line_may_hold_and_the_rest_is_asked_for() {
    const MESSAGES: u64 = 30;
    let mut lines = ServerConfig::new(0);
    lines.limits.queued_bytes = 64 << 10;
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let (mut alice, bob) = (site.socket(1001).await, site.socket(1002).await);
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "s", "topic": "usr1002"}})).await["code"], 200);
    let publish = json!({"pub": {"id": "p", "topic": "usr1002", "noecho": true, "content": "x".repeat(10_000)}});
    for seq in 1..=MESSAGES {
        assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], seq);
    }
    let (mut before, mut seen) = (MESSAGES + 1, Vec::new());
    while before > 1 {
        let get = json!({"get": {"id": "h", "topic": "usr1002", "what": "data", "data": {"before": before}}});
        alice.send(Message::text(get.to_string())).await.unwrap();
        let mut came = Vec::new();
        let end = loop {
            let heard = hear(&mut alice).await;
            match heard["data"]["seq"].as_u64() {
                Some(seq) => came.push(seq),
                None => break heard["ctrl"].clone(),
            }
        };
        assert_eq!((&end["code"], &end["params"]["count"]), (&json!(208), &json!(came.len())));
        assert!((1..=3).contains(&came.len()), "half of 64 KiB: {came:?}");
        before = *came.last().unwrap();
        seen.extend(came);
    }
    assert_eq!(seen, (1..=MESSAGES).rev().collect::<Vec<_>>());
    assert_eq!(site.im.stats().slow_peers, 0);
    drop((alice, bob));
    site.stop().await;
}

#[tokio::test]
async fn a_line_with_many_notes_that_are_not_decided_yet_is_not_read_until_some_are() {
    const MOST: u64 = 8;
    let mut lines = ServerConfig::new(0);
    lines.limits.in_flight = 8;
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let (mut alice, bob) = (site.socket(1001).await, site.socket(1002).await);
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "s", "topic": "usr1002"}})).await["code"], 200);
    let held = Held::hold(&site.im).await;
    let note = json!({"note": {"topic": "usr1002", "what": "kp"}});
    for _ in 0..100 {
        alice.send(Message::text(note.to_string())).await.unwrap();
    }
    until(|| site.im.stats().waiting_inputs >= MOST).await;
    all_is_read(&site).await;
    assert_eq!(site.im.stats().waiting_inputs, MOST);
    drop(held);
    let leave = json!({"leave": {"id": "l", "topic": "usr1002"}});
    assert_eq!(ask(&mut alice, &leave).await["code"], 200, "it is read again, all notes before it");
    drop((alice, bob));
    site.stop().await;
}

/// Whoever comes after that finds that the server has read all that it wanted.
async fn all_is_read(site: &Site) {
    for _ in 0..3 {
        let stream = TcpStream::connect(site.server.local_addr()).await.unwrap();
        tokio_tungstenite::client_async(&site.url, stream).await.unwrap();
    }
}

/// A site whose lines may lag behind by 64 KiB, and on it 1001 and 1002 in a conversation, of which the first hears.
async fn narrow() -> (Site, WebSocketStream<TcpStream>, WebSocketStream<TcpStream>) {
    let mut lines = ServerConfig::new(0);
    lines.limits.queued_bytes = 64 << 10;
    lines.answer_timeout = Duration::from_secs(3);
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let (mut alice, bob) = (site.socket(1001).await, site.socket(1002).await);
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "s", "topic": "usr1002"}})).await["code"], 200);
    (site, alice, bob)
}

#[tokio::test]
async fn pages_that_are_asked_for_all_at_once_come_one_after_the_other() {
    const PAGES: usize = 12;
    let (site, mut alice, bob) = narrow().await;
    let publish = json!({"pub": {"id": "p", "topic": "usr1002", "noecho": true, "content": "x".repeat(10_000)}});
    for seq in 1..=3 {
        assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], seq);
    }
    let held = Held::hold(&site.im).await;
    let get = json!({"get": {"id": "h", "topic": "usr1002", "what": "data"}});
    for _ in 0..PAGES {
        alice.feed(Message::text(get.to_string())).await.unwrap();
    }
    alice.flush().await.unwrap();
    all_is_read(&site).await;
    drop(held);
    for page in 0..PAGES {
        for seq in [3, 2, 1] {
            assert_eq!(hear(&mut alice).await["data"]["seq"], seq, "page {page}");
        }
        assert_eq!(hear(&mut alice).await["ctrl"]["params"]["count"], 3, "page {page}");
    }
    assert_eq!(site.im.stats().slow_peers, 0);
    drop((alice, bob));
    site.stop().await;
}

#[tokio::test]
async fn who_publishes_much_at_once_hears_all_of_it() {
    const MESSAGES: u64 = 20;
    let (site, mut alice, bob) = narrow().await;
    let held = Held::hold(&site.im).await;
    let publish = json!({"pub": {"id": "p", "topic": "usr1002", "content": "x".repeat(10_000)}});
    for _ in 0..MESSAGES {
        alice.feed(Message::text(publish.to_string())).await.unwrap();
    }
    alice.flush().await.unwrap();
    all_is_read(&site).await;
    drop(held);
    let (mut answered, mut heard) = (0, 0);
    while heard < MESSAGES {
        let message = hear(&mut alice).await;
        if message["ctrl"]["code"] == 202 {
            answered += 1;
            assert_eq!(message["ctrl"]["params"]["seq"], answered);
        } else {
            heard += 1;
            assert_eq!(message["data"]["seq"], heard);
        }
    }
    assert_eq!((answered, site.im.stats().slow_peers), (MESSAGES, 0));
    drop((alice, bob));
    site.stop().await;
}

#[tokio::test]
async fn what_waited_for_its_turn_for_too_long_is_answered_503_and_not_done() {
    let (site, mut alice, bob) = narrow().await;
    let held = Held::hold(&site.im).await;
    let get = json!({"get": {"id": "h", "topic": "usr1002", "what": "data"}});
    let publish = json!({"pub": {"id": "p", "topic": "usr1002", "content": "too late"}});
    for message in [&get, &get, &publish] {
        alice.feed(Message::text(message.to_string())).await.unwrap();
    }
    alice.flush().await.unwrap();
    for id in ["h", "h", "p"] {
        let answer = hear(&mut alice).await;
        assert_eq!((&answer["ctrl"]["id"], &answer["ctrl"]["code"]), (&json!(id), &json!(503)));
    }
    drop(held);
    assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], 1, "the first message");
    drop((alice, bob));
    site.stop().await;
}

#[tokio::test]
async fn a_page_of_messages_with_long_ids_is_cut_too() {
    let (site, mut alice, bob) = narrow().await;
    let id = "\u{1}".repeat(1_600);
    let publish = json!({"pub": {"id": id, "topic": "usr1002", "noecho": true, "content": "x"}});
    for seq in 1..=30 {
        assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], seq);
    }
    let get = json!({"get": {"id": "h", "topic": "usr1002", "what": "data"}});
    assert_eq!(ask(&mut alice, &get).await["params"]["count"], 3, "half of 64 KiB");
    assert_eq!(site.im.stats().slow_peers, 0);
    drop((alice, bob));
    site.stop().await;
}

#[tokio::test]
async fn a_login_that_took_too_long_leaves_nothing_and_another_one_gets_its_own_outcome() {
    let mut lines = ServerConfig::new(0);
    lines.answer_timeout = Duration::from_secs(2);
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let stream = TcpStream::connect(site.server.local_addr()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(&site.url, stream).await.unwrap();
    let login = |id: &str, user: u64| {
        let login = Credentials::access_token(user.to_string(), "portsip.io", "swordfish").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        json!({"login": {"id": id, "scheme": "access_token", "secret": secret}})
    };
    let stats = || site.im.stats();
    let held = Held::hold(&site.im).await;
    assert_eq!(ask(&mut socket, &login("1", 1001)).await["code"], 503);
    drop(held);
    // It was kept after all, and is taken back.
    let held = Held::hold(&site.im).await;
    until(|| stats().waiting_inputs == 1).await;
    assert_eq!(stats().logins, 0);
    drop(held);
    let held = Held::hold(&site.im).await;
    assert_eq!(ask(&mut socket, &login("2", 1001)).await["code"], 503);
    socket.send(Message::text(login("3", 1002).to_string())).await.unwrap();
    until(|| stats().waiting_inputs == 2).await;
    drop(held);
    let answer = loop {
        let heard = hear(&mut socket).await;
        if heard["ctrl"]["id"] == "3" {
            break heard["ctrl"].clone();
        }
    };
    assert_eq!((&answer["code"], &answer["params"]["user"]), (&json!(200), &json!("usr1002")));
    until(|| (stats().logins, stats().sessions) == (1, 1)).await;
    drop(socket);
    until(|| stats().sessions == 0).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_is_full_amid_a_message_gets_the_rest_of_it_and_all_that_follow() {
    let mut lines = ServerConfig::new(0);
    lines.limits.queued_bytes = 64 << 20;
    let site = Site::start_with(&MemoryStore::new(), lines).await;
    let narrow = TcpSocket::new_v4().unwrap();
    narrow.set_recv_buffer_size(4 << 10).unwrap();
    let narrow = narrow.connect(site.server.local_addr()).await.unwrap();
    let (mut alice, mut bob) = (site.socket(1001).await, site.socket_over(narrow, 1002).await);
    let group = group(&mut alice, &mut bob).await;
    // More than both kernels' buffers hold, of lengths that no buffer is a multiple of.
    let lengths = [200, 70_001, 88_888, 126, 99_999];
    let texts: Vec<String> = (0..180).map(|number| "x".repeat(lengths[number % lengths.len()])).collect();
    for (text, seq) in texts.iter().zip(2..) {
        let publish = json!({"pub": {"id": "p", "topic": group, "noecho": true, "content": text}});
        assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], seq);
    }
    let mut heard = Vec::new();
    while heard.len() < texts.len() {
        let message = hear(&mut bob).await;
        assert!(message["ctrl"].is_null(), "nothing is answered");
        if message["data"]["seq"].as_u64() > Some(1) {
            heard.push(message["data"]["content"].as_str().unwrap().to_owned());
        }
    }
    assert!(heard == texts, "another message or a broken one");
    assert_eq!(ask(&mut bob, &json!({"get": {"id": "d", "topic": group, "what": "del"}})).await["code"], 204);
    assert_eq!(site.im.stats().slow_peers, 0);
    drop((alice, bob));
    site.stop().await;
}
