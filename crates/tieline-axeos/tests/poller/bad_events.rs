//! Events and answers that cannot be read.

use tieline_core::ExchangeFailureKind;

use crate::live;
use crate::rig::{event, list, secs};

#[test]
fn a_bad_event_is_told_among_its_siblings_and_passed() {
    let mut rig = live();
    rig.json(&list(&[event(11, ""), r#"{"seq":12,"event_type":"api call","caller":1}"#.into(), event(13, "")]));
    assert_eq!(rig.told(), ["11", "bad 12", "13"]);
    rig.json(&list(&[r#"{"seq":14}"#.into()]));
    assert_eq!(rig.told(), ["bad 14"]);
    assert_eq!(rig.asks().last().map(String::as_str), Some("after 14 within 30"));
}

#[test]
fn an_element_without_a_number_is_told_once_and_holds_nothing_up() {
    let mut rig = live();
    rig.wait(secs(5));
    rig.json(r#"["x"]"#);
    assert_eq!((rig.told(), rig.asks()), (vec!["bad".into()], vec!["after 10 within 30".into()]));
    rig.json(r#"["x"]"#);
    assert_eq!((rig.told(), rig.pass_to_deadline()), (vec![], secs(1)), "again, at once: it does not spin");
    rig.asks();
    rig.json(&list(&["\"x\"".into(), event(11, ""), "\"y\"".into()]));
    assert_eq!(rig.told(), ["11", "bad"]);
    rig.json(&list(&["\"y\"".into(), event(12, "")]));
    assert_eq!(rig.told(), ["12"]);
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again_and_passed_in_the_end() {
    let unreadable = || ExchangeFailureKind::Unreadable { reason: "something".into() };
    let mut rig = live();
    rig.fail(unreadable());
    for _ in 0..4 {
        rig.pass_to_deadline();
        assert_eq!(rig.asks(), ["after 9 within 0"]);
        rig.fail(unreadable());
    }
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[12]);
    rig.lists();
    let told = rig.told();
    assert_eq!(told[5..], ["live 6", "gap lost", "resynced", "users and phones"], "{told:?}");
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn an_answer_beyond_the_limit_is_no_end() {
    let mut rig = live();
    rig.fail(ExchangeFailureKind::TooLong);
    assert_eq!(rig.told().len(), 1);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 9 within 0"]);
}
