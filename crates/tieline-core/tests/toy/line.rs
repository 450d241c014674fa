//! A supervisor of toys, and what a test does with it.

use tieline_core::supervisor::{LineEvent, LineId, LineInput, LineOutput, Phase, Policy, Supervisor};
use tieline_core::{Frame, Instant, Session};

use super::{Event, Toy};

pub(crate) type Line = Supervisor<Toy>;

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn start(policy: Policy) -> Line {
    Supervisor::new((), policy, [7; 16], Default::default(), at(0))
}

pub(crate) fn outputs(line: &mut Line) -> Vec<LineOutput> {
    std::iter::from_fn(|| line.poll_transmit()).collect()
}

pub(crate) fn events(line: &mut Line) -> Vec<LineEvent<Event>> {
    std::iter::from_fn(|| line.poll_event()).collect()
}

pub(crate) fn dialled(line: &mut Line) -> Option<LineId> {
    outputs(line).into_iter().find_map(|output| match output {
        LineOutput::Dial(id) => Some(id),
        _ => None,
    })
}

/// Opens the line that is asked for and logs in.
pub(crate) fn go_live(line: &mut Line, now: Instant) -> LineId {
    let id = dialled(line).expect("a dial");
    line.handle_input(now, LineInput::Opened(id, ()));
    line.handle_input(now, LineInput::Frame(id, Frame::text("login ok")));
    assert_eq!(line.phase(), Phase::Live);
    id
}

/// Sleeps until the supervisor dials again.
pub(crate) fn wait_for_dial(line: &mut Line) -> Instant {
    let due = line.poll_timeout().expect("a dial is due");
    line.handle_timeout(due);
    due
}
