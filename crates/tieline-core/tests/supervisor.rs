//! The supervisor on virtual time, over a toy session: what it promises about one line.

mod toy;

use std::time::Duration;

use proptest::prelude::*;
use tieline_core::supervisor::{ConnectFailure, DownCause, LineEvent, LineId, LineInput, LineOutput, Phase, Policy};
use tieline_core::{
    Class, CloseReason, Frame, Instant, MessageLimit, PeerMisbehaved, RequestError, SendErrorKind, Session,
};
use toy::line::{Line, at, dialled, events, go_live, outputs, start, wait_for_dial};
use toy::{Command, Event, Reply};

#[test]
fn a_line_that_broke_by_a_fault_of_the_peer_is_down_by_that() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(0));
    line.send(at(1), Command::Once).expect("accepted");
    let reason = CloseReason::PeerMisbehaved(PeerMisbehaved::MessageTooBig);
    line.handle_input(at(2), LineInput::Broken(first, reason.clone()));
    let cause = DownCause::Session(reason);
    assert!(matches!(events(&mut line).last(), Some(LineEvent::Down { cause: told, .. }) if *told == cause));
    assert!(matches!(line.poll_reply(), Some((_, Err(RequestError::Disconnected(_))))));
    assert!(outputs(&mut line).contains(&LineOutput::Hangup(first)));
    // Its fault is not the next line's.
    wait_for_dial(&mut line);
    let second = go_live(&mut line, at(60_000));
    line.handle_input(at(60_001), LineInput::Broken(first, CloseReason::SlowPeer));
    line.handle_input(at(60_001), LineInput::Frame(second, Frame::Eof));
    let lost = DownCause::Session(CloseReason::Lost);
    assert!(matches!(events(&mut line).last(), Some(LineEvent::Down { cause: told, .. }) if *told == lost));
}

#[test]
fn a_line_that_broke_while_it_was_closed_is_closed_by_its_owner() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    line.close(at(1));
    line.handle_input(at(2), LineInput::Broken(id, CloseReason::SlowPeer));
    assert_eq!(events(&mut line).last(), Some(&LineEvent::Closed(None)));
}

#[test]
fn the_limit_of_messages_is_that_of_the_present_session() {
    let mut line = start(Policy::default());
    assert_eq!(line.message_limit(), None);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Opened(id, ()));
    assert_eq!(line.message_limit(), Some(MessageLimit::provisional(10)));
    line.handle_input(at(1), LineInput::Frame(id, Frame::text("login ok")));
    assert_eq!(line.message_limit(), Some(MessageLimit::settled(1000)));
    line.handle_input(at(2), LineInput::Frame(id, Frame::Eof));
    assert_eq!(line.message_limit(), None);
}

#[test]
fn a_first_connection_is_dialled_at_once_and_told_live() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(10));
    assert_eq!(events(&mut line), [LineEvent::Live(id)]);
}

#[test]
fn a_loss_is_told_with_a_gap_from_the_last_frame_to_the_restored_state() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(10));
    line.handle_input(at(500), LineInput::Frame(first, Frame::text("event a")));
    line.handle_input(at(9_000), LineInput::Frame(first, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    let second = go_live(&mut line, retry + Duration::from_millis(20));
    let told = events(&mut line);
    let cause = DownCause::Session(CloseReason::Lost);
    assert_eq!(
        told[..3],
        [
            LineEvent::Live(first),
            LineEvent::Session(Event::Said("event a".into())),
            LineEvent::Down { cause: cause.clone(), retry_at: retry },
        ]
    );
    let [LineEvent::Live(live), LineEvent::Gap(gap)] = &told[3..] else { panic!("{told:?}") };
    assert_eq!((*live, gap.since, gap.until), (second, at(500), retry + Duration::from_millis(20)));
    assert_eq!((&gap.cause, gap.recovered), (&cause, false));
}

#[test]
fn the_first_snapshot_after_a_gap_is_announced() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(10));
    line.handle_input(at(20), LineInput::Frame(first, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    let second = go_live(&mut line, retry);
    events(&mut line);
    for text in ["event a", "snapshot", "snapshot"] {
        line.handle_input(retry, LineInput::Frame(second, Frame::text(text)));
    }
    assert_eq!(
        events(&mut line),
        [
            LineEvent::Session(Event::Said("event a".into())),
            LineEvent::Resynced,
            LineEvent::Session(Event::Snapshot),
            LineEvent::Session(Event::Snapshot),
        ]
    );
}

#[test]
fn events_before_everything_is_restored_come_after_live() {
    let mut line = start(Policy::default());
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Opened(id, ()));
    line.handle_input(at(2), LineInput::Frame(id, Frame::text("event early")));
    assert_eq!(events(&mut line), []);
    line.handle_input(at(3), LineInput::Frame(id, Frame::text("login ok")));
    assert_eq!(events(&mut line), [LineEvent::Live(id), LineEvent::Session(Event::Said("event early".into()))]);
}

