//! What comes between a server and its clients.
#![cfg(feature = "wsi")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use common::*;
use http::StatusCode;
use tieline_core::{Frame, Instant, MessageLimit};
use tieline_server::wsi::{self, Hub, WsiService};
use tieline_server::{
    Accepted, Answer, ConnectionHook, Line, Next, Opening, Router, Server, ServerHandle, ServerHook, ServerOptions,
    plain,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

/// The first connection is refused, the second left alone; of every other one `/` is not answered by the service, and
/// all frames of `/wsi` are sent twice.
#[derive(Default)]
struct Meddler {
    accepted: AtomicUsize,
}

impl ServerHook for Meddler {
    fn accept(&self, tcp: TcpStream, _: SocketAddr) -> Accepted {
        match self.accepted.fetch_add(1, Ordering::Relaxed) {
            0 => Accepted::Taken(Box::pin(async move { drop(tcp) })),
            1 => Accepted::Served(tcp),
            _ => Accepted::Hooked(Box::new(tcp), Box::new(Meddling)),
        }
    }
}

struct Meddling;

impl ConnectionHook for Meddling {
    fn answer(&self, request: http::Request<hyper::body::Incoming>, next: Next<'_>) -> Answer {
        if request.uri().path() == "/" {
            return Box::pin(std::future::ready(plain(StatusCode::SERVICE_UNAVAILABLE, "later")));
        }
        next(request)
    }

    fn line(&self, opening: &Opening<'_>, line: Box<dyn Line>) -> Box<dyn Line> {
        assert_eq!(opening.path, "/wsi");
        Box::new(Twice { line, again: None })
    }
}

struct Twice {
    line: Box<dyn Line>,
    again: Option<Frame>,
}

impl Line for Twice {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        self.line.handle_input(now, frame);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.line.handle_timeout(now);
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.again.take().or_else(|| {
            self.again = self.line.poll_transmit();
            self.again.clone()
        })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.line.poll_timeout()
    }

    fn wants_input(&self) -> bool {
        self.line.wants_input()
    }

    fn close(&mut self, now: Instant) {
        self.line.close(now);
    }

    fn has_ended(&self) -> bool {
        self.line.has_ended()
    }

    fn message_limit(&self) -> MessageLimit {
        self.line.message_limit()
    }

    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        self.line.poll_outside(cx, now)
    }
}

async fn meddled() -> (ServerHandle, SocketAddr) {
    meddled_with(ServerOptions::default()).await
}

async fn meddled_with(options: ServerOptions) -> (ServerHandle, SocketAddr) {
    let service = WsiService::new(Arc::<Pbx>::default(), Hub::new());
    let server = Server::bind("127.0.0.1:0", options).await.unwrap().hooked(Meddler::default());
    let address = server.local_addr();
    (server.spawn(Router::new().websocket(wsi::paths(), service)), address)
}

async fn client(address: SocketAddr, path: &str) -> Result<Client, Error> {
    Client::over(TcpStream::connect(address).await?, &format!("ws://{address}{path}")).await
}

#[tokio::test]
async fn a_hook_decides_what_becomes_of_each_connection() {
    let (_running, address) = meddled().await;
    let mut first = TcpStream::connect(address).await.unwrap();
    assert!(matches!(within(first.read(&mut [0])).await, Ok(0) | Err(_)));
    let mut second = client(address, "/").await.unwrap();
    second.send(LOGIN_V16).await;
    assert_eq!(second.text().await, OK);
}

#[tokio::test]
async fn a_hook_answers_requests_and_wraps_lines() {
    let (_running, address) = meddled().await;
    let _first_two = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    let Err(Error::Http(answer)) = client(address, "/").await else { panic!("it was opened") };
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let mut other = client(address, "/wsi").await.unwrap();
    other.send(LOGIN_V16).await;
    assert_eq!((other.text().await.as_str(), other.text().await.as_str()), (OK, OK));
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_hook_is_beneath_tls() {
    let mut options = ServerOptions::default();
    let tls = tieline_tls::ServerTls::self_signed(&["localhost"]).unwrap();
    let trust = tieline_tls::Trust::Pins(vec![tls.pin()]);
    options.tls = Some(tls);
    let (_running, address) = meddled_with(options).await;
    let _first_two = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    let tcp = TcpStream::connect(address).await.unwrap();
    let (config, _) = tieline_tls::ClientTls::new(trust).unwrap().connection().unwrap();
    let stream = tokio_rustls::TlsConnector::from(config).connect("localhost".try_into().unwrap(), tcp).await.unwrap();
    let mut client = Client::over(stream, "wss://localhost/wsi").await.unwrap();
    client.send(LOGIN_V16).await;
    assert_eq!((client.text().await.as_str(), client.text().await.as_str()), (OK, OK));
}
