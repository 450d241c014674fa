//! Where a poller begins.

use tieline_core::Session;
use tieline_core::supervisor::Phase;

use crate::rig::Rig;
use crate::{BROKEN, config};

#[test]
fn the_place_comes_first_then_the_lists_then_polls_from_the_place() {
    let mut rig = Rig::start(config(), None);
    assert_eq!(rig.poller.phase(), Phase::Dialing);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[10]);
    assert_eq!(rig.poller.phase(), Phase::Resuming);
    rig.lists();
    assert_eq!(rig.poller.phase(), Phase::Live);
    assert_eq!(rig.told(), ["live 1", "users and phones"]);
    assert_eq!(rig.asks(), ["after 10 within 30"]);
}

#[test]
fn a_first_try_that_fails_is_the_end() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.fail(BROKEN);
    assert_eq!(
        rig.told(),
        ["closed: the connection broke before the answer was whole, after the request had been sent"]
    );
    assert!(rig.poller.is_finished());
}

#[test]
fn a_first_try_that_fails_is_repeated_when_that_is_wished_and_is_no_gap() {
    let mut config = config();
    config.policy.retry_first = true;
    let mut rig = Rig::start(config, None);
    rig.asks();
    rig.events(&[10]);
    rig.asks();
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["newest"], "nobody had events before: the place is taken anew");
    rig.events(&[12]);
    rig.lists();
    assert_eq!(rig.told()[1..], ["live 2", "users and phones"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}
