//! The matrix of bad input: what a hostile server does to the client, over real sockets, with a server that writes its
//! frames by hand. One test a row of `docs/bad-input.md`.
#![cfg(feature = "wsi")]

mod pbx;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use allocation_counter::measure;
use pbx::*;
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_core::{Class, CloseReason, PeerMisbehaved};
use tieline_portsip_wsi::client::{ClientEvent, Noted};
use tieline_portsip_wsi::{Subscription, Topic};
use tieline_testkit::bad_input::{Suite, assert_covered};
use tieline_tokio::{ConnectError, Item, wsi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

const CONTINUATION: u8 = 0x00;
const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const FIN: u8 = 0x80;
/// What runtime, client, sockets and the test's own server take beside the limits.
const REST: u64 = 512 << 10;

/// A frame of a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

impl Peer<TcpStream> {
    /// Writes bytes as they are. A client that left is not the server's business.
    async fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes).await;
    }
}

/// Runs a test on this thread alone, server included, and gives the most memory that was in use at once.
fn most_memory(test: impl Future) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    measure(|| drop(runtime.block_on(test))).bytes_max
}

/// What a live client tells of `bytes`, which it survives.
async fn survived(bytes: Vec<u8>) -> Vec<ClientEvent> {
    let pbx = Pbx::start(move |mut peer, _| {
        let bytes = bytes.clone();
        async move {
            peer.log_in().await;
            peer.write(&bytes).await;
            peer.say(event(1)).await;
            peer.agree().await;
        }
    })
    .await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    let mut told = Vec::new();
    loop {
        let item = soon(events.next()).await.expect("the line lives");
        if number(&item) == Some(1) {
            break;
        }
        match item {
            Item::Line(LineEvent::Live(_) | LineEvent::Session(ClientEvent::LoggedIn)) => {}
            Item::Line(LineEvent::Session(event)) => told.push(event),
            other => panic!("{other:?}"),
        }
    }
    soon(client.close()).await;
    assert_eq!(pbx.accepted(), 1);
    told
}

/// Sends `bytes` on a live line, which ends that line and not the next. Why it ended, and the close code that the server
/// saw.
async fn fatal(bytes: Vec<u8>) -> (DownCause, Option<u16>) {
    let (codes, mut code) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, number| {
        let (bytes, codes) = (bytes.clone(), codes.clone());
        async move {
            peer.log_in().await;
            if number == 0 {
                peer.write(&bytes).await;
                let _ = codes.send(peer.close_code().await);
                return;
            }
            peer.say(event(number)).await;
            peer.agree().await;
        }
    })
    .await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    let cause = down(&mut events).await;
    names_to(&mut events, "event 1").await;
    soon(client.close()).await;
    (cause, soon(code.recv()).await.expect("told"))
}

/// Reads to the next loss of the line.
async fn down(events: &mut wsi::Events) -> DownCause {
    loop {
        if let Item::Line(LineEvent::Down { cause, .. }) = soon(events.next()).await.expect("the line lives") {
            return cause;
        }
    }
}

fn misbehaved(rule: PeerMisbehaved) -> DownCause {
    DownCause::Session(CloseReason::PeerMisbehaved(rule))
}

/// Writes `head`, and then `tail` again and again, a byte at a time, until the client is gone; gives what it wrote.
async fn dribble(io: &mut TcpStream, head: &[u8], tail: u8) -> Vec<u8> {
    let (mut reader, mut writer) = io.split();
    let writing = async {
        for byte in head.iter().chain(std::iter::repeat(&tail)) {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(millis(5)).await;
        }
        std::future::pending().await
    };
    let mut came = Vec::new();
    let reading = reader.read_to_end(&mut came);
    tokio::select! {
        _ = reading => {}
        () = writing => {}
    }
    came
}

/// The code of the masked close frame at the end of what a client wrote.
fn last_close(bytes: &[u8]) -> Option<u16> {
    match bytes.last_chunk::<8>()? {
        [0x88, 0x82, mask @ .., high, low] => Some(u16::from_be_bytes([high ^ mask[0], low ^ mask[1]])),
        _ => None,
    }
}

#[test]
fn every_row_has_its_test() {
    assert_covered(Suite::ClientSockets, include_str!("main.rs"));
}

