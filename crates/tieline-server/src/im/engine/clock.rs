//! The time that an engine lives in.

use std::time::{Duration, SystemTime};

use tieline_core::Instant;

/// What tells an engine and its lines the time: the system, or a simulator whose time runs otherwise or stands.
pub trait Clock: Send + Sync + 'static {
    /// The time, counted from where the owner of the clock wants. Never goes back.
    fn now(&self) -> Instant;

    /// The time of day at `now`: microseconds since 1970-01-01T00:00:00Z. May be put forward or back.
    fn unix_micros(&self, now: Instant) -> i64;

    /// How long it is until `due`, in the system's time; `None` while time stands: then the engine looks again when it is
    /// told something, or asked to [settle](super::Engine::settle).
    fn until(&self, due: Instant) -> Option<Duration>;

    /// The time of day at [`Instant::EPOCH`], as it is counted at `now`.
    fn epoch_unix_micros(&self, now: Instant) -> i64 {
        let since = i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX);
        self.unix_micros(now).saturating_sub(since)
    }
}

/// The system's clock, from a moment on.
pub(in crate::im) struct SystemClock {
    started: std::time::Instant,
    epoch_unix_micros: i64,
}

impl SystemClock {
    /// Counts from now, which is `epoch_unix_micros` on the calendar.
    pub(in crate::im) fn start(epoch_unix_micros: i64) -> Self {
        Self { started: std::time::Instant::now(), epoch_unix_micros }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_epoch(self.started.elapsed())
    }

    fn unix_micros(&self, now: Instant) -> i64 {
        let since = i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX);
        self.epoch_unix_micros.saturating_add(since)
    }

    fn until(&self, due: Instant) -> Option<Duration> {
        Some(due.since(self.now()))
    }
}

/// The time of day of the system: microseconds since 1970-01-01T00:00:00Z.
pub(in crate::im) fn system_unix_micros() -> i64 {
    let of_day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(of_day.as_micros()).unwrap_or(i64::MAX)
}
