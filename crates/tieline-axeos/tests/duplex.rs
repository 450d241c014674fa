//! Poller and log joined on virtual time, with everything that can go wrong between them: what is delivered and what is
//! told as a gap cover all that the server logged, and nothing is delivered twice.

mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use rig::{PHONES, USERS, status};
use tieline_axeos::poller::{Answer, Ask, AxeosEvent, Exchange, ExchangeId, Outcome, Output, Poller, PollerConfig};
use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Entry, Event, Listing};
use tieline_core::supervisor::{Gap, LineEvent, Phase};
use tieline_core::{Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, Sent, Session, Text};

/// What goes wrong with one exchange.
#[derive(Clone, Debug)]
enum Fault {
    Refused,
    Reset,
    Hang,
    Truncated,
    BadJson,
    Empty,
    Status(u16),
    RetryAfter(u8),
    /// The server answers from some events before the place that was asked for.
    FromBefore(u8),
}

#[derive(Clone, Debug)]
enum Op {
    Publish(u8),
    Wait(u16),
    ToDeadline,
    Fault(Fault),
    /// With a counter that begins anew, or goes on.
    Restart {
        anew: bool,
    },
    StopReading,
    Read,
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Refused),
        Just(Fault::Reset),
        Just(Fault::Hang),
        Just(Fault::Truncated),
        Just(Fault::BadJson),
        Just(Fault::Empty),
        prop::sample::select(&[408, 500, 502, 503, 504][..]).prop_map(Fault::Status),
        any::<u8>().prop_map(Fault::RetryAfter),
        (1u8..4).prop_map(Fault::FromBefore),
    ]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => (1u8..5).prop_map(Op::Publish),
        1 => (5u8..20).prop_map(Op::Publish),
        4 => any::<u16>().prop_map(Op::Wait),
        4 => Just(Op::ToDeadline),
        5 => faults().prop_map(Op::Fault),
        2 => any::<bool>().prop_map(|anew| Op::Restart { anew }),
        1 => Just(Op::StopReading),
        2 => Just(Op::Read),
    ];
    prop::collection::vec(op, 0..50)
}

struct World {
    now: Instant,
    poller: Poller,
    log: EventLog,
    /// When each event was logged.
    logged: BTreeMap<String, Instant>,
    delivered: BTreeSet<String>,
    gaps: Vec<Gap>,
    trace: Vec<String>,
    /// What goes wrong with the next exchanges.
    faults: Vec<Fault>,
    /// Exchanges that the server holds, and what will go wrong with their answers.
    held: BTreeMap<ExchangeId, Option<Fault>>,
    /// A connection that the server closed, and the client does not know it yet.
    stale: bool,
    reading: bool,
    answered: Instant,
}