#[tokio::test]
async fn unknown_message() {
    let told = survived(frame(FIN | TEXT, b"{}")).await;
    assert_eq!(told, [ClientEvent::Noted(Noted::Unknown, "{}".into())]);
}

#[tokio::test]
async fn foreign_answers() {
    let told = survived(frame(FIN | TEXT, OK.as_bytes()).repeat(2)).await;
    assert_eq!(told, vec![ClientEvent::Noted(Noted::ForeignAnswer, OK.into()); 2]);
}

#[tokio::test]
async fn refused_logins() {
    let (codes, mut code) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, _| {
        let codes = codes.clone();
        async move {
            peer.heard().await;
            peer.say(REFUSED).await;
            let _ = codes.send(peer.close_code().await);
        }
    })
    .await;
    let mut config = config();
    config.options.policy.retry_first = true;
    let error = soon(wsi::connect(&pbx.url, config)).await.expect_err("refused");
    assert!(matches!(error, ConnectError::LoginRefused { status: -1, .. }), "{error:?}");
    assert_eq!(soon(code.recv()).await, Some(Some(1000)));
    assert_eq!(pbx.accepted(), 1);
}

/// The bytes of the one message that could not be read.
async fn malformed(bytes: Vec<u8>) -> Vec<u8> {
    match survived(bytes).await.as_slice() {
        [ClientEvent::Malformed(malformed)] => malformed.bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn malformed_json() {
    assert_eq!(malformed(frame(FIN | TEXT, b"{\"event_type\":")).await, b"{\"event_type\":");
}

#[tokio::test]
async fn invalid_utf8() {
    assert_eq!(malformed(frame(FIN | TEXT, b"{\"a\":\"\xff\"}")).await, b"{\"a\":\"\xff\"}");
}

#[tokio::test]
async fn binary_message() {
    assert_eq!(malformed(frame(FIN | BINARY, event(0).as_bytes())).await, event(0).as_bytes());
}

#[test]
fn flood_of_messages() {
    const LIMIT: usize = 256 << 10;
    let most = most_memory(async {
        let sent = Arc::new(AtomicUsize::new(0));
        let (count, stuck) = (Arc::clone(&sent), Arc::new(Notify::new()));
        let tell = Arc::clone(&stuck);
        let pbx = Pbx::start(move |mut peer, _| {
            let (count, tell) = (Arc::clone(&count), Arc::clone(&tell));
            async move {
                peer.log_in().await;
                loop {
                    let text = event(count.load(Ordering::SeqCst)) + &" ".repeat(2000);
                    let saying = peer.say(text);
                    tokio::pin!(saying);
                    // Longer than it takes to hand bytes on: nobody takes them.
                    if timeout(millis(500), saying.as_mut()).await.is_err() {
                        tell.notify_one();
                        saying.await;
                        count.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                }
                peer.say(event(usize::MAX)).await;
                peer.agree().await;
            }
        })
        .await;
        let mut config = config();
        config.session.limits.queued_bytes = LIMIT;
        config.options.events = 16;
        let (_client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
        soon(stuck.notified()).await;
        assert!(2000 * sent.load(Ordering::SeqCst) > LIMIT, "stuck too early");
        // Nothing was lost.
        let mut next = 0;
        loop {
            match number(&soon(events.next()).await.expect("the line lives")) {
                Some(usize::MAX) => break,
                Some(number) => {
                    assert_eq!(number, next);
                    next += 1;
                }
                None => {}
            }
        }
        assert_eq!(next, sent.load(Ordering::SeqCst));
    });
    assert!(most < 2 * LIMIT as u64 + REST, "{most}");
}

#[test]
fn flood_of_empty_messages() {
    const COUNT: usize = 50_000;
    let most = most_memory(async {
        let pbx = Pbx::start(|mut peer, _| async move {
            peer.log_in().await;
            for _ in 0..COUNT / 1000 {
                peer.write(&frame(FIN | TEXT, b"").repeat(1000)).await;
            }
            peer.say(event(1)).await;
            peer.agree().await;
        })
        .await;
        let (_client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
        let mut malformed = 0;
        loop {
            let item = soon(events.next()).await.expect("the line lives");
            if number(&item) == Some(1) {
                break;
            }
            malformed += usize::from(matches!(item, Item::Line(LineEvent::Session(ClientEvent::Malformed(_)))));
        }
        assert_eq!(malformed, COUNT);
    });
    // Both queues full of events, with the places that a growing queue needs.
    assert!(most < 6 * 1024 * size_of::<Item<ClientEvent>>() as u64 + REST, "{most}");
}

#[test]
fn flood_of_control_frames() {
    let most = most_memory(async {
        let flood = [frame(PING, &[b'x'; 125]), frame(PONG, &[b'x'; 125])].concat().repeat(10_000);
        // None of the answers is read before the end of the flood.
        assert_eq!(survived(flood).await, []);
    });
    // The flood itself, twice.
    assert!(most < 2 * 10_000 * 254 + REST, "{most}");
}

#[tokio::test]
async fn empty_fragments() {
    let bytes = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(4096)].concat();
    assert_eq!(fatal(bytes).await, (misbehaved(PeerMisbehaved::MessageTooBig), Some(1008)));
}

#[tokio::test]
async fn message_over_the_limit() {
    let mut message = frame(FIN | TEXT, &vec![b' '; (1 << 20) + 1]);
    // The header is enough.
    message.truncate(14);
    let (cause, code) = fatal(message).await;
    assert_eq!((&cause, code), (&misbehaved(PeerMisbehaved::MessageTooBig), Some(1009)));
    assert_eq!(cause.to_string(), "the peer broke the protocol: a message is longer than the limit");
}

#[tokio::test]
async fn fragments_over_the_limit() {
    let bytes = [frame(TEXT, b"x"), frame(CONTINUATION, &[b'x'; 1024]).repeat(1024)].concat();
    assert_eq!(fatal(bytes).await, (misbehaved(PeerMisbehaved::MessageTooBig), Some(1009)));
}

#[tokio::test]
async fn message_over_the_limit_before_login() {
    const LONG: usize = (16 << 10) + 1;
    let (codes, mut code) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, _| {
        let codes = codes.clone();
        async move {
            peer.heard().await;
            peer.write(&frame(FIN | TEXT, &[b' '; LONG])).await;
            let _ = codes.send(peer.close_code().await);
        }
    })
    .await;
    let error = soon(wsi::connect(&pbx.url, config())).await.expect_err("never live");
    let ConnectError::GaveUp(cause) = error else { panic!("{error:?}") };
    assert_eq!((cause, soon(code.recv()).await), (misbehaved(PeerMisbehaved::MessageTooBig), Some(Some(1009))));

    // On the heels of the answer, in one segment with it.
    let pbx = Pbx::start(|mut peer, _| async move {
        peer.heard().await;
        let event = event(0) + &" ".repeat(LONG);
        peer.write(&[frame(FIN | TEXT, OK.as_bytes()), frame(FIN | TEXT, event.as_bytes())].concat()).await;
        peer.agree().await;
    })
    .await;
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config())).await.expect("live");
    assert_eq!(names_to(&mut events, "event 0").await, ["live", "logged in", "event 0"]);
}

#[tokio::test]
async fn broken_frame() {
    let masked = [FIN | TEXT, 0x82, 0, 0, 0, 0, b'{', b'}'];
    for bytes in [frame(FIN | 0x03, b""), frame(FIN | TEXT | 0x40, b"{}"), frame(PING, &[0; 126]), masked.into()] {
        assert_eq!(fatal(bytes).await, (misbehaved(PeerMisbehaved::MalformedFrame), Some(1002)));
    }
}

#[tokio::test]
async fn unfinished_message() {
    let (codes, mut code) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, number| {
        let codes = codes.clone();
        async move {
            peer.log_in().await;
            if number > 0 {
                peer.say(event(number)).await;
                peer.agree().await;
                return;
            }
            let head = frame(FIN | TEXT, &[b' '; 100_000]);
            let _ = codes.send(last_close(&dribble(peer.0.get_mut(), &head[..10], b' ').await));
        }
    })
    .await;
    let mut config = config();
    config.session.ping_after = millis(20);
    config.session.idle_timeout = millis(200);
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
    assert_eq!(down(&mut events).await, DownCause::Session(CloseReason::Silent));
    assert_eq!(soon(code.recv()).await, Some(Some(1001)));
    names_to(&mut events, "event 1").await;
}

