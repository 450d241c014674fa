//! The one line of a driver, from the dial to the open connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tieline_core::supervisor::LineId;
use tieline_core::{Frame, Instant, Random};
use tieline_websocket::{Config, Endpoint, EndpointError};

use super::connection::Connection;
use crate::{ConnectError, Dialed, Dialer};

type Dialing<Io, C> = BoxFuture<'static, Result<Dialed<Io, C>, ConnectError>>;

/// At most one connection, by construction.
pub(super) enum Line<Io, C> {
    Idle,
    Dialing(LineId, Dialing<Io, C>),
    /// The WebSocket's opening handshake lasts.
    Opening(LineId, Box<Connection<Io>>, C),
    Open(LineId, Box<Connection<Io>>),
}

/// What became of an attempt to open a line.
pub(super) enum Outcome<C> {
    Opened(LineId, C),
    Failed(LineId, ConnectError),
}

impl<Io, C> Line<Io, C>
where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    pub(super) fn dial<D>(id: LineId, dialer: &Arc<D>) -> Self
    where
        D: Dialer<C, Io = Io>,
        C: 'static,
    {
        let dialer = Arc::clone(dialer);
        Self::Dialing(id, Box::pin(async move { dialer.dial(id).await }))
    }

    /// The connection, once there is one.
    pub(super) fn connection(&mut self) -> Option<&mut Connection<Io>> {
        match self {
            Self::Opening(_, connection, _) | Self::Open(_, connection) => Some(connection),
            Self::Idle | Self::Dialing(..) => None,
        }
    }

    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Opening(_, connection, _) | Self::Open(_, connection) => Some(&connection.endpoint),
            Self::Idle | Self::Dialing(..) => None,
        }
    }

    /// Goes on with dialling and opening; whether anything happened, and the outcome when it is over.
    pub(super) fn poll_opening(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        config: &Config,
        random: &mut Random,
    ) -> (bool, Option<Outcome<C>>) {
        match self {
            Self::Dialing(id, dialing) => {
                let id = *id;
                let Poll::Ready(dialed) = Pin::new(dialing).poll(cx) else { return (false, None) };
                match dialed {
                    Ok(Dialed { io, request, credentials }) => {
                        let endpoint = Endpoint::client(&request, config, random.next_seed(), now);
                        *self = Self::Opening(id, Box::new(Connection::new(io, endpoint)), credentials);
                        (true, None)
                    }
                    Err(error) => {
                        *self = Self::Idle;
                        (true, Some(Outcome::Failed(id, error)))
                    }
                }
            }
            Self::Opening(id, connection, _) => {
                let id = *id;
                let busy = connection.endpoint.is_opening() && connection.poll_read(cx, now);
                if connection.endpoint.is_opening() {
                    return (busy, None);
                }
                if let Some(EndpointError::Opening(error)) = connection.endpoint.failure() {
                    let error = ConnectError::Upgrade(error.clone());
                    *self = Self::Idle;
                    return (true, Some(Outcome::Failed(id, error)));
                }
                let Self::Opening(_, connection, credentials) = std::mem::replace(self, Self::Idle) else {
                    return (busy, None);
                };
                *self = Self::Open(id, connection);
                (true, Some(Outcome::Opened(id, credentials)))
            }
            Self::Idle | Self::Open(..) => (false, None),
        }
    }

    /// Queues a frame on the line, if it is this one and still open.
    pub(super) fn send(&mut self, id: LineId, now: Instant, frame: Frame) {
        let Self::Open(open, connection) = self else { return };
        if *open != id {
            return;
        }
        let kind = frame.kind();
        if let Err(reason) = connection.endpoint.send(now, frame) {
            tracing::debug!(line = id.get(), kind, %reason, "a frame was not sent");
        }
    }

    /// Drops the line or the attempt, if it is this one; gives the connection when it had been open.
    pub(super) fn hang_up(&mut self, id: LineId) -> Option<Connection<Io>> {
        match self {
            Self::Dialing(own, _) | Self::Opening(own, ..) | Self::Open(own, _) if *own == id => {}
            _ => return None,
        }
        match std::mem::replace(self, Self::Idle) {
            Self::Open(_, connection) => Some(*connection),
            _ => None,
        }
    }
}
