//! The client session under the supervisor.

use std::time::Duration;

use tieline_cloudpbx::client::{ClientConfig, ClientEvent, PushClient, Resume};
use tieline_core::supervisor::{
    ConnectFailure, DownCause, LineEvent, LineId, LineInput, LineOutput, Phase, Policy, Supervisor,
};
use tieline_core::{Class, CloseFrame, CloseReason, Frame, Instant, Session};

type Line = Supervisor<PushClient>;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn supervisor() -> Line {
    Supervisor::new(ClientConfig::default(), Policy::default(), [7; 16], Resume::default(), at(0))
}

/// The line that the supervisor asks for.
fn dialed(line: &mut Line) -> LineId {
    std::iter::from_fn(|| line.poll_transmit())
        .find_map(|output| if let LineOutput::Dial(id) = output { Some(id) } else { None })
        .expect("a dial")
}

fn open(line: &mut Line, now: Instant) -> LineId {
    let id = dialed(line);
    line.handle_input(now, LineInput::Opened(id, ()));
    id
}

fn hear(line: &mut Line, now: Instant, id: LineId, frame: Frame) {
    line.handle_input(now, LineInput::Frame(id, frame));
}

fn message(id: i64) -> Frame {
    Frame::text(format!(r#"{{"id":{id},"channel":"pbx_X","text":{{"subscriber":{{"peer":"X-1","statusValue":1}}}}}}"#))
}

fn told(line: &mut Line) -> Vec<LineEvent<ClientEvent>> {
    std::iter::from_fn(|| line.poll_event()).collect()
}

/// Waits for the next dial, and opens it.
fn reopen(line: &mut Line) -> (LineId, Instant) {
    let due = line.poll_timeout().expect("a wait");
    line.handle_timeout(due);
    (open(line, due), due)
}

#[test]
fn a_line_is_live_as_soon_as_it_is_open() {
    let mut line = supervisor();
    let id = open(&mut line, at(10));
    assert_eq!(line.phase(), Phase::Live);
    assert_eq!(told(&mut line), [LineEvent::Live(id)]);
}

#[test]
fn after_a_loss_the_stream_tells_the_gap_then_what_is_stale_then_events() {
    for end in [Frame::Eof, Frame::Close(None)] {
        let mut line = supervisor();
        let id = open(&mut line, at(10));
        hear(&mut line, at(20), id, message(1));
        hear(&mut line, at(5000), id, end);
        assert!(matches!(told(&mut line).last(), Some(LineEvent::Down { .. })));
        let (id, until) = reopen(&mut line);
        hear(&mut line, until, id, message(2));
        let events = told(&mut line);
        let [
            LineEvent::Live(_),
            LineEvent::Gap(gap),
            LineEvent::Session(ClientEvent::Stale(stale)),
            LineEvent::Session(_),
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((gap.since >= at(20), gap.until, gap.recovered), (true, until, false));
        assert_eq!(stale.states.len(), 1);
    }
}

#[test]
fn a_refusal_after_the_handshake_is_the_end() {
    let mut line = supervisor();
    let id = open(&mut line, at(10));
    let reason = r#"{"http_status": 403, "explain":"Subscriber could not create channels."}"#;
    hear(&mut line, at(20), id, Frame::Close(Some(CloseFrame::new(1008, reason))));
    let last = told(&mut line).pop();
    assert!(matches!(
        last,
        Some(LineEvent::Closed(Some(DownCause::Session(CloseReason::LoginRefused { status: 403, .. }))))
    ));
    assert_eq!(line.poll_timeout(), None);
}

#[test]
fn a_deleted_channel_is_asked_for_again_after_a_minute() {
    let mut line = supervisor();
    let id = open(&mut line, at(0));
    hear(&mut line, at(0), id, Frame::text(r#"{"id":-2,"channel":"pbx_X","text":Channel deleted}"#));
    let Some(LineEvent::Down { cause, retry_at }) = told(&mut line).pop() else { panic!("down") };
    assert_eq!(cause.class(), Class::RetryAfter(Duration::from_secs(60)));
    assert!(retry_at >= at(60_000));
}

#[test]
fn what_is_stale_survives_attempts_that_fail() {
    let mut line = supervisor();
    let id = open(&mut line, at(0));
    hear(&mut line, at(0), id, message(1));
    hear(&mut line, at(0), id, Frame::Eof);
    for _ in 0..3 {
        let due = line.poll_timeout().expect("a wait");
        line.handle_timeout(due);
        let id = dialed(&mut line);
        line.handle_input(due, LineInput::Failed(id, ConnectFailure::new(Class::Retry, "no")));
    }
    reopen(&mut line);
    assert!(told(&mut line).iter().any(|event| matches!(event, LineEvent::Session(ClientEvent::Stale(_)))));
}

#[test]
fn an_owner_that_closes_is_told_once_and_the_close_is_empty() {
    let mut line = supervisor();
    let id = open(&mut line, at(0));
    line.close(at(10));
    assert!(std::iter::from_fn(|| line.poll_transmit()).any(|out| out == LineOutput::Frame(id, Frame::Close(None))));
    hear(&mut line, at(20), id, Frame::Eof);
    assert_eq!(told(&mut line).last(), Some(&LineEvent::Closed(None)));
}
