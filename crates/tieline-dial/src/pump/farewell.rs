//! The end of a connection that is no longer wanted.

use tieline_core::Instant;

use super::connection::Connection;
use super::transport::Transport;

/// How many reads of unwanted input are done before other things have their turn.
const DISCARDS: usize = 16;

/// Writes what is queued, shuts down, and waits for the peer's end: closing a socket with unread input would make TCP
/// reset the connection, and the peer might lose our last words.
pub(super) struct Farewell<Io> {
    pub(super) connection: Connection<Io>,
    pub(super) deadline: Instant,
    shut: bool,
}

/// How far a farewell is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// There is more to do at once.
    Busy,
    /// The stream or the deadline is awaited.
    Waiting,
    /// The connection can be dropped.
    Over,
}

impl<Io: Transport> Farewell<Io> {
    pub(super) const fn new(connection: Connection<Io>, deadline: Instant) -> Self {
        Self { connection, deadline, shut: false }
    }

    pub(super) fn go_on(&mut self, now: Instant) -> Parting {
        if self.deadline <= now || self.connection.is_dead() {
            return Parting::Over;
        }
        self.connection.write();
        if self.connection.is_flushed() && !self.shut && !self.connection.is_dead() {
            self.shut = self.connection.shutdown();
        }
        let more = (0..DISCARDS).all(|_| self.connection.discard());
        match self.connection.is_dead() {
            true => Parting::Over,
            false if more => Parting::Busy,
            false => Parting::Waiting,
        }
    }
}
