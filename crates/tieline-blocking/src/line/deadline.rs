//! How long a caller waits.

use std::time::{Duration, Instant};

/// When a caller waits no longer; never, when that lies beyond what can be counted.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    pub(super) const NEVER: Self = Self(None);

    pub(super) fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }

    /// The time left: zero when it is over, `None` when it never is.
    pub(super) fn left(self) -> Option<Duration> {
        self.0.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}
