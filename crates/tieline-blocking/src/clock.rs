//! From the operating system's clock to the sessions' and to the wall's.

use std::time::SystemTime;

use tieline_core::Instant;

/// The clock of one driver: its [`Instant`]s count from when it was made.
///
/// Copied into [`Client`](crate::Client) and [`Events`](crate::Events), so that an application can tell the wall time
/// of an event.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: std::time::Instant,
    started_at: SystemTime,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: std::time::Instant::now(), started_at: SystemTime::now() }
    }

    /// The time since the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_epoch(self.start.elapsed())
    }

    /// The wall time at the start, which is [`Instant::EPOCH`].
    #[must_use]
    pub const fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// The wall time of an instant: the wall time at the start plus what passed since, so that the wall clock being
    /// set meanwhile does not turn the order of events around.
    #[must_use]
    pub fn wall(&self, at: Instant) -> SystemTime {
        self.started_at.checked_add(at.since_epoch()).unwrap_or(self.started_at)
    }
}
