//! How scenario time follows real time.

use std::time::Duration;

use tieline_core::Instant;

/// Maps real time, counted from the start of the simulator, to scenario time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Seconds of scenario a real second; above 0.
    speed: f64,
    /// Since when scenario time runs; `None` while it stands still.
    running_since: Option<Duration>,
    /// Scenario time at `running_since`, or at which it stands.
    scenario: Instant,
}

impl Pace {
    /// Standing at the beginning. `None` when the speed is not a number above 0.
    pub(super) fn new(speed: f64) -> Option<Self> {
        (speed.is_finite() && speed > 0.0).then_some(Self { speed, running_since: None, scenario: Instant::EPOCH })
    }

    /// Scenario time at `real`.
    pub(super) fn scenario(&self, real: Duration) -> Instant {
        let Some(since) = self.running_since else { return self.scenario };
        let passed = real.saturating_sub(since).as_secs_f64() * self.speed;
        self.scenario + Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX)
    }

    /// When `scenario` is reached; `None` while time stands still.
    pub(super) fn real(&self, scenario: Instant) -> Option<Duration> {
        let ahead = scenario.since(self.scenario).as_secs_f64() / self.speed;
        // A nanosecond more, so that rounding never ends the wait before its time.
        let ahead = Duration::try_from_secs_f64(ahead).ok()?.saturating_add(Duration::from_nanos(1));
        self.running_since.map(|since| since.saturating_add(ahead))
    }

    /// Whether time runs.
    pub(super) const fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// Lets time run from `real` on, if it stands.
    pub(super) fn resume(&mut self, real: Duration) {
        self.running_since.get_or_insert(real);
    }

    /// Lets time stand still from `real` on.
    pub(super) fn pause(&mut self, real: Duration) {
        self.scenario = self.scenario(real);
        self.running_since = None;
    }

    /// Skips some scenario time.
    pub(super) fn skip(&mut self, time: Duration) {
        self.scenario = self.scenario + time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn time_stands_until_it_is_resumed() {
        let mut pace = Pace::new(20.0).expect("a speed");
        assert_eq!(pace.scenario(secs(9)), Instant::EPOCH);
        assert_eq!(pace.real(Instant::from_epoch(secs(1))), None);
        pace.resume(secs(9));
        assert_eq!(pace.scenario(secs(10)), Instant::from_epoch(secs(20)));
    }

    #[test]
    fn a_pause_keeps_the_time_and_a_skip_adds_to_it() {
        let mut pace = Pace::new(2.0).expect("a speed");
        pace.resume(secs(0));
        pace.pause(secs(3));
        assert_eq!(pace.scenario(secs(100)), Instant::from_epoch(secs(6)));
        pace.skip(secs(4));
        pace.resume(secs(100));
        assert_eq!(pace.scenario(secs(101)), Instant::from_epoch(secs(12)));
    }

    #[test]
    fn what_is_due_is_reached_when_the_wait_is_over() {
        for speed in [0.3, 1.0, 7.0, 333.3] {
            let mut pace = Pace::new(speed).expect("a speed");
            pace.resume(Duration::from_millis(17));
            for millis in [1, 33, 1501, 86_400_123] {
                let due = Instant::from_millis(millis);
                let real = pace.real(due).expect("time runs");
                assert!(pace.scenario(real) >= due, "{speed} {millis}");
            }
        }
    }

    #[test]
    fn a_speed_is_a_number_above_zero() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Pace::new(speed).is_none());
        }
    }
}
