//! The one clock of a server.

use std::time::Duration;

use tieline_core::Instant;

/// Time since the server was bound, on tokio's clock.
#[derive(Clone, Copy)]
pub(crate) struct Clock(tokio::time::Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    pub(crate) fn now(self) -> Instant {
        Instant::from_epoch(self.0.elapsed())
    }

    /// The point on tokio's clock, or one far away when it cannot be told.
    pub(crate) fn to_tokio(self, at: Instant) -> tokio::time::Instant {
        self.0.checked_add(at.since_epoch()).unwrap_or_else(|| self.0 + FAR)
    }
}

/// As good as never: thirty years.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
