//! Polls, one after the other.

use tieline_axeos::poller::Cursor;
use tieline_core::Session;

use crate::rig::{Rig, events, secs};
use crate::{config, live, rig};

#[test]
fn events_are_told_and_the_next_poll_follows_at_once() {
    let mut rig = live();
    rig.events(&[11, 12]);
    assert_eq!(rig.told(), ["11", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
    assert_eq!(rig.poller.cursor().map(Cursor::seq), Some(12));
}

#[test]
fn an_empty_answer_after_the_wait_is_followed_by_the_next_poll_at_once() {
    let mut rig = live();
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

#[test]
fn an_answer_that_is_empty_at_once_does_not_spin() {
    let mut rig = live();
    for _ in 0..5 {
        rig.json("[]");
        assert_eq!(rig.asks(), [""; 0]);
        assert_eq!(rig.pass_to_deadline(), secs(1));
        assert_eq!(rig.asks(), ["after 10 within 30"]);
    }
}

#[test]
fn the_deadline_of_a_poll_lies_beyond_the_wait_of_the_server() {
    let rig = live();
    assert_eq!(rig.poller.poll_timeout(), Some(rig.now + secs(45)));
}

#[test]
fn a_poll_without_answer_is_dropped_before_another_is_made() {
    let mut rig = live();
    assert_eq!(rig.pass_to_deadline(), secs(45));
    assert_eq!(rig.asks(), ["cancel 4"]);
    assert_eq!(rig.told(), ["down: no answer within the deadline, perhaps after the request had been sent"]);
    let late = rig.asked[3];
    rig.end(late, Ok(tieline_axeos::poller::Answer::Events(rig::batch(&events(&[11])))));
    assert_eq!(rig.told(), [""; 0], "an answer that comes too late is nobody's");
}

#[test]
fn an_answer_as_long_as_the_limit_is_followed_by_a_poll_that_does_not_wait() {
    let mut config = config();
    config.limit = Some(2);
    let mut rig = Rig::start(config, None);
    rig.asks();
    rig.events(&[10]);
    rig.lists();
    assert_eq!(rig.asks(), ["after 10 at most 2 within 30"]);
    rig.events(&[11, 12]);
    assert_eq!(rig.asks(), ["after 12 at most 2 within 0"]);
    rig.events(&[13]);
    assert_eq!(rig.asks(), ["after 13 at most 2 within 30"]);
}
