//! How long a commit waits for more.

use std::time::{Duration, Instant};

/// No commit waits for longer.
const LONGEST: Duration = Duration::from_millis(2);

/// For so many commits, at most, nobody is waited for after waiting was in vain.
const LONGEST_PAUSE: u32 = 63;

/// Waits, for as long as the last commit took, for those whom it answered: who has many messages in flight sends the next
/// when one is answered, and the messages of all of them then share one commit and one write to each reader, instead of
/// taking turns in two. Where they have nothing more to say, or are slow, nobody is waited for, for one commit, then three, seven…
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// How many steps the next commit would have if all had more to say.
    expected: usize,
    /// Until when they are waited for.
    until: Option<Instant>,
    misses: u32,
    pause: u32,
}

impl Gathering {
    /// For how long more steps are waited for, when there are so many; `None` if they are to be committed.
    pub(super) fn left(&self, now: Instant, steps: usize) -> Option<Duration> {
        let left = self.until?.checked_duration_since(now)?;
        (steps < self.expected && !left.is_zero()).then_some(left)
    }

    /// A commit of so many steps begins.
    pub(super) fn begin(&mut self, steps: usize) {
        if self.until.take().is_none() {
            self.pause = self.pause.saturating_sub(1);
        } else if steps < self.expected {
            self.misses = (2 * self.misses + 1).min(LONGEST_PAUSE);
            self.pause = self.misses;
        } else {
            self.misses = 0;
        }
    }

    /// A commit is done. It took so long, and so many may have more to say.
    pub(super) fn end(&mut self, now: Instant, took: Duration, expected: usize) {
        self.expected = expected;
        self.until = (self.pause == 0).then(|| now + took.min(LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Duration = Duration::from_millis(1);

    #[test]
    fn who_was_answered_is_waited_for_as_long_as_the_commit_took() {
        let (mut gathering, now) = (Gathering::default(), Instant::now());
        gathering.begin(3);
        gathering.end(now, COMMIT, 3);
        assert_eq!(gathering.left(now, 2), Some(COMMIT));
        assert_eq!(gathering.left(now + COMMIT / 2, 2), Some(COMMIT / 2));
        assert_eq!(gathering.left(now + COMMIT, 2), None, "no longer");
        assert_eq!(gathering.left(now, 3), None, "all are there");
    }

    #[test]
    fn a_slow_disk_makes_nobody_wait_for_long() {
        let (mut gathering, now) = (Gathering::default(), Instant::now());
        gathering.begin(2);
        gathering.end(now, Duration::from_secs(1), 2);
        assert_eq!(gathering.left(now, 1), Some(LONGEST));
    }

    #[test]
    fn one_who_waits_for_each_answer_is_never_kept_waiting() {
        let (mut gathering, now) = (Gathering::default(), Instant::now());
        for _ in 0..3 {
            gathering.begin(1);
            gathering.end(now, COMMIT, 1);
            assert_eq!(gathering.left(now, 1), None);
        }
    }

    #[test]
    fn waiting_in_vain_is_done_ever_more_rarely() {
        let (mut gathering, now) = (Gathering::default(), Instant::now());
        let mut waited = Vec::new();
        for commit in 0..150 {
            gathering.begin(1);
            gathering.end(now, COMMIT, 2);
            if gathering.left(now, 1).is_some() {
                waited.push(commit);
            }
        }
        let pauses: Vec<u32> = waited.windows(2).map(|pair| pair[1] - pair[0] - 1).collect();
        assert_eq!(pauses, [1, 3, 7, 15, 31, 63]);
    }

    #[test]
    fn waiting_that_was_worth_it_is_done_again() {
        let (mut gathering, now) = (Gathering::default(), Instant::now());
        for _ in 0..5 {
            gathering.begin(2);
            gathering.end(now, COMMIT, 2);
            assert!(gathering.left(now, 1).is_some());
        }
    }
}
