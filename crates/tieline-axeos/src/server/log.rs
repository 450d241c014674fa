//! The log itself, and who waits on it.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::json::{Encode, Scanner, write_str};
use tieline_core::{Instant, Session, Text};

use super::config::LogConfig;
use super::store::Store;
use crate::{Entry, Event, Poll, Scalar};

/// Names one poll; the caller chooses it, a different one for each poll that is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// What a log is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogInput {
    /// A poll came. Exactly one answer goes out for it, unless it is [`Gone`](Self::Gone) before.
    Poll(WaiterId, Poll),
    /// Who polled went away: the poll is forgotten.
    Gone(WaiterId),
}

/// What a log answers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogAnswer {
    /// A JSON array of events; `[]` when none came in time.
    Events(WaiterId, Text),
    /// As many polls wait as may: to be answered with 503.
    Busy(WaiterId),
}

/// What the owner of a log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogEvent {
    /// The end, and the last event. Answers to the polls that waited may still be there to send.
    Closed,
}

/// A bounded log of events, and the polls that wait on it. See the [module](super).
///
/// A poll is answered at once when there are events after its `last` (without `last`: when there are any), when its
/// `timeout` is 0, and else when an event is published or its time is up. A `last` above the newest event waits for the
/// events after it.
pub struct EventLog {
    config: LogConfig,
    store: Store,
    waiting: BTreeMap<WaiterId, Waiting>,
    /// The same, by the number from which on an event is wanted, and by deadline.
    by_from: BTreeSet<(u64, WaiterId)>,
    by_deadline: BTreeSet<(Instant, WaiterId)>,
    /// Whose answer is due; it is written when it is taken.
    ready: VecDeque<(WaiterId, Due)>,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Closed,
    Told,
}

/// A poll.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    last: Option<u64>,
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    wanted: Wanted,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    Events(Wanted),
    Busy,
}

impl Wanted {
    /// An event with this number or a higher one wakes the poll.
    fn from(self) -> u64 {
        self.last.map_or(0, |last| last.saturating_add(1))
    }
}

impl EventLog {
    /// An empty log.
    #[must_use]
    pub const fn new(config: LogConfig) -> Self {
        Self {
            store: Store::new(config.first_seq),
            config,
            waiting: BTreeMap::new(),
            by_from: BTreeSet::new(),
            by_deadline: BTreeSet::new(),
            ready: VecDeque::new(),
            end: End::Open,
        }
    }

    /// Logs an event and wakes who waits for it. Gives its number; an unknown event gets it in the place of one that its
    /// body may have. After the end nothing is logged any more.
    pub fn publish<S>(&mut self, timestamp: Option<Scalar<S>>, event: Event<S>) -> u64
    where
        S: AsRef<str> + Encode,
    {
        let seq = self.store.next_seq();
        if self.end != End::Open {
            return seq;
        }
        let json = match &event {
            Event::Unknown(unknown) => numbered(seq, unknown.body.as_json()),
            _ => Entry { seq, timestamp, event }.to_json(),
        };
        self.store.push(json.into(), &self.config);
        while let Some((from, id)) = self.by_from.first().copied()
            && from <= seq
        {
            self.wake(id);
        }
        seq
    }