#[test]
fn a_failure_before_the_line_ever_worked_is_final_unless_asked_otherwise() {
    let failure = || ConnectFailure::new(Class::Retry, "connection refused");
    let mut line = start(Policy::default());
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Failed(id, failure()));
    assert_eq!(events(&mut line), [LineEvent::Closed(Some(DownCause::Connect(failure())))]);
    assert!(line.is_finished());

    let mut policy = Policy::default();
    policy.retry_first = true;
    let mut line = start(policy);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Failed(id, failure()));
    assert_eq!(line.phase(), Phase::Waiting);
}

#[test]
fn a_refused_login_is_final_and_dials_no_more() {
    let mut policy = Policy::default();
    policy.retry_first = true;
    let mut line = start(policy);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Opened(id, ()));
    line.handle_input(at(2), LineInput::Frame(id, Frame::text("login no")));
    let reason = CloseReason::LoginRefused { status: -1, reason: "no".into() };
    assert_eq!(events(&mut line), [LineEvent::Closed(Some(DownCause::Session(reason)))]);
    assert!(outputs(&mut line).contains(&LineOutput::Hangup(id)));
    assert_eq!((line.phase(), line.poll_timeout()), (Phase::Closed, None));
}

#[test]
fn a_refused_login_may_be_retried_with_new_credentials() {
    let mut policy = Policy::default();
    policy.retry_first = true;
    policy.retry_refused_login = true;
    let mut line = start(policy);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(at(1), LineInput::Opened(id, ()));
    line.handle_input(at(2), LineInput::Frame(id, Frame::text("login no")));
    wait_for_dial(&mut line);
    assert_eq!(dialled(&mut line).map(LineId::get), Some(2));
}

#[test]
fn retry_after_is_honoured() {
    let mut policy = Policy::default();
    policy.retry_first = true;
    let mut line = start(policy);
    let id = dialled(&mut line).expect("a dial");
    let failure = ConnectFailure::new(Class::RetryAfter(Duration::from_secs(120)), "busy");
    line.handle_input(at(1), LineInput::Failed(id, failure));
    assert!(line.poll_timeout().expect("due") >= at(120_001));
}

#[test]
fn a_dial_that_takes_too_long_is_hung_up_and_its_late_line_too() {
    let mut policy = Policy::default();
    policy.retry_first = true;
    let mut line = start(policy);
    let id = dialled(&mut line).expect("a dial");
    line.handle_timeout(at(30_000));
    assert_eq!(outputs(&mut line), [LineOutput::Hangup(id)]);
    line.handle_input(at(30_001), LineInput::Opened(id, ()));
    assert_eq!(outputs(&mut line), [LineOutput::Hangup(id)]);
    assert_eq!(line.phase(), Phase::Waiting);
}

