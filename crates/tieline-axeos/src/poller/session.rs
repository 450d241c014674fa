//! The poller itself: what is in flight, what is next, and when.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_core::{
    Backoff, ClientSession, EventQueue, ExchangeFailure, ExchangeFailureKind, Instant, Random, RequestError, RequestId,
    Seed, SendError, SendErrorKind, Sent, Session, Text, earliest,
};

use super::batch::{Event, Told};
use super::calls::Calls;
use super::config::PollerConfig;
use super::cursor::{Cursor, Resume};
use super::event::AxeosEvent;
use super::exchange::{Ask, Command, Exchange, ExchangeId, Outcome, Output, Reply};
use super::known::Known;
use super::phase::leads_to;
use crate::{Batch, Listing, Poll, User};

/// What the exchange for events or lists that is in flight, or comes next, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Where the log is: at the start, and when the place was lost.
    Newest,
    /// The users and then the phones, before the line is live.
    Users,
    Phones,
    /// The events after the place, waiting for one.
    Poll,
    /// Whether the last event is still in the log, and what comes after it.
    Behind,
    /// Whether an answer with old numbers was a duplicate.
    Settle,
    /// Whether the server counts anew, while polls bring nothing.
    Probe,
    /// A list that changed.
    ReloadUsers,
    ReloadPhones,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) id: ExchangeId,
    pub(super) step: Step,
    pub(super) sent: Instant,
    deadline: Instant,
}

/// An interval in doubt.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) since: Instant,
    pub(super) noticed: Instant,
    pub(super) cause: DownCause,
    /// Whether the place was lost in it.
    pub(super) lost: bool,
}

/// What was learnt of the server's numbers, and may be in doubt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    /// They are seen to skip although nothing was lost.
    pub(super) sparse: bool,
    /// The server refuses to look behind the place, so skips cannot be told from losses.
    pub(super) blind: bool,
    /// The latest poll was ended by a proxy.
    pub(super) cut_short: bool,
    /// How many answers in a row could not be read.
    pub(super) unreadable: u32,
    /// The latest answer was as long as the limit: there may be more.
    pub(super) more: bool,
}

/// The client's session with an Axeos PBX. See the [module](super).
pub struct Poller {
    pub(super) config: PollerConfig,
    pub(super) random: Random,
    pub(super) backoff: Backoff,
    pub(super) phase: Phase,
    pub(super) line: u64,
    /// Whether `Live` was told since the line was lost.
    pub(super) announced: bool,
    pub(super) was_live: bool,
    pub(super) live_since: Option<Instant>,
    /// Whether the application had events, here or of the poller that this one goes on for: only then can any be missing.
    pub(super) had_events: bool,
    pub(super) cursor: Option<Cursor>,
    /// When the place was last known to be right.
    pub(super) sure: Instant,
    /// When the latest answer with events came, and the latest of any kind but to a call.
    pub(super) heard: Instant,
    pub(super) answered_at: Instant,
    pub(super) probed: Instant,
    /// When the place was last lost.
    pub(super) lost_at: Option<Instant>,
    pub(super) doubt: Option<Doubt>,
    pub(super) numbers: Numbers,
    /// Elements without a number that were told since the place last moved.
    pub(super) told: Told,
    pub(super) flight: Option<Flight>,
    pub(super) next: Option<(Step, Instant)>,
    /// An answer that waits until it is settled.
    pub(super) unsettled: Option<(Batch, Instant)>,
    /// Events that wait until the lists are read.
    pub(super) held: Vec<Event>,
    pub(super) users: Option<Listing<User<Text>>>,
    pub(super) known_users: Known,
    pub(super) known_phones: Known,
    next_exchange: u64,
    pub(super) calls: Calls,
    pub(super) outputs: VecDeque<Output>,
    pub(super) events: EventQueue<LineEvent<AxeosEvent>>,
    closed_taken: bool,
}

