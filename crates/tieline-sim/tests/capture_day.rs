//! The scripted day in captures, on time that is stepped: nothing of anybody is in them, and they replay to the same.

mod client;

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use client::{login, within};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_core::{Frame, Instant};
use tieline_portsip_im::Credentials;
use tieline_portsip_wsi::Dialect;
use tieline_server::Line as _;
use tieline_sim::Sim;
use tieline_sim::capture::{
    Capture, Entry, Header, Observer, Payload, RedactionKey, Redactor, ReplayLine, Script, Side, Speed, What,
};
use tieline_sim::day::SHIFT;
use tieline_testkit::leaks::{Words, known, words};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How much of the day passes before clients read: less than what a server keeps for a slow one.
const SLICE: Duration = Duration::from_secs(60);

/// How much is recorded of the day where tens of thousands of events make it up: all of it takes minutes without
/// optimisation.
const DAY: Duration = if cfg!(debug_assertions) { Duration::from_secs(30 * 60) } else { SHIFT };

/// What was said on one connection.
struct Tap {
    observer: Observer,
    said: Vec<What>,
}

/// A connection that a recorder listens to.
struct Tapped {
    tcp: TcpStream,
    tap: Arc<Mutex<Tap>>,
}

impl Tapped {
    async fn open(sim: &Sim) -> (Self, Arc<Mutex<Tap>>) {
        let tcp = TcpStream::connect(sim.local_addr()).await.expect("a simulator");
        let tap = Arc::new(Mutex::new(Tap { observer: Observer::new(None, 1 << 20), said: vec![What::Opened] }));
        (Self { tcp, tap: Arc::clone(&tap) }, tap)
    }
}

fn hear(tap: &Mutex<Tap>, from: Side, bytes: &[u8]) {
    let mut tap = tap.lock().unwrap_or_else(PoisonError::into_inner);
    let Tap { observer, said } = &mut *tap;
    match from {
        Side::Client => observer.client(Instant::EPOCH, bytes, &mut Vec::new(), said),
        Side::Server => observer.server(Instant::EPOCH, bytes, said),
    }
}

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        hear(&self.tap, Side::Server, &buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.tcp).poll_write(cx, buf))?;
        hear(&self.tap, Side::Client, &buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A client of a WebSocket, recorded.
struct Listener {
    socket: WebSocketStream<Tapped>,
    tap: Arc<Mutex<Tap>>,
}

impl Listener {
    async fn open(sim: &Sim, url: &str) -> Self {
        let (io, tap) = Tapped::open(sim).await;
        let (socket, _) = within(client_async(url, io)).await.expect("open");
        Self { socket, tap }
    }

    async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the line is open");
    }

    /// Reads all that had been sent when this was called.
    async fn catch_up(&mut self) {
        self.socket.send(Message::Ping("so far".into())).await.expect("the line is open");
        while !matches!(within(self.socket.next()).await, Some(Ok(Message::Pong(_)))) {}
    }
}

/// A client of HTTP, recorded.
struct Caller {
    io: Tapped,
    tap: Arc<Mutex<Tap>>,
    authorization: String,
}

impl Caller {
    async fn open(sim: &Sim, user: &str, key: &str) -> Self {
        let (io, tap) = Tapped::open(sim).await;
        let authorization = data_encoding::BASE64.encode(format!("{user}{key}").as_bytes());
        Self { io, tap, authorization: format!("Basic {authorization}") }
    }

    /// The answer to a GET.
    async fn get(&mut self, target: &str) -> Value {
        let request = format!("GET {target} HTTP/1.1\r\nHost: pbx\r\nAuthorization: {}\r\n\r\n", self.authorization);
        within(self.io.write_all(request.as_bytes())).await.expect("written");
        let mut buffer = vec![0; 1 << 16];
        loop {
            assert!(within(self.io.read(&mut buffer)).await.expect("an answer") > 0, "{target}");
            let tap = self.tap.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(What::Response(response)) = tap.said.last() {
                assert_eq!(response.status, 200, "{target}");
                return serde_json::from_str(response.body.text().expect("text")).expect("JSON");
            }
        }
    }
}