#[tokio::test]
async fn unfinished_handshake() {
    let silent = Pbx::raw(|io, _| async move {
        std::future::pending::<()>().await;
        drop(io);
    })
    .await;
    let slow_http = Pbx::raw(|mut io, _| async move {
        dribble(&mut io, b"HTTP/1.1 101 Switching Protocols\r\nX: ", b'x').await;
    })
    .await;
    // A record of 16 KiB with a ServerHello in it.
    let slow_tls = Pbx::raw(|mut io, _| async move {
        dribble(&mut io, &[22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3], 0).await;
    })
    .await;
    let secure = |pbx: &Pbx| pbx.url.replace("ws://", "wss://");
    let mut urls = vec![silent.url.clone(), slow_http.url.clone()];
    if cfg!(any(feature = "tls", feature = "aws-lc-rs")) {
        urls.extend([secure(&silent), secure(&slow_tls)]);
    }
    for url in urls {
        let mut config = config();
        config.options.policy.dial_timeout = millis(200);
        let error = soon(wsi::connect(&url, config)).await.expect_err("never open");
        assert!(matches!(error, ConnectError::Timeout), "{error:?}");
        assert_eq!(error.class(), Class::Retry);
    }
}

#[tokio::test]
async fn unfinished_login() {
    let (codes, mut code) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, number| {
        let codes = codes.clone();
        async move {
            peer.heard().await;
            let head = frame(FIN | TEXT, &[b' '; 10_000]);
            // Silence, then a byte now and then.
            let seen = match number {
                0 => peer.close_code().await,
                _ => last_close(&dribble(peer.0.get_mut(), &head[..4], b' ').await),
            };
            let _ = codes.send(seen);
        }
    })
    .await;
    for _ in 0..2 {
        let mut config = config();
        config.session.login_timeout = millis(200);
        let error = soon(wsi::connect(&pbx.url, config)).await.expect_err("never live");
        let ConnectError::GaveUp(cause) = error else { panic!("{error:?}") };
        assert_eq!(cause, DownCause::Session(CloseReason::LoginTimeout));
        assert_eq!(soon(code.recv()).await, Some(Some(1000)));
    }
}

