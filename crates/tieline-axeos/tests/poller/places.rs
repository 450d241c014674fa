//! Places in the log: empty logs, duplicates, other counts, skipped numbers.

use tieline_core::Session;
use tieline_core::supervisor::LineEvent;

use crate::rig::{Rig, event, list, secs};
use crate::{config, live};

#[test]
fn the_first_events_of_an_empty_log_are_told_and_the_lists_are_read_anew() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    rig.told();
    assert_eq!(rig.asks(), ["all within 30"]);
    rig.events(&[1, 2]);
    assert_eq!(rig.told(), ["1", "2"]);
    rig.lists();
    assert_eq!(rig.told(), ["users", "phones"]);
    assert_eq!(rig.asks(), ["after 2 within 30"]);
}

#[test]
fn what_came_before_the_first_events_of_an_empty_log_is_a_gap_when_they_are_not_the_first() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    rig.told();
    rig.asks();
    rig.events(&[7]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones", "7"]);
    assert_eq!(rig.asks(), ["after 7 within 30"]);
}

#[test]
fn an_old_number_is_a_duplicate_when_the_newest_event_is_not_older_than_the_place() {
    let mut rig = live();
    rig.wait(secs(5));
    rig.events(&[9, 10]);
    assert_eq!((rig.asks(), rig.told()), (vec!["newest".into()], vec![]));
    rig.events(&[10]);
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

#[test]
fn of_duplicates_among_new_events_only_the_new_ones_are_told_in_order() {
    let mut rig = live();
    rig.events(&[10, 12, 11, 12]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[12]);
    assert_eq!(rig.told(), ["11", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn an_old_number_is_another_count_when_the_newest_event_is_older_than_the_place() {
    let mut rig = live();
    let sure = rig.now;
    rig.wait(secs(5));
    rig.events(&[2]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[3]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[3]);
    rig.lists();
    let gap = rig.poller.poll_event();
    let Some(LineEvent::Gap(gap)) = gap else { panic!("{gap:?}") };
    assert_eq!((gap.since, gap.until, gap.recovered), (sure, rig.now, false));
    assert_eq!(rig.told(), ["resynced", "users and phones"]);
    assert_eq!(rig.asks(), ["after 3 within 30"]);
}

#[test]
fn answers_that_stay_empty_are_looked_into_now_and_then() {
    let mut rig = live();
    for _ in 0..2 {
        for _ in 0..2 {
            rig.wait(secs(30));
            rig.json("[]");
        }
        // A minute without proof.
        let asks = rig.asks();
        assert_eq!(asks.last().map(String::as_str), Some("newest"), "{asks:?}");
        rig.events(&[10]);
        assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
    }
    rig.wait(secs(30));
    rig.json("[]");
    rig.asks();
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[4]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[4]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones"]);
}

#[test]
fn another_event_of_the_same_number_is_another_count() {
    let mut rig = live();
    rig.wait(secs(30));
    rig.json("[]");
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks().last().map(String::as_str), Some("newest"));
    rig.json(&list(&[event(10, "b")]));
    assert_eq!(rig.asks(), ["newest"]);
}

#[test]
fn a_log_that_was_emptied_while_nothing_happened_is_no_gap() {
    let mut rig = live();
    rig.wait(secs(60));
    rig.json("[]");
    assert_eq!(rig.asks(), ["cancel 4"], "the deadline had passed");
    let mut rig = live();
    for _ in 0..2 {
        rig.wait(secs(30));
        rig.json("[]");
    }
    assert_eq!(rig.asks().last().map(String::as_str), Some("newest"));
    rig.json("[]");
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

#[test]
fn a_skipped_number_is_no_loss_while_the_last_event_is_still_in_the_log() {
    let mut rig = live();
    rig.events(&[13]);
    assert_eq!((rig.asks(), rig.told()), (vec!["after 9 within 0".into()], vec![]));
    rig.events(&[10, 13, 15]);
    assert_eq!(rig.told(), ["13", "15"]);
    assert_eq!(rig.asks(), ["after 15 within 30"]);
    rig.events(&[18]);
    assert_eq!(rig.told(), ["18"], "these numbers skip: it is not asked again each time");
}

#[test]
fn a_skipped_number_is_a_gap_when_the_last_event_was_dropped() {
    let mut rig = live();
    rig.events(&[13]);
    rig.asks();
    rig.events(&[12, 13]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[13]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones"]);
    assert_eq!(rig.asks(), ["after 13 within 30"]);
}
