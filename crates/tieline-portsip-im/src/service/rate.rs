//! How many requests a session may make.

use core::time::Duration;

use tieline_core::Instant;

use super::config::Rate;

/// What a session may still ask for: filled at a rate, up to a bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: u32,
    filled: Instant,
}

impl Bucket {
    pub(super) const fn full(rate: Rate, now: Instant) -> Self {
        Self { left: rate.burst, filled: now }
    }

    /// Takes one request out. Whether there was one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let per_one = Duration::from_secs(1).checked_div(rate.per_second).unwrap_or(Duration::MAX);
        let since = now.since(self.filled).as_nanos();
        let due = since.checked_div(per_one.as_nanos()).map_or(u32::MAX, |due| u32::try_from(due).unwrap_or(u32::MAX));
        if due > 0 {
            self.left = self.left.saturating_add(due).min(rate.burst);
            self.filled = if self.left == rate.burst { now } else { self.filled + per_one.saturating_mul(due) };
        }
        let taken = self.left > 0;
        self.left = self.left.saturating_sub(1);
        taken
    }
}

#[cfg(test)]
mod tests {
    use tieline_core::Instant;

    use super::{Bucket, Rate};

    #[test]
    fn a_burst_is_taken_at_once_and_then_so_many_a_second() {
        let rate = Rate { burst: 3, per_second: 2 };
        let at = Instant::from_millis;
        let mut bucket = Bucket::full(rate, at(0));
        assert!((0..3).all(|_| bucket.take(rate, at(0))));
        assert!(!bucket.take(rate, at(499)));
        assert!(bucket.take(rate, at(500)));
        assert!(!bucket.take(rate, at(999)));
        assert!(bucket.take(rate, at(1000)));
        assert!((0..3).all(|_| bucket.take(rate, at(60_000))));
        assert!(!bucket.take(rate, at(60_000)));
    }
}