impl Poller {
    /// Where the poller is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The place in the log: everything up to it was taken or is queued. `None` before it is known, and while the log
    /// was empty.
    #[must_use]
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    pub(super) fn last(&self) -> Option<u64> {
        self.cursor.as_ref().map(Cursor::seq)
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        debug_assert!(leads_to(self.phase, phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    pub(super) fn tell(&mut self, event: LineEvent<AxeosEvent>, bytes: usize) {
        // Nothing is asked for while the queue is high, so it grows by one answer at most.
        self.events.push_always(event, bytes);
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Sends what is next, when it is due and there is room for its answer.
    fn advance(&mut self, now: Instant) {
        let Some((step, due)) = self.next else { return };
        if self.flight.is_some() || self.is_over() || self.events.is_high() || due > now {
            return;
        }
        if self.phase == Phase::Waiting {
            self.enter(Phase::Dialing);
            self.line += 1;
        }
        self.next = None;
        let step = if step == Step::Poll { self.instead_of_poll(now) } else { Some(step) };
        // What is to come instead may have to wait.
        let Some(step) = step else { return self.advance(now) };
        let (ask, time) = self.ask(step);
        let (id, deadline) = self.send_exchange(now, ask, time);
        self.flight = Some(Flight { id, step, sent: now, deadline });
    }

    /// The next poll, or what comes before it; `None` when that is what is next now.
    ///
    /// Polls that follow each other closely see a restart of the server as a failure. After a pause the log is looked at
    /// first; of an empty log there is nothing to look at, so events may be missing.
    fn instead_of_poll(&mut self, now: Instant) -> Option<Step> {
        let pause = self.config.least_interval;
        if self.known_users.is_due(now) {
            Some(Step::ReloadUsers)
        } else if self.known_phones.is_due(now) {
            Some(Step::ReloadPhones)
        } else if self.cursor.is_some() && !self.numbers.blind && now.since(self.heard) > pause {
            Some(Step::Behind)
        } else if self.cursor.is_none() && now.since(self.answered_at) > pause {
            self.lose_place(now);
            None
        } else {
            Some(Step::Poll)
        }
    }

    fn ask(&self, step: Step) -> (Ask, Duration) {
        let answer_time = self.config.policy.dial_timeout;
        let ask = match step {
            Step::Newest | Step::Settle | Step::Probe => Ask::Poll(Poll::NEWEST),
            Step::Users | Step::ReloadUsers => Ask::Users,
            Step::Phones | Step::ReloadPhones => Ask::Phones,
            Step::Behind => {
                // All of the log when the place is its first event.
                let last = self.last().and_then(|last| last.checked_sub(1));
                Ask::Poll(Poll { last, limit: None, timeout: Some(0) })
            }
            Step::Poll => {
                let wait = if self.numbers.more { 0 } else { self.config.wait.as_secs().max(1) };
                let poll = Poll { last: self.last(), limit: self.config.limit, timeout: Some(wait) };
                return (Ask::Poll(poll), Duration::from_secs(wait).saturating_add(self.config.margin));
            }
        };
        (ask, answer_time)
    }

    fn send_exchange(&mut self, now: Instant, ask: Ask, time: Duration) -> (ExchangeId, Instant) {
        self.next_exchange += 1;
        let id = ExchangeId(self.next_exchange);
        // A deadline lies in the future, whatever the configuration says.
        let deadline = now + time.max(Duration::from_millis(1));
        self.outputs.push_back(Output::Send(Exchange { id, ask, deadline }));
        (id, deadline)
    }

    pub(super) fn cancel(&mut self, id: ExchangeId) {
        self.outputs.push_back(Output::Cancel(id));
    }
}

impl Session for Poller {
    type Input = Outcome;
    type Transmit = Output;
    type Event = LineEvent<AxeosEvent>;

    fn handle_input(&mut self, now: Instant, outcome: Outcome) {
        if self.is_over() {
            return;
        }
        match self.flight.take_if(|flight| flight.id == outcome.id) {
            Some(flight) => match outcome.result {
                Ok(answer) => self.answered(now, flight, answer),
                Err(failure) => self.failed(now, flight, failure),
            },
            // A call's, or one that was given up.
            None => self.calls.ended(outcome.id, outcome.result),
        }
        self.advance(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        while let Some(exchange) = self.calls.expire(now) {
            self.cancel(exchange);
        }
        if let Some(flight) = self.flight.take_if(|flight| flight.deadline <= now) {
            self.cancel(flight.id);
            self.failed(now, flight, ExchangeFailure::new(ExchangeFailureKind::Timeout, Sent::Maybe));
        }
        self.advance(now);
    }

    fn poll_transmit(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        let event = self.events.pop();
        self.closed_taken |= matches!(event, Some(LineEvent::Closed(_)));
        event
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let own = match (&self.flight, self.next) {
            (Some(flight), _) => Some(flight.deadline),
            // Nothing is asked for until the application has taken what it was told before.
            (None, Some((_, due))) if !self.events.is_high() => Some(due),
            (None, _) => None,
        };
        earliest(own, self.calls.deadline())
    }

    fn wants_input(&self) -> bool {
        !self.is_over() && (!self.events.is_high() || !self.calls.is_empty())
    }

    fn close(&mut self, now: Instant) {
        if !self.is_over() {
            self.end(now, None);
        }
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.calls.replies.is_empty() && self.outputs.is_empty()
    }
}

impl ClientSession for Poller {
    type Config = PollerConfig;
    type Command = Command;
    type Reply = Reply;
    type Resume = Resume;

    fn start(config: PollerConfig, seed: Seed, resume: Option<Resume>, now: Instant) -> Self {
        let Resume { cursor, sure } = resume.unwrap_or(Resume { cursor: None, sure: now });
        let first = if cursor.is_some() { Step::Behind } else { Step::Newest };
        let mut poller = Self {
            random: Random::new(seed, u64::from_le_bytes(*b"axeos-pl")),
            backoff: Backoff::new(config.policy.backoff),
            phase: Phase::Dialing,
            line: 1,
            announced: false,
            was_live: false,
            live_since: None,
            had_events: cursor.is_some(),
            cursor,
            sure: sure.min(now),
            heard: now,
            answered_at: now,
            probed: now,
            lost_at: None,
            doubt: None,
            numbers: Numbers::default(),
            told: Told::default(),
            flight: None,
            next: Some((first, now)),
            unsettled: None,
            held: Vec::new(),
            users: None,
            known_users: Known::default(),
            known_phones: Known::default(),
            next_exchange: 0,
            calls: Calls::default(),
            outputs: VecDeque::new(),
            events: EventQueue::new(config.policy.limits),
            closed_taken: false,
            config,
        };
        poller.advance(now);
        poller
    }

    /// Accepts a command when the line answers: a call is nothing to be made up for later.
    fn send(&mut self, now: Instant, command: Command) -> Result<RequestId, SendError<Command>> {
        let refusal = match (self.phase, &command) {
            (Phase::Closing | Phase::Closed, _) => Some(SendErrorKind::Closed),
            (Phase::Dialing | Phase::Waiting, _) => Some(SendErrorKind::NotConnected),
            _ if self.calls.len() >= self.config.policy.limits.in_flight => Some(SendErrorKind::Full),
            (_, Command::Call(request)) => request.check().err().map(|error| SendErrorKind::Invalid(error.words())),
            (_, Command::Users | Command::Phones) => None,
        };
        if let Some(kind) = refusal {
            return Err(SendError::new(command, kind));
        }
        let read_time = self.config.policy.dial_timeout;
        let (ask, time) = match command {
            Command::Call(request) => (Ask::Call(request), self.config.call_timeout),
            Command::Users => (Ask::Users, read_time),
            Command::Phones => (Ask::Phones, read_time),
        };
        let (exchange, deadline) = self.send_exchange(now, ask, time);
        Ok(self.calls.begin(exchange, deadline))
    }

    fn poll_reply(&mut self) -> Option<(RequestId, Result<Reply, RequestError>)> {
        self.calls.replies.pop_front()
    }

    fn into_resume(self) -> Result<Resume, Self> {
        if self.is_finished() { Ok(Resume { cursor: self.cursor, sure: self.sure }) } else { Err(self) }
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("phase", &self.phase).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}