#[test]
fn frames_of_an_earlier_line_are_ignored() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(1));
    line.handle_input(at(2), LineInput::Frame(first, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    go_live(&mut line, retry);
    events(&mut line);
    line.handle_input(retry, LineInput::Frame(first, Frame::text("event ghost")));
    line.handle_input(retry, LineInput::Frame(first, Frame::Eof));
    assert_eq!((events(&mut line), line.phase()), (vec![], Phase::Live));
}

#[test]
fn edits_without_a_line_are_answered_deferred_and_restored_on_the_next_line() {
    let mut line = start(Policy::default());
    let id = line.send(at(0), Command::Want("a")).expect("accepted");
    assert_eq!(line.poll_reply(), Some((id, Ok(Reply::Deferred))));
    go_live(&mut line, at(5));
    assert_eq!(line.session().map(|session| session.wanted().to_vec()), Some(vec!["a"]));
}

#[test]
fn one_shot_requests_without_a_line_come_back() {
    let mut line = start(Policy::default());
    let refused = line.send(at(0), Command::Once).expect_err("no line");
    assert_eq!((refused.kind, refused.command), (SendErrorKind::NotConnected, Command::Once));
}

#[test]
fn a_lost_edit_stays_desired_and_a_lost_request_fails() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(1));
    let want = line.send(at(2), Command::Want("a")).expect("accepted");
    let once = line.send(at(2), Command::Once).expect("accepted");
    line.handle_input(at(3), LineInput::Frame(first, Frame::Eof));
    assert_eq!(line.poll_reply(), Some((want, Ok(Reply::Deferred))));
    assert!(matches!(line.poll_reply(), Some((id, Err(RequestError::Disconnected(_)))) if id == once));
    let retry = wait_for_dial(&mut line);
    go_live(&mut line, retry);
    assert_eq!(line.session().map(|session| session.wanted().to_vec()), Some(vec!["a"]));
}

#[test]
fn the_waits_start_over_only_after_a_stable_line() {
    let mut policy = Policy::default();
    policy.backoff.base = Duration::from_secs(4);
    policy.backoff.floor = Duration::ZERO;
    let mut line = start(policy);
    let mut now = at(0);
    let mut longest = Duration::ZERO;
    for _ in 0..12 {
        let id = go_live(&mut line, now);
        line.handle_input(now, LineInput::Frame(id, Frame::Eof));
        let due = wait_for_dial(&mut line);
        longest = longest.max(due.since(now));
        now = due;
    }
    assert!(longest > policy.backoff.base, "flapping waits longer: {longest:?}");
    let id = go_live(&mut line, now);
    let later = now + policy.stable_after;
    line.handle_input(later, LineInput::Frame(id, Frame::Eof));
    let due = line.poll_timeout().expect("due");
    assert!(due.since(later) <= policy.backoff.base);
}

#[test]
fn closing_says_goodbye_and_ends_once() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(1));
    events(&mut line);
    line.close(at(2));
    line.close(at(2));
    assert_eq!(line.phase(), Phase::Closing);
    assert!(matches!(outputs(&mut line)[..], [LineOutput::Frame(_, Frame::Close(_))]));
    line.handle_input(at(3), LineInput::Frame(id, Frame::Eof));
    assert_eq!(events(&mut line), [LineEvent::Closed(None)]);
    assert_eq!(outputs(&mut line), [LineOutput::Hangup(id)]);
    assert!(line.is_finished());
    assert_eq!(line.send(at(4), Command::Once).expect_err("over").kind, SendErrorKind::Closed);
}

#[test]
fn closing_without_a_line_ends_at_once() {
    let mut line = start(Policy::default());
    line.close(at(1));
    assert_eq!(events(&mut line), [LineEvent::Closed(None)]);
}

#[test]
fn nothing_is_dialled_while_the_application_leaves_everything_unread() {
    let mut policy = Policy::default();
    policy.limits.queued_events = 8;
    let mut line = start(policy);
    let mut now = at(0);
    let mut dials = 0;
    while line.phase() != Phase::Waiting || line.poll_timeout().is_some() {
        let id = go_live(&mut line, now);
        dials += 1;
        line.handle_input(now, LineInput::Frame(id, Frame::Eof));
        if let Some(due) = line.poll_timeout() {
            now = due;
            line.handle_timeout(now);
        }
        assert!(dials < 10, "unbounded");
    }
    events(&mut line);
    let due = line.poll_timeout().expect("dials again once the events are taken");
    line.handle_timeout(due);
    assert!(dialled(&mut line).is_some());
}

