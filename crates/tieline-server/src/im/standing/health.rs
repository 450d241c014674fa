//! `/healthz` and `/metrics`.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::{Inner, metrics};
use crate::im::accounts::Users;
use crate::{Answer, Body, HttpHandler, ServerHandle, plain, whole};

/// A store that failed is tried again no more often.
const PROBE: Duration = Duration::from_secs(1);

/// Whether clients should come here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// They should.
    Good,
    /// The store fails at present.
    Failing,
    /// The service ends.
    Draining,
    /// The thread that decides is gone: only a restart helps.
    Dead,
}

impl Health {
    const fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::Good => (StatusCode::OK, "ok"),
            Self::Failing => (StatusCode::SERVICE_UNAVAILABLE, "the store is failing"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
            Self::Dead => (StatusCode::SERVICE_UNAVAILABLE, "the service has died: restart it"),
        }
    }
}

/// When the store was tried last since it failed, and whether it worked.
#[derive(Default)]
pub(super) struct Watch(Mutex<Option<(Instant, bool)>>);

impl<U: Users> Inner<U> {
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the store failed when it was used last, and fails when it is tried now. Blocks.
    fn is_failing(&self) -> bool {
        if !self.im.stats().is_failing {
            return false;
        }
        let mut last = self.watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, works)) = *last
            && at.elapsed() < PROBE
        {
            return !works;
        }
        // Nobody may come to use it while it counts as failing.
        let probed = self.store.probe();
        if let Err(error) = &probed {
            tracing::error!(error = error as &dyn std::error::Error, "the store is failing");
        }
        *last = Some((Instant::now(), probed.is_ok()));
        probed.is_err()
    }

    async fn health(self: &Arc<Self>) -> Health {
        if self.is_draining() {
            return Health::Draining;
        }
        if self.im.stats().has_died {
            return Health::Dead;
        }
        let this = Arc::clone(self);
        let failing = tokio::task::spawn_blocking(move || this.is_failing()).await.unwrap_or(true);
        if failing { Health::Failing } else { Health::Good }
    }
}

/// Answers at both paths; at `/metrics` only where it knows the server.
pub(super) struct Handler<U> {
    inner: Arc<Inner<U>>,
    server: Option<ServerHandle>,
}

impl<U> Handler<U> {
    pub(super) const fn new(inner: Arc<Inner<U>>, server: Option<ServerHandle>) -> Self {
        Self { inner, server }
    }
}

impl<U: Users> HttpHandler for Handler<U> {
    fn answer(&self, request: Request<Incoming>, _: SocketAddr) -> Answer {
        let (inner, server) = (Arc::clone(&self.inner), self.server.clone());
        Box::pin(async move {
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "another method than GET");
                refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
                return refused;
            }
            let health = inner.health().await;
            let mut response = match server.filter(|_| request.uri().path() == "/metrics") {
                Some(server) => page(metrics::page(&inner, health, &server)),
                None => {
                    let (status, words) = health.answer();
                    plain(status, words)
                }
            };
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        })
    }
}

fn page(text: String) -> Response<Body> {
    let mut response = Response::new(whole(text));
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
