//! When a silent peer is pinged, and when it is given up.

use core::time::Duration;

use tieline_core::{Instant, Silence, SilenceDue};

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

fn silence() -> Silence {
    Silence::new(Duration::from_secs(10), Duration::from_secs(25), at(0))
}

#[test]
fn a_silent_peer_is_pinged_again_and_again_and_then_given_up() {
    let mut silence = silence();
    let mut told = Vec::new();
    while told.last().is_none_or(|(_, due)| *due != SilenceDue::GiveUp) {
        let now = silence.deadline();
        told.push((now, silence.due(now).expect("due at its deadline")));
    }
    assert_eq!(told, [(at(10), SilenceDue::Ping), (at(20), SilenceDue::Ping), (at(25), SilenceDue::GiveUp)]);
}

#[test]
fn nothing_is_due_before_its_time() {
    assert_eq!(silence().due(at(9)), None);
}

#[test]
fn whoever_says_something_gets_the_whole_time_anew() {
    let mut silence = silence();
    assert_eq!(silence.due(at(10)), Some(SilenceDue::Ping));
    silence.restart(at(24));
    assert_eq!(silence.deadline(), at(34));
    assert_eq!(silence.due(at(48)), Some(SilenceDue::Ping));
    assert_eq!(silence.due(at(49)), Some(SilenceDue::GiveUp));
}
