//! An Axeos PBX with a log of events, and the calls that a poller makes to it, for schedules of faults.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tieline_axeos::poller::{
    Answer, Ask, AxeosEvent, Command, Exchange, ExchangeId, Outcome, Output, Poller, PollerConfig,
};
use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Entry, Event, Listing};
use tieline_core::supervisor::Phase;
use tieline_core::{
    Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, Random, Sent, Session, Text, earliest,
};
use tieline_testkit::schedule::{Fault, Menu, Seen, World, generator, millis};

const USERS: &str = r#"[{"uuid":"u1","username":"anna","phone":"p1","primary_phone":"p1"}]"#;
const PHONES: &str = r#"[{"uuid":"p1","phone_username":"desk","status":"idle","status_code":0}]"#;

/// Until when something is wrong with every call.
#[derive(Clone, Copy, Debug, Default)]
struct Until {
    refused: Instant,
    hung: Instant,
    unauthorized: Instant,
    busy: (Instant, u8),
    failing: (Instant, u16),
    latency: Instant,
}

/// A PBX that keeps so many events.
pub(crate) struct Pbx<const KEPT: usize> {
    log: EventLog,
    until: Until,
    latency: Duration,
    longest: Duration,
    /// What is asked for events or lists, and was not answered.
    open: BTreeSet<ExchangeId>,
    /// What is never answered.
    hung: BTreeSet<ExchangeId>,
    /// Answers on their way.
    answers: BTreeMap<(Instant, u64), Outcome>,
    next_answer: u64,
    /// What goes wrong with the next answer, or with the next call.
    next: Vec<Fault>,
    /// A connection that the server closed, and the client does not know it yet.
    stale: bool,
    answered: Instant,
    calls: Vec<Instant>,
    orders: usize,
}

fn status(status: u16) -> ExchangeFailureKind {
    let class = if status == 401 { Class::Reauthenticate } else { Class::Retry };
    ExchangeFailureKind::Status { status, class }
}

impl<const KEPT: usize> Pbx<KEPT> {
    fn answer(&mut self, now: Instant, id: ExchangeId, result: Result<Answer, ExchangeFailureKind>) {
        let result = result.map_err(|kind| ExchangeFailure::new(kind, Sent::Maybe));
        self.next_answer += 1;
        self.answers.insert((now + self.latency, self.next_answer), Outcome::new(id, result));
    }

