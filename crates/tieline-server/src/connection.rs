//! One connection: TLS, then HTTP, then perhaps a WebSocket; all on one task.

use std::future::{Future as _, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tieline_websocket::upgrade::{self, UpgradeRefusal};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::census::Admitted;
use crate::clock::Clock;
use crate::courier::Couriers;
use crate::router::{Answer, plain};
use crate::stream::Stream;
use crate::{Accepted, Body, ConnectionHook, Line, Opening, Router, ServerHook, ServerOptions, pump};

/// The longest head of a request, and the most of a body that hyper buffers.
const HTTP_BUFFER: usize = 16 << 10;
/// How long the end of a stream may take once everything is written.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// What all connections of a server share.
pub(crate) struct Site {
    pub(crate) options: ServerOptions,
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) hook: Option<Arc<dyn ServerHook>>,
    pub(crate) couriers: Couriers,
}

/// The line that the HTTP service opened, for the task to drive once hyper has sent its answer.
type Slot = Arc<Mutex<Option<Box<dyn Line>>>>;

struct Upgraded {
    stream: Stream,
    /// What hyper had read beyond the request.
    read: Bytes,
    line: Box<dyn Line>,
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    tcp: TcpStream,
    peer: SocketAddr,
    site: Arc<Site>,
    mut drain: watch::Receiver<bool>,
    admitted: Admitted,
) {
    // Both boxed: what handshakes need is given back before the long life of a WebSocket begins, and a connection of HTTP,
    // which may wait as long for an answer, needs nothing of the other.
    let accepted = match &site.hook {
        None => Accepted::Served(tcp),
        Some(hook) => hook.accept(tcp, peer),
    };
    let (stream, hook) = match accepted {
        Accepted::Served(tcp) => (Stream::Plain(tcp), None),
        Accepted::Hooked(io, hook) => (Stream::Hooked(io), Some(hook)),
        Accepted::Taken(taken) => {
            tokio::select! {
                () = taken => {}
                _ = drain.wait_for(|draining| *draining) => {}
            }
            return;
        }
    };
    let upgraded = Box::pin(handshakes(stream, hook, peer, &site, &mut drain)).await;
    if let Some(Upgraded { stream, read, line }) = upgraded {
        Box::pin(pump::run(stream, read, line, &site, drain)).await;
    }
    drop(admitted);
}

async fn handshakes(
    stream: Stream,
    hook: Option<Box<dyn ConnectionHook>>,
    peer: SocketAddr,
    site: &Arc<Site>,
    drain: &mut watch::Receiver<bool>,
) -> Option<Upgraded> {
    let deadline = Instant::now() + site.options.handshake_timeout;
    let stream = secure(stream, site, deadline, drain).await?;
    http(stream, hook, peer, site, deadline, drain).await
}

#[cfg(feature = "tls")]
async fn secure(stream: Stream, site: &Site, deadline: Instant, drain: &mut watch::Receiver<bool>) -> Option<Stream> {
    use tokio_rustls::TlsAcceptor;

    let Some(tls) = &site.options.tls else { return Some(stream) };
    let acceptor = TlsAcceptor::from(tls.config().clone());
    let accept = async {
        match stream {
            Stream::Plain(tcp) => Ok(Stream::Tls(Box::new(acceptor.accept(tcp).await?))),
            Stream::Hooked(io) => Ok(Stream::HookedTls(Box::new(acceptor.accept(io).await?))),
            secured => Ok::<_, std::io::Error>(secured),
        }
    };
    let accepted = tokio::select! {
        accepted = tokio::time::timeout_at(deadline, accept) => accepted,
        _ = drain.wait_for(|draining| *draining) => return None,
    };
    match accepted {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("no TLS handshake within the deadline");
            None
        }
    }
}

#[cfg(not(feature = "tls"))]
async fn secure(stream: Stream, _: &Site, _: Instant, _: &mut watch::Receiver<bool>) -> Option<Stream> {
    Some(stream)
}

/// Answers HTTP requests until the connection ends or becomes a WebSocket.
async fn http(
    stream: Stream,
    hook: Option<Box<dyn ConnectionHook>>,
    peer: SocketAddr,
    site: &Arc<Site>,
    deadline: Instant,
    drain: &mut watch::Receiver<bool>,
) -> Option<Upgraded> {
    let slot = Slot::default();
    let service = service_fn({
        let (site, slot) = (site.clone(), slot.clone());
        move |request| {
            let answer = match &hook {
                None => answer(request, peer, &site, &slot, None),
                Some(hook) => {
                    let next = Box::new(|request| answer(request, peer, &site, &slot, Some(&**hook)));
                    hook.answer(request, next)
                }
            };
            let infallible: Pin<Box<dyn Future<Output = Result<_, std::convert::Infallible>> + Send>> =
                Box::pin(async { Ok(answer.await) });
            infallible
        }
    });
    // Zero would mean that the time is up before the first byte is looked at.
    let head_timeout = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HTTP_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let result = {
        let mut draining = false;
        let mut drained = pin!(drain.wait_for(|draining| *draining));
        poll_fn(|cx| {
            if !draining && drained.as_mut().poll(cx).is_ready() {
                draining = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            connection.poll_without_shutdown(cx)
        })
        .await
    };
    if let Err(error) = result {
        tracing::debug!(%error, "HTTP ended");
        return None;
    }
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    let line = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(line) = line else {
        let _end = timeout(SHUTDOWN_TIMEOUT, stream.shutdown()).await;
        return None;
    };
    Some(Upgraded { stream, read: parts.read_buf, line })
}

fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    site: &Site,
    slot: &Slot,
    hook: Option<&dyn ConnectionHook>,
) -> Answer {
    let path = request.uri().path();
    let handler = site.router.handler_at(path);
    let Some(service) = site.router.websocket_at(path) else {
        return match handler {
            Some(handler) => handler.answer(request, peer),
            None => ready(plain(StatusCode::NOT_FOUND, "nothing answers at this path")),
        };
    };
    let checked = upgrade::check(request.method(), request.version(), request.headers(), site.options.strictness);
    let accepted = match (checked, handler) {
        (Ok(accepted), _) => accepted,
        (Err(UpgradeRefusal::Method | UpgradeRefusal::NoUpgrade), Some(handler)) => {
            return handler.answer(request, peer);
        }
        (Err(refusal), _) => {
            tracing::debug!(path, %refusal, "WebSocket refused");
            let (head, words) = refusal.response().into_parts();
            let (mut parts, body) = plain(head.status, &words).into_parts();
            parts.headers.extend(head.headers);
            return ready(Response::from_parts(parts, body));
        }
    };
    let (parts, _) = request.into_parts();
    let opening = Opening::new(&parts, peer, site.clock.now());
    match service.open(&opening) {
        Ok(line) => {
            let line = match hook {
                None => line,
                Some(hook) => hook.line(&opening, line),
            };
            tracing::debug!(path = parts.uri.path(), "WebSocket opened");
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
            ready(accepted.response().map(|()| Empty::new().map_err(|never| match never {}).boxed()))
        }
        Err(response) => {
            tracing::debug!(path = parts.uri.path(), status = response.status().as_u16(), "WebSocket refused");
            ready(*response)
        }
    }
}

fn ready(response: Response<Body>) -> Answer {
    Box::pin(std::future::ready(response))
}
