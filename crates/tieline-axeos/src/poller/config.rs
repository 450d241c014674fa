//! What a poller is started with.

use core::time::Duration;

use tieline_core::supervisor::Policy;

/// The waits and bounds of a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollerConfig {
    /// Whether and when to try again, and the bounds of unread events. `dial_timeout` is how long any exchange but a poll
    /// or a call may take.
    pub policy: Policy,
    /// How long the server may hold a poll, in whole seconds, at least one. Default 30 s: below the 60 s after which
    /// common proxies give up on a silent server.
    pub wait: Duration,
    /// How long the answer to a poll may take beyond that. Default 15 s.
    pub margin: Duration,
    /// How long the answer to a call may take: the PBX rings somebody first. Default 120 s.
    pub call_timeout: Duration,
    /// The least time from one poll that brought nothing to the next. Default 1 s.
    pub least_interval: Duration,
    /// How often the newest event is asked for while polls bring nothing: a server that counts anew answers nothing to
    /// polls from a higher number. Default 60 s.
    pub probe_every: Duration,
    /// The least time between two reloads of a list that unknown users or phones gave reason for, and how long a reload
    /// that failed waits. Default 30 s.
    pub reload_interval: Duration,
    /// After an outage of this length the lists are read anew even when no event was lost. Default 60 s.
    pub resync_after: Duration,
    /// The longest `Retry-After` that is obeyed. Default 1 h.
    pub retry_after_max: Duration,
    /// The most events of one answer. Default `None`, since no document says which end of the log a limit cuts off.
    pub limit: Option<u64>,
    /// After so many answers in a row that cannot be read from one place, the place is given up: the event that makes
    /// them so is passed, and a gap told. Default 5.
    pub unreadable_limit: u32,
}

impl Default for PollerConfig {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            wait: Duration::from_secs(30),
            margin: Duration::from_secs(15),
            call_timeout: Duration::from_secs(120),
            least_interval: Duration::from_secs(1),
            probe_every: Duration::from_secs(60),
            reload_interval: Duration::from_secs(30),
            resync_after: Duration::from_secs(60),
            retry_after_max: Duration::from_secs(3600),
            limit: None,
            unreadable_limit: 5,
        }
    }
}

impl PollerConfig {
    /// The usual waits and bounds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
