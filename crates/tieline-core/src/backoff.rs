//! How long to wait before the next dial.

use core::time::Duration;

use crate::random::Random;

/// Capped exponential backoff with full jitter: the n-th wait is drawn evenly from zero up to `base · 2ⁿ`, at most
/// `cap`, so that many clients which lost the same server do not come back at the same moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: BackoffPolicy,
    attempt: u32,
}

/// The numbers of a [`Backoff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackoffPolicy {
    /// The bound of the first wait. Default 0.5 s.
    pub base: Duration,
    /// The bound of every later wait. Default 30 s.
    pub cap: Duration,
    /// Waits are never shorter than this, so that a jitter near zero cannot make a storm. Default 50 ms.
    pub floor: Duration,
}

impl BackoffPolicy {
    /// A policy of a first bound, a cap and the shortest wait.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration, floor: Duration) -> Self {
        Self { base, cap, floor }
    }
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(30), Duration::from_millis(50))
    }
}

impl Backoff {
    /// A backoff that has not waited yet.
    #[must_use]
    pub const fn new(policy: BackoffPolicy) -> Self {
        Self { policy, attempt: 0 }
    }

    /// The next wait.
    pub fn next_wait(&mut self, random: &mut Random) -> Duration {
        let factor = 1u32.checked_shl(self.attempt).unwrap_or(u32::MAX);
        let bound = self.policy.base.saturating_mul(factor).min(self.policy.cap);
        self.attempt = self.attempt.saturating_add(1);
        random.duration_below(bound).max(self.policy.floor)
    }

    /// How many waits there were since the last reset.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Starts over; called once a connection was authenticated and stayed up for a while.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}