    /// The number of the newest event held; `None` when there is none.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.store.newest()
    }

    /// The number of the oldest event held; `None` when there is none.
    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        self.newest().map(|_| self.store.oldest())
    }

    /// The number of polls that wait.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.waiting.len()
    }

    /// Begins anew as a server does that was restarted: every event is forgotten, the next one is number `first_seq`, and
    /// every poll that was not answered is dropped; their connections are the caller's to cut.
    pub fn restart(&mut self, first_seq: u64) -> Vec<WaiterId> {
        self.store.restart(first_seq);
        self.by_from.clear();
        self.by_deadline.clear();
        let dropped = core::mem::take(&mut self.ready).into_iter().map(|(id, _)| id);
        dropped.chain(core::mem::take(&mut self.waiting).into_keys()).collect()
    }

    /// Answers every poll that waits with what there is, and goes on.
    pub fn release(&mut self) {
        let waiting: Vec<_> = self.waiting.keys().copied().collect();
        waiting.into_iter().for_each(|id| self.wake(id));
    }

    fn ask(&mut self, now: Instant, id: WaiterId, poll: &Poll) {
        let limit = poll.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let wanted = Wanted { last: poll.last, limit: limit.min(self.config.answer_events) };
        let wait = self.config.wait(poll);
        // An id in use: the earlier poll is answered with what there is.
        self.wake(id);
        let there = match wanted.last {
            Some(last) => self.store.newest().is_some_and(|newest| newest > last),
            None => self.store.newest().is_some(),
        };
        if there || wait.is_zero() {
            self.ready.push_back((id, Due::Events(wanted)));
        } else if self.waiting.len() >= self.config.waiters {
            self.ready.push_back((id, Due::Busy));
        } else {
            let deadline = now + wait;
            self.by_from.insert((wanted.from(), id));
            self.by_deadline.insert((deadline, id));
            self.waiting.insert(id, Waiting { wanted, deadline });
        }
    }

    fn forget(&mut self, id: WaiterId) -> Option<Wanted> {
        let Waiting { wanted, deadline } = self.waiting.remove(&id)?;
        self.by_from.remove(&(wanted.from(), id));
        self.by_deadline.remove(&(deadline, id));
        Some(wanted)
    }

    fn wake(&mut self, id: WaiterId) {
        if let Some(wanted) = self.forget(id) {
            self.ready.push_back((id, Due::Events(wanted)));
        }
    }
}

/// The object `body` with `seq` as its number.
fn numbered(seq: u64, body: &str) -> String {
    let mut out = String::from("{\"seq\":");
    seq.encode(&mut out);
    // The members that can be read: all of them, since the body is checked JSON.
    let mut scanner = Scanner::new(body, 1);
    if let Ok(mut members) = scanner.object() {
        while let Ok(Some(key)) = scanner.key(&mut members)
            && let Ok(value) = scanner.skip_value()
        {
            if key != *"seq" {
                out.push(',');
                write_str(&key, &mut out);
                out.push(':');
                out.push_str(value);
            }
        }
    }
    out.push('}');
    out
}

impl Session for EventLog {
    type Input = LogInput;
    type Transmit = LogAnswer;
    type Event = LogEvent;

    fn handle_input(&mut self, now: Instant, input: LogInput) {
        if self.end != End::Open {
            return;
        }
        match input {
            LogInput::Poll(id, poll) => self.ask(now, id, &poll),
            LogInput::Gone(id) => {
                if self.forget(id).is_none() {
                    self.ready.retain(|(ready, _)| *ready != id);
                }
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some((deadline, id)) = self.by_deadline.first().copied()
            && deadline <= now
        {
            self.wake(id);
        }
    }

    fn poll_transmit(&mut self) -> Option<LogAnswer> {
        let (id, due) = self.ready.pop_front()?;
        Some(match due {
            Due::Busy => LogAnswer::Busy(id),
            Due::Events(Wanted { last, limit }) => LogAnswer::Events(id, self.store.answer(last, limit)),
        })
    }

    fn poll_event(&mut self) -> Option<LogEvent> {
        if self.end != End::Closed {
            return None;
        }
        self.end = End::Told;
        Some(LogEvent::Closed)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    fn wants_input(&self) -> bool {
        self.end == End::Open
    }

    /// Every poll that waits is answered with what there is.
    fn close(&mut self, _now: Instant) {
        if self.end == End::Open {
            self.release();
            self.end = End::Closed;
        }
    }

    fn is_finished(&self) -> bool {
        self.end == End::Told && self.ready.is_empty()
    }
}

impl LogAnswer {
    /// Whose poll it answers.
    #[must_use]
    pub const fn id(&self) -> WaiterId {
        match self {
            Self::Events(id, _) | Self::Busy(id) => *id,
        }
    }
}

impl core::fmt::Debug for LogAnswer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Events(id, body) => write!(f, "Events({id:?}, {} bytes)", body.len()),
            Self::Busy(id) => write!(f, "Busy({id:?})"),
        }
    }
}

impl core::fmt::Debug for EventLog {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EventLog")
            .field("newest", &self.newest())
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
