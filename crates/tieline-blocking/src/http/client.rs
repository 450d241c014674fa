//! The client.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tieline_core::http::{ApiError, BaseUrl, CallError, Endpoint, Plan, ResponseHead, header};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent};
use tieline_dial::{ConnectError, HttpConfig, Route, Sharing, WsUrl};

use super::Download;
use super::connection::{Answer, Connection, not_connected};
use crate::dial::{Cancel, Wait, WeakCancel, open};

/// So many connections are kept for the next calls.
const KEPT: usize = 4;
/// So much of a body is read at once.
const PIECE: usize = 16 << 10;

/// Makes calls, each on the thread that makes it. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct HttpClient(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: HttpConfig,
    url: WsUrl,
    route: Route,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// What gives up the connections there are, and the attempts to open one.
    open: Vec<WeakCancel>,
    closed: bool,
}

impl HttpClient {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: HttpConfig) -> Result<Self, ConnectError> {
        let (url, route) = config.route()?;
        Ok(Self(Arc::new(Inner { config, url, route, state: Mutex::default() })))
    }

    /// Where the API is.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.0.config.base
    }

    /// Gives up every call that is going on, on whatever thread, and every later one: they fail with
    /// [`ExchangeFailureKind::Canceled`] at once. The server may have acted.
    pub fn close(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.idle.clear();
        let open = std::mem::take(&mut state.open);
        drop(state);
        open.iter().for_each(WeakCancel::cancel);
    }

    /// Makes a call whose answer is read whole.
    ///
    /// # Errors
    /// [`CallError`], which says how much of the request had left. A call of [`Repeat::Never`](super::Repeat::Never) is written once. A read
    /// is written a second time only when the connection was one kept from before and broke before any answer.
    pub fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, CallError> {
        self.call_within(endpoint, self.0.config.call_timeout)
    }

    /// As [`call`](Self::call), with a deadline of its own: a long poll needs one beyond the server's wait.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_within<E: Endpoint>(&self, endpoint: &E, within: Duration) -> Result<E::Reply, CallError> {
        self.call_sharing(endpoint, within, E::REPEAT.into())
    }

    /// As [`call_within`](Self::call_within), with the connections that the caller says.
    pub(crate) fn call_sharing<E: Endpoint>(
        &self,
        endpoint: &E,
        within: Duration,
        sharing: Sharing,
    ) -> Result<E::Reply, CallError> {
        self.start(endpoint, within, sharing).map(|(reply, _)| reply)
    }

    /// Makes a call whose answer may be read piece by piece. What comes with the reply is `None` for an answer that was
    /// read whole.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn download<E: Endpoint>(&self, endpoint: &E) -> Result<(E::Reply, Option<Download>), CallError> {
        self.start(endpoint, self.0.config.call_timeout, E::REPEAT.into())
    }

    fn start<E: Endpoint>(
        &self,
        endpoint: &E,
        within: Duration,
        sharing: Sharing,
    ) -> Result<(E::Reply, Option<Download>), CallError> {
        let deadline = deadline_in(within);
        let (mut connection, head, mut answer) = self.exchange(endpoint, deadline, sharing)?;
        let limit = match endpoint.plan(&head)? {
            Plan::Stream(reply) => {
                let length = head.headers.get(header::CONTENT_LENGTH);
                let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
                let timeout = self.0.config.piece_timeout;
                return Ok((reply, Some(Download::new(answer, length, timeout, connection))));
            }
            Plan::Whole { limit } => limit,
        };
        let body = whole(&mut connection, &mut answer, &head, limit)?;
        if sharing.keeps() && answer.is_reusable() {
            self.0.keep(connection);
        }
        Ok((endpoint.parse(&head, body)?, None))
    }

    /// Gets a connection, writes the request, and reads the head of the answer.
    fn exchange<E: Endpoint>(
        &self,
        endpoint: &E,
        deadline: Instant,
        sharing: Sharing,
    ) -> Result<(Connection, ResponseHead, Answer), CallError> {
        let config = &self.0.config;
        loop {
            let (head, body) = endpoint.to_request(&config.base, &config.auth)?;
            let kept = if sharing.keeps() { self.0.kept()? } else { None };
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.0.open(deadline)?,
            };
            connection.set_deadline(deadline);
            match connection.exchange(&head, &body) {
                Ok((head, answer)) => return Ok((connection, head, answer)),
                // The server had closed it before it read the request, as likely as not.
                Err(failure)
                    if sharing.repeats() && connection.reused && failure.kind == ExchangeFailureKind::Broken => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}

/// So long from now. A time that cannot be counted is no limit that matters.
pub(super) fn deadline_in(within: Duration) -> Instant {
    Instant::now().checked_add(within).unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 30))
}

/// Reads a body to its end.
pub(super) fn whole(
    connection: &mut Connection,
    answer: &mut Answer,
    head: &ResponseHead,
    limit: usize,
) -> Result<Bytes, CallError> {
    let (mut body, mut piece) = (BytesMut::new(), vec![0; PIECE]);
    loop {
        let read = connection.read_body(answer, &mut piece);
        match read.map_err(|kind| ExchangeFailure::new(kind, Sent::All))? {
            0 => return Ok(body.freeze()),
            length if body.len() + length > limit => return Err(ApiError::too_long(head, limit).into()),
            length => body.extend_from_slice(piece.get(..length).unwrap_or_default()),
        }
    }
}

const CLOSED: ExchangeFailure = ExchangeFailure::new(ExchangeFailureKind::Canceled, Sent::Nothing);

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, deadline: Instant) -> Result<Connection, ExchangeFailure> {
        let cancel = Cancel::default();
        {
            let mut state = self.lock();
            if state.closed {
                return Err(CLOSED);
            }
            state.open.retain(|cancel| !cancel.is_gone());
            state.open.push(cancel.downgrade());
        }
        self.dial(cancel, deadline).map_err(|error| not_connected(&error))
    }

    fn dial(&self, cancel: Cancel, deadline: Instant) -> Result<Connection, ConnectError> {
        let within = Instant::now().checked_add(self.config.connect_timeout);
        let mut wait = Wait::new(&cancel)?;
        wait.set_deadline(within.map_or(deadline, |within| within.min(deadline)));
        tracing::debug!(base = %self.config.base, "dialling");
        let stream = open(&self.route, &self.url, &mut wait)?;
        Ok(Connection::new(stream, wait))
    }

    /// The connection used last, so that those not needed any more are closed by the server's idle limit.
    fn kept(&self) -> Result<Option<Connection>, ExchangeFailure> {
        let mut state = self.lock();
        if state.closed {
            return Err(CLOSED);
        }
        while let Some(mut connection) = state.idle.pop() {
            if connection.is_usable() {
                return Ok(Some(connection));
            }
        }
        Ok(None)
    }

    fn keep(&self, mut connection: Connection) {
        connection.reused = true;
        let mut state = self.lock();
        state.idle.retain_mut(Connection::is_usable);
        if !state.closed && state.idle.len() < KEPT {
            state.idle.push(connection);
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("base", &self.0.config.base).finish_non_exhaustive()
    }
}
