//! What became of the first attempts.

use crate::ConnectError;

/// Whether somebody waits for the line to be live for the first time.
pub(super) enum First {
    Unasked,
    Awaited,
    Settled(Result<(), ConnectError>),
}

impl First {
    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited)
    }

    /// Settles it, if it is awaited.
    pub(super) fn settle(&mut self, outcome: impl FnOnce() -> Result<(), ConnectError>) {
        if self.is_awaited() {
            *self = Self::Settled(outcome());
        }
    }

    /// The outcome, once.
    pub(super) fn take(&mut self) -> Option<Result<(), ConnectError>> {
        match std::mem::replace(self, Self::Unasked) {
            Self::Settled(outcome) => Some(outcome),
            other => {
                *self = other;
                None
            }
        }
    }
}
