//! The client.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Frame, Incoming};
use tieline_core::http::{ApiError, BaseUrl, CallError, Endpoint, Plan, ResponseHead};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent, Text};
use tieline_dial::{ConnectError, HttpConfig, Route, Sharing, WsUrl};
use tokio::time::{Instant, timeout_at};

use super::Download;
use super::connection::Connection;
use crate::dial::open;

/// So many connections are kept for the next calls.
const KEPT: usize = 4;
const FOREVER: Duration = Duration::from_secs(1 << 30);

/// Makes calls. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    config: HttpConfig,
    url: WsUrl,
    route: Route,
    idle: Mutex<Vec<Connection>>,
}

impl HttpClient {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: HttpConfig) -> Result<Self, ConnectError> {
        let (url, route) = config.route()?;
        Ok(Self(Arc::new(Inner { config, url, route, idle: Mutex::default() })))
    }

    /// Where the API is.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.0.config.base
    }

    /// Makes a call whose answer is read whole.
    ///
    /// Dropping the future ends the exchange and its connection; the server may have acted.
    ///
    /// # Errors
    /// [`CallError`], which says how much of the request had left. A call of [`Repeat::Never`](super::Repeat::Never) is written once. A read
    /// is written a second time only when the connection was one kept from before and broke before any answer.
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError> {
        self.call_within(endpoint, self.0.config.call_timeout).await
    }

    /// As [`call`](Self::call), with a deadline of its own: a long poll needs one beyond the server's wait.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_within<E: Endpoint>(&self, endpoint: &E, within: Duration) -> Result<E::Reply, CallError> {
        self.call_sharing(endpoint, within, E::REPEAT.into()).await
    }

    /// As [`call_within`](Self::call_within), with the connections that the caller says.
    pub(crate) async fn call_sharing<E: Endpoint>(
        &self,
        endpoint: &E,
        within: Duration,
        sharing: Sharing,
    ) -> Result<E::Reply, CallError> {
        match self.start(endpoint, within, sharing).await? {
            (Answer::Whole(reply), ..) => Ok(reply),
            // Nobody wants the body.
            (Answer::Stream(reply), ..) => Ok(reply),
        }
    }

    /// Makes a call whose answer may be read piece by piece. What comes with the reply is `None` for an answer that was
    /// read whole.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn download<E: Endpoint>(&self, endpoint: &E) -> Result<(E::Reply, Option<Download>), CallError> {
        let config = &self.0.config;
        match self.start(endpoint, config.call_timeout, E::REPEAT.into()).await? {
            (Answer::Whole(reply), _) => Ok((reply, None)),
            (Answer::Stream(reply), body) => {
                Ok((reply, body.map(|(body, connection)| Download::new(body, config.piece_timeout, connection))))
            }
        }
    }

    async fn start<E: Endpoint>(
        &self,
        endpoint: &E,
        within: Duration,
        sharing: Sharing,
    ) -> Result<(Answer<E::Reply>, Option<(Incoming, Connection)>), CallError> {
        // A time that cannot be counted is no limit that matters.
        let deadline = Instant::now().checked_add(within).unwrap_or_else(|| Instant::now() + FOREVER);
        let (mut connection, head, body) = self.exchange(endpoint, deadline, sharing).await?;
        let limit = match endpoint.plan(&head)? {
            Plan::Stream(reply) => return Ok((Answer::Stream(reply), Some((body, connection)))),
            Plan::Whole { limit } => limit,
        };
        let whole = match timeout_at(deadline, whole(body, limit)).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return Err(ApiError::too_long(&head, limit).into()),
            Ok(Err(())) => return Err(ExchangeFailure::new(ExchangeFailureKind::Broken, Sent::All).into()),
            Err(_) => return Err(ExchangeFailure::new(ExchangeFailureKind::Timeout, Sent::All).into()),
        };
        if sharing.keeps() && timeout_at(deadline, connection.is_reusable()).await == Ok(true) {
            self.0.keep(connection);
        }
        Ok((Answer::Whole(endpoint.parse(&head, whole)?), None))
    }

    /// Gets a connection, writes the request, and reads the head of the answer.
    async fn exchange<E: Endpoint>(
        &self,
        endpoint: &E,
        deadline: Instant,
        sharing: Sharing,
    ) -> Result<(Connection, ResponseHead, Incoming), CallError> {
        let config = &self.0.config;
        loop {
            let (head, body) = endpoint.to_request(&config.base, &config.auth)?;
            let kept = if sharing.keeps() { self.0.kept() } else { None };
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.0.open(deadline).await?,
            };
            let meter = connection.meter().clone();
            match timeout_at(deadline, connection.exchange(head, body)).await {
                Ok(Ok((head, body))) => return Ok((connection, head, body)),
                // The server had closed it before it read the request, as likely as not.
                Ok(Err(failure))
                    if sharing.repeats() && connection.reused && failure.kind == ExchangeFailureKind::Broken => {}
                Ok(Err(failure)) => return Err(failure.into()),
                Err(_) => return Err(ExchangeFailure::new(ExchangeFailureKind::Timeout, meter.sent()).into()),
            }
        }
    }
}

enum Answer<R> {
    Whole(R),
    Stream(R),
}

/// `Ok(None)`: longer than the limit. `Err(())`: the connection broke.
async fn whole(body: Incoming, limit: usize) -> Result<Option<Bytes>, ()> {
    let mut body = Limited::new(body, limit);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => bytes.extend_from_slice(&data),
            Ok(Err(_)) => {}
            Err(error) if error.is::<LengthLimitError>() => return Ok(None),
            Err(_) => return Err(()),
        }
    }
    Ok(Some(bytes.freeze()))
}

impl Inner {
    async fn open(&self, deadline: Instant) -> Result<Connection, ExchangeFailure> {
        let deadline = deadline.min(Instant::now() + self.config.connect_timeout);
        tracing::debug!(base = %self.config.base, "dialling");
        match timeout_at(deadline, open(&self.route, &self.url)).await {
            Ok(Ok(io)) => Connection::over(io).await,
            Ok(Err(error)) => {
                let (class, reason) = (error.class(), Text::from(error.to_string()));
                Err(ExchangeFailure::new(ExchangeFailureKind::Connect { class, reason }, Sent::Nothing))
            }
            Err(_) => Err(ExchangeFailure::new(ExchangeFailureKind::Timeout, Sent::Nothing)),
        }
    }

    /// The connection used last, so that those not needed any more are closed by the server's idle limit.
    fn kept(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if connection.is_usable() {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(Connection::is_usable);
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("base", &self.0.config.base).finish_non_exhaustive()
    }
}
