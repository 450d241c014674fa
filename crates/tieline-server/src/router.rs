//! Which service answers at which path.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use tieline_core::Instant;

use crate::Line;

/// The body of an HTTP answer: whole or streamed.
pub type Body = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A body that is there as a whole.
#[must_use]
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// An answer of plain words, with a line end so that it reads well on a terminal.
#[must_use]
pub fn plain(status: StatusCode, words: &str) -> Response<Body> {
    let mut response = Response::new(whole(format!("{words}\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// What a client said when it opened a WebSocket.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Opening<'a> {
    /// The path of the URL.
    pub path: &'a str,
    /// The query of the URL, without the question mark; empty when there is none. May hold keys: not for logs.
    pub query: &'a str,
    /// The header fields. May hold keys and cookies.
    pub headers: &'a HeaderMap,
    /// From where.
    pub peer: SocketAddr,
    /// When.
    pub now: Instant,
}

impl<'a> Opening<'a> {
    pub(crate) fn new(request: &'a http::request::Parts, peer: SocketAddr, now: Instant) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self { path: request.uri.path(), query, headers: &request.headers, peer, now }
    }

    /// The first value of a query parameter, as it is written in the URL.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("path", &self.path).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Answers WebSockets.
pub trait WebSocketService: Send + Sync + 'static {
    /// Puts a line behind a WebSocket that is about to open.
    ///
    /// # Errors
    /// The HTTP answer to refuse it with (see [`plain`]), boxed for its size.
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>>;
}

/// The answer to come of an [`HttpHandler`].
pub type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Answers HTTP requests.
pub trait HttpHandler: Send + Sync + 'static {
    /// Answers one request of `peer`. The body of the request has not been read, and has no limit yet.
    fn answer(&self, request: Request<hyper::body::Incoming>, peer: SocketAddr) -> Answer;

    /// The server begins to shut down: answers that wait for something are to wait no longer. Does nothing by default, and
    /// such answers are dropped after [`ServerOptions::drain_timeout`](crate::ServerOptions::drain_timeout).
    fn begin_shutdown(&self) {}
}

impl<F> HttpHandler for F
where
    F: Fn(Request<hyper::body::Incoming>, SocketAddr) -> Answer + Send + Sync + 'static,
{
    fn answer(&self, request: Request<hyper::body::Incoming>, peer: SocketAddr) -> Answer {
        self(request, peer)
    }
}

/// Which paths a service answers at.
#[derive(Clone)]
pub struct Paths(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Paths {
    /// Exactly these, each with its leading slash.
    #[must_use]
    pub fn exact<P: Into<String>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        Self::matching(move |path| paths.iter().any(|own| own == path))
    }

    /// All that begin with `prefix`.
    #[must_use]
    pub fn below(prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        Self::matching(move |path| path.starts_with(&prefix))
    }

    /// All for which `predicate` holds.
    #[must_use]
    pub fn matching(predicate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(predicate))
    }

    /// These and `others`.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self::matching(move |path| self.contain(path) || others.contain(path))
    }

    fn contain(&self, path: &str) -> bool {
        (self.0)(path)
    }
}

impl fmt::Debug for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Paths")
    }
}

/// The services of a server by path. The first one mounted that answers at a path gets the request; a WebSocket and an
/// HTTP service may share a path.
#[derive(Clone, Default)]
pub struct Router {
    websockets: Vec<(Paths, Arc<dyn WebSocketService>)>,
    handlers: Vec<(Paths, Arc<dyn HttpHandler>)>,
}

impl Router {
    /// A router that answers everything with 404.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers WebSockets at `paths`.
    #[must_use]
    pub fn websocket(mut self, paths: Paths, service: impl WebSocketService) -> Self {
        self.websockets.push((paths, Arc::new(service)));
        self
    }

    /// Answers HTTP at `paths`.
    #[must_use]
    pub fn http(mut self, paths: Paths, handler: impl HttpHandler) -> Self {
        self.handlers.push((paths, Arc::new(handler)));
        self
    }

    pub(crate) fn websocket_at(&self, path: &str) -> Option<&Arc<dyn WebSocketService>> {
        self.websockets.iter().find(|(paths, _)| paths.contain(path)).map(|(_, service)| service)
    }

    pub(crate) fn begin_shutdown(&self) {
        self.handlers.iter().for_each(|(_, handler)| handler.begin_shutdown());
    }

    pub(crate) fn handler_at(&self, path: &str) -> Option<&Arc<dyn HttpHandler>> {
        self.handlers.iter().find(|(paths, _)| paths.contain(path)).map(|(_, handler)| handler)
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Router");
        debug.field("websockets", &self.websockets.len()).field("handlers", &self.handlers.len()).finish()
    }
}
