//! The writing half of a connection, which its task lends while it has nothing to write.

use std::fmt;
use std::io;

use bytes::Bytes;
use tieline_core::Instant;
use tokio::net::tcp::OwnedWriteHalf;

use crate::courier::Courier;

/// The writing half of a plain TCP connection under a WebSocket.
///
/// Its owner is who may write: the pump, or, [lent](crate::Line::lend) to a line and by this to the hub that the line
/// listens to, whoever brings the hub's messages.
pub struct Writer(Box<Lent>);

struct Lent {
    half: OwnedWriteHalf,
    courier: Courier,
    /// The end of a frame whose beginning was written.
    rest: Option<Bytes>,
    /// When something was last written while this was lent.
    wrote: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(half: OwnedWriteHalf, courier: Courier) -> Self {
        Self(Box::new(Lent { half, courier, rest: None, wrote: None }))
    }

    /// What is to be written before anything else.
    pub(crate) fn take_rest(&mut self) -> Option<Bytes> {
        self.0.rest.take()
    }

    /// When something was last written while this was lent, once.
    pub(crate) fn take_wrote(&mut self) -> Option<Instant> {
        self.0.wrote.take()
    }

    /// Who writes while this is lent.
    pub(crate) fn courier(&self) -> &Courier {
        &self.0.courier
    }

    /// Writes what goes at once.
    pub(crate) fn try_write(&mut self, now: Instant, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.half.try_write(bytes)?;
        self.0.wrote = Some(now);
        Ok(written)
    }

    /// Leaves the end of a frame to whom this is given back to.
    pub(crate) fn leave_rest(&mut self, rest: &[u8]) {
        self.0.rest = Some(Bytes::copy_from_slice(rest));
    }

    pub(crate) fn half(&mut self) -> &mut OwnedWriteHalf {
        &mut self.0.half
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}
