//! A script on a port.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::{Response, StatusCode};
use tieline_server::{
    Body, Line, Opening, Paths, Router, Server, ServerHandle, ServerOptions, Strictness, WebSocketService, plain,
};
use tokio::sync::watch;

use super::exchanges::Exchanges;
use super::line::ReplayLine;
use super::pace::{Speed, Steps};
use super::script::{Script, Service, Summary};

/// How a capture is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReplayOptions {
    /// Where to listen. Default: 127.0.0.1, on a port that is free.
    pub listen: SocketAddr,
    /// How fast. Default: as it was.
    pub speed: Speed,
    /// Serve over TLS with a certificate made for this run. Default not.
    #[cfg(feature = "tls")]
    pub tls: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            speed: Speed::default(),
            #[cfg(feature = "tls")]
            tls: false,
        }
    }
}

/// Why a capture cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// There is nothing in it that could be served.
    #[error("the capture holds no WebSocket and no answer over HTTP")]
    Empty,
    /// The address cannot be listened on, or no certificate made.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A capture that is served on a port as the PBX was: see [`ReplayLine`] for what a client is told on a WebSocket.
///
/// The WebSockets of a service are given to those who connect one after the other; when each was given once, they begin anew.
/// Over HTTP a request gets the answer to the like of it; a log that was polled is given by its numbers, each event when its time
/// has come since the log was first asked for.
pub struct Replay {
    server: ServerHandle,
    steps: Arc<Steps>,
    pin: Option<String>,
    summary: Summary,
    left: watch::Receiver<usize>,
}

impl Replay {
    /// Serves a script. Must be called within a tokio runtime; dropping it does not stop the server.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn start(script: Script, options: ReplayOptions) -> Result<Self, ReplayError> {
        let summary = script.summary();
        if summary.sockets == 0 && summary.exchanges == 0 {
            return Err(ReplayError::Empty);
        }
        let mut serving = ServerOptions::default();
        serving.strictness = Strictness::Lenient;
        #[cfg(feature = "tls")]
        let pin = if options.tls {
            let address = options.listen.ip().to_string();
            let tls = tieline_tls::ServerTls::self_signed(&["localhost", "127.0.0.1", "::1", &address]);
            let tls = tls.map_err(io::Error::other)?;
            let pin = tls.pin().to_string();
            serving.tls = Some(tls);
            Some(pin)
        } else {
            None
        };
        #[cfg(not(feature = "tls"))]
        let pin = None;
        let script = Arc::new(script);
        let (parts, left) = watch::channel(summary.sockets + usize::from(summary.polled > 0));
        let parts = Arc::new(parts);
        let steps = Arc::<Steps>::default();
        let polled = Arc::clone(&parts);
        let exchanges =
            Exchanges::new(Arc::clone(&script), options.speed, Arc::clone(&steps), move || one_less(&polled));
        let given = (0..script.sockets.len()).map(|_| AtomicUsize::new(0)).collect();
        let sockets =
            Sockets { script, speed: options.speed, steps: Arc::clone(&steps), given, parts, choice: Mutex::new(()) };
        let router =
            Router::new().websocket(Paths::matching(|_| true), sockets).http(Paths::matching(|_| true), exchanges);
        let server = Server::bind(options.listen, serving).await?.spawn(router);
        Ok(Self { server, steps, pin, summary, left })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The pin of the certificate, with TLS.
    #[must_use]
    pub fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// How much there is to play.
    #[must_use]
    pub const fn summary(&self) -> Summary {
        self.summary
    }

    /// Lets the next event happen, with [`Speed::Step`].
    pub fn step(&self) {
        self.steps.allow();
    }

    /// Waits until each WebSocket was played to its end, and the last event of a polled log was given.
    pub async fn played(&self) {
        // An error means that the server is gone.
        let mut left = self.left.clone();
        let _gone = left.wait_for(|left| *left == 0).await;
    }

    /// Says goodbye to the clients, and stops.
    pub async fn stop(&self) {
        self.server.shutdown().await;
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("local_addr", &self.local_addr())
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

fn one_less(parts: &watch::Sender<usize>) {
    parts.send_modify(|left| *left = left.saturating_sub(1));
}

/// Gives the WebSockets of a script to those who connect.
struct Sockets {
    script: Arc<Script>,
    speed: Speed,
    steps: Arc<Steps>,
    /// How often each was given.
    given: Vec<AtomicUsize>,
    parts: Arc<watch::Sender<usize>>,
    /// One chooses at a time.
    choice: Mutex<()>,
}

impl WebSocketService for Sockets {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let _choice = self.choice.lock().unwrap_or_else(PoisonError::into_inner);
        let service = Service::of(opening.path);
        let like = self
            .script
            .sockets
            .iter()
            .zip(&self.given)
            .enumerate()
            .filter(|(_, (socket, _))| socket.service == service);
        let chosen = like.min_by_key(|(_, (_, given))| given.load(Ordering::Relaxed));
        let Some((socket, (_, given))) = chosen else {
            return Err(Box::new(plain(StatusCode::NOT_FOUND, "the capture holds no WebSocket of this kind")));
        };
        let is_first = given.fetch_add(1, Ordering::Relaxed) == 0;
        let parts = Arc::clone(&self.parts);
        let played: Option<super::line::Played> = is_first.then(|| Box::new(move || one_less(&parts)) as _);
        let (script, steps) = (Arc::clone(&self.script), Arc::clone(&self.steps));
        Ok(Box::new(ReplayLine::with(script, socket, self.speed, steps, opening.now, played)))
    }
}
