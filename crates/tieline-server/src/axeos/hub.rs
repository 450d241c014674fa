//! The event log behind sockets: polls wait on it, published events answer them.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Event, Poll, Scalar};
use tieline_core::json::Encode;
use tieline_core::{Session as _, Text};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;

/// What a hub has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventStats {
    /// Polls that wait now.
    pub waiting: usize,
    /// Polls that ever came.
    pub polls: u64,
    /// Polls refused because as many waited as may.
    pub refused_busy: u64,
    /// Polls whose client went away while they waited.
    pub left: u64,
    /// Events published.
    pub events: u64,
}

/// The event log of a PBX, and the polls that wait on it. Cheap to clone; every clone is the same log.
///
/// A poll is looked up and begins to wait in one step, so no event falls between the two. An event is written once; polls that
/// ask from the same place share their answer. Publishing never waits for a connection. What it costs is bounded by the
/// [`LogConfig`].
#[derive(Clone)]
pub struct EventHub(Arc<Shared>);

struct Shared {
    clock: Clock,
    config: LogConfig,
    board: Mutex<Board>,
}

struct Board {
    log: EventLog,
    /// Who is told, for each poll that waits on the log.
    waiting: HashMap<WaiterId, oneshot::Sender<Outcome>>,
    next: u64,
    stats: EventStats,
}

/// What a poll comes to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The JSON of the answer.
    Events(Text),
    /// As many wait as may, or the log began anew.
    Unavailable,
}

impl From<LogAnswer> for Outcome {
    fn from(answer: LogAnswer) -> Self {
        match answer {
            LogAnswer::Events(_, json) => Self::Events(json),
            _ => Self::Unavailable,
        }
    }
}

/// Who is to be told what, once the board is free again.
type Due = Vec<(oneshot::Sender<Outcome>, Outcome)>;

impl Board {
    /// Takes out the answers of polls that waited.
    fn take_due(&mut self) -> Due {
        let mut due = Due::new();
        while let Some(answer) = self.log.poll_transmit() {
            if let Some(waiter) = self.waiting.remove(&answer.id()) {
                due.push((waiter, answer.into()));
            }
        }
        due
    }
}

fn tell(due: Due) {
    for (waiter, outcome) in due {
        // Whoever left in the meantime asks again from the same place.
        let _left = waiter.send(outcome);
    }
}

impl Default for EventHub {
    fn default() -> Self {
        Self::new(LogConfig::default())
    }
}

impl EventHub {
    /// An empty log.
    #[must_use]
    pub fn new(config: LogConfig) -> Self {
        let board =
            Board { log: EventLog::new(config), waiting: HashMap::new(), next: 0, stats: EventStats::default() };
        Self(Arc::new(Shared { clock: Clock::start(), config, board: Mutex::new(board) }))
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs an event, and answers whoever waits for it. Gives its number.
    pub fn publish<S>(&self, timestamp: Option<Scalar<S>>, event: Event<S>) -> u64
    where
        S: AsRef<str> + Encode,
    {
        let mut board = self.lock();
        board.stats.events += 1;
        let seq = board.log.publish(timestamp, event);
        let due = board.take_due();
        drop(board);
        tell(due);
        seq
    }

    /// Logs several events that happened together; whoever waits gets them in one answer. Gives the number of the last one;
    /// `None` when there are none.
    pub fn publish_all<S>(&self, events: impl IntoIterator<Item = (Option<Scalar<S>>, Event<S>)>) -> Option<u64>
    where
        S: AsRef<str> + Encode,
    {
        let mut board = self.lock();
        let mut last = None;
        for (timestamp, event) in events {
            board.stats.events += 1;
            last = Some(board.log.publish(timestamp, event));
        }
        let due = board.take_due();
        drop(board);
        tell(due);
        last
    }

    /// Begins anew as a PBX does that was restarted: every event is forgotten, the next one is number `first_seq`, and the
    /// polls that wait are answered with 503. Their connections may be cut by
    /// [`ServerHandle::kill_connections`](crate::ServerHandle::kill_connections) as well.
    pub fn restart(&self, first_seq: u64) {
        let mut board = self.lock();
        let dropped = board.log.restart(first_seq);
        let due: Due = dropped
            .iter()
            .filter_map(|id| board.waiting.remove(id))
            .map(|waiter| (waiter, Outcome::Unavailable))
            .collect();
        drop(board);
        tell(due);
    }

    /// The number of the newest event held; `None` when there is none.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.lock().log.newest()
    }

    /// The number of the oldest event held; `None` when there is none.
    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        self.lock().log.oldest()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> EventStats {
        let board = self.lock();
        EventStats { waiting: board.waiting.len(), ..board.stats }
    }

    /// Answers a poll; does not let it wait once `ending` is set. Dropping the future frees what the poll holds.
    pub(super) async fn poll(&self, poll: Poll, ending: &AtomicBool) -> Outcome {
        let (mut parked, until) = match self.park(poll, ending) {
            Ok(parked) => parked,
            Err(outcome) => return outcome,
        };
        tokio::select! {
            biased;
            told = &mut parked.answer => return parked.finish(told),
            () = sleep_until(until) => {}
        }
        self.expire();
        let told = (&mut parked.answer).await;
        parked.finish(told)
    }

    /// Asks the log.
    ///
    /// # Errors
    /// The answer, when there is one at once.
    fn park(&self, mut poll: Poll, ending: &AtomicBool) -> Result<(Parked<'_>, Instant), Outcome> {
        let mut board = self.lock();
        // Looked at where `release` sets it: no poll begins to wait after that.
        if ending.load(Ordering::Relaxed) {
            poll.timeout = Some(0);
        }
        let now = self.0.clock.now();
        let id = WaiterId(board.next);
        board.next += 1;
        board.stats.polls += 1;
        board.log.handle_input(now, LogInput::Poll(id, poll));
        // Everybody else's answers were taken where they came up.
        if let Some(answer) = board.log.poll_transmit() {
            board.stats.refused_busy += u64::from(matches!(answer, LogAnswer::Busy(_)));
            return Err(answer.into());
        }
        let (waiter, answer) = oneshot::channel();
        board.waiting.insert(id, waiter);
        let until = self.0.clock.to_tokio(now + self.0.config.wait(&poll));
        Ok((Parked { hub: self, id, answer, waits: true }, until))
    }

    /// Answers the polls whose time is up.
    fn expire(&self) {
        let mut board = self.lock();
        board.log.handle_timeout(self.0.clock.now());
        let due = board.take_due();
        drop(board);
        tell(due);
    }

    /// Answers every poll that waits, and lets none wait that looks at `ending`.
    pub(super) fn release(&self, ending: &AtomicBool) {
        let mut board = self.lock();
        ending.store(true, Ordering::Relaxed);
        board.log.release();
        let due = board.take_due();
        drop(board);
        tell(due);
    }
}

impl fmt::Debug for EventHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventHub").field(&self.stats()).finish()
    }
}

/// A poll that waits; the log forgets it when this is dropped before it was answered.
struct Parked<'h> {
    hub: &'h EventHub,
    id: WaiterId,
    answer: oneshot::Receiver<Outcome>,
    waits: bool,
}

impl Parked<'_> {
    fn finish(mut self, told: Result<Outcome, oneshot::error::RecvError>) -> Outcome {
        self.waits = false;
        told.unwrap_or(Outcome::Unavailable)
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        if !self.waits {
            return;
        }
        let mut board = self.hub.lock();
        if board.waiting.remove(&self.id).is_some() {
            board.stats.left += 1;
            board.log.handle_input(self.hub.0.clock.now(), LogInput::Gone(self.id));
        }
    }
}
