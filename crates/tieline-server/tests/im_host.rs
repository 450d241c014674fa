//! The IM service over real sockets, with the client of this project and with bare frames.
#![cfg(feature = "im-service")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_core::supervisor::LineEvent;
use tieline_core::{Secret, Text};
use tieline_portsip_im::client::{ClientEvent, History, Publish, Subscribe, Subscribers};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::{Arrival, ServiceConfig};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::engine::Running;
use tieline_server::im::host::{Accounts, Admitted, HostedIm};
use tieline_server::im::im_paths;
use tieline_server::im::store::{MemoryStore, Store};
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tieline_tokio::im::{Client, Config, Events, Item, connect};
use tieline_tokio::{ConnectError, Proxy};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const LONG: Duration = Duration::from_secs(60);

/// Whoever knows the token is who he says.
struct Anybody(Secret, Channels);

/// The channels that everybody has.
type Channels = Arc<Mutex<Vec<Text>>>;

impl Accounts for Anybody {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        match credentials {
            Credentials::AccessToken { user, token, .. } if token.matches(&self.0) => {
                let mut arrival = Arrival::new(user.parse().map_err(|_| Status::AUTHENTICATION_FAILED)?);
                arrival.channels.clone_from(&self.1.lock().unwrap());
                Ok(Admitted::new(arrival).with_token("dG9rZW4="))
            }
            Credentials::AccessToken { .. } => Err(Status::AUTHENTICATION_FAILED),
            _ => Err(Status::UNKNOWN_SCHEME),
        }
    }

    fn channels(&self, _: u64) -> Option<Vec<Text>> {
        Some(self.1.lock().unwrap().clone())
    }
}

struct Site {
    server: ServerHandle,
    running: Running,
    url: String,
    forwarded: Arc<Mutex<Vec<String>>>,
    channels: Channels,
    im: HostedIm,
}

impl Site {
    async fn start(store: &impl Store) -> Self {
        Self::start_with(store, ServerConfig::new(0)).await
    }

    async fn start_with(store: &impl Store, lines: ServerConfig) -> Self {
        let channels = Channels::default();
        let anybody = Anybody("swordfish".into(), Arc::clone(&channels));
        Self { channels, ..Self::start_of(store, lines, anybody).await }
    }

    async fn start_of(store: &impl Store, lines: ServerConfig, accounts: impl Accounts) -> Self {
        let forwarded = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&forwarded);
        let outside = move |channel: &Text, _| noted.lock().unwrap().push(channel.to_string());
        let config = ServiceConfig::new(0, [6; 16]);
        let (im, running) = HostedIm::start(store, config, accounts, Box::new(outside)).unwrap();
        let im = im.lines(lines);
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let url = format!("ws://{}/im", server.local_addr());
        let server = server.spawn(Router::new().websocket(im_paths(), im.clone()));
        Self { server, running, url, forwarded, channels: Channels::default(), im }
    }

    async fn join(&self, user: &str) -> (Client, Events) {
        let config = Config::new(Credentials::access_token(user, "portsip.io", "swordfish"));
        connect(&self.url, config.proxy(Proxy::direct())).await.unwrap()
    }

    /// A bare socket that is logged in.
    async fn socket(&self, user: u64) -> WebSocketStream<TcpStream> {
        self.socket_over(TcpStream::connect(self.server.local_addr()).await.unwrap(), user).await
    }

    async fn socket_over(&self, stream: TcpStream, user: u64) -> WebSocketStream<TcpStream> {
        let (mut socket, _) = tokio_tungstenite::client_async(&self.url, stream).await.unwrap();
        let login = Credentials::access_token(user.to_string(), "portsip.io", "swordfish").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        let login = json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}});
        assert_eq!(ask(&mut socket, &login).await["params"]["user"], format!("usr{user}"));
        socket
    }

    /// The server goes, its lines are told, and what was said is kept.
    async fn stop(self) {
        self.im.engine().drain();
        self.server.shutdown().await;
        drop(self.im);
        tokio::task::spawn_blocking(move || drop(self.running)).await.unwrap();
    }
}

