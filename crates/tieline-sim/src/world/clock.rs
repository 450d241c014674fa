//! What scenario time is on the calendar.

use tieline_core::Instant;

/// Turns scenario time into the time of the calendar: the start time plus what passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    start_unix_micros: i64,
}

impl Clock {
    /// A clock whose scenario starts `seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn starting_at(seconds: i64) -> Self {
        Self { start_unix_micros: seconds.saturating_mul(1_000_000) }
    }

    /// The same clock put forward by `seconds`, or back.
    #[must_use]
    pub const fn put_forward(self, seconds: i64) -> Self {
        let micros = seconds.saturating_mul(1_000_000);
        Self { start_unix_micros: self.start_unix_micros.saturating_add(micros) }
    }

    /// The calendar time of `at`: seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(&self, at: Instant) -> i64 {
        self.unix_micros(at).div_euclid(1_000_000)
    }

    /// The calendar time of `at`: microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_micros(&self, at: Instant) -> i64 {
        let passed = i64::try_from(at.since_epoch().as_micros()).unwrap_or(i64::MAX);
        self.start_unix_micros.saturating_add(passed)
    }
}
