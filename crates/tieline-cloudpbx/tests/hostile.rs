//! What a client costs a server that wants nothing of it: however an hour goes, it is dialled so often and no more.

mod pbx;

use std::time::Duration;

use pbx::Pbx;
use tieline_testkit::schedule::{Fault, Lines, attempts_in_an_hour};

const HOUR: Duration = Duration::from_secs(3600);

fn bounded(faults: &[Fault], every: Duration) {
    let (minute, hour) = attempts_in_an_hour::<Lines<Pbx>>(faults, every);
    assert!(minute <= 20, "{minute} in a minute");
    assert!(hour <= 600, "{hour} in an hour");
    assert!(hour >= 40, "{hour} in an hour: it has given up");
}

#[test]
fn a_server_that_refuses_every_dial_is_not_stormed() {
    bounded(&[Fault::RefuseDials(HOUR), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_answers_no_dial_is_not_stormed() {
    bounded(&[Fault::HangDials(HOUR), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_refuses_every_login_is_not_stormed() {
    bounded(&[Fault::RefuseLogins(HOUR), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_says_nothing_after_opening_is_not_stormed() {
    bounded(&[Fault::MuteAfterOpen(HOUR), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_says_nothing_after_the_login_is_not_stormed() {
    bounded(&[Fault::MuteAfterLogin(HOUR), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_ends_every_line_soon_is_not_stormed() {
    bounded(&[Fault::Cut], Duration::from_secs(1));
}