/// Says something and waits for the answer.
async fn ask(socket: &mut WebSocketStream<TcpStream>, message: &Value) -> Value {
    socket.send(Message::text(message.to_string())).await.unwrap();
    loop {
        let heard = hear(socket).await;
        if heard["ctrl"]["id"].is_string() {
            return heard["ctrl"].clone();
        }
    }
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Value {
    let heard = tokio::time::timeout(LONG, socket.next()).await.expect("something hangs");
    serde_json::from_str(heard.unwrap().unwrap().to_text().unwrap()).unwrap()
}

/// The number of the next message of others.
async fn next(events: &mut Events) -> u64 {
    let waiting = async {
        loop {
            if let Item::Line(LineEvent::Session(ClientEvent::Received(received))) =
                events.next().await.expect("a line")
                && received.message.key() == "data"
            {
                return received.seq().expect("a number");
            }
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("something hangs")
}

#[tokio::test]
async fn clients_of_this_project_chat_in_a_group_read_its_history_and_hand_it_over() {
    let site = Site::start(&MemoryStore::new()).await;
    let (alice, _) = site.join("1001").await;
    let (bob, mut bobs) = site.join("1002").await;
    let group = alice.create_group(None).await.unwrap().topic.to_owned_name();
    bob.subscribe(Subscribe::to(group.clone())).await.unwrap();
    for _ in 0..3 {
        alice.publish(Publish::text(group.clone(), "hello")).await.unwrap();
    }
    assert_eq!((next(&mut bobs).await, next(&mut bobs).await, next(&mut bobs).await), (2, 3, 4), "1 told of the join");
    let page = bob.history(History::of(group.clone()).since(2)).await.unwrap();
    assert_eq!((page.messages.len(), page.count), (3, Some(3)));
    assert_eq!(alice.subscribers(Subscribers::of(group.clone())).await.unwrap().len(), 2);
    alice.transfer_ownership(group.clone(), "usr1002").await.unwrap();
    assert!(alice.delete_topic(group.clone(), true).await.is_ok(), "who is not the owner leaves by it");
    bob.delete_topic(group, true).await.unwrap();
    alice.close().await;
    bob.close().await;
    site.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_answered_401() {
    let site = Site::start(&MemoryStore::new()).await;
    let config = Config::new(Credentials::access_token("1001", "portsip.io", "wrong")).proxy(Proxy::direct());
    let error = connect(&site.url, config).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { status: 401, .. }), "{error:?}");
    site.stop().await;
}

#[tokio::test]
async fn who_is_gone_is_offline_and_the_others_are_told_when_the_server_stops() {
    let site = Site::start(&MemoryStore::new()).await;
    let mut alice = site.socket(1001).await;
    let mut bob = site.socket(1002).await;
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "usr1002"}})).await["code"], 200);
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "2", "topic": "me"}})).await["code"], 200);
    assert_eq!(ask(&mut bob, &json!({"sub": {"id": "3", "topic": "me"}})).await["code"], 200);
    assert_eq!(hear(&mut alice).await["pres"]["what"], "on");
    drop(bob);
    assert_eq!(hear(&mut alice).await["pres"]["what"], "off");
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "4", "topic": "emc1001"}})).await["code"], 200);
    assert_eq!(ask(&mut alice, &json!({"pub": {"id": "5", "topic": "emc1001", "content": "out"}})).await["code"], 202);
    site.im.engine().receive("1001".into(), None, None);
    let mut seqs = Vec::new();
    while seqs.len() < 2 {
        seqs.extend(hear(&mut alice).await["data"]["seq"].as_u64());
    }
    assert_eq!(seqs, [1, 2]);
    assert_eq!(*site.forwarded.lock().unwrap(), ["emc1001"], "and what came from outside is not sent back");
    let stopping = tokio::spawn(site.stop());
    let goodbye = hear(&mut alice).await;
    assert_eq!((&goodbye["ctrl"]["code"], &goodbye["ctrl"]["text"]), (&json!(205), &json!("server shutdown")));
    drop(alice);
    stopping.await.unwrap();
}

#[tokio::test]
async fn who_loses_a_channel_is_detached_from_it_on_all_lines_while_logged_in() {
    let site = Site::start(&MemoryStore::new()).await;
    let (mut one, mut two) = (site.socket(1001).await, site.socket(1001).await);
    let sub = json!({"sub": {"id": "1", "topic": "emc8000"}});
    assert_eq!(ask(&mut one, &sub).await["code"], 403);
    assert_eq!(site.im.renew_channels(), 0);
    site.channels.lock().unwrap().push("8000".into());
    assert_eq!((site.im.renew_channels(), site.im.renew_channels()), (2, 0), "lines, once");
    for socket in [&mut one, &mut two] {
        assert_eq!(ask(socket, &sub).await["code"], 200);
    }
    site.channels.lock().unwrap().clear();
    assert_eq!(site.im.renew_channels(), 2);
    for socket in [&mut one, &mut two] {
        let told = hear(socket).await["ctrl"].take();
        assert_eq!((&told["code"], &told["topic"]), (&json!(205), &json!("emc8000")));
        assert_eq!(ask(socket, &sub).await["code"], 403);
    }
    site.stop().await;
}

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

/// Waits until something holds.
async fn until(holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, holding).await.expect("it never came");
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

/// Everybody may stay until that is taken back.
struct Welcome(Arc<AtomicBool>);