fn redactor() -> Redactor {
    Redactor::new(RedactionKey::new(b"the key of the whole day"))
}

/// The capture of one connection, as it is redacted line by line.
struct Recording {
    name: &'static str,
    tap: Arc<Mutex<Tap>>,
    redactor: Redactor,
    capture: Capture,
    words: Words,
    /// Numbers of telephones, and words of what people wrote, that were heard in clear.
    heard: BTreeSet<String>,
    /// What the client said.
    asked: Vec<String>,
}

impl Recording {
    fn new(name: &'static str, tap: &Arc<Mutex<Tap>>) -> Self {
        let redactor = redactor();
        let mut header = Header::default();
        redactor.header(&mut header);
        let mut capture = Capture::default();
        capture.header = header;
        let tap = Arc::clone(tap);
        Self { name, tap, redactor, capture, words: Words::default(), heard: BTreeSet::new(), asked: Vec::new() }
    }

    /// Takes what was said since the last time.
    fn take(&mut self) {
        let said = std::mem::take(&mut self.tap.lock().unwrap_or_else(PoisonError::into_inner).said);
        for what in said {
            if let What::Message { payload: Payload::Text(text), from, .. } = &what {
                self.heard.extend(words(text).filter(|word| is_telephone(word)));
                let message: Value = serde_json::from_str(text).expect("JSON");
                if let Some(content) = message.pointer("/data/content").and_then(Value::as_str) {
                    self.heard.extend(words(content).filter(|word| word.len() > 4));
                }
                if *from == Side::Client {
                    self.asked.push(text.clone());
                }
            }
            assert!(!matches!(what, What::Unreadable { .. }), "{}", self.name);
            let mut entry = Entry::new(Duration::ZERO, 1, what);
            self.redactor.entry(&mut entry);
            self.words.add(&entry.to_json());
            self.capture.entries.push(entry);
        }
    }

    /// What people and PBX said, in order, without the answers to the client.
    fn events(&self) -> Vec<String> {
        let told = self.capture.entries.iter().filter_map(|entry| match &entry.what {
            What::Message { from: Side::Server, payload: Payload::Text(text), .. } => Some(text.clone()),
            _ => None,
        });
        told.filter(|text| is_event(text)).collect()
    }

    /// What a replay of the capture says to the same client.
    fn replayed(&self) -> Vec<String> {
        let mut file = Vec::new();
        self.capture.write(&mut file).expect("written");
        let script = Arc::new(Script::new(Capture::read(&*file).expect("a capture")));
        let mut line = ReplayLine::new(script, 0, Speed::Max, Instant::EPOCH);
        let mut told = Vec::new();
        // It goes on when there is room for more.
        let mut take = |line: &mut ReplayLine| {
            loop {
                while let Some(frame) = line.poll_transmit() {
                    if let Frame::Text(text) = frame {
                        told.push(text.as_str().to_owned());
                    }
                }
                let Some(due) = line.poll_timeout() else { break };
                line.handle_timeout(due);
            }
        };
        take(&mut line);
        for text in &self.asked {
            line.handle_input(Instant::EPOCH, Frame::text(text.as_str()));
            take(&mut line);
        }
        told.retain(|text| is_event(text));
        told
    }
}