    fn send(&mut self, now: Instant, exchange: Exchange) {
        let Exchange { id, ask, .. } = exchange;
        let is_order =
            matches!(ask, Ask::Call(_)) || (matches!(ask, Ask::Users | Ask::Phones) && !self.open.is_empty());
        if !is_order {
            assert!(self.open.is_empty(), "I12: one exchange for events or lists at a time");
            self.open.insert(id);
        }
        self.calls.push(now);
        if std::mem::take(&mut self.stale) {
            return self.answer(now, id, Err(ExchangeFailureKind::Broken));
        }
        let until = self.until;
        if now < until.hung {
            self.hung.insert(id);
        } else if now < until.refused {
            let reason = Text::from_static("refused");
            self.answer(now, id, Err(ExchangeFailureKind::Connect { class: Class::Retry, reason }));
        } else if now < until.unauthorized {
            self.answer(now, id, Err(status(401)));
        } else if now < until.busy.0 {
            let class = Class::RetryAfter(Duration::from_secs(until.busy.1.into()));
            self.answer(now, id, Err(ExchangeFailureKind::Status { status: 429, class }));
        } else if now < until.failing.0 {
            self.answer(now, id, Err(status(until.failing.1)));
        } else {
            match ask {
                Ask::Poll(mut poll) => {
                    if let Some(at) = self.next.iter().position(|fault| matches!(fault, Fault::Rewind(_)))
                        && let (Fault::Rewind(count), Some(last)) = (self.next[at], &mut poll.last)
                    {
                        *last = last.saturating_sub(count.into());
                        self.next.remove(at);
                    }
                    self.log.handle_input(now, LogInput::Poll(WaiterId(id.get()), poll));
                }
                Ask::Users => {
                    self.answer(now, id, Ok(Answer::Users(Listing::decode(USERS.into(), 64).expect("users"))))
                }
                Ask::Phones => {
                    self.answer(now, id, Ok(Answer::Phones(Listing::decode(PHONES.into(), 64).expect("phones"))));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The answer of the log to a poll, and what goes wrong with it.
    fn logged(&mut self, now: Instant, id: ExchangeId, body: &Text) {
        let fault = if self.next.is_empty() { None } else { Some(self.next.remove(0)) };
        let unreadable = |text: &str| {
            let error = Listing::<Entry<Text>>::decode(Text::from(text), 64).expect_err("broken");
            Err(ExchangeFailureKind::Unreadable { reason: Text::from(error.to_string()) })
        };
        let mut elements: Vec<serde_json::Value> = serde_json::from_str(body).expect("our own");
        let result = match fault {
            Some(Fault::CutAfter(bytes)) => unreadable(&body[..usize::from(bytes).min(body.len() - 1)]),
            Some(Fault::BadJson) => unreadable("{\"broken\": [1, 2"),
            fault => {
                match fault {
                    Some(Fault::Duplicate) if !elements.is_empty() => elements.insert(0, elements[0].clone()),
                    Some(Fault::Reorder) => elements.reverse(),
                    _ => {}
                }
                let body = serde_json::to_string(&elements).expect("JSON");
                Ok(Answer::Events(Listing::decode(body.into(), 64).expect("our own")))
            }
        };
        self.answer(now, id, result);
    }

    fn serve(&mut self, now: Instant) {
        self.log.handle_timeout(now);
        while let Some(answer) = self.log.poll_transmit() {
            let LogAnswer::Events(waiter, body) = answer else { panic!("{answer:?}") };
            let id = self.open.iter().find(|id| id.get() == waiter.0).copied();
            if let Some(id) = id.filter(|id| !self.hung.contains(id)) {
                self.logged(now, id, &body);
            }
        }
    }

    /// Every connection breaks.
    fn cut(&mut self, now: Instant) {
        let held: Vec<_> = self.open.iter().copied().filter(|id| !self.hung.contains(id)).collect();
        self.answers.clear();
        for id in held {
            self.log.handle_input(now, LogInput::Gone(WaiterId(id.get())));
            self.answer(now, id, Err(ExchangeFailureKind::Broken));
        }
    }
}

impl<const KEPT: usize> World for Pbx<KEPT> {
    type Client = Poller;
    type Told = AxeosEvent;
    const NUMBERED: bool = true;

    fn begin(seed: u64, now: Instant) -> (Self, Poller) {
        let mut config = PollerConfig::default();
        config.policy.retry_first = true;
        config.policy.retry_refused_login = true;
        config.policy.limits.queued_events = 20;
        let mut log = LogConfig::default();
        log.events = KEPT;
        let client = Poller::start(config, generator(seed, "poller").next_seed(), None, now);
        let mut log = EventLog::new(log);
        if KEPT > 1000 {
            // Of an empty log nobody can tell whether it was always empty.
            let json = r#"{"seq":0,"event_type":"coffee ready"}"#;
            log.publish(None, Entry::decode_text(&Text::from_static(json)).expect("an event").event);
        }
        let world = Self {
            log,
            until: Until::default(),
            latency: Duration::ZERO,
            longest: Duration::ZERO,
            open: BTreeSet::new(),
            hung: BTreeSet::new(),
            answers: BTreeMap::new(),
            next_answer: 0,
            next: Vec::new(),
            stale: false,
            answered: now,
            calls: Vec::new(),
            orders: 0,
        };
        (world, client)
    }

    fn take_output(&mut self, now: Instant, output: Output) {
        match output {
            Output::Send(exchange) => self.send(now, exchange),
            Output::Cancel(id) => {
                self.open.remove(&id);
                self.hung.remove(&id);
                self.answers.retain(|_, outcome| outcome.id != id);
                self.log.handle_input(now, LogInput::Gone(WaiterId(id.get())));
            }
            other => panic!("{other:?}"),
        }
        self.serve(now);
    }

    fn poll_input(&mut self, now: Instant, _wanted: bool) -> Option<Outcome> {
        let key = *self.answers.keys().next().filter(|(due, _)| *due <= now)?;
        let outcome = self.answers.remove(&key)?;
        self.open.remove(&outcome.id);
        if outcome.result.is_ok() {
            self.answered = now;
        }
        Some(outcome)
    }

    fn is_life(outcome: &Outcome) -> bool {
        matches!(outcome.result, Ok(Answer::Events(_)))
    }

    fn handle_timeout(&mut self, now: Instant) {
        if now >= self.until.latency {
            self.latency = Duration::ZERO;
        }
        self.serve(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        earliest(self.log.poll_timeout(), self.answers.keys().next().map(|(due, _)| *due))
    }

    fn publish(&mut self, now: Instant, mark: u64) -> bool {
        let json = format!(r#"{{"seq":0,"event_type":"incoming call","unique_id":"{mark}"}}"#);
        let event: Event<Text> = Entry::decode_text(&Text::from(json)).expect("an event").event;
        self.log.publish(None, event);
        self.serve(now);
        true
    }

    fn suffer(&mut self, now: Instant, fault: Fault) {
        match fault {
            Fault::RefuseDials(time) => self.until.refused = now + time,
            Fault::HangDials(time) => self.until.hung = now + time,
            Fault::RefuseLogins(time) => self.until.unauthorized = now + time,
            Fault::Busy(time, wait) => self.until.busy = (now + time, wait),
            Fault::Fail(time, status) => self.until.failing = (now + time, status),
            Fault::Latency(time) => {
                self.latency = time;
                self.longest = self.longest.max(time);
                self.until.latency = now + Duration::from_secs(20);
            }
            Fault::Cut => self.cut(now),
            Fault::BlackHole => {
                self.answers.clear();
                self.hung.extend(self.open.iter().copied());
            }
            Fault::Restart | Fault::RestartAnew => {
                let next = if fault == Fault::Restart { self.log.newest().map_or(1, |newest| newest + 1) } else { 1 };
                self.log.restart(next);
                if self.open.is_empty() {
                    // Within a moment of the last answer the client still uses the connection.
                    self.stale = now.since(self.answered) <= Duration::from_secs(1);
                }
                self.cut(now);
            }
            Fault::Unknown => {
                let json = r#"{"seq":0,"event_type":"coffee ready","cups":"2"}"#;
                self.log.publish(None, Entry::decode_text(&Text::from_static(json)).expect("an event").event);
                self.serve(now);
            }
            fault => self.next.push(fault),
        }
    }

    fn heal(&mut self, _: Instant) {
        self.until = Until::default();
        self.latency = Duration::ZERO;
        self.next.clear();
    }

    fn order(&mut self, now: Instant, client: &mut Poller, asked: bool) -> usize {
        // Beside a poll, so that it cannot be taken for one of the poller's own.
        if !asked || self.open.is_empty() {
            return 0;
        }
        self.orders += 1;
        let command = if self.orders.is_multiple_of(2) { Command::Users } else { Command::Phones };
        usize::from(client.send(now, command).is_ok())
    }

    fn take_replies(&mut self, _: Instant, client: &mut Poller) -> usize {
        std::iter::from_fn(|| client.poll_reply()).count()
    }

    fn read(&mut self, _: Instant, told: &AxeosEvent) -> Vec<Seen> {
        match told {
            AxeosEvent::Snapshot(_) => vec![Seen::Snapshot],
            AxeosEvent::Received(received) => {
                let mark = received.entry.event.call().and_then(|call| call.unique_id.as_deref());
                mark.map(|mark| Seen::Event(mark.parse().expect("a number"))).into_iter().collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn copies(&self, _: u64) -> u32 {
        1
    }

    fn longest_latency(&self) -> Duration {
        self.longest
    }

    fn dials(&self) -> &[Instant] {
        &self.calls
    }

    fn is_live(client: &Poller) -> bool {
        client.phase() == Phase::Live
    }

    fn forget(&mut self, _: Instant) {
        self.calls = Vec::new();
    }
}

/// What a server may do that remembers its events.
fn of_the_line(random: &mut Random) -> Fault {
    match random.below(18) {
        0 => Fault::RefuseDials(millis(random, 60_000)),
        1 => Fault::HangDials(millis(random, 60_000)),
        2 => Fault::RefuseLogins(millis(random, 60_000)),
        3 => Fault::Busy(millis(random, 30_000), random.below(60) as u8),
        4 => Fault::Fail(millis(random, 30_000), [408, 500, 502, 503, 504][random.below(5) as usize]),
        5 => Fault::Latency(millis(random, 1500)),
        6..10 => Fault::Cut,
        10..12 => Fault::CutAfter(random.below(400) as u16),
        12 => Fault::BlackHole,
        13 => Fault::Duplicate,
        14 => Fault::Reorder,
        15 => Fault::Rewind(1 + random.below(5) as u8),
        16 => Fault::BadJson,
        _ => Fault::Unknown,
    }
}

fn any(random: &mut Random) -> Fault {
    match random.below(8) {
        0 => Fault::Restart,
        1 => Fault::RestartAnew,
        _ => of_the_line(random),
    }
}

/// Everything.
pub(crate) const MENU: Menu = Menu { fault: any, pace: Duration::from_secs(4), steps: 24, closed: 10 };
/// Only what no event can be lost by, while the log is long enough.
pub(crate) const REMEMBERED: Menu = Menu { fault: of_the_line, closed: 0, ..MENU };
