//! Which interval a supervisor tells as a gap, when, and whether as recovered.

mod toy;

use std::time::Duration;

use tieline_core::supervisor::{
    ConnectFailure, DownCause, Gap, LineEvent, LineId, LineInput, LineOutput, Phase, Policy,
};
use tieline_core::{Class, CloseReason, Frame, Instant, Session};
use toy::MOST_UNREAD;
use toy::line::{Line, at, dialled, events, go_live, outputs, start, wait_for_dial};

fn hear(line: &mut Line, millis: u64, id: LineId, text: &'static str) {
    line.handle_input(at(millis), LineInput::Frame(id, Frame::text(text)));
}

fn gaps(line: &mut Line) -> Vec<Gap> {
    let gap = |event| if let LineEvent::Gap(gap) = event { Some(gap) } else { None };
    events(line).into_iter().filter_map(gap).collect()
}

/// Loses the line and opens the next one; gives the gap that is told.
fn gap_of_a_loss(line: &mut Line, millis: u64, id: LineId) -> Gap {
    line.handle_input(at(millis), LineInput::Frame(id, Frame::Eof));
    let retry = wait_for_dial(line);
    go_live(line, retry);
    gaps(line).pop().expect("a gap")
}

#[test]
fn frames_that_waited_while_nobody_read_do_not_say_how_long_the_line_was_well() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    for millis in 1..=MOST_UNREAD as u64 {
        hear(&mut line, millis * 100, id, "event");
    }
    assert!(!line.wants_input());
    let stopped = at(MOST_UNREAD as u64 * 100);
    // Ten seconds later the application reads on, and what had waited comes.
    events(&mut line);
    hear(&mut line, 10_000, id, "event that came long ago");
    assert_eq!(gap_of_a_loss(&mut line, 10_001, id).since, stopped);
}

#[test]
fn after_a_second_of_quiet_nothing_waits_and_the_next_frame_is_a_new_one() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    for _ in 0..MOST_UNREAD {
        hear(&mut line, 100, id, "event");
    }
    events(&mut line);
    hear(&mut line, 10_000, id, "event that came long ago");
    events(&mut line);
    hear(&mut line, 11_000, id, "event of now");
    assert_eq!(gap_of_a_loss(&mut line, 12_000, id).since, at(11_000));
}

#[test]
fn quiet_itself_is_no_sign_of_life() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    for _ in 0..MOST_UNREAD {
        hear(&mut line, 100, id, "event");
    }
    events(&mut line);
    hear(&mut line, 10_000, id, "event that came long ago");
    assert_eq!(gap_of_a_loss(&mut line, 60_000, id).since, at(100));
}

#[test]
fn a_gap_that_is_being_refilled_is_told_once_that_is_done() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(0));
    hear(&mut line, 500, first, "event a");
    line.handle_input(at(600), LineInput::Frame(first, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(retry, LineInput::Opened(id, ()));
    for text in ["recovering", "login ok"] {
        line.handle_input(retry, LineInput::Frame(id, Frame::text(text)));
    }
    assert!(matches!(events(&mut line).last(), Some(LineEvent::Live(live)) if *live == id));
    hear(&mut line, 8_000, id, "event b");
    assert_eq!(gaps(&mut line), []);
    hear(&mut line, 9_000, id, "recovered");
    let cause = DownCause::Session(CloseReason::Lost);
    assert_eq!(gaps(&mut line), [Gap::new(at(500), at(9_000), cause, true)]);
}

#[test]
fn a_gap_that_was_being_refilled_when_the_next_line_broke_too_is_one_gap() {
    let mut line = start(Policy::default());
    let first = go_live(&mut line, at(0));
    line.handle_input(at(600), LineInput::Frame(first, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    let id = dialled(&mut line).expect("a dial");
    line.handle_input(retry, LineInput::Opened(id, ()));
    for text in ["recovering", "login ok"] {
        line.handle_input(retry, LineInput::Frame(id, Frame::text(text)));
    }
    let gap = gap_of_a_loss(&mut line, 8_000, id);
    assert_eq!((gap.since, gap.recovered), (at(0), false));
}

#[test]
fn an_outage_that_lasts_when_the_owner_closes_is_told_before_the_end() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    hear(&mut line, 500, id, "event a");
    line.handle_input(at(1_000), LineInput::Frame(id, Frame::Eof));
    events(&mut line);
    line.close(at(1_010));
    let gap = Gap::new(at(500), at(1_010), DownCause::Session(CloseReason::Lost), false);
    assert_eq!(events(&mut line), [LineEvent::Gap(gap), LineEvent::Closed(None)]);
}

#[test]
fn an_outage_that_is_given_up_is_told_before_the_end() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    line.handle_input(at(1_000), LineInput::Frame(id, Frame::Eof));
    wait_for_dial(&mut line);
    let id = dialled(&mut line).expect("a dial");
    events(&mut line);
    let failure = ConnectFailure::new(Class::Terminal, "the certificate is not trusted");
    line.handle_input(at(5_000), LineInput::Failed(id, failure.clone()));
    let gap = Gap::new(at(0), at(5_000), DownCause::Session(CloseReason::Lost), false);
    assert_eq!(events(&mut line), [LineEvent::Gap(gap), LineEvent::Closed(Some(DownCause::Connect(failure)))]);
}

#[test]
fn a_line_that_is_closed_while_it_is_well_has_no_gap() {
    let mut line = start(Policy::default());
    let id = go_live(&mut line, at(0));
    line.close(at(1));
    line.handle_input(at(2), LineInput::Frame(id, Frame::Eof));
    assert_eq!(events(&mut line), [LineEvent::Live(id), LineEvent::Closed(None)]);
}

/// Fails the dial of a line that was live before as a refused certificate does.
fn refused_certificate(policy: Policy) -> (Line, Instant) {
    let mut line = start(policy);
    let id = go_live(&mut line, at(0));
    line.handle_input(at(1_000), LineInput::Frame(id, Frame::Eof));
    let retry = wait_for_dial(&mut line);
    let id = dialled(&mut line).expect("a dial");
    let failure = ConnectFailure::new(Class::Terminal, "the certificate is not trusted");
    line.handle_input(retry, LineInput::Failed(id, failure));
    (line, retry)
}

#[test]
fn a_refused_certificate_is_final_and_dials_no_more() {
    let (mut line, _) = refused_certificate(Policy::default());
    assert_eq!((line.phase(), line.poll_timeout()), (Phase::Closed, None));
    assert!(!outputs(&mut line).iter().any(|output| matches!(output, LineOutput::Dial(_))));
}

#[test]
fn a_refused_certificate_is_tried_again_when_the_policy_says_so_after_the_usual_waits() {
    let mut policy = Policy::default();
    policy.retry_terminal = true;
    let (mut line, retry) = refused_certificate(policy);
    assert_eq!(line.phase(), Phase::Waiting);
    let due = wait_for_dial(&mut line);
    assert!(due.since(retry) >= policy.backoff.floor && due.since(retry) <= Duration::from_secs(30));
    go_live(&mut line, due);
    assert_eq!(gaps(&mut line).len(), 1);
}