/// What can happen to a supervised line.
#[derive(Clone, Debug)]
enum Op {
    Open,
    Fail(bool),
    Text(&'static str),
    Eof,
    Broken,
    Wait(u16),
    ToDeadline,
    Want,
    Once,
    Take,
    Close,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => Just(Op::Open),
        1 => any::<bool>().prop_map(Op::Fail),
        6 => prop::sample::select(vec!["login ok", "event a", "snapshot", "reply", "login no", "rubbish"]).prop_map(Op::Text),
        2 => Just(Op::Eof),
        1 => Just(Op::Broken),
        2 => any::<u16>().prop_map(Op::Wait),
        3 => Just(Op::ToDeadline),
        2 => Just(Op::Want),
        2 => Just(Op::Once),
        2 => Just(Op::Take),
        1 => Just(Op::Close),
    ];
    prop::collection::vec(op, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// I1, I2, I3, I4, I5, I7, I12: any calls in any order.
    #[test]
    fn the_invariants_hold_for_any_calls_in_any_order(ops in ops(), retry in any::<bool>()) {
        let run = |ops: &[Op]| {
            let mut policy = Policy::default();
            policy.retry_first = retry;
            let mut line = start(policy);
            let (mut now, mut trace) = (at(0), Vec::new());
            let (mut dialing, mut open): (Option<LineId>, Option<LineId>) = (None, None);
            let (mut accepted, mut replied) = (0usize, 0usize);
            let mut closed = 0usize;
            let step = |line: &mut Line, now: Instant, dialing: &mut Option<LineId>, open: &mut Option<LineId>,
                            trace: &mut Vec<String>| {
                while let Some(output) = line.poll_transmit() {
                    trace.push(format!("{now:?} {output:?}"));
                    match output {
                        LineOutput::Dial(id) => {
                            assert!(dialing.is_none() && open.is_none(), "two lines at once");
                            *dialing = Some(id);
                        }
                        LineOutput::Hangup(id) => {
                            if *dialing == Some(id) { *dialing = None; }
                            if *open == Some(id) { *open = None; }
                        }
                        _ => {}
                    }
                }
            };
            step(&mut line, now, &mut dialing, &mut open, &mut trace);
            for op in ops.iter().chain([&Op::Close, &Op::Take]) {
                match op {
                    Op::Open => if let Some(id) = dialing.take() {
                        open = Some(id);
                        line.handle_input(now, LineInput::Opened(id, ()));
                    },
                    Op::Fail(terminal) => if let Some(id) = dialing.take() {
                        let class = if *terminal { Class::Terminal } else { Class::Retry };
                        line.handle_input(now, LineInput::Failed(id, ConnectFailure::new(class, "failed")));
                    },
                    Op::Text(text) => if let Some(id) = open {
                        line.handle_input(now, LineInput::Frame(id, Frame::text(*text)));
                    },
                    Op::Eof => if let Some(id) = open.take() {
                        line.handle_input(now, LineInput::Frame(id, Frame::Eof));
                    },
                    Op::Broken => if let Some(id) = open.take() {
                        line.handle_input(now, LineInput::Broken(id, CloseReason::SlowPeer));
                    },
                    Op::Wait(millis) => {
                        now = now + Duration::from_millis((*millis).into());
                        line.handle_timeout(now);
                    }
                    Op::ToDeadline => {
                        if let Some(due) = line.poll_timeout() { now = now.max(due); }
                        line.handle_timeout(now);
                        assert!(line.poll_timeout().is_none_or(|due| due > now), "I3");
                    }
                    Op::Want => accepted += usize::from(line.send(now, Command::Want("w")).is_ok()),
                    Op::Once => accepted += usize::from(line.send(now, Command::Once).is_ok()),
                    Op::Take => {
                        for event in events(&mut line) {
                            assert_eq!(closed, 0, "an event after the last");
                            closed += usize::from(matches!(event, LineEvent::Closed(_)));
                            trace.push(format!("{now:?} {event:?}"));
                        }
                    }
                    Op::Close => line.close(now),
                }
                step(&mut line, now, &mut dialing, &mut open, &mut trace);
                while let Some(reply) = line.poll_reply() {
                    replied += 1;
                    trace.push(format!("{reply:?}"));
                }
            }
            // The end comes by deadlines alone.
            for _ in 0..10 {
                if let Some(due) = line.poll_timeout() { line.handle_timeout(due); }
                step(&mut line, now, &mut dialing, &mut open, &mut trace);
            }
            while line.poll_reply().is_some() { replied += 1; }
            closed += events(&mut line).iter().filter(|event| matches!(event, LineEvent::Closed(_))).count();
            assert_eq!((closed, accepted), (1, replied), "one end, one reply a command");
            assert!(line.is_finished() && line.poll_timeout().is_none() && dialing.is_none() && open.is_none());
            trace
        };
        prop_assert_eq!(run(&ops), run(&ops), "same seed and inputs, same outputs");
    }
}
