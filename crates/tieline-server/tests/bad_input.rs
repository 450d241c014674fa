//! The matrix of bad input: what a hostile client does to the server, over real sockets, with a client that writes its
//! frames by hand. One test a row of `docs/bad-input.md`.
#![cfg(feature = "wsi")]

mod common;
#[path = "common/raw.rs"]
mod raw;

use std::time::Duration;

use allocation_counter::measure;
use common::*;
use raw::*;
use serde_json::json;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tieline_server::wsi::Publication;
use tieline_testkit::bad_input::{self, Suite, assert_covered};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

const CDRS: &str = r#"{"command":"subscribe","topics":["cdr_events"]}"#;
/// What runtime, server, sockets and the test's own client take beside the limits.
const REST: u64 = 512 << 10;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

async fn with(change: impl FnOnce(&mut ServerOptions, &mut ServerConfig)) -> Site {
    let (mut options, mut config) = (ServerOptions::default(), ServerConfig::default());
    change(&mut options, &mut config);
    Site::with(options, config).await
}

/// Runs a test on this thread alone, server included, and gives the most memory that was in use at once.
fn most_memory(test: impl Future) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    measure(|| drop(runtime.block_on(test))).bytes_max
}

/// Whether the session is as open as before whatever happened.
async fn goes_on(raw: &mut Raw) {
    raw.send(FIN | TEXT, CDRS.as_bytes()).await;
    assert_eq!(raw.text().await, OK);
}

/// Sends a message on an open session, which is refused and survived; gives the words.
async fn refused(first: u8, payload: &[u8]) -> String {
    let site = Site::start().await;
    let mut raw = Raw::logged_in(&site, LOGIN_V16).await;
    raw.send(first, payload).await;
    let answer = raw.answer().await;
    assert_eq!(answer["status"], -1);
    goes_on(&mut raw).await;
    answer["error"].as_str().unwrap().to_owned()
}

/// Sends bytes on an open session, which ends the connection; gives the close code.
async fn fatal(bytes: &[u8]) -> Option<u16> {
    let site = Site::start().await;
    let mut raw = Raw::logged_in(&site, LOGIN_V16).await;
    raw.write(bytes).await;
    let code = raw.closed().await;
    drop(raw);
    until(|| site.running.connections_now() == 0).await;
    assert_eq!((site.hub.stats().misbehaved_peers, site.hub.stats().logged_in), (1, 0));
    code
}

/// Writes `head`, and then `tail` again and again, a byte at a time, until the connection is ended; reads on meanwhile,
/// and gives what came.
async fn dribble(stream: TcpStream, head: &[u8], tail: u8) -> Vec<u8> {
    let (mut reader, mut writer) = stream.into_split();
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
        _ = within(reading) => {}
        () = writing => {}
    }
    came
}

#[test]
fn every_row_has_its_test() {
    assert_covered(Suite::ServerSockets, include_str!("bad_input.rs"));
}

#[tokio::test]
async fn too_early() {
    let site = Site::start().await;
    let mut raw = Raw::open(&site).await;
    raw.send(FIN | TEXT, CDRS.as_bytes()).await;
    assert_eq!(raw.answer().await, json!({"error": "not authenticated", "status": -1}));
    raw.send(FIN | TEXT, LOGIN_V16.as_bytes()).await;
    assert_eq!(raw.text().await, OK);
    goes_on(&mut raw).await;
}