impl Accounts for Welcome {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        Anybody("swordfish".into(), Channels::default()).login(credentials)
    }

    fn may_stay(&self, _: u64) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn who_may_no_longer_stay_is_told_so_once() {
    let welcome = Arc::new(AtomicBool::new(true));
    let site = Site::start_of(&MemoryStore::new(), ServerConfig::new(0), Welcome(Arc::clone(&welcome))).await;
    let mut alice = site.socket(1001).await;
    assert_eq!(site.im.end_strangers(), 0);
    welcome.store(false, Ordering::SeqCst);
    assert_eq!((site.im.end_strangers(), site.im.end_strangers()), (1, 0));
    let end = tokio::time::timeout(LONG, alice.next()).await.expect("something hangs").unwrap().unwrap();
    let Message::Close(Some(close)) = end else { panic!("{end:?}") };
    assert_eq!(u16::from(close.code), 1001);
    drop(alice);
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

/// A group of two: `owner` made it.
async fn group(owner: &mut WebSocketStream<TcpStream>, member: &mut WebSocketStream<TcpStream>) -> String {
    let group = ask(owner, &json!({"sub": {"id": "g", "topic": "new"}})).await["topic"].as_str().unwrap().to_owned();
    assert_eq!(ask(member, &json!({"sub": {"id": "g", "topic": group}})).await["code"], 202);
    group
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_messages_come_in_the_order_of_the_topic_whoever_writes_them() {
    const EACH: u64 = 100;
    let site = Site::start(&MemoryStore::new()).await;
    let (mut alice, mut bob) = (site.socket(1001).await, site.socket(1002).await);
    let group = group(&mut alice, &mut bob).await;
    let talk = async |mut socket: WebSocketStream<TcpStream>| {
        let publish = json!({"pub": {"id": "p", "topic": group, "content": "hello"}});
        // 1 told of the join.
        let (mut said, mut last, mut answered) = (0, 1, None);
        while last < 1 + 2 * EACH {
            if said < EACH && answered.is_none() {
                socket.send(Message::text(publish.to_string())).await.unwrap();
                (said, answered) = (said + 1, Some(None));
            }
            let heard = hear(&mut socket).await;
            if let Some(seq) = heard["ctrl"]["params"]["seq"].as_u64() {
                assert_eq!(seq, last + 1, "all before it are there, and it is not yet");
                answered = Some(Some(seq));
            } else if let Some(seq) = heard["data"]["seq"].as_u64().filter(|seq| *seq > 1) {
                assert_eq!(seq, last + 1);
                last = seq;
                answered = answered.filter(|answered| *answered != Some(seq));
            }
        }
    };
    tokio::join!(talk(alice), talk(bob));
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

#[cfg(feature = "im-store")]
#[tokio::test]
async fn after_a_restart_topics_rights_and_messages_are_as_they_were() {
    use tieline_server::im::store::SqliteStore;

    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(&SqliteStore::open(folder.path()).unwrap()).await;
    let mut alice = site.socket(1001).await;
    let answer = ask(&mut alice, &json!({"sub": {"id": "1", "topic": "new"}})).await;
    let group = answer["topic"].as_str().unwrap().to_owned();
    let mut bob = site.socket(1002).await;
    let join = ask(&mut bob, &json!({"sub": {"id": "2", "topic": group}})).await;
    assert_eq!((&join["code"], &join["params"]), (&json!(202), &json!({"seq": 1})));
    let publish = json!({"pub": {"id": "3", "topic": group, "content": {"big": 9_007_199_254_740_993_u64}}});
    assert_eq!(ask(&mut bob, &publish).await["params"]["seq"], 2);
    drop((alice, bob));
    site.stop().await;
    let site = Site::start(&SqliteStore::open(folder.path()).unwrap()).await;
    let mut bob = site.socket(1002).await;
    let sub = json!({"sub": {"id": "4", "topic": group, "get": {"what": "desc data"}}});
    assert_eq!(ask(&mut bob, &sub).await["code"], 200);
    let desc = hear(&mut bob).await["meta"]["desc"].clone();
    assert_eq!((&desc["seq"], &desc["read"], &desc["acs"]["mode"]), (&json!(2), &json!(2), &json!("JRWPS")));
    let data = hear(&mut bob).await["data"].clone();
    assert_eq!((&data["seq"], &data["content"]["big"]), (&json!(2), &json!(9_007_199_254_740_993_u64)));
    assert_eq!(hear(&mut bob).await["data"]["head"], json!({"notice": "join"}));
    assert_eq!(hear(&mut bob).await["ctrl"]["code"], 208);
    assert_eq!(ask(&mut bob, &json!({"set": {"id": "5", "topic": group, "desc": {"public": 1}}})).await["code"], 403);
    drop(bob);
    site.stop().await;
}
