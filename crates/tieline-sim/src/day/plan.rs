//! What the people in a call mean to do.

use std::collections::VecDeque;
use std::time::Duration;

use crate::world::Side;

/// What somebody does whose telephone rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Answers after a while.
    After(Duration),
    /// Refuses after a while.
    Reject(Duration),
    /// Lets it ring.
    Never,
}

impl Default for Answer {
    fn default() -> Self {
        Self::After(Duration::from_millis(1500))
    }
}

/// What somebody does who waits in a queue for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Hangs up.
    HangUp(Duration),
    /// Asks to be called back.
    Callback(Duration),
}

/// What the people in one call mean to do; what it does not say they do promptly.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// What those do at whom it rings, one after the other.
    pub(super) answers: VecDeque<Answer>,
    /// How long they talk, from each answer on.
    pub(super) talk: Duration,
    /// When, after the first answer, the one who answered holds the call, and how long.
    pub(super) hold: Option<(Duration, Duration)>,
    /// When, after the first answer, the one who answered sends the caller on, and where to.
    pub(super) transfer: Option<(Duration, String)>,
    /// The caller's name, found out during the call.
    pub(super) name: Option<String>,
    /// Who hangs up.
    pub(super) hangs_up: Side,
    /// What the caller does in a queue.
    pub(super) patience: Option<Patience>,
    /// When the caller hangs up if nobody answered.
    pub(super) gives_up: Option<Duration>,
    /// Who has been asked to answer and has not decided.
    pub(super) asked: Vec<String>,
    /// Counts answers and transfers: what was planned before the last one is void.
    pub(super) generation: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            answers: VecDeque::new(),
            talk: Duration::from_secs(5),
            hold: None,
            transfer: None,
            name: None,
            hangs_up: Side::Caller,
            patience: None,
            gives_up: None,
            asked: Vec::new(),
            generation: 0,
        }
    }
}

impl Plan {
    /// A plan to talk for so many seconds.
    pub(super) fn talk(seconds: u64) -> Self {
        Self { talk: Duration::from_secs(seconds), ..Self::default() }
    }

    /// With one more answer.
    pub(super) fn answered(mut self, answer: Answer) -> Self {
        self.answers.push_back(answer);
        self
    }
}
