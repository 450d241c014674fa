//! One loss after the other, for adapters to count their connections by.

use super::{Events, OK, Pbx, event, names_to};

/// How often the line is lost.
pub const KILLS: usize = 20;

/// A PBX of whose connections the first [`KILLS`] die: some with a closing handshake, some at the login, some in the middle
/// of things. The next one stays.
#[must_use]
pub fn pbx() -> Pbx {
    Pbx::start(|mut peer, number| {
        if number % 3 == 1 && number < KILLS {
            return;
        }
        peer.log_in();
        assert!(peer.heard().expect("restored each time").contains("extension_events"));
        peer.say(OK);
        peer.say(event(number));
        if number % 3 == 2 && number < KILLS {
            peer.close();
            peer.agree();
        }
        if number >= KILLS {
            peer.agree();
        }
    })
}

/// Takes the events of a line to that PBX, which all losses are told in, and a gap by every line but the first.
pub fn survived(events: &mut impl Events) {
    let names = names_to(events, &format!("event {KILLS}"));
    let downs = names.iter().filter(|name| name.starts_with("down: ")).count();
    assert_eq!(downs, KILLS, "{names:?}");
    let lives = names.iter().filter(|name| *name == "live").count();
    assert_eq!(names.iter().filter(|name| *name == "gap").count(), lives - 1, "{names:?}");
}
