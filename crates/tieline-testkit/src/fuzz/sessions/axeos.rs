//! Axeos: the poller, and the log that it polls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tieline_axeos::poller::{
    Answer, Ask, AxeosEvent, Command, ExchangeId, Outcome, Output, Poller, PollerConfig, Resume,
};
use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogEvent, LogInput, WaiterId};
use tieline_axeos::{Batch, CallRequest, Event, Listing, Poll};
use tieline_core::supervisor::LineEvent;
use tieline_core::{Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, Sent, Session, Text};

use super::{Line, twice};

const USERS: &[&str] = &[r#"[{"uuid":"u1","username":"anna","phone":"p1","primary_phone":"p1"}]"#, "[]", "[1]"];
const PHONES: &[&str] = &[r#"[{"uuid":"p1","phone_username":"desk","status":"idle","status_code":0}]"#, "[]"];

fn events(u: &mut Unstructured<'_>) -> Result<Answer> {
    let kinds = ["user list changed", "phone status update", "incoming call", "brand new"];
    let mut json = String::from("[");
    for index in 0..u.int_in_range(0..=5)? {
        json.push_str(if index > 0 { "," } else { "" });
        let seq = if u.ratio(7, 8)? { u.int_in_range(0..=20)? } else { u.arbitrary::<u64>()? };
        match u.int_in_range(0..=7)? {
            0 => json.push_str("\"x\""),
            1 => json.push_str(&format!(r#"{{"seq":{seq},"event_type":"api call","caller":"x"}}"#)),
            _ => json.push_str(&format!(r#"{{"seq":{seq},"event_type":"{}"}}"#, u.choose(&kinds)?)),
        }
    }
    json.push(']');
    Ok(Answer::Events(Listing::decode(Text::from(json), 64).expect("an array")))
}

fn answer(u: &mut Unstructured<'_>, ask: &Ask) -> Result<Answer> {
    // Mostly what was asked for.
    let kind = match ask {
        _ if u.ratio(1, 16)? => u.int_in_range(0..=3)?,
        Ask::Users => 1,
        Ask::Phones => 2,
        Ask::Call(_) => 3,
        _ => 0,
    };
    Ok(match kind {
        0 => events(u)?,
        1 => Answer::Users(Listing::decode((*u.choose(USERS)?).into(), 64).expect("users")),
        2 => Answer::Phones(Listing::decode((*u.choose(PHONES)?).into(), 64).expect("phones")),
        _ => Answer::Call(u.arbitrary()?),
    })
}

fn failure(u: &mut Unstructured<'_>) -> Result<ExchangeFailureKind> {
    let status = |status, class| ExchangeFailureKind::Status { status, class };
    Ok(match u.int_in_range(0..=9)? {
        0..=2 => ExchangeFailureKind::Broken,
        3 => ExchangeFailureKind::Empty,
        4 => ExchangeFailureKind::TooLong,
        5 => ExchangeFailureKind::Timeout,
        6 => ExchangeFailureKind::Unreadable { reason: "at line 1".into() },
        7 => status(503, Class::RetryAfter(Duration::from_secs(u.arbitrary()?))),
        8 => status(*u.choose(&[400, 408, 429, 500, 504])?, Class::Retry),
        _ => status(401, Class::Reauthenticate),
    })
}

/// The poller with what is in flight.
struct Model {
    line: Line<Poller>,
    asked: Vec<(ExchangeId, Ask)>,
    open: BTreeSet<tieline_core::RequestId>,
    last: Option<u64>,
}

/// The poller. The model: at most one exchange that is no call is in flight (I12), events come with growing numbers unless a
/// gap was told (I14), every accepted call gets one reply (I2).
pub fn poller(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = PollerConfig::default();
        config.policy.retry_first = u.arbitrary()?;
        (config.policy.limits.queued_events, config.policy.limits.in_flight) = (6, 3);
        let place = |seq: u64| tieline_axeos::poller::Cursor::after(&format!(r#"{{"seq":{seq}}}"#));
        let resume = if u.arbitrary()? { place(5).map(Resume::at) } else { None };
        let session = Poller::start(config, [9; 16], resume, Instant::EPOCH);
        // A batch is told whole.
        let line = Line::new(session, 20, |event| matches!(event, LineEvent::Closed(_)), watch);
        let mut model = Model { line, asked: Vec::new(), open: BTreeSet::new(), last: None };
        while !u.is_empty() {
            model.outputs();
            model.step(u)?;
        }
        model.outputs();
        let line = &mut model.line;
        line.session.close(line.now);
        model.outputs();
        model.take();
        model.line.end();
        model.take();
        assert!(model.open.is_empty(), "I2: without a reply {:?}", model.open);
        assert!(model.asked.iter().all(|(_, ask)| matches!(ask, Ask::Call(_))), "I4: left in flight {:?}", model.asked);
        let late = model.asked.first().map(|(id, _)| *id);
        let trace = match late {
            Some(id) => model.line.over(Outcome::new(id, Ok(events(&mut Unstructured::new(&[]))?))),
            None => 0,
        };
        assert!(model.line.closed, "I1: no end");
        assert!(model.line.session.into_resume().is_ok());
        Ok(trace)
    });
}

impl Model {
    fn outputs(&mut self) {
        while let Some(output) = self.line.transmit() {
            match output {
                Output::Send(exchange) => {
                    assert!(exchange.deadline > self.line.now, "a deadline lies in the future");
                    let line = |ask: &Ask| !matches!(ask, Ask::Call(_));
                    let busy = self.asked.iter().filter(|(_, ask)| line(ask)).count();
                    assert!(!line(&exchange.ask) || busy == 0, "I12: {busy} exchanges in flight");
                    self.asked.push((exchange.id, exchange.ask));
                }
                Output::Cancel(id) => self.asked.retain(|(asked, _)| *asked != id),
                other => panic!("{other:?}"),
            }
        }
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=15)? {
            0..=8 if !self.asked.is_empty() => {
                let (id, ask) = self.asked.remove(u.choose_index(self.asked.len())?);
                let result = if u.ratio(3, 4)? {
                    Ok(answer(u, &ask)?)
                } else {
                    Err(ExchangeFailure::new(failure(u)?, *u.choose(&[Sent::Nothing, Sent::Maybe, Sent::All])?))
                };
                self.line.session.handle_input(self.line.now, Outcome::new(id, result));
            }
            9 => self.line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
            10..=11 => self.line.pass_to_deadline(),
            12 => {
                let request = CallRequest::new("anna", if u.arbitrary()? { "+4685550100" } else { "x" });
                if let Ok(id) = self.line.session.send(self.line.now, Command::Call(request)) {
                    assert!(self.open.insert(id), "an id twice");
                }
            }
            13 => {
                let event = self.line.event();
                self.told(event.as_ref());
            }
            14 if u.ratio(1, 8)? => self.line.session.close(self.line.now),
            _ => self.take(),
        }
        Ok(())
    }

    fn told(&mut self, event: Option<&LineEvent<AxeosEvent>>) {
        match event {
            // From here on numbers count anew.
            Some(LineEvent::Gap(gap)) if !gap.recovered => self.last = None,
            Some(LineEvent::Session(AxeosEvent::Received(received))) => {
                let seq = received.entry.seq;
                assert!(self.last.is_none_or(|last| last < seq), "I14: {seq} after {:?}", self.last);
                self.last = Some(seq);
            }
            _ => {}
        }
    }

    fn take(&mut self) {
        while let Some(event) = self.line.event() {
            self.told(Some(&event));
        }
        while let Some((id, reply)) = self.line.session.poll_reply() {
            assert!(self.open.remove(&id), "I2: a reply to nothing, or a second one");
            self.line.print(&reply);
        }
    }
}

/// The log. The model: the events it holds, and for each poll what it must be answered with.
pub fn log(data: &[u8]) {
    twice(data, |u, _| {
        let mut config = LogConfig::default();
        (config.events, config.answer_events, config.waiters) = (5, 3, 8);
        let mut log = EventLog::new(config);
        let (mut now, mut held) = (Instant::EPOCH, Vec::<u64>::new());
        let mut open = BTreeMap::<WaiterId, Poll>::new();
        let (mut closed, mut answers) = (0, 0_u64);
        let mut closing = false;
        loop {
            let number = |u: &mut Unstructured<'_>| -> Result<Option<u64>> {
                Ok(if u.ratio(1, 8)? {
                    u.arbitrary()?
                } else {
                    u.arbitrary::<bool>()?.then_some(u.int_in_range(0..=20)?)
                })
            };
            let over = u.is_empty();
            match if over { 15 } else { u.int_in_range(0..=14)? } {
                0..=3 => {
                    let (id, mut poll) = (WaiterId(u.int_in_range(0..=15)?), Poll::default());
                    (poll.last, poll.limit, poll.timeout) = (number(u)?, number(u)?, number(u)?);
                    // An id is free again once it was answered.
                    if log.wants_input() && !open.contains_key(&id) {
                        open.insert(id, poll);
                        log.handle_input(now, LogInput::Poll(id, poll));
                    }
                }
                4 => {
                    let id = WaiterId(u.int_in_range(0..=15)?);
                    log.handle_input(now, LogInput::Gone(id));
                    if log.wants_input() {
                        open.remove(&id);
                    }
                }
                5..=8 => {
                    let seq = log.publish::<Text>(None, Event::UserListChanged);
                    if !closing {
                        assert!(held.last().is_none_or(|last| *last < seq), "numbers grow");
                        held.push(seq);
                        held.drain(..held.len().saturating_sub(5));
                    }
                }
                9 => {
                    now = now + Duration::from_millis(u.arbitrary::<u16>()?.into());
                    log.handle_timeout(now);
                    assert!(log.poll_timeout().is_none_or(|due| due > now), "I3");
                }
                10 => {
                    now = log.poll_timeout().map_or(now, |due| due.max(now));
                    log.handle_timeout(now);
                    assert!(log.poll_timeout().is_none_or(|due| due > now), "I3");
                }
                11..=13 => {}
                14 if u.ratio(1, 8)? => {
                    closing = true;
                    log.close(now);
                }
                15 => {
                    closing = true;
                    log.close(now);
                }
                _ => {}
            }
            while let Some(answer) = log.poll_transmit() {
                let poll = open.remove(&answer.id()).expect("one answer a poll");
                answers += 1;
                if let LogAnswer::Events(_, body) = &answer {
                    let batch: Batch = Listing::decode(body.clone(), 64).expect("an array");
                    let seqs: Vec<u64> = batch.values().map(|entry| entry.seq).collect();
                    assert_eq!(seqs, expected(&held, &poll), "{poll:?} of {held:?}");
                }
            }
            while let Some(event) = log.poll_event() {
                assert_eq!(event, LogEvent::Closed);
                closed += 1;
            }
            assert!(log.waiters() <= 8, "I6");
            if over {
                break;
            }
        }
        assert!(open.is_empty(), "every poll is answered: {open:?}");
        assert_eq!((closed, log.poll_timeout(), log.wants_input(), log.is_finished()), (1, None, false, true));
        Ok(answers)
    });
}

/// What a poll of a log with these events is answered with: after `last` the oldest, without it the newest.
fn expected(held: &[u64], poll: &Poll) -> Vec<u64> {
    let most = poll.limit.map_or(3, |limit| limit.min(3)) as usize;
    let wanted: Vec<u64> = held.iter().copied().filter(|seq| poll.last.is_none_or(|last| *seq > last)).collect();
    match poll.last {
        Some(_) => wanted.into_iter().take(most).collect(),
        None => wanted[wanted.len().saturating_sub(most)..].to_vec(),
    }
}
