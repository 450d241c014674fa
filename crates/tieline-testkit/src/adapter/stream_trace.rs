//! What is logged of an event stream, and what is not.

use super::stream::{address, message, names_to, setup};
use super::{Pbx, StreamAdapter, StreamLine as _};
use crate::Log;

/// Takes the log of the whole process: to be run alone in it.
pub fn a_key_is_neither_logged_nor_printed<A: StreamAdapter>() {
    let log = Log::start();
    let pbx = Pbx::start(|mut peer, number| match number {
        0 => {}
        1 => {
            peer.say(message(1, &[101]));
            peer.agree();
        }
        _ => unreachable!("the second line stays"),
    });
    let (address, setup) = (address(&pbx), setup());
    let dialer = setup.dialer(address.clone()).expect("a dialer");
    let printed = format!("{address} {address:?} {dialer:?} {setup:?}");
    assert!(printed.contains("[redacted]") && !printed.contains("swordfish"), "{printed}");
    let mut line = A::stream(address, setup).expect("live");
    names_to(&mut line, "extstatus 1.0");
    let printed = format!("{line:?}");
    assert!(!printed.contains("swordfish"), "{printed}");
    line.closer()();
    let lines = log.lines();
    let said = |word: &str| lines.iter().any(|line| line.contains(word));
    assert!(said("dialling") && said("pbxkey=[redacted]"), "{lines:#?}");
    log.assert_client_without(&["swordfish"]);
}
