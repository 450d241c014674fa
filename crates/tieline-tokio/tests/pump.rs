//! The pump over streams in memory and over sockets that are counted.
#![cfg(feature = "wsi")]

mod common;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use common::{config, names_to, soon};
use futures::{SinkExt as _, StreamExt as _};
use tieline_core::supervisor::{LineId, Phase};
use tieline_portsip_wsi::Auth;
use tieline_testkit::adapter::{OK, calls, event, kills, setup};
use tieline_tokio::{ClientError, ConnectError, Dialed, Dialer, UrlDialer, wsi};
use tieline_websocket::OpeningRequest;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The server's end of a pipe in memory.
struct Peer(WebSocketStream<DuplexStream>);

impl Peer {
    async fn accept(io: DuplexStream) -> Self {
        Self(tokio_tungstenite::accept_async(io).await.expect("a WebSocket opening"))
    }

    /// As [`accept`](Self::accept), from a stream that gives a byte at a time, which tungstenite takes for an attack.
    async fn accept_bytewise(mut io: DuplexStream) -> Self {
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

    async fn heard(&mut self) -> Option<String> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.expect("a client");
    }

    async fn log_in(&mut self) {
        self.heard().await.expect("a login");
        self.say(OK).await;
    }

    async fn agree(&mut self) -> Vec<String> {
        let mut asked = Vec::new();
        while let Some(text) = self.heard().await {
            asked.push(text);
            self.say(OK).await;
        }
        asked
    }
}

/// A dialer whose every line is an in-memory pipe; the other ends come out of the channel.
fn pipes(capacity: usize) -> (impl Dialer<Auth, Io = DuplexStream>, mpsc::UnboundedReceiver<DuplexStream>) {
    let (ends, accepted) = mpsc::unbounded_channel();
    let dialer = move |_: LineId| {
        let (ours, theirs) = tokio::io::duplex(capacity);
        let sent = ends.send(theirs);
        async move {
            sent.map_err(|_| ConnectError::Timeout)?;
            let request = OpeningRequest::new("pbx.example", "/wsi")?;
            Ok::<_, ConnectError>(Dialed::new(ours, request, Auth::username("u", "d", "p")))
        }
    };
    (dialer, accepted)
}

#[tokio::test]
async fn it_runs_over_any_stream_byte_by_byte() {
    let (dialer, mut accepted) = pipes(1);
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept_bytewise(accepted.recv().await.expect("a dial")).await;
        peer.log_in().await;
        for at in 0..20 {
            peer.say(event(at)).await;
        }
        peer.agree().await
    });
    let (client, mut events, mut driver) = wsi::connect_with(dialer, config(setup()));
    let live = driver.first_live();
    let driver = tokio::spawn(driver);
    soon(live).await.expect("live");
    assert_eq!(names_to(&mut events, "event 19").await.len(), 22);
    soon(client.subscribe(calls())).await.expect("answered");
    soon(client.close()).await;
    soon(driver).await.expect("the driver ends by itself");
    assert_eq!(soon(server).await.expect("no panic").len(), 1);
}

#[tokio::test]
async fn events_without_end_do_not_keep_a_deadline_from_its_turn() {
    const EVENTS: usize = 1000;
    let (dialer, mut accepted) = pipes(1 << 20);
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(accepted.recv().await.expect("a dial")).await;
        peer.log_in().await;
        peer.heard().await.expect("a subscribe");
        for at in 0..EVENTS {
            peer.say(event(at)).await;
        }
        peer.say(OK).await;
        peer
    });
    let (client, mut events, driver) = wsi::connect_with(dialer, config(setup()));
    tokio::spawn(driver);
    // Its answer comes behind them all: from now on they wait.
    soon(client.subscribe(calls())).await.expect("answered");
    let _peer = soon(server).await.expect("no panic");
    let past = Instant::now() - Duration::from_secs(1);
    let mut taken = 0;
    let late = timeout_at(past, async {
        while events.next().await.is_some() {
            taken += 1;
        }
    });
    assert!(late.await.is_err() && taken < EVENTS, "{taken} were taken first");
    assert!(names_to(&mut events, &format!("event {}", EVENTS - 1)).await.len() + taken >= EVENTS, "none is lost");
}

