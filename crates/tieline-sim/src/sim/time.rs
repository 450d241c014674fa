//! Scenario time, for those who ask it from any thread.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_core::Instant;
use tieline_server::im::engine::Clock;

use super::pace::Pace;

/// How time runs, and how far the world has come in it.
#[derive(Debug)]
pub(crate) struct Time {
    pace: Mutex<Pace>,
    started: tokio::time::Instant,
    /// Where the world is: microseconds of scenario time.
    reached: AtomicU64,
    /// The time of day at the beginning of the scenario, by the clock of the PBX.
    epoch_unix_micros: AtomicI64,
}

impl Time {
    pub(super) fn new(pace: Pace, start_unix_seconds: i64) -> Self {
        Self {
            pace: Mutex::new(pace),
            started: tokio::time::Instant::now(),
            reached: AtomicU64::new(0),
            epoch_unix_micros: AtomicI64::new(start_unix_seconds.saturating_mul(1_000_000)),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how time runs.
    pub(super) fn repace(&self, change: impl FnOnce(&mut Pace, Duration)) {
        change(&mut self.pace(), self.started.elapsed());
    }

    /// Scenario time.
    pub(super) fn scenario(&self) -> Instant {
        self.pace().scenario(self.started.elapsed())
    }

    /// When a moment of scenario time comes in real time; `None` while time stands still.
    pub(super) fn real(&self, scenario: Instant) -> Option<tokio::time::Instant> {
        let real = self.pace().real(scenario)?;
        self.started.checked_add(real)
    }

    /// Whether time stands still.
    pub(super) fn stands(&self) -> bool {
        !self.pace().is_running()
    }

    /// The world has come to `now`.
    pub(super) fn reach(&self, now: Instant) {
        self.reached.fetch_max(micros(now), Ordering::AcqRel);
    }

    pub(super) fn put_clock_forward(&self, seconds: i64) {
        self.epoch_unix_micros.fetch_add(seconds.saturating_mul(1_000_000), Ordering::AcqRel);
    }
}

/// While time stands it is where the world is: what a client does then has the time of the step that it answers.
impl Clock for Time {
    fn now(&self) -> Instant {
        if !self.stands() {
            self.reach(self.scenario());
        }
        Instant::from_epoch(Duration::from_micros(self.reached.load(Ordering::Acquire)))
    }

    fn unix_micros(&self, now: Instant) -> i64 {
        let since = i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX);
        self.epoch_unix_micros.load(Ordering::Acquire).saturating_add(since)
    }

    fn until(&self, due: Instant) -> Option<Duration> {
        let due = self.real(due)?;
        Some(due.saturating_duration_since(tokio::time::Instant::now()))
    }
}

fn micros(at: Instant) -> u64 {
    u64::try_from(at.since_epoch().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Time {
        Time::new(Pace::new(1.0).expect("a speed"), 1_000)
    }

    #[tokio::test]
    async fn while_time_stands_it_is_where_the_world_is_and_never_goes_back() {
        let time = standing();
        time.repace(|pace, _| pace.skip(Duration::from_secs(60)));
        assert_eq!((time.now(), time.until(Instant::from_millis(9))), (Instant::EPOCH, None));
        time.reach(Instant::from_millis(2_000));
        time.reach(Instant::from_millis(1_000));
        assert_eq!(time.now(), Instant::from_millis(2_000));
    }

    #[tokio::test]
    async fn the_time_of_day_is_that_of_the_clock_of_the_pbx() {
        let time = standing();
        time.put_clock_forward(-60);
        assert_eq!(time.unix_micros(Instant::from_millis(1)), 940_001_000);
    }
}
