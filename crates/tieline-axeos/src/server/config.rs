//! What an event log may cost.

use core::time::Duration;

use crate::Poll;

/// The bounds and waits of an event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogConfig {
    /// The most events held; the oldest are dropped. Default 10,000.
    pub events: usize,
    /// The most bytes of events held; the oldest are dropped, the newest stays. Default 16 MiB.
    pub bytes: usize,
    /// The most events of one answer. Default 1000. After `last` it is the oldest that are answered, so that the next
    /// poll goes on; without `last` the newest.
    pub answer_events: usize,
    /// The most polls that wait at once; one more is told that the server is busy. Default 100,000.
    pub waiters: usize,
    /// How long a poll without `timeout` waits. Default 30 s.
    pub default_wait: Duration,
    /// How long a poll waits at most, whatever it asks. Default 5 min.
    pub longest_wait: Duration,
    /// The number of the first event. Default 1.
    pub first_seq: u64,
}

impl LogConfig {
    /// How long a poll waits when there is nothing for it.
    #[must_use]
    pub fn wait(&self, poll: &Poll) -> Duration {
        poll.timeout.map_or(self.default_wait, Duration::from_secs).min(self.longest_wait)
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            events: 10_000,
            bytes: 16 << 20,
            answer_events: 1000,
            waiters: 100_000,
            default_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(300),
            first_seq: 1,
        }
    }
}
