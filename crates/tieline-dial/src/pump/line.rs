//! The one line of a pump, from the dial to the open connection.

use tieline_core::supervisor::LineId;
use tieline_core::{Frame, Instant, Random};
use tieline_websocket::{Config, Endpoint, EndpointError};

use super::connection::Connection;
use super::transport::Transport;
use crate::{ConnectError, Dialed};

/// At most one connection, by construction.
pub(super) enum Line<Io, C> {
    Idle,
    /// The driver dials.
    Dialing(LineId),
    /// The WebSocket's opening handshake lasts.
    Opening(LineId, Box<Connection<Io>>, C),
    Open(LineId, Box<Connection<Io>>),
}

/// What became of an attempt to open a line.
pub(super) enum Outcome<C> {
    Opened(LineId, C),
    Failed(LineId, ConnectError),
}

impl<Io: Transport, C> Line<Io, C> {
    /// The connection, once there is one.
    pub(super) fn connection(&mut self) -> Option<&mut Connection<Io>> {
        match self {
            Self::Opening(_, connection, _) | Self::Open(_, connection) => Some(connection),
            Self::Idle | Self::Dialing(_) => None,
        }
    }

    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Opening(_, connection, _) | Self::Open(_, connection) => Some(&connection.endpoint),
            Self::Idle | Self::Dialing(_) => None,
        }
    }

    /// Begins to open the WebSocket on what the dial brought.
    pub(super) fn begin(
        &mut self,
        id: LineId,
        dialed: Dialed<Io, C>,
        now: Instant,
        config: &Config,
        random: &mut Random,
    ) {
        let Dialed { io, request, credentials } = dialed;
        let endpoint = Endpoint::client(&request, config, random.next_seed(), now);
        *self = Self::Opening(id, Box::new(Connection::new(io, endpoint)), credentials);
    }

    /// Goes on with the opening handshake; whether anything happened, and the outcome when it is over.
    pub(super) fn open(&mut self, now: Instant) -> (bool, Option<Outcome<C>>) {
        let Self::Opening(id, connection, _) = self else { return (false, None) };
        let id = *id;
        let busy = connection.endpoint.is_opening() && connection.read(now);
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
            Self::Dialing(own) | Self::Opening(own, ..) | Self::Open(own, _) if *own == id => {}
            _ => return None,
        }
        match std::mem::replace(self, Self::Idle) {
            Self::Open(_, connection) => Some(*connection),
            _ => None,
        }
    }
}
