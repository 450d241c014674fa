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

/// The time of day of the system: microseconds since 1970-01-01T00:00:00Z.
#[cfg(feature = "portsip-im")]
pub(crate) fn unix_micros() -> i64 {
    use std::time::SystemTime;
    let of_day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(of_day.as_micros()).unwrap_or(i64::MAX)
}

/// The same at [`Instant::EPOCH`], as it is counted at `now`.
#[cfg(feature = "portsip-im")]
pub(crate) fn epoch_unix_micros(now: Instant) -> i64 {
    unix_micros().saturating_sub(since_epoch(now))
}

/// Microseconds from [`Instant::EPOCH`] to `now`.
#[cfg(feature = "portsip-im")]
pub(crate) fn since_epoch(now: Instant) -> i64 {
    i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX)
}

/// As good as never: thirty years.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