impl World {
    fn new() -> Self {
        let now = Instant::EPOCH + Duration::from_secs(1000);
        let mut config = PollerConfig::default();
        config.policy.retry_first = true;
        config.policy.limits.queued_events = 10;
        let mut log_config = LogConfig::default();
        log_config.events = 8;
        Self {
            now,
            poller: Poller::start(config, [3; 16], None, now),
            log: EventLog::new(log_config),
            logged: BTreeMap::new(),
            delivered: BTreeSet::new(),
            gaps: Vec::new(),
            trace: Vec::new(),
            faults: Vec::new(),
            held: BTreeMap::new(),
            stale: false,
            reading: true,
            answered: now,
        }
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Publish(count) => (0..*count).for_each(|_| self.publish()),
            Op::Wait(millis) => self.wait(Duration::from_millis((*millis).into())),
            Op::ToDeadline => {
                let due = self.poller.poll_timeout().map_or(self.now, |due| due.max(self.now));
                self.wait(due.since(self.now));
            }
            Op::Fault(fault) => self.faults.push(fault.clone()),
            Op::Restart { anew } => self.restart(*anew),
            Op::StopReading => self.reading = false,
            Op::Read => self.reading = true,
        }
        self.settle();
    }

    fn publish(&mut self) {
        let mark = format!("call-{}", self.logged.len());
        let json = format!(r#"{{"seq":0,"event_type":"incoming call","unique_id":"{mark}"}}"#);
        let event: Event<Text> = Entry::decode_text(&Text::from(json)).expect("an event").event;
        self.log.publish(None, event);
        self.logged.insert(mark, self.now);
        self.settle();
    }

    /// Time passes, and both sides notice what falls due on the way, in order.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let due = [self.poller.poll_timeout(), self.log.poll_timeout()].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= end) else { break };
            let before = (self.now, self.trace.len());
            self.now = self.now.max(due);
            self.log.handle_timeout(self.now);
            self.poller.handle_timeout(self.now);
            assert!(self.poller.poll_timeout().is_none_or(|due| due > self.now), "I3");
            self.settle();
            assert!(before.0 < self.now || before.1 < self.trace.len(), "something happens at a deadline");
        }
        self.now = end;
    }

    fn restart(&mut self, anew: bool) {
        let first = if anew { 1 } else { self.log.newest().map_or(1, |newest| newest + 1) };
        self.log.restart(first);
        if self.held.is_empty() {
            // Within a moment of the last answer the client still uses the connection.
            self.stale = self.now.since(self.answered) <= Duration::from_secs(1);
        }
        for (id, _) in std::mem::take(&mut self.held) {
            self.fail(id, ExchangeFailureKind::Broken);
        }
    }

    fn fail(&mut self, id: ExchangeId, kind: ExchangeFailureKind) {
        let failure = ExchangeFailure::new(kind, Sent::Maybe);
        self.poller.handle_input(self.now, Outcome::new(id, Err(failure)));
    }

    fn answer(&mut self, id: ExchangeId, answer: Answer) {
        self.answered = self.now;
        self.poller.handle_input(self.now, Outcome::new(id, Ok(answer)));
    }

    /// Lets everything happen that happens without time passing.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut quiet = true;
            while let Some(output) = self.poller.poll_transmit() {
                quiet = false;
                match output {
                    Output::Send(exchange) => self.send(exchange),
                    Output::Cancel(id) => {
                        self.held.remove(&id);
                        self.log.handle_input(self.now, LogInput::Gone(WaiterId(id.get())));
                    }
                    other => panic!("{other:?}"),
                }
            }
            while let Some(answer) = self.log.poll_transmit() {
                quiet = false;
                let LogAnswer::Events(waiter, body) = answer else { panic!("{answer:?}") };
                let held = self.held.keys().find(|id| id.get() == waiter.0).copied();
                if let Some(id) = held {
                    let fault = self.held.remove(&id).flatten();
                    self.deliver(id, &body, fault);
                }
            }
            if self.reading {
                while let Some(event) = self.poller.poll_event() {
                    quiet = false;
                    self.told(event);
                }
            }
            if self.poller.poll_timeout().is_some_and(|due| due <= self.now) {
                quiet = false;
                self.poller.handle_timeout(self.now);
            }
            if quiet {
                return;
            }
        }
        panic!("it spins");
    }

    fn send(&mut self, exchange: Exchange) {
        self.trace.push(rig::words(&exchange.ask));
        let polls = self.held.len();
        assert_eq!(polls, 0, "one exchange at a time");
        if std::mem::take(&mut self.stale) {
            return self.fail(exchange.id, ExchangeFailureKind::Broken);
        }
        let fault = if self.faults.is_empty() { None } else { Some(self.faults.remove(0)) };
        match (&exchange.ask, fault) {
            (_, Some(Fault::Refused)) => {
                let reason = Text::from_static("refused");
                self.fail(exchange.id, ExchangeFailureKind::Connect { class: Class::Retry, reason });
            }
            (_, Some(Fault::Hang)) => {}
            (Ask::Poll(poll), fault) => {
                let mut poll = *poll;
                if let (Some(Fault::FromBefore(count)), Some(last)) = (&fault, &mut poll.last) {
                    *last = last.saturating_sub((*count).into());
                }
                self.held.insert(exchange.id, fault);
                self.log.handle_input(self.now, LogInput::Poll(WaiterId(exchange.id.get()), poll));
            }
            (_, Some(Fault::Status(code))) => self.fail(exchange.id, status(code)),
            (_, Some(Fault::Reset | Fault::Truncated)) => self.fail(exchange.id, ExchangeFailureKind::Broken),
            (_, Some(Fault::BadJson | Fault::Empty)) => self.fail(exchange.id, ExchangeFailureKind::Empty),
            (Ask::Users, _) => {
                self.answer(exchange.id, Answer::Users(Listing::decode(USERS.into(), 64).expect("users")))
            }
            (Ask::Phones, _) => {
                self.answer(exchange.id, Answer::Phones(Listing::decode(PHONES.into(), 64).expect("phones")));
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    fn deliver(&mut self, id: ExchangeId, body: &Text, fault: Option<Fault>) {
        let broken = |text: &str| {
            let error = Listing::<Entry<Text>>::decode(Text::from(text), 64).expect_err("broken");
            ExchangeFailureKind::Unreadable { reason: Text::from(error.to_string()) }
        };
        match fault {
            None | Some(Fault::FromBefore(_) | Fault::Refused | Fault::Hang) => {
                self.answer(id, Answer::Events(Listing::decode(body.clone(), 64).expect("our own")));
            }
            Some(Fault::Reset) => self.fail(id, ExchangeFailureKind::Broken),
            Some(Fault::Truncated) => self.fail(id, broken(&body[..body.len() - 1])),
            Some(Fault::BadJson) => self.fail(id, broken("{\"oops\":")),
            Some(Fault::Empty) => self.fail(id, ExchangeFailureKind::Empty),
            Some(Fault::Status(code)) => self.fail(id, status(code)),
            Some(Fault::RetryAfter(secs)) => {
                let class = Class::RetryAfter(Duration::from_secs(secs.into()));
                self.fail(id, ExchangeFailureKind::Status { status: 503, class });
            }
        }
    }

    fn told(&mut self, event: LineEvent<AxeosEvent>) {
        self.trace.push(rig::shown(&event));
        match event {
            LineEvent::Gap(gap) => {
                assert!(gap.since <= gap.until);
                self.gaps.push(gap);
            }
            LineEvent::Session(AxeosEvent::Received(received)) => {
                let call = received.entry.event.call().expect("a call");
                let mark = call.unique_id.as_deref().expect("marked").to_owned();
                assert!(self.delivered.insert(mark.clone()), "{mark} came twice: {:#?}", self.trace);
            }
            LineEvent::Session(AxeosEvent::Malformed(bad)) => panic!("{bad:?}"),
            LineEvent::Closed(_) => panic!("it gave up: {:#?}", self.trace),
            _ => {}
        }
    }

    /// All is well again, for long enough that the poller must have noticed everything.
    fn recover(&mut self) {
        self.reading = true;
        self.faults.clear();
        self.settle();
        self.wait(Duration::from_secs(900));
        assert_eq!(self.poller.phase(), Phase::Live, "{:#?}", self.trace);
    }

    fn check(&self, from: Instant) {
        for (mark, at) in self.logged.iter().filter(|(_, at)| **at > from) {
            // What a recovered gap missed must have been delivered.
            let mut lost = self.gaps.iter().filter(|gap| !gap.recovered);
            let in_a_gap = lost.any(|gap| gap.since <= *at && *at <= gap.until);
            assert!(
                in_a_gap || self.delivered.contains(mark),
                "{mark} of {at:?} is neither delivered nor in a gap: {:#?}\n{:#?}",
                self.gaps,
                self.trace
            );
        }
    }
}

fn lives(ops: &[Op]) -> World {
    let mut world = World::new();
    world.settle();
    // Live before anything goes wrong: only from then on anything can be missed.
    assert_eq!(world.poller.phase(), Phase::Live);
    let from = world.now;
    ops.iter().for_each(|op| world.run(op));
    world.recover();
    world.check(from);
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_delivered_and_what_is_told_as_a_gap_cover_all_that_was_logged(ops in ops()) {
        let world = lives(&ops);
        prop_assert_eq!(world.trace, lives(&ops).trace, "same inputs, same outputs");
    }

    #[test]
    fn without_faults_everything_is_delivered_and_nothing_is_a_gap(
        publish in prop::collection::vec((1u8..9, any::<u16>()), 0..30)
    ) {
        let ops: Vec<_> = publish.iter().flat_map(|(count, wait)| [Op::Publish(*count), Op::Wait(*wait)]).collect();
        let world = lives(&ops);
        prop_assert_eq!(world.delivered.len(), world.logged.len());
        prop_assert!(world.gaps.is_empty());
    }

    #[test]
    fn while_the_log_is_long_enough_and_the_server_stays_up_nothing_is_lost_by_faults(
        ops in prop::collection::vec((faults(), 1u8..3), 0..3)
    ) {
        let ops: Vec<_> = ops.into_iter().flat_map(|(fault, count)| [Op::Fault(fault), Op::Publish(count)]).collect();
        let world = lives(&ops);
        prop_assert_eq!(world.delivered.len(), world.logged.len(), "{:#?}", world.trace);
        prop_assert!(world.gaps.iter().all(|gap| gap.recovered));
    }
}

#[test]
fn a_burst_longer_than_the_log_is_a_gap() {
    let world = lives(&[Op::Publish(1), Op::StopReading, Op::Publish(30), Op::Publish(30), Op::Read]);
    assert!(world.gaps.iter().any(|gap| !gap.recovered), "{:#?}", world.trace);
}

#[test]
fn a_restart_that_catches_up_with_the_place_is_a_gap() {
    let restart = Op::Restart { anew: true };
    let world = lives(&[Op::Publish(4), Op::Fault(Fault::Hang), restart, Op::Publish(6)]);
    assert!(world.gaps.iter().any(|gap| !gap.recovered), "{:#?}", world.trace);
}
