//! One dial, and how it is given up.

use std::fmt;

use tieline_core::supervisor::LineId;

use super::Cancel;

/// One attempt to dial. Clones are the same attempt.
///
/// It is given up when the line is closed, and after
/// [`Policy::dial_timeout`](tieline_core::supervisor::Policy::dial_timeout).
#[derive(Clone)]
pub struct Attempt {
    line: LineId,
    cancel: Cancel,
}

impl Attempt {
    pub(crate) fn new(line: LineId) -> Self {
        Self { line, cancel: Cancel::default() }
    }

    /// The line that is dialled.
    #[must_use]
    pub const fn line(&self) -> LineId {
        self.line
    }

    /// Whether it was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Calls `then` when the attempt is given up before it ended; at once, if it was already. It runs on the thread that
    /// gives up and must not block: to wake a poll, to shut a socket down.
    pub fn on_cancel(&self, then: impl FnOnce() + Send + 'static) {
        self.cancel.on_cancel(then);
    }

    pub(super) const fn as_cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Gives up.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// It has ended: nothing is left to give up.
    pub(crate) fn end(&self) {
        self.cancel.end();
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("line", &self.line).field("cancelled", &self.is_cancelled()).finish()
    }
}
