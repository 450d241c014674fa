//! What the pump moves bytes over.

use std::io::{self, IoSlice};

/// A stream that never waits: what cannot be done at once is [`WouldBlock`](io::ErrorKind::WouldBlock), and the driver
/// calls again once it can.
pub trait Transport {
    /// Reads once, and hands what came to `take`; how much it was, 0 at the end.
    ///
    /// # Errors
    /// `WouldBlock`, or why there is nothing to read any more.
    fn try_read(&mut self, take: &mut dyn FnMut(&[u8])) -> io::Result<usize>;

    /// Writes some of the pieces; how many bytes.
    ///
    /// # Errors
    /// `WouldBlock`, or why nothing can be written any more.
    fn try_write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Whether more than the first piece is written at once.
    fn is_vectored(&self) -> bool;

    /// Sees to it that what was written leaves.
    ///
    /// # Errors
    /// `WouldBlock`, or why nothing can be written any more.
    fn try_flush(&mut self) -> io::Result<()>;

    /// Ends the writing side.
    ///
    /// # Errors
    /// `WouldBlock`, or why it cannot be ended.
    fn try_shutdown(&mut self) -> io::Result<()>;
}

/// Does it, again when it was interrupted; `None` when it would block.
pub(super) fn now<T>(mut operation: impl FnMut() -> io::Result<T>) -> Option<io::Result<T>> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            outcome => return Some(outcome),
        }
    }
}