#[tokio::test]
async fn a_dropped_driver_fails_whoever_waits() {
    let (dialer, mut accepted) = pipes(1 << 16);
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(accepted.recv().await.expect("a dial")).await;
        peer.log_in().await;
        // The subscribe is never answered.
        peer.heard().await.expect("a subscribe");
        peer
    });
    let (client, mut events, mut driver) = wsi::connect_with(dialer, config(setup()));
    let live = driver.first_live();
    let driver = tokio::spawn(driver);
    soon(live).await.expect("live");
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.subscribe(calls()).await }
    });
    let _peer = soon(server).await.expect("the request arrived");
    driver.abort();
    assert_eq!(soon(asking).await.expect("no panic"), Err(ClientError::Closed));
    soon(async { while events.next().await.is_some() {} }).await;
    assert_eq!(soon(client.subscribe(calls())).await, Err(ClientError::Closed));
    soon(client.close()).await;
    assert_eq!(client.phase(), Phase::Closed);
}

#[tokio::test]
async fn a_driver_dropped_before_it_ran_fails_whoever_waits() {
    let (dialer, _accepted) = pipes(1 << 16);
    let (client, mut events, mut driver) = wsi::connect_with(dialer, config(setup()));
    let live = driver.first_live();
    drop(driver);
    assert!(matches!(soon(live).await, Err(ConnectError::Closed)));
    assert_eq!(soon(events.next()).await, None);
    assert_eq!(soon(client.subscribe(calls())).await, Err(ClientError::Closed));
}

#[tokio::test]
async fn a_dial_in_progress_is_dropped_when_the_line_is_closed() {
    struct Tell(mpsc::UnboundedSender<&'static str>);
    impl Drop for Tell {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }
    let (tell, mut told) = mpsc::unbounded_channel();
    let dialer = move |_: LineId| {
        let tell = Tell(tell.clone());
        async move {
            let _ = tell.0.send("dialling");
            std::future::pending::<()>().await;
            Err::<Dialed<DuplexStream, Auth>, _>(ConnectError::Timeout)
        }
    };
    let (client, mut events, driver) = wsi::connect_with(dialer, config(setup()));
    let driver = tokio::spawn(driver);
    assert_eq!(soon(told.recv()).await, Some("dialling"));
    soon(client.close()).await;
    assert_eq!(soon(told.recv()).await, Some("dropped"));
    assert_eq!(names_to(&mut events, "closed").await, ["closed"]);
    soon(driver).await.expect("the driver ends by itself");
}

#[tokio::test]
async fn cancelling_connect_closes_the_line() {
    let (io, mut gone) = mpsc::unbounded_channel::<()>();
    let mut config = config(setup());
    config.credentials = Some(tieline_tokio::Credentials::asked(move || {
        let held = io.clone();
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(Auth::username("u", "d", "p"))
        }
    }));
    let connecting = tokio::spawn(async move { wsi::connect("ws://pbx.invalid/", config).await.map(drop) });
    tokio::task::yield_now().await;
    connecting.abort();
    // The driver dropped its dialer, so it ended.
    assert_eq!(soon(gone.recv()).await, None);
}

/// A stream that is counted as long as it lives.
struct Counted<Io>(Io, Arc<Count>);

#[derive(Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
    ever: AtomicUsize,
}

impl<Io> Counted<Io> {
    fn new(io: Io, count: &Arc<Count>) -> Self {
        count.ever.fetch_add(1, Ordering::SeqCst);
        let now = count.now.fetch_add(1, Ordering::SeqCst) + 1;
        count.most.fetch_max(now, Ordering::SeqCst);
        Self(io, Arc::clone(count))
    }
}

impl<Io> Drop for Counted<Io> {
    fn drop(&mut self) {
        self.1.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Counted<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Counted<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn twenty_kills_in_a_row_are_survived_with_one_connection_at_a_time() {
    let pbx = kills::pbx();
    let config = config(setup().subscribe(&calls()));
    let count = Arc::new(Count::default());
    let counting = Arc::clone(&count);
    let inner: Arc<UrlDialer<Auth>> = Arc::new(config.dialer(&pbx.url).expect("an address"));
    let dialer = move |line: LineId| {
        let (inner, count) = (Arc::clone(&inner), Arc::clone(&counting));
        async move {
            let Dialed { io, request, credentials, .. } = inner.dial(line).await?;
            Ok::<_, ConnectError>(Dialed::new(Counted::new(io, &count), request, credentials))
        }
    };
    let (_client, events, driver) = wsi::connect_with(dialer, config);
    tokio::spawn(driver);
    tokio::task::spawn_blocking(move || kills::survived(&mut common::Stream(events))).await.expect("survived");
    assert_eq!(count.ever.load(Ordering::SeqCst), kills::KILLS + 1);
    assert_eq!(count.most.load(Ordering::SeqCst), 1);
}
