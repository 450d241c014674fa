//! The lists of users and phones, and events that are left unread.

use tieline_core::Session;

use crate::rig::{Rig, secs, status};
use crate::{config, live, rig};

#[test]
fn list_changes_in_one_answer_make_one_reload_after_its_events() {
    let mut rig = live();
    rig.json(
        r#"[{"seq":11,"event_type":"user list changed"},{"seq":12,"event_type":"phone list changed"},
            {"seq":13,"event_type":"user list changed"},{"seq":14,"event_type":"call answered"}]"#,
    );
    assert_eq!(rig.told(), ["11", "12", "13", "14"]);
    rig.lists();
    assert_eq!(rig.told(), ["users", "phones"]);
    assert_eq!(rig.asks(), ["after 14 within 30"]);
}

#[test]
fn a_reload_that_fails_keeps_place_and_list_and_is_tried_again() {
    let mut rig = live();
    rig.json(r#"[{"seq":11,"event_type":"user list changed"}]"#);
    rig.told();
    assert_eq!(rig.asks(), ["users"]);
    rig.fail(status(500));
    assert_eq!((rig.asks(), rig.told()), (vec!["after 11 within 30".into()], vec![]));
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["users"]);
    rig.users(rig::USERS);
    assert_eq!((rig.told(), rig.asks()), (vec!["users".into()], vec!["after 11 within 30".into()]));
}

#[test]
fn an_unknown_uuid_asks_for_one_reload() {
    let mut rig = live();
    let call = |seq: u64, user: &str, phone: &str| {
        format!(
            r#"[{{"seq":{seq},"event_type":"api call","caller":{{"user_uuid":"{user}"}},"target":{{"phone_uuid":"{phone}"}}}}]"#
        )
    };
    rig.json(&call(11, "u1", "p1"));
    assert_eq!(rig.asks(), ["after 11 within 30"], "known ones");
    rig.json(&call(12, "u2", "p1"));
    assert_eq!(rig.asks(), ["users"]);
    rig.users(rig::USERS);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
    rig.json(&call(13, "u2", "p1"));
    assert_eq!(rig.asks(), ["after 13 within 30"], "it was asked for");
    rig.json(&call(14, "u3", "p2"));
    assert_eq!(rig.asks(), ["phones"], "the users were read a moment ago");
    rig.phones(rig::PHONES);
    assert_eq!(rig.asks(), ["after 14 within 30"]);
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["users"]);
}

#[test]
fn nothing_is_asked_while_events_are_left_unread_and_the_place_stays() {
    let mut config = config();
    config.policy.limits.queued_events = 3;
    let mut rig = Rig::live(config);
    rig.events(&[11, 12, 13, 14]);
    assert!(!rig.poller.wants_input());
    assert_eq!((rig.asks(), rig.poller.poll_timeout()), (vec![], None));
    rig.wait(secs(300));
    assert_eq!(rig.asks(), [""; 0]);
    assert_eq!(rig.told(), ["11", "12", "13", "14"]);
    assert!(rig.poller.wants_input());
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 13 within 0"], "after so long the log is looked at first");
    rig.events(&[14, 15]);
    assert_eq!((rig.told(), rig.asks()), (vec!["15".into()], vec!["after 15 within 30".into()]));
}
