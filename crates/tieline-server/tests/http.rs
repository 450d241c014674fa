//! What HTTP answers before a WebSocket begins, and beside it.
#![cfg(feature = "wsi")]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::*;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::wsi::{self, Hub, WsiService};
use tieline_server::{Answer, Paths, Router, Server, ServerHandle, ServerOptions, Strictness, plain};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const OPENING: &str = "Host: pbx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// 13 bytes in base64, as a document's curl example has it.
const SHORT_KEY: &str = "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMw==\r\n\r\n";

/// Sends a request and reads the answer to the end of the stream.
async fn ask(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// Sends a request and reads the head of the answer.
async fn ask_head(addr: SocketAddr, request: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n\r\n")
}

/// A text frame of a client, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    assert!(text.len() < 126);
    let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[tokio::test]
async fn an_unknown_path_is_404_in_plain_words() {
    let site = Site::start().await;
    let answer = ask(site.addr(), &get("/nowhere")).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(answer.contains("content-type: text/plain"), "{answer}");
    assert!(answer.ends_with("nothing answers at this path\n"), "{answer}");
}

#[tokio::test]
async fn a_plain_get_on_a_websocket_path_is_426_in_plain_words() {
    let site = Site::start().await;
    for path in ["/", "/wsi", "/wsi?dialect=v22"] {
        let answer = ask(site.addr(), &get(path)).await;
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
        assert!(answer.contains("upgrade: websocket\r\n"), "{answer}");
        assert!(answer.ends_with("this address speaks WebSocket only\n"), "{answer}");
    }
}

#[tokio::test]
async fn another_method_on_a_websocket_path_is_405() {
    let site = Site::start().await;
    let request = "POST /wsi HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    assert!(ask(site.addr(), request).await.starts_with("HTTP/1.1 405 "));
}

#[tokio::test]
async fn an_unknown_dialect_is_400_in_plain_words() {
    let site = Site::start().await;
    for word in ["v23", "", "V16", "%76%31%36"] {
        let answer = ask_head(site.addr(), &format!("GET /wsi?dialect={word} HTTP/1.1\r\n{OPENING}{KEY}")).await;
        assert!(answer.1.starts_with("HTTP/1.1 400 "), "{word}: {}", answer.1);
    }
    let request = format!("GET /wsi?dialect=v23 HTTP/1.1\r\n{OPENING}{KEY}");
    let (mut stream, _) = ask_head(site.addr(), &request).await;
    let mut words = [0; 13];
    within(stream.read_exact(&mut words)).await.unwrap();
    assert_eq!(&words, b"unknown WSI d");
}

#[tokio::test]
async fn a_key_of_13_bytes_is_refused_when_strict_and_taken_when_lenient() {
    let request = format!("GET /wsi HTTP/1.1\r\n{OPENING}{SHORT_KEY}");
    let strict = Site::start().await;
    assert!(ask_head(strict.addr(), &request).await.1.starts_with("HTTP/1.1 400 "));
    let mut options = ServerOptions::default();
    options.strictness = Strictness::Lenient;
    let lenient = Site::with(options, ServerConfig::default()).await;
    assert!(ask_head(lenient.addr(), &request).await.1.starts_with("HTTP/1.1 101 "));
}

#[tokio::test]
async fn frames_sent_with_the_opening_request_are_not_lost() {
    let site = Site::start().await;
    let mut stream = TcpStream::connect(site.addr()).await.unwrap();
    let mut bytes = format!("GET /wsi HTTP/1.1\r\n{OPENING}{KEY}").into_bytes();
    bytes.extend(frame(LOGIN_V16));
    stream.write_all(&bytes).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"status":0}"#) {
        answer.push(within(stream.read_u8()).await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_is_served_like_any_other() {
    let site = Site::start().await;
    let mut stream = TcpStream::connect(site.addr()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut bytes = format!("GET /wsi HTTP/1.1\r\n{OPENING}{KEY}").into_bytes();
    bytes.extend(frame(LOGIN_V16));
    for byte in bytes {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"status":0}"#) {
        answer.push(within(stream.read_u8()).await.unwrap());
    }
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_request_is_dropped() {
    let mut options = ServerOptions::default();
    options.handshake_timeout = Duration::from_millis(50);
    let site = Site::with(options, ServerConfig::default()).await;
    for beginning in ["", "GET /wsi HTTP/1.1\r\nHost:"] {
        ask(site.addr(), beginning).await;
    }
    until(|| site.running.connections_now() == 0).await;
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_next_client_is_served() {
    let site = Site::start().await;
    let long = format!("GET /wsi HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    let garbage: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\r\n",
        long.as_bytes(),
    ];
    for bytes in garbage {
        let mut stream = TcpStream::connect(site.addr()).await.unwrap();
        // The server may close before everything is sent.
        let _refused = stream.write_all(bytes).await;
        let _half = stream.shutdown().await;
        let mut answer = Vec::new();
        let _reset = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 101"));
    }
    site.login("/", LOGIN_V16).await;
}

#[tokio::test]
async fn what_is_no_frame_ends_the_websocket_and_the_next_client_is_served() {
    let site = Site::start().await;
    let garbage: [&[u8]; 5] = [
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x81\x02hi",
        b"\x83\x80\0\0\0\0",
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
        b"\x09\x80\0\0\0\0",
    ];
    for bytes in garbage {
        let (mut stream, head) = ask_head(site.addr(), &format!("GET / HTTP/1.1\r\n{OPENING}{KEY}")).await;
        assert!(head.starts_with("HTTP/1.1 101 "));
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        within(stream.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(answer.first(), Some(&0x88), "a close frame");
    }
    site.login("/", LOGIN_V16).await;
}

/// WSI and HTTP on one listener; at `/` both.
async fn mixed() -> ServerHandle {
    let hello = |request: http::Request<hyper::body::Incoming>, _: SocketAddr| -> Answer {
        let words = format!("{} {}", request.method(), request.uri().path());
        Box::pin(async move { plain(http::StatusCode::OK, &words) })
    };
    let router = Router::new()
        .websocket(wsi::paths().and(Paths::exact(["/v12"])), WsiService::new(Pbx::default(), Hub::new()))
        .http(Paths::below("/apis/"), hello)
        .http(Paths::exact(["/"]), hello);
    Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap().spawn(router)
}

#[tokio::test]
async fn http_handlers_answer_on_the_same_listener() {
    let server = mixed().await;
    assert!(ask(server.local_addr(), &get("/apis/pbx/users?x=1")).await.ends_with("GET /apis/pbx/users\n"));
    assert!(ask(server.local_addr(), &get("/apis")).await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn a_websocket_and_a_handler_can_share_a_path() {
    let server = mixed().await;
    assert!(ask(server.local_addr(), &get("/")).await.ends_with("GET /\n"));
    for path in ["/", "/v12"] {
        let request = format!("GET {path} HTTP/1.1\r\n{OPENING}{KEY}");
        assert!(ask_head(server.local_addr(), &request).await.1.starts_with("HTTP/1.1 101 "));
    }
}

#[tokio::test]
async fn a_connection_answers_one_request_after_the_other() {
    let server = mixed().await;
    let twice = format!("GET /apis/1 HTTP/1.1\r\nHost: pbx\r\n\r\n{}", get("/apis/2"));
    let answer = ask(server.local_addr(), &twice).await;
    assert!(answer.contains("GET /apis/1\n") && answer.ends_with("GET /apis/2\n"), "{answer}");
}
