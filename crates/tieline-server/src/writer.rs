//! The socket of a connection, which its task lends while it has nothing to write.

use std::fmt;
use std::io;

use bytes::Bytes;
use tieline_core::Instant;
use tokio::net::TcpStream;

use crate::courier::Couriers;

/// The plain TCP connection under a WebSocket.
///
/// The pump waits for what the peer sends meanwhile: whoever has the socket, it is woken as ever, and asks for it back.
/// Its owner is who may write: the pump, or, [lent](crate::Line::lend) to a line and by this to the hub that the line
/// listens to, whoever brings the hub's messages.
pub struct Writer {
    tcp: TcpStream,
    couriers: Couriers,
    /// The end of a frame whose beginning was written.
    rest: Option<Box<[u8]>>,
    /// When something was last written while this was lent.
    wrote: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(tcp: TcpStream, couriers: Couriers) -> Self {
        Self { tcp, couriers, rest: None, wrote: None }
    }

    /// What is to be written before anything else.
    pub(crate) fn take_rest(&mut self) -> Option<Bytes> {
        self.rest.take().map(Bytes::from)
    }

    /// When something was last written while this was lent, once.
    pub(crate) fn take_wrote(&mut self) -> Option<Instant> {
        self.wrote.take()
    }

    /// Who writes while this is lent.
    pub(crate) fn couriers(&self) -> &Couriers {
        &self.couriers
    }

    /// Writes what goes at once.
    pub(crate) fn try_write(&mut self, now: Instant, bytes: &[u8]) -> io::Result<usize> {
        let written = self.tcp.try_write(bytes)?;
        self.wrote = Some(now);
        Ok(written)
    }

    /// Leaves the end of a frame to whom this is given back to.
    pub(crate) fn leave_rest(&mut self, rest: &[u8]) {
        self.rest = Some(rest.into());
    }

    pub(crate) fn tcp(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}
