//! The end of a connection that is no longer wanted.

use std::task::{Context, Poll};

use tieline_core::Instant;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Connection;

/// How many reads of unwanted input are done before other tasks have their turn.
const DISCARDS: usize = 16;

/// Writes what is queued, shuts down, and waits for the peer's end: closing a socket with unread input would make TCP
/// reset the connection, and the peer might lose our last words.
pub(super) struct Farewell<Io> {
    connection: Connection<Io>,
    pub(super) deadline: Instant,
    shut: bool,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Farewell<Io> {
    pub(super) const fn new(connection: Connection<Io>, deadline: Instant) -> Self {
        Self { connection, deadline, shut: false }
    }

    /// Ready when the connection can be dropped.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        if self.deadline <= now || self.connection.is_dead() {
            return Poll::Ready(());
        }
        self.connection.poll_write(cx);
        if self.connection.is_flushed() && !self.shut && !self.connection.is_dead() {
            self.shut = self.connection.poll_shutdown(cx).is_ready();
        }
        let mut reads = 0;
        while self.connection.poll_discard(cx) {
            reads += 1;
            if reads == DISCARDS {
                cx.waker().wake_by_ref();
                break;
            }
        }
        if self.connection.is_dead() { Poll::Ready(()) } else { Poll::Pending }
    }
}