/// An outside number of the simulator's country.
fn is_telephone(word: &str) -> bool {
    word.len() == 11 && word.starts_with('1') && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a message of a server answers nobody.
fn is_event(text: &str) -> bool {
    let message: Value = serde_json::from_str(text).expect("JSON");
    message.get("ctrl").is_none() && message.get("meta").is_none() && message.get("status").is_none()
}

/// The whole tenant on WSI.
async fn wsi(sim: &Sim) -> Listener {
    let mut client = Listener::open(sim, &sim.wsi_url(Dialect::V22)).await;
    client.say(&login(sim)).await;
    for topic in ["extension_events", "cdr_events", "queue_events"] {
        client.say(&json!({"command": "subscribe", "topics": [topic], "id": topic})).await;
    }
    client
}

/// A member of the sales group on IM, who hears it, whoever writes to her, and who comes and goes.
async fn im(sim: &Sim) -> Listener {
    let mut client = Listener::open(sim, &sim.im_url()).await;
    let token = sim.im_token("101").expect("a token").expose().clone();
    let secret = Credentials::access_token("alice", "acme.test", token).to_login().secret;
    let secret = secret.map(|secret| secret.expose().to_owned());
    client.say(&json!({"login": {"id": "1", "scheme": "access_token", "secret": secret}})).await;
    let topics = ["me".to_owned(), sim.im_group("sales").expect("a group"), sim.im_user("102").expect("a user")];
    for topic in topics {
        client.say(&json!({"sub": {"id": topic, "topic": topic, "get": {"what": "desc sub data"}}})).await;
    }
    client
}

async fn sim() -> Sim {
    Sim::builder().paused(true).seed(11).start().await.expect("a free port")
}

/// Lets time pass, and records what is said meanwhile.
async fn record(sim: &Sim, time: Duration, clients: &mut [Listener], recordings: &mut [Recording]) {
    for _ in 0..time.as_secs() / SLICE.as_secs() {
        sim.advance(SLICE);
        for client in &mut *clients {
            client.catch_up().await;
        }
        recordings.iter_mut().for_each(Recording::take);
    }
}

fn assert_nothing_leaks(recording: &Recording, known: &BTreeSet<String>) {
    let (name, words) = (recording.name, &recording.words);
    assert!(recording.capture.entries.len() > 100, "{name}: {} lines", recording.capture.entries.len());
    assert_eq!(words.leaked(known), [""; 0], "{name}");
    let in_clear: Vec<_> = recording.heard.iter().filter(|word| words.has(word)).collect();
    assert_eq!(in_clear, [""; 0], "{name}");
}

fn assert_replays(recording: &Recording) {
    let (events, again) = (recording.events(), recording.replayed());
    assert!(events.len() > 100, "{}: {} events", recording.name, events.len());
    assert_eq!(events.len(), again.len(), "{}", recording.name);
    let other = events.iter().zip(&again).position(|(event, again)| event != again);
    assert_eq!(other, None, "{}", recording.name);
}

#[tokio::test]
async fn the_whole_day_of_im_is_captured_without_anything_of_anybody_and_replays_to_the_same() {
    let sim = sim().await;
    let mut clients = [im(&sim).await];
    let mut recordings = [Recording::new("im", &clients[0].tap)];
    record(&sim, SHIFT, &mut clients, &mut recordings).await;
    assert!(recordings[0].heard.contains("headset"), "{:?}", recordings[0].heard);
    assert_nothing_leaks(&recordings[0], &known(&sim.contract()));
    assert_replays(&recordings[0]);
}

#[tokio::test]
async fn the_day_of_wsi_and_cloudpbx_is_captured_without_anything_of_anybody_and_replays_to_the_same() {
    let sim = sim().await;
    let stream = Listener::open(&sim, sim.cloudpbx_stream_url().expose()).await;
    let mut clients = [wsi(&sim).await, stream];
    let mut recordings = [Recording::new("wsi", &clients[0].tap), Recording::new("cloudpbx", &clients[1].tap)];
    record(&sim, DAY, &mut clients, &mut recordings).await;
    assert!(recordings[0].heard.iter().any(|word| is_telephone(word)));
    for recording in &recordings {
        assert_nothing_leaks(recording, &known(&sim.contract()));
        assert_replays(recording);
    }
}

#[tokio::test]
async fn the_day_of_axeos_is_captured_without_anything_of_anybody() {
    let sim = sim().await;
    let mut axeos = Caller::open(&sim, "apiKey:", sim.axeos_key().expose()).await;
    let mut recordings = [Recording::new("axeos", &axeos.tap)];
    let mut last = 0;
    for _ in 0..DAY.as_secs() / SLICE.as_secs() {
        record(&sim, SLICE, &mut [], &mut recordings).await;
        loop {
            let events = axeos.get(&format!("/apis/pbx/events?last={last}&timeout=0")).await;
            let Some(newest) = events.as_array().expect("a list").last() else { break };
            last = newest["seq"].as_u64().expect("a number");
        }
    }
    record(&sim, SLICE, &mut [], &mut recordings).await;
    assert_nothing_leaks(&recordings[0], &known(&sim.contract()));
}
