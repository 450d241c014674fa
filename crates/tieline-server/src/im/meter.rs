//! What the IM service counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The upper ends of the classes of [`CommitTimes`]; what takes longer is in one more.
pub const COMMIT_CLASSES: [Duration; 12] = [
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// How long commits took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitTimes {
    /// Commits of each class of [`COMMIT_CLASSES`], and of one beyond them.
    pub classes: [u64; COMMIT_CLASSES.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

/// What an IM service has counted since it started, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceStats {
    /// Lines that are open, logged in or not.
    pub lines: u64,
    /// Sessions that are logged in.
    pub sessions: u64,
    /// Users in memory.
    pub users: u64,
    /// Topics in memory.
    pub topics: u64,
    /// What was said to the deciding thread and not taken yet.
    pub waiting_inputs: u64,
    /// Decisions that wait for the commit before theirs.
    pub waiting_steps: u64,
    /// Logins that were right.
    pub logins: u64,
    /// Logins that were refused.
    pub refused_logins: u64,
    /// Requests that were taken.
    pub requests: u64,
    /// Messages that were published and kept.
    pub messages: u64,
    /// Messages handed to lines, those of others and one's own.
    pub deliveries: u64,
    /// Messages of users for the world outside.
    pub outside: u64,
    /// Commits that were kept.
    pub commits: u64,
    /// Single writes that were kept.
    pub writes: u64,
    /// How long commits took.
    pub commit_times: CommitTimes,
    /// Commits that failed: nothing of them was kept, and their askers were answered 500.
    pub failed_commits: u64,
    /// Reads that failed.
    pub failed_reads: u64,
    /// Lines closed because their peer did not read, code 1013.
    pub slow_peers: u64,
    /// Lines closed because their peer broke a rule.
    pub misbehaved_peers: u64,
    /// Lines refused because there were too many, in all or from one address, or they came too often.
    pub refused_lines: u64,
    /// Whether the last commit or read failed.
    pub is_failing: bool,
    /// Whether the deciding thread ended by a panic, of what its owner handed in mostly: nothing is answered any more.
    pub has_died: bool,
}

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        #[derive(Default)]
        struct Counters {
            $($name: AtomicU64,)*
            commit_classes: [AtomicU64; COMMIT_CLASSES.len() + 1],
            commit_micros: AtomicU64,
            failing: AtomicBool,
            died: AtomicBool,
        }

        impl Meter {
            /// What was counted so far. Not all of the same moment.
            pub(crate) fn stats(&self) -> ServiceStats {
                let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
                let counters = &*self.0;
                let mut stats = ServiceStats::default();
                $(stats.$name = load(&counters.$name);)*
                stats.commit_times.classes = std::array::from_fn(|class| {
                    counters.commit_classes.get(class).map_or(0, load)
                });
                stats.commit_times.sum = Duration::from_micros(load(&counters.commit_micros));
                stats.is_failing = counters.failing.load(Ordering::Relaxed);
                stats.has_died = counters.died.load(Ordering::Relaxed);
                stats
            }

            $(
                /// The counter of this name.
                pub(crate) fn $name(&self) -> Counter<'_> {
                    Counter(&self.0.$name)
                }
            )*
        }
    };
}

/// Counts for one service. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Counters>);

counters!(
    lines,
    sessions,
    users,
    topics,
    waiting_inputs,
    waiting_steps,
    logins,
    refused_logins,
    requests,
    messages,
    deliveries,
    outside,
    commits,
    writes,
    failed_commits,
    failed_reads,
    slow_peers,
    misbehaved_peers,
    refused_lines,
);

/// One number.
#[derive(Clone, Copy)]
pub(crate) struct Counter<'m>(&'m AtomicU64);

impl Counter<'_> {
    pub(crate) fn add(self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn less(self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn get(self) -> usize {
        usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    pub(crate) fn set(self, number: usize) {
        self.0.store(number as u64, Ordering::Relaxed);
    }
}

impl Meter {
    /// Notes whether the store works.
    pub(crate) fn note_store(&self, works: bool) {
        self.0.failing.store(!works, Ordering::Relaxed);
    }

    /// Notes that the deciding thread is gone, although nobody ended it.
    pub(crate) fn note_death(&self) {
        self.0.died.store(true, Ordering::Relaxed);
    }

    /// Notes how long a commit took.
    pub(crate) fn note_commit(&self, took: Duration) {
        let class = COMMIT_CLASSES.iter().position(|end| took <= *end).unwrap_or(COMMIT_CLASSES.len());
        if let Some(class) = self.0.commit_classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        self.0.commit_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}
