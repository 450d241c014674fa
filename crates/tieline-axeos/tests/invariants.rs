//! What every session promises, for the poller and the log, under any calls in any order.

mod rig;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use tieline_axeos::poller::{Answer, Command, ExchangeId, Outcome, Output, Poller, PollerConfig, Resume, TRANSITIONS};
use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogEvent, LogInput, WaiterId};
use tieline_axeos::{CallReply, CallRequest, Event, Listing, Poll};
use tieline_core::supervisor::LineEvent;
use tieline_core::{Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, Sent, Session, Text};
use tieline_testkit::schedule::{pass, pass_to_deadline};

/// Stands in what a server writes: names and numbers of people.
const PRIVATE: &str = "Dorte Private";

#[derive(Clone, Debug)]
enum Op {
    /// An answer to one of the exchanges that were asked for, or to none.
    Answer(prop::sample::Index, Body),
    Fail(prop::sample::Index, ExchangeFailureKind),
    Wait(u16),
    ToDeadline,
    Call(bool),
    Take,
    TakeOne,
    Close,
}

#[derive(Clone, Debug)]
enum Body {
    Events(String),
    Users(String),
    Phones(String),
    Call(String),
}

fn event() -> impl Strategy<Value = String> {
    let seq = prop_oneof![4 => 0u64..20, 1 => any::<u64>(), 1 => Just(u64::MAX)];
    let kind = prop::sample::select(&["user list changed", "phone status update", "incoming call", "brand new"][..]);
    prop_oneof![
        6 => (seq, kind).prop_map(|(seq, kind)| format!(
            r#"{{"seq":{seq},"event_type":"{kind}","caller":{{"name":"{PRIVATE}","user_uuid":"u{seq}"}}}}"#
        )),
        1 => Just(format!("\"{PRIVATE}\"")),
        1 => (0u64..20).prop_map(|seq| format!(r#"{{"seq":{seq},"event_type":"api call","caller":"{PRIVATE}"}}"#)),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let events = prop::collection::vec(event(), 0..6).prop_map(|events| rig::list(&events));
    prop_oneof![
        5 => events.prop_map(Body::Events),
        3 => prop::sample::select(&[rig::USERS, "[]", "[1]"][..]).prop_map(|json| Body::Users(json.into())),
        3 => prop::sample::select(&[rig::PHONES, "[]"][..]).prop_map(|json| Body::Phones(json.into())),
        1 => Just(Body::Call(r#"{"status":"busy"}"#.into())),
    ]
}

fn failure() -> impl Strategy<Value = ExchangeFailureKind> {
    prop_oneof![
        3 => Just(ExchangeFailureKind::Broken),
        1 => Just(ExchangeFailureKind::Empty),
        1 => Just(ExchangeFailureKind::TooLong),
        1 => Just(ExchangeFailureKind::Timeout),
        1 => Just(ExchangeFailureKind::Unreadable { reason: "at line 1".into() }),
        1 => any::<u64>().prop_map(|secs| ExchangeFailureKind::Status {
            status: 503,
            class: Class::RetryAfter(Duration::from_secs(secs)),
        }),
        4 => prop::sample::select(&[400, 408, 429, 500, 504][..]).prop_map(|code| ExchangeFailureKind::Status {
            status: code,
            class: Class::Retry,
        }),
        1 => prop::sample::select(&[401, 404][..]).prop_map(rig::status),
    ]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => (any::<prop::sample::Index>(), body()).prop_map(|(which, body)| Op::Answer(which, body)),
        3 => (any::<prop::sample::Index>(), failure()).prop_map(|(which, kind)| Op::Fail(which, kind)),
        2 => any::<u16>().prop_map(Op::Wait),
        5 => Just(Op::ToDeadline),
        2 => any::<bool>().prop_map(Op::Call),
        2 => Just(Op::Take),
        2 => Just(Op::TakeOne),
        1 => Just(Op::Close),
    ];
    prop::collection::vec(op, 0..80)
}

fn answer(body: &Body) -> Answer {
    match body {
        Body::Events(json) => Answer::Events(rig::batch(json)),
        Body::Users(json) => Answer::Users(Listing::decode(Text::from(json.as_str()), 64).expect("users")),
        Body::Phones(json) => Answer::Phones(Listing::decode(Text::from(json.as_str()), 64).expect("phones")),
        Body::Call(json) => {
            let text = Text::from(json.as_str());
            let reply: CallReply<Text> = tieline_core::json::decode_with(&text, &text, 8).expect("a reply");
            Answer::Call(reply)
        }
    }
}

/// The poller with everything that came out of it.
struct Watch {
    session: Poller,
    now: Instant,
    trace: Vec<String>,
    asked: Vec<ExchangeId>,
    /// The exchanges in flight that are no calls.
    lines: BTreeSet<ExchangeId>,
    accepted: usize,
    answered: usize,
    closed: usize,
    delivered: Vec<u64>,
}

impl Watch {
    fn outputs(&mut self) {
        while let Some(output) = self.session.poll_transmit() {
            self.trace.push(format!("{output:?}"));
            match output {
                Output::Send(exchange) => {
                    assert!(exchange.deadline > self.now);
                    self.asked.push(exchange.id);
                    if !matches!(exchange.ask, tieline_axeos::poller::Ask::Call(_)) {
                        self.lines.insert(exchange.id);
                        assert_eq!(self.lines.len(), 1, "I12: one exchange at a time");
                    }
                }
                Output::Cancel(id) => drop(self.lines.remove(&id)),
                other => panic!("{other:?}"),
            }
        }
    }

    fn take_one(&mut self) -> bool {
        let Some(event) = self.session.poll_event() else { return false };
        assert_eq!(self.closed, 0, "I1: an event after the last");
        self.closed += usize::from(matches!(event, LineEvent::Closed(_)));
        match &event {
            // From here on numbers count anew.
            LineEvent::Gap(gap) if !gap.recovered => self.delivered.clear(),
            LineEvent::Session(tieline_axeos::poller::AxeosEvent::Received(received)) => {
                let seq = received.entry.seq;
                assert!(self.delivered.last().is_none_or(|last| *last < seq), "I14: {seq} after {:?}", self.delivered);
                self.delivered.push(seq);
            }
            _ => {}
        }
        self.trace.push(format!("{event:?}"));
        true
    }

    fn take(&mut self) {
        while self.take_one() {}
        while let Some(reply) = self.session.poll_reply() {
            assert_eq!(self.closed, usize::from(self.session.is_finished() || self.closed == 1));
            self.answered += 1;
            self.trace.push(format!("{reply:?}"));
        }
    }

    fn end(&mut self, which: &prop::sample::Index, result: Result<Answer, ExchangeFailure>) {
        if self.asked.is_empty() {
            return;
        }
        // Mostly the latest: what is in flight.
        let at = which.index(self.asked.len() * 3).min(self.asked.len() - 1);
        let id = self.asked[at];
        self.lines.remove(&id);
        self.session.handle_input(self.now, Outcome::new(id, result));
    }
}

fn run(resume: bool, ops: &[Op]) -> Vec<String> {
    let mut config = PollerConfig::default();
    config.policy.retry_first = true;
    config.policy.limits.queued_events = 6;
    config.policy.limits.in_flight = 3;
    let resume = resume.then(|| Resume::at(tieline_axeos::poller::Cursor::after(&rig::event(5, "")).expect("a place")));
    let mut watch = Watch {
        session: Poller::start(config, [9; 16], resume, Instant::EPOCH),
        now: Instant::EPOCH,
        trace: Vec::new(),
        asked: Vec::new(),
        lines: BTreeSet::new(),
        accepted: 0,
        answered: 0,
        closed: 0,
        delivered: Vec::new(),
    };
    watch.outputs();
    for op in ops.iter().chain([&Op::Close]) {
        match op {
            Op::Answer(which, body) => watch.end(which, Ok(answer(body))),
            Op::Fail(which, kind) => watch.end(which, Err(ExchangeFailure::new(kind.clone(), Sent::Maybe))),
            Op::Wait(millis) => pass(&mut watch.session, &mut watch.now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut watch.session, &mut watch.now),
            Op::Call(fine) => {
                let request = CallRequest::new("anna", if *fine { "+4685550100" } else { "x" });
                watch.accepted += usize::from(watch.session.send(watch.now, Command::Call(request)).is_ok());
            }
            Op::Take => watch.take(),
            Op::TakeOne => drop(watch.take_one()),
            Op::Close => watch.session.close(watch.now),
        }
        watch.outputs();
    }
    assert_eq!(watch.session.poll_timeout(), None, "nothing is due after the end");
    watch.take();
    let id = watch.asked[0];
    watch.session.handle_input(watch.now, Outcome::new(id, Ok(answer(&Body::Events(rig::events(&[1]))))));
    watch.session.handle_timeout(watch.now + Duration::from_secs(10_000));
    watch.outputs();
    watch.take();
    assert_eq!((watch.closed, watch.answered), (1, watch.accepted), "I1, I2, I10");
    assert!(watch.session.is_finished() && !watch.session.wants_input() && watch.lines.is_empty());
    assert!(watch.session.into_resume().is_ok());
    watch.trace
}

#[derive(Clone, Debug)]
enum LogOp {
    Ask { id: u8, last: Option<u64>, limit: Option<u64>, timeout: Option<u64> },
    Gone(u8),
    Publish,
    ToDeadline,
    Wait(u16),
    Take,
    Restart(u8),
    Close,
}

fn log_ops() -> impl Strategy<Value = Vec<LogOp>> {
    let number = || prop::option::of(prop_oneof![4 => 0u64..20, 1 => any::<u64>()]);
    let op = prop_oneof![
        6 => (any::<u8>(), number(), number(), number())
            .prop_map(|(id, last, limit, timeout)| LogOp::Ask { id: id % 16, last, limit, timeout }),
        1 => any::<u8>().prop_map(|id| LogOp::Gone(id % 16)),
        5 => Just(LogOp::Publish),
        2 => Just(LogOp::ToDeadline),
        2 => any::<u16>().prop_map(LogOp::Wait),
        4 => Just(LogOp::Take),
        1 => any::<u8>().prop_map(LogOp::Restart),
    ];
    (prop::collection::vec(op, 0..80), any::<bool>()).prop_map(|(mut ops, close)| {
        ops.extend(close.then_some(LogOp::Close));
        ops
    })
}

fn run_log(ops: &[LogOp]) -> Vec<String> {
    let mut config = LogConfig::default();
    (config.events, config.answer_events, config.waiters) = (5, 3, 8);
    let mut log = EventLog::new(config);
    let (mut now, mut trace) = (Instant::EPOCH, Vec::new());
    let (mut open, mut closed) = (BTreeSet::new(), 0);
    for op in ops.iter().chain([&LogOp::Close, &LogOp::Take]) {
        match op {
            LogOp::Ask { id, last, limit, timeout } => {
                let id = WaiterId((*id).into());
                // An id is free again once it was answered.
                if log.wants_input() && open.insert(id) {
                    let mut poll = Poll::default();
                    (poll.last, poll.limit, poll.timeout) = (*last, *limit, *timeout);
                    log.handle_input(now, LogInput::Poll(id, poll));
                }
            }
            LogOp::Gone(id) => {
                let id = WaiterId((*id).into());
                log.handle_input(now, LogInput::Gone(id));
                if log.wants_input() {
                    open.remove(&id);
                }
            }
            LogOp::Publish => drop(log.publish::<Text>(None, Event::UserListChanged)),
            LogOp::Wait(millis) => pass(&mut log, &mut now, (*millis).into()),
            LogOp::ToDeadline => pass_to_deadline(&mut log, &mut now),
            LogOp::Take => {
                while let Some(answer) = log.poll_transmit() {
                    assert!(open.remove(&answer.id()), "one answer a poll");
                    if let LogAnswer::Events(_, body) = &answer {
                        let batch = rig::batch(body);
                        assert!(batch.len() <= 3 && batch.bad().count() == 0);
                        trace.push(format!("{:?}", batch.values().map(|entry| entry.seq).collect::<Vec<_>>()));
                    }
                    trace.push(format!("{answer:?}"));
                }
                while let Some(event) = log.poll_event() {
                    assert_eq!(event, LogEvent::Closed);
                    closed += 1;
                }
            }
            LogOp::Restart(first) => {
                if log.wants_input() {
                    log.restart((*first).into()).iter().for_each(|id| assert!(open.remove(id), "{id:?}"));
                }
            }
            LogOp::Close => log.close(now),
        }
        assert!(log.waiters() <= 8, "I6");
    }
    assert!(open.is_empty(), "every poll is answered: {open:?}");
    assert_eq!((closed, log.poll_timeout(), log.wants_input(), log.is_finished()), (1, None, false, true));
    trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_poller_keeps_its_promises(ops in ops(), resume in any::<bool>()) {
        let trace = run(resume, &ops);
        prop_assert!(!trace.concat().contains(PRIVATE), "what a server writes is in a Debug");
        prop_assert_eq!(&trace, &run(resume, &ops), "I5");
    }

    #[test]
    fn the_log_keeps_its_promises(ops in log_ops()) {
        prop_assert_eq!(run_log(&ops), run_log(&ops), "I5");
    }
}

#[test]
fn every_phase_can_be_reached_and_ends() {
    use tieline_core::supervisor::Phase;
    for phase in [Phase::Resuming, Phase::Live, Phase::Waiting, Phase::Closed] {
        assert!(TRANSITIONS.iter().any(|(_, _, to)| *to == phase), "{phase}");
    }
    for phase in [Phase::Dialing, Phase::Resuming, Phase::Live, Phase::Waiting] {
        assert!(TRANSITIONS.iter().any(|(from, _, to)| *from == phase && *to == Phase::Closed), "{phase}");
    }
}
