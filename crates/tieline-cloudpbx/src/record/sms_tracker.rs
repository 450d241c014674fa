//! What became of sent messages.

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use tieline_core::{Instant, Text, earliest};

use crate::SmsState;

/// Waits for the final states of sent messages. The answer of `sendSMS` and the states on the stream travel on two
/// paths: a state that arrives before the answer is kept for a while, in bounds of number and time.
///
/// It reads no clock and no wire: give it the answers and the states, and the time; take [`SmsOutcome`]s.
#[derive(Clone, Debug)]
pub struct SmsTracker {
    limits: TrackerLimits,
    waiting: BTreeMap<Text, Waiting>,
    /// States of messages that nobody waits for (yet), the latest last.
    early: VecDeque<Early>,
    done: VecDeque<SmsOutcome>,
    /// `None` while the stream is not live.
    live_since: Option<Instant>,
}

/// The bounds of a [`SmsTracker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackerLimits {
    /// The most messages that are waited for. Default 1024.
    pub waiting: usize,
    /// The most messages whose states are kept before their answer comes; the oldest goes for a new one. Default 256.
    pub early: usize,
    /// How long such a state is kept. Default one minute.
    pub early_for: Duration,
}

impl Default for TrackerLimits {
    fn default() -> Self {
        Self { waiting: 1024, early: 256, early_for: Duration::from_secs(60) }
    }
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmsOutcome {
    /// The message's `responseId`.
    pub id: Text,
    /// How the wait ended.
    pub end: SmsEnd,
    /// Whether the stream was away at some time since the message was sent: a state may have been missed.
    pub stream_was_lost: bool,
}

/// How the wait for a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsEnd {
    /// With a final state.
    Final(SmsState<Text>),
    /// At its deadline, with the last state there was.
    Deadline(Option<SmsState<Text>>),
}

/// As many messages are waited for as the limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many messages are waited for")]
pub struct TrackerFull;

#[derive(Clone, Debug)]
struct Waiting {
    until: Instant,
    last: Option<SmsState<Text>>,
    stream_was_lost: bool,
}

#[derive(Clone, Debug)]
struct Early {
    id: Text,
    state: SmsState<Text>,
    expires: Instant,
}

/// Longer ids are none: the vendor's have 19 digits.
const MAX_ID: usize = 64;

impl SmsTracker {
    /// A tracker that waits for nothing yet, its stream not live.
    #[must_use]
    pub const fn new(limits: TrackerLimits) -> Self {
        Self { limits, waiting: BTreeMap::new(), early: VecDeque::new(), done: VecDeque::new(), live_since: None }
    }

    /// `sendSMS`, which was called at `sent`, answered: waits for the final state of the message `id`, until `until`.
    /// `state` is the answer's own. A state that came before counts, and so may end the wait at once. An id that is waited
    /// for already is waited for anew.
    ///
    /// # Errors
    /// When as many messages are waited for as the limit allows.
    pub fn answered(
        &mut self,
        now: Instant,
        sent: Instant,
        id: &str,
        state: Option<SmsState<Text>>,
        until: Instant,
    ) -> Result<(), TrackerFull> {
        self.handle_timeout(now);
        if self.waiting.len() + self.done.len() >= self.limits.waiting && !self.waiting.contains_key(id) {
            return Err(TrackerFull);
        }
        // What came early is the later word, but for a final one there is none later.
        let told = state.map(detached);
        let last = match self.take_early(id) {
            Some(early) if early.is_final() || !told.as_ref().is_some_and(SmsState::is_final) => Some(early),
            _ => told,
        };
        let stream_was_lost = self.live_since.is_none_or(|since| since > sent);
        self.waiting.insert(id.into(), Waiting { until, last: None, stream_was_lost });
        if let Some(last) = last {
            self.settle(id, last);
        }
        self.handle_timeout(now);
        Ok(())
    }

    /// The stream told a state of the message `id`.
    pub fn observed(&mut self, now: Instant, id: &str, state: SmsState<Text>) {
        self.handle_timeout(now);
        let state = detached(state);
        if self.waiting.contains_key(id) {
            return self.settle(id, state);
        }
        if id.len() > MAX_ID || state.as_str().len() > MAX_ID || self.limits.early == 0 {
            return;
        }
        // A final state stays what it is, should an older one come after it.
        let state = self.take_early(id).filter(SmsState::is_final).unwrap_or(state);
        if self.early.len() >= self.limits.early {
            self.early.pop_front();
        }
        self.early.push_back(Early { id: id.into(), state, expires: now + self.limits.early_for });
    }

    /// The stream is live, for the first time or again.
    pub fn stream_live(&mut self, now: Instant) {
        self.live_since.get_or_insert(now);
    }

    /// The stream was lost: what it would have told until it is back is not known, and the messages that are waited for
    /// say so in their outcome.
    pub fn stream_lost(&mut self) {
        self.live_since = None;
        for waiting in self.waiting.values_mut() {
            waiting.stream_was_lost = true;
        }
    }

    /// Time has passed: ends waits that are due, forgets early states that are too old. Spurious and late calls are fine.
    pub fn handle_timeout(&mut self, now: Instant) {
        while self.early.front().is_some_and(|early| early.expires <= now) {
            self.early.pop_front();
        }
        let done = &mut self.done;
        self.waiting.retain(|id, waiting| {
            let due = waiting.until <= now;
            if due {
                let (end, stream_was_lost) = (SmsEnd::Deadline(waiting.last.clone()), waiting.stream_was_lost);
                done.push_back(SmsOutcome { id: id.clone(), end, stream_was_lost });
            }
            !due
        });
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` for not before something happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let wait = self.waiting.values().map(|waiting| waiting.until).min();
        earliest(wait, self.early.front().map(|early| early.expires))
    }

    /// The next outcome; one for each message that was waited for.
    pub fn poll_outcome(&mut self) -> Option<SmsOutcome> {
        self.done.pop_front()
    }

    /// How many messages are waited for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn take_early(&mut self, id: &str) -> Option<SmsState<Text>> {
        let at = self.early.iter().position(|early| early.id == *id)?;
        self.early.remove(at).map(|early| early.state)
    }

    /// Takes a state of a message that is waited for.
    fn settle(&mut self, id: &str, state: SmsState<Text>) {
        let Some((id, mut waiting)) = self.waiting.remove_entry(id) else { return };
        if state.is_final() {
            let stream_was_lost = waiting.stream_was_lost;
            self.done.push_back(SmsOutcome { id, end: SmsEnd::Final(state), stream_was_lost });
        } else {
            waiting.last = Some(state);
            self.waiting.insert(id, waiting);
        }
    }
}

/// The state without the frame that it was cut from.
fn detached(state: SmsState<Text>) -> SmsState<Text> {
    match state {
        SmsState::Other(word) => SmsState::Other(word.detached()),
        known => known,
    }
}