#[test]
fn peer_stops_reading() {
    const LIMIT: usize = 256 << 10;
    let most = most_memory(async {
        let pbx = Pbx::start(|mut peer, number| async move {
            peer.log_in().await;
            if number > 0 {
                peer.agree().await;
                return;
            }
            // Answers whatever may have been asked, and never looks at it.
            while peer.0.get_mut().write_all(&frame(FIN | TEXT, OK.as_bytes())).await.is_ok() {
                sleep(millis(1)).await;
            }
        })
        .await;
        let mut config = config();
        config.options.policy.limits.queued_bytes = LIMIT;
        let (client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
        let lost = Arc::new(AtomicBool::new(false));
        let asking = tokio::spawn({
            let lost = Arc::clone(&lost);
            let names = (0..5000).map(|number| format!("extension-{number}"));
            let subscription = Subscription::to(Topic::ExtensionEvents).extensions(names);
            async move {
                while !lost.load(Ordering::SeqCst) {
                    // One that is lost with the line is in force on the next.
                    client.subscribe(subscription.clone()).await.expect("answered, or deferred");
                }
            }
        });
        assert_eq!(down(&mut events).await, DownCause::Session(CloseReason::SlowPeer));
        lost.store(true, Ordering::SeqCst);
        soon(asking).await.expect("no panic");
        while name(&soon(events.next()).await.expect("the line lives")) != "live" {}
    });
    // What waits to be written, a command more, and the names as the application, the session and the wire have them.
    assert!(most < 2 * LIMIT as u64 + 4 * 5000 * 100 + REST, "{most}");
}

#[tokio::test]
async fn unanswered_close() {
    let (gone, mut told) = mpsc::unbounded_channel();
    let pbx = Pbx::start(move |mut peer, _| {
        let gone = gone.clone();
        async move {
            peer.log_in().await;
            let mut came = Vec::new();
            let _ = peer.0.get_mut().read_to_end(&mut came).await;
            let _ = gone.send(last_close(&came));
            // Nor is this side ended.
            std::future::pending::<()>().await;
        }
    })
    .await;
    let mut config = config();
    config.session.close_timeout = millis(100);
    config.options.hangup_timeout = millis(100);
    let (client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
    soon(client.close()).await;
    names_to(&mut events, "closed").await;
    assert_eq!(soon(told.recv()).await, Some(Some(1000)));
}
