//! The time that an engine lives in.

use std::time::Duration;

use tieline_core::Instant;

use crate::clock::{since_epoch, unix_micros};

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
        self.unix_micros(now).saturating_sub(since_epoch(now))
    }
}

/// The system's clock, from a moment on. The time of day is asked for each time: while the machine slept, or when its clock is
/// put, it goes otherwise than what is counted from the start.
pub(in crate::im) struct SystemClock {
    started: std::time::Instant,
    of_day: fn() -> i64,
}

impl SystemClock {
    /// Counts from now.
    pub(in crate::im) fn start() -> Self {
        Self { started: std::time::Instant::now(), of_day: unix_micros }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_epoch(self.started.elapsed())
    }

    fn unix_micros(&self, now: Instant) -> i64 {
        // What was looked up a little earlier than now was then.
        let ago = since_epoch(self.now()).saturating_sub(since_epoch(now));
        (self.of_day)().saturating_sub(ago)
    }

    fn until(&self, due: Instant) -> Option<Duration> {
        Some(due.since(self.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::{Clock as _, SystemClock};

    const HOUR: i64 = 3_600_000_000;
    static OF_DAY: AtomicI64 = AtomicI64::new(1_729_824_000_000_000);

    #[test]
    fn the_time_of_day_is_the_systems_also_after_its_clock_was_put() {
        let clock = SystemClock { of_day: || OF_DAY.load(Ordering::SeqCst), ..SystemClock::start() };
        for step in [0, HOUR, -2 * HOUR] {
            let expected = OF_DAY.fetch_add(step, Ordering::SeqCst) + step;
            let now = clock.now();
            let told = clock.unix_micros(now);
            assert!((expected - HOUR / 2..=expected).contains(&told), "{told} and not {expected}");
            let told = clock.epoch_unix_micros(now) + i64::try_from(now.since_epoch().as_micros()).unwrap();
            assert!((expected - HOUR / 2..=expected).contains(&told), "{told} and not {expected}");
        }
    }
}
