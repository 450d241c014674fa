//! A PBX that does as each test says, on an independent WebSocket implementation.
#![allow(dead_code, reason = "each test file uses its share")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tieline_core::BackoffPolicy;
use tieline_core::supervisor::{LineEvent, Policy};
use tieline_portsip_wsi::client::ClientEvent;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};
use tieline_tokio::{Proxy, wsi};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

pub(crate) const OK: &str = r#"{"status":0}"#;
pub(crate) const REFUSED: &str = r#"{"error":"name or password error","status":-1}"#;

/// No test takes this long unless something hangs.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("something hangs")
}

pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The server's side of one connection.
pub(crate) struct Peer<Io>(pub(crate) WebSocketStream<Io>);

impl<Io: AsyncRead + AsyncWrite + Unpin> Peer<Io> {
    pub(crate) async fn accept(io: Io) -> Self {
        Self(tokio_tungstenite::accept_async(io).await.expect("a WebSocket opening"))
    }

    /// As [`accept`](Self::accept), from a stream that gives a byte at a time, which tungstenite takes for an attack.
    pub(crate) async fn accept_bytewise(mut io: Io) -> Self {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(io.read_u8().await.expect("a request"));
        }
        let request = String::from_utf8(request).expect("text");
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
        let accept = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        io.write_all(answer.as_bytes()).await.expect("a client");
        Self(WebSocketStream::from_raw_socket(io, Role::Server, None).await)
    }

    /// The next text; `None` when the client closed or the connection broke.
    pub(crate) async fn heard(&mut self) -> Option<String> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        // A client that left is not the server's business.
        let _ = self.0.send(Message::text(text.into())).await;
    }

    /// Accepts the login, and gives what it was.
    pub(crate) async fn log_in(&mut self) -> String {
        let login = self.heard().await.expect("a login");
        assert!(login.contains(r#""command":"auth""#), "{login}");
        self.say(OK).await;
        login
    }

    /// Answers everything, until the client leaves; gives what was asked.
    pub(crate) async fn agree(&mut self) -> Vec<String> {
        let mut asked = Vec::new();
        while let Some(text) = self.heard().await {
            asked.push(text);
            self.say(OK).await;
        }
        asked
    }

    /// Reads until the client leaves, and gives its close code.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Close(close) = message {
                return close.map(|close| close.code.into());
            }
        }
        None
    }
}

/// A listener that serves each connection in its own task.
pub(crate) struct Pbx {
    pub(crate) url: String,
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Pbx {
    /// Serves raw connections; `serve` is told their number, from 0.
    pub(crate) async fn raw<F, Serving>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> Serving + Send + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                tokio::spawn(serve(io, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { url: format!("ws://127.0.0.1:{port}/wsi"), port, accepted }
    }

    /// Serves WebSockets.
    pub(crate) async fn start<F, Serving>(serve: F) -> Self
    where
        F: Fn(Peer<TcpStream>, usize) -> Serving + Send + Sync + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        let serve = Arc::new(serve);
        Self::raw(move |io, number| {
            let serve = Arc::clone(&serve);
            async move { serve(Peer::accept(io).await, number).await }
        })
        .await
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

pub(crate) fn event(number: usize) -> String {
    format!(r#"{{"event_type":"test_event","number":{number}}}"#)
}

pub(crate) fn calls() -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions(["102"])
}

/// A configuration with waits short enough for tests.
pub(crate) fn config() -> wsi::Config {
    let mut policy = Policy::default();
    policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    let auth = Auth::username("supervisor", "pbx.example", "hunter2");
    let mut config = wsi::Config::new(Dialect::V16, auth).policy(policy).proxy(Proxy::direct());
    config.session.grace = Duration::from_secs(3600);
    config
}

/// The number of an [`event`].
pub(crate) fn number(item: &wsi::Item) -> Option<usize> {
    let wsi::Item::Line(LineEvent::Session(ClientEvent::Received(received))) = item else { return None };
    Some(received.field::<u64>("number").expect("a number").expect("a number") as usize)
}

/// A short name for an item, for comparing orders.
pub(crate) fn name(item: &wsi::Item) -> String {
    match item {
        wsi::Item::Line(LineEvent::Live(_)) => "live".into(),
        wsi::Item::Line(LineEvent::Gap(_)) => "gap".into(),
        wsi::Item::Line(LineEvent::Down { cause, .. }) => format!("down: {cause}"),
        wsi::Item::Line(LineEvent::Closed(None)) => "closed".into(),
        wsi::Item::Line(LineEvent::Closed(Some(cause))) => format!("closed: {cause}"),
        wsi::Item::Line(LineEvent::Session(ClientEvent::LoggedIn)) => "logged in".into(),
        wsi::Item::Line(LineEvent::Session(ClientEvent::Received(_))) => {
            format!("event {}", number(item).expect("a number"))
        }
        other => format!("{other:?}"),
    }
}

/// The names of the next items, up to and with the one called `last`.
pub(crate) async fn names_to(events: &mut wsi::Events, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    soon(async {
        while let Some(item) = events.next().await {
            names.push(name(&item));
            if names.last().is_some_and(|name| name == last) {
                return;
            }
        }
        panic!("the stream ended before {last:?}: {names:?}");
    })
    .await;
    names
}