#[tokio::test]
async fn unknown_topic() {
    let words = refused(FIN | TEXT, br#"{"command":"subscribe","topics":["cdr_events","fax_events"]}"#).await;
    assert_eq!(words, "unknown topic fax_events");
}

#[tokio::test]
async fn unknown_message() {
    assert_eq!(refused(FIN | TEXT, br#"{"command":"dance"}"#).await, "unknown command");
}

#[tokio::test]
async fn foreign_answers() {
    assert_eq!(refused(FIN | TEXT, OK.as_bytes()).await, "malformed command");
}

#[tokio::test]
async fn second_login() {
    assert_eq!(refused(FIN | TEXT, LOGIN_V16.as_bytes()).await, "already authenticated");
}

#[tokio::test]
async fn refused_logins() {
    let site = with(|options, _| options.close_timeout = millis(100)).await;
    let mut raw = Raw::open(&site).await;
    raw.write(&frame(FIN | TEXT, WRONG.as_bytes()).repeat(10)).await;
    for _ in 0..3 {
        assert_eq!(raw.answer().await["status"], -1);
    }
    assert_eq!(raw.closed().await, Some(1008));
    assert_eq!(site.hub.stats().refused_logins, 3);
}

#[tokio::test]
async fn malformed_json() {
    assert_eq!(refused(FIN | TEXT, b"{\"command\":").await, "malformed command");
}

#[tokio::test]
async fn invalid_utf8() {
    assert_eq!(refused(FIN | TEXT, b"{\"command\":\"\xff\"}").await, "malformed command");
}

#[tokio::test]
async fn binary_message() {
    assert_eq!(refused(FIN | BINARY, CDRS.as_bytes()).await, "malformed command");
}

#[tokio::test]
async fn nesting() {
    for levels in [200, 200_000] {
        let deep = bad_input::nested(levels);
        assert_eq!(refused(FIN | TEXT, deep.as_bytes()).await, "malformed command");
        let within = format!(r#"{{"command":"subscribe","topics":{deep}}}"#);
        assert_eq!(refused(FIN | TEXT, within.as_bytes()).await, "malformed command");
        let beside = format!(r#"{{"x":{deep},"command":"dance"}}"#);
        assert_eq!(refused(FIN | TEXT, beside.as_bytes()).await, "unknown command");
    }
}

#[test]
fn names_over_the_limit() {
    let list = |prefix: &str, count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("\"{prefix}{number}\"")).collect();
        names.join(",")
    };
    let command = |keys: usize, names: usize| {
        let topics = format!(r#"[{{"topic":"cdr_events","keys":[{}]}}]"#, list("k", keys));
        format!(r#"{{"command":"subscribe","topics":{topics},"extensions":[{}]}}"#, list("", names))
    };
    for text in [command(0, 10_001), command(10_000, 10_000)] {
        let length = text.len();
        let most = most_memory(async move {
            assert_eq!(refused(FIN | TEXT, text.as_bytes()).await, "too many subscriptions");
        });
        // A name of few bytes costs its string, too.
        assert!(most < 30 * length as u64 + REST, "{most} for {length}");
    }
}

#[tokio::test]
async fn ten_thousand_subscriptions() {
    let site = Site::start().await;
    let one = |number: usize| {
        let text = format!(r#"{{"command":"subscribe","topics":["cdr_events"],"extensions":["n{number}"]}}"#);
        frame(FIN | TEXT, text.as_bytes())
    };
    let all: Vec<String> = (0..10_000).map(|number| format!("\"n{number}\"")).collect();
    let all = format!(r#"{{"command":"subscribe","topics":["cdr_events"],"extensions":[{}]}}"#, all.join(","));
    let mut at_once = Raw::logged_in(&site, LOGIN_V16).await;
    at_once.send(FIN | TEXT, all.as_bytes()).await;
    assert_eq!(at_once.text().await, OK);
    let mut one_by_one = Raw::logged_in(&site, LOGIN_V16).await;
    for hundred in 0..100 {
        let commands: Vec<u8> = (0..100).flat_map(|number| one(100 * hundred + number)).collect();
        one_by_one.write(&commands).await;
        for _ in 0..100 {
            assert_eq!(one_by_one.text().await, OK);
        }
    }
    for raw in [&mut at_once, &mut one_by_one] {
        raw.write(&one(10_000)).await;
        assert_eq!(raw.answer().await, json!({"error": "too many subscriptions", "status": -1}));
    }
    let cdr = |number: &str| {
        site.hub.publish(|_| {
            let text = r#"{"event_type":"call_cdr"}"#;
            Some(Publication::new("call_cdr", text).of_tenant(TENANT).concerning([number]))
        })
    };
    assert_eq!((cdr("n0"), cdr("n9999"), cdr("n10000")), (2, 2, 0));
}

#[test]
fn flood_of_empty_messages() {
    const LIMIT: usize = 64 << 10;
    let most = most_memory(async {
        let site = with(|options, config| {
            config.limits.queued_bytes = LIMIT;
            options.close_timeout = millis(100);
        })
        .await;
        let mut raw = Raw::logged_in(&site, LOGIN_V16).await;
        let mut other = Raw::logged_in(&site, LOGIN_V16).await;
        let flood = frame(FIN | TEXT, b"").repeat(1000);
        within(async { while raw.0.write_all(&flood).await.is_ok() {} }).await;
        assert_eq!((site.hub.stats().slow_peers, site.hub.stats().logged_in), (1, 1));
        goes_on(&mut other).await;
    });
    assert!(most < 4 * LIMIT as u64 + REST, "{most}");
}

#[test]
fn flood_of_control_frames() {
    let most = most_memory(async {
        let site = Site::start().await;
        let mut raw = Raw::logged_in(&site, LOGIN_V16).await;
        let flood = [frame(PING, &[b'x'; 125]), frame(PONG, &[b'x'; 125])].concat().repeat(100);
        // None of the answers is read.
        for _ in 0..200 {
            raw.write(&flood).await;
        }
        goes_on(&mut raw).await;
    });
    assert!(most < REST, "{most}");
}

#[tokio::test]
async fn empty_fragments() {
    let bytes = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(4096)].concat();
    assert_eq!(fatal(&bytes).await, Some(1008));
}

#[tokio::test]
async fn message_over_the_limit() {
    let message = frame(FIN | TEXT, &vec![b' '; (1 << 20) + 1]);
    assert_eq!(fatal(&message).await, Some(1009));
    // The header is enough.
    assert_eq!(fatal(&message[..14]).await, Some(1009));
}

#[test]
fn fragments_over_the_limit() {
    let most = most_memory(async {
        // In fragments of 1 KiB, one more than fit.
        let bytes = [frame(TEXT, b"x"), frame(CONTINUATION, &[b'x'; 1024]).repeat(1024)].concat();
        assert_eq!(fatal(&bytes).await, Some(1009));
    });
    // The test's own copy and, while it grows, the server's buffer and the former one.
    assert!(most < 5 * (1 << 20) + REST, "{most}");
}

#[tokio::test]
async fn message_over_the_limit_before_login() {
    let site = Site::start().await;
    let before = (16 << 10) + 1;
    let mut whole = Raw::open(&site).await;
    whole.send(FIN | TEXT, &vec![b' '; before]).await;
    assert_eq!(whole.closed().await, Some(1009));
    let mut pieces = Raw::open(&site).await;
    pieces.write(&[frame(TEXT, b"x"), frame(CONTINUATION, &[b'x'; 64]).repeat(256)].concat()).await;
    assert_eq!(pieces.closed().await, Some(1009));
    until(|| site.hub.stats().misbehaved_peers == 2).await;
    // On the heels of a login.
    let mut raw = Raw::open(&site).await;
    raw.write(&[frame(FIN | TEXT, LOGIN_V16.as_bytes()), frame(FIN | TEXT, &vec![b' '; before])].concat()).await;
    assert_eq!(raw.text().await, OK);
    assert_eq!(raw.answer().await["error"], "malformed command");
    goes_on(&mut raw).await;
}

#[tokio::test]
async fn broken_frame() {
    let unmasked = [FIN | TEXT, 2, b'{', b'}'];
    for bytes in [frame(FIN | 0x03, b""), frame(FIN | TEXT | 0x40, b"{}"), frame(PING, &[0; 126]), unmasked.into()] {
        assert_eq!(fatal(&bytes).await, Some(1002));
    }
}

#[tokio::test]
async fn unfinished_message() {
    let site = with(|options, config| {
        options.close_timeout = millis(100);
        config.ping_after = millis(20);
        config.idle_timeout = millis(200);
    })
    .await;
    let raw = Raw::logged_in(&site, LOGIN_V16).await;
    let came = dribble(raw.0, &frame(FIN | TEXT, &[b' '; 100_000])[..14], b' ').await;
    assert!(came.starts_with(&[PING]), "pinged");
    assert!(came.ends_with(&[CLOSE, 2, 3, 0xe9]), "close code 1001");
    until(|| site.running.connections_now() == 0).await;
}

#[cfg(feature = "tls")]
async fn unfinished_tls_handshake() {
    let tls = tieline_tls::ServerTls::self_signed(&["localhost"]).unwrap();
    let site = with(|options, _| {
        options.handshake_timeout = millis(200);
        options.tls = Some(tls);
    })
    .await;
    let mut silent = TcpStream::connect(site.addr()).await.unwrap();
    assert!(matches!(within(silent.read(&mut [0])).await, Ok(0) | Err(_)));
    // A record of 16 KiB with a ClientHello in it.
    let slow = TcpStream::connect(site.addr()).await.unwrap();
    dribble(slow, &[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3], 0).await;
    until(|| site.running.connections_now() == 0).await;
}

#[tokio::test]
async fn unfinished_handshake() {
    let site = with(|options, _| options.handshake_timeout = millis(200)).await;
    let mut silent = TcpStream::connect(site.addr()).await.unwrap();
    assert!(matches!(within(silent.read(&mut [0])).await, Ok(0) | Err(_)));
    let slow = TcpStream::connect(site.addr()).await.unwrap();
    dribble(slow, b"GET /wsi HTTP/1.1\r\nX: ", b'x').await;
    until(|| site.running.connections_now() == 0).await;
    Raw::open(&site).await;
    #[cfg(feature = "tls")]
    unfinished_tls_handshake().await;
}

#[tokio::test]
async fn unfinished_login() {
    let site = with(|options, config| {
        options.close_timeout = millis(100);
        config.login_timeout = millis(200);
    })
    .await;
    let mut silent = Raw::open(&site).await;
    assert_eq!(silent.closed().await, Some(1008));
    let slow = Raw::open(&site).await;
    let came = dribble(slow.0, &frame(FIN | TEXT, &[b' '; 10_000])[..8], b' ').await;
    assert!(came.ends_with(&[CLOSE, 2, 3, 0xf0]), "close code 1008");
    until(|| site.running.connections_now() == 0).await;
}

#[test]
fn peer_stops_reading() {
    const LIMIT: usize = 256 << 10;
    const EVENT: usize = 10_000;
    let most = most_memory(async {
        let site = with(|options, config| {
            config.limits.queued_bytes = LIMIT;
            options.close_timeout = millis(100);
        })
        .await;
        let mut slow = Raw::logged_in(&site, LOGIN_V16).await;
        goes_on(&mut slow).await;
        let mut other = Raw::logged_in(&site, LOGIN_V16).await;
        let mut published = 0;
        within(async {
            while site.hub.stats().slow_peers == 0 {
                // A text of its own for each, so that nothing is shared.
                let text = format!(r#"{{"event_type":"call_cdr","n":{published},"x":"{}"}}"#, "x".repeat(EVENT));
                let publication = Publication::new("call_cdr", text).of_tenant(TENANT).concerning(["102"]);
                site.hub.publish(|_| Some(publication.clone()));
                published += EVENT;
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(published > LIMIT, "given up too early");
        goes_on(&mut other).await;
        until(|| site.running.connections_now() == 1).await;
    });
    // What the session holds, as much in the mailbox, and what waits for the socket.
    assert!(most < 2 * LIMIT as u64 + (64 << 10) + REST, "{most}");
}

#[tokio::test]
async fn unanswered_close() {
    let site = with(|options, _| options.close_timeout = millis(100)).await;
    let mut raw = Raw::open(&site).await;
    raw.write(&frame(FIN | TEXT, WRONG.as_bytes()).repeat(3)).await;
    while raw.next().await.unwrap().0 != CLOSE {}
    assert!(raw.next().await.is_none(), "the stream ends");
    // Nor does this client end its side.
    until(|| site.running.connections_now() == 0).await;
}
