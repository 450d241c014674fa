//! What a client costs a server that wants nothing of it: however an hour goes, it is asked so often and no more.

mod pbx;

use std::time::Duration;

use pbx::Pbx;
use tieline_testkit::schedule::{Fault, HOUR, assert_not_stormed};

fn bounded(faults: &[Fault], every: Duration) {
    assert_not_stormed::<Pbx<50>>(faults, every, (40, 1500));
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
fn a_server_that_is_busy_is_not_stormed() {
    bounded(&[Fault::Busy(HOUR, 5), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_fails_is_not_stormed() {
    bounded(&[Fault::Fail(HOUR, 503), Fault::Cut], HOUR);
}

#[test]
fn a_server_that_breaks_every_call_soon_is_not_stormed() {
    bounded(&[Fault::Cut], Duration::from_secs(1));
}
