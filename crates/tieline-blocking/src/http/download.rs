//! A body that is read piece by piece.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tieline_core::{ExchangeFailure, Sent};

use super::connection::{Answer, Connection};

/// The longest piece.
const PIECE: usize = 16 << 10;

/// The body of an answer that is never whole in memory. Dropping it ends the transfer.
pub struct Download {
    answer: Answer,
    connection: Connection,
    /// So long the next piece may take.
    piece_timeout: Duration,
    length: Option<u64>,
    buffer: Vec<u8>,
}

impl Download {
    pub(super) fn new(answer: Answer, length: Option<u64>, piece_timeout: Duration, connection: Connection) -> Self {
        Self { answer, connection, piece_timeout, length, buffer: vec![0; PIECE] }
    }

    /// The length of the whole body in bytes, if the server said it.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece; `None` at the end, which is reached only when the body came whole.
    ///
    /// # Errors
    /// When the connection breaks before the end, no piece comes for the configured time, or the client is closed. There
    /// is none after that.
    pub fn next_piece(&mut self) -> Result<Option<Bytes>, ExchangeFailure> {
        if let Some(deadline) = Instant::now().checked_add(self.piece_timeout) {
            self.connection.set_deadline(deadline);
        }
        match self.connection.read_body(&mut self.answer, &mut self.buffer) {
            Ok(0) => Ok(None),
            Ok(length) => Ok(self.buffer.get(..length).map(Bytes::copy_from_slice)),
            Err(kind) => Err(ExchangeFailure::new(kind, Sent::All)),
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("length", &self.length).finish_non_exhaustive()
    }
}
