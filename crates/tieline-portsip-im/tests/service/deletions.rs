//! Deleting messages.

use serde_json::{Value, json};

use crate::said::{del_messages, get, leave, of_kind, publish_quietly, set_mode_of, sub};
use crate::world::World;

/// Alice's group with bob, ten messages of hers in it.
fn ten() -> (World, String) {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    for number in 1..=10 {
        world.say("alice1", publish_quietly(&group, &number.to_string()));
    }
    world.hush();
    (world, group)
}

fn numbers(world: &mut World, line: &str, group: &str) -> Vec<u64> {
    world.heard(line);
    world.say(line, get(group, "data"));
    of_kind(&world.heard(line), "data").iter().filter_map(|data| data["seq"].as_u64()).collect()
}

#[test]
fn a_hard_deletion_is_for_everybody_and_the_messages_are_gone_from_the_store() {
    let (mut world, group) = ten();
    let answer = world.ask("alice1", del_messages(&group, 7, 9, true));
    assert_eq!(answer["params"], json!({"del": 1}));
    for line in ["alice1", "bob1"] {
        assert_eq!(numbers(&mut world, line, &group), [10, 9, 6, 5, 4, 3, 2, 1], "{line}");
    }
    let topic = group.parse().expect("a group");
    let kept = world.store.messages(&topic, &tieline_portsip_im::service::Ranges::of(1..11));
    assert_eq!(kept.len(), 8);
    world.say("bob1", get(&group, "sub"));
    let list = world.heard("bob1")[0]["meta"]["sub"].clone();
    assert!(list.as_array().expect("a list").iter().all(|entry| entry["clear"] == 1), "{list}");
}

#[test]
fn a_hard_deletion_is_told_all_readers_attached_and_on_me() {
    let (mut world, group) = ten();
    let alice = world.id("alice");
    for line in ["carol1", "alice2"] {
        world.arrive(line);
        world.say(line, sub("me"));
    }
    world.say("carol1", sub(&group));
    world.say("carol1", leave(&group));
    world.hush();
    world.say("alice1", del_messages(&group, 7, 9, true));
    let delseq = json!([{"low": 7, "hi": 9}]);
    let on_topic = json!({"topic": group, "src": alice, "what": "del", "clear": 1, "delseq": delseq});
    assert_eq!(of_kind(&world.heard("bob1"), "pres"), [on_topic]);
    let on_me = json!({"topic": "me", "src": group, "what": "del", "clear": 1, "act": alice});
    assert_eq!(of_kind(&world.heard("carol1"), "pres"), [on_me]);
    assert_eq!(
        of_kind(&world.heard("alice2"), "pres"),
        [json!({"topic": "me", "src": group, "what": "del", "clear": 1})]
    );
}

#[test]
fn who_may_not_delete_for_all_deletes_for_oneself() {
    let (mut world, group) = ten();
    assert_eq!(world.code("bob1", del_messages(&group, 1, 9, true)), 200);
    assert!(world.heard("alice1").is_empty());
    assert_eq!(numbers(&mut world, "bob1", &group), [10, 9]);
    assert_eq!(numbers(&mut world, "alice1", &group).len(), 10);
}

#[test]
fn who_deletes_for_oneself_hears_of_it_on_the_other_devices_only() {
    let (mut world, group) = ten();
    let bob = world.id("bob");
    world.arrive("bob2");
    world.say("bob2", sub(&group));
    world.hush();
    world.say("bob1", del_messages(&group, 2, 0, false));
    let heard = of_kind(&world.heard("bob2"), "pres");
    assert_eq!(heard, [json!({"topic": group, "src": bob, "what": "del", "clear": 1, "delseq": [{"low": 2}]})]);
    assert!(world.heard("alice1").is_empty());
}

#[test]
fn a_page_is_filled_up_behind_what_was_deleted() {
    let (mut world, group) = ten();
    world.say("bob1", del_messages(&group, 8, 11, false));
    world.hush();
    let mut page = get(&group, "data");
    page["get"]["data"] = json!({"limit": 3});
    world.say("bob1", page);
    let heard = world.heard("bob1");
    let seqs: Vec<&Value> = heard.iter().filter_map(|frame| frame.pointer("/data/seq")).collect();
    assert_eq!(seqs, [7, 6, 5]);
    assert_eq!(heard[3]["ctrl"]["params"]["count"], 3);
}

#[test]
fn ranges_that_ask_for_one_thing_twice_are_one_and_the_deletions_are_listed() {
    let (mut world, group) = ten();
    let del = json!({"del": {"id": "q", "topic": group, "what": "msg",
        "delseq": [{"low": 4, "hi": 6}, {"low": 5}, {"low": 8}, {"low": 9, "hi": 99}]}});
    assert_eq!(world.ask("bob1", del)["params"], json!({"del": 1}));
    world.heard("bob1");
    world.say("bob1", get(&group, "del"));
    let del = world.heard("bob1")[0]["meta"]["del"].clone();
    assert_eq!(del, json!({"clear": 1, "delseq": [{"low": 4, "hi": 6}, {"low": 8, "hi": 11}]}));
    world.say("alice1", get(&group, "del"));
    assert_eq!(world.heard("alice1")[0]["ctrl"]["code"], 204, "what bob deleted for himself is his");
}

#[test]
fn ranges_that_are_none_or_too_many_are_malformed() {
    let (mut world, group) = ten();
    let del = |delseq: Value| json!({"del": {"id": "q", "topic": group, "what": "msg", "delseq": delseq}});
    let many: Vec<Value> = (1..=1025).map(|low| json!({"low": low % 10 + 1})).collect();
    for delseq in [json!([]), json!([{}]), json!([{"low": 3, "hi": 1}]), json!([{"low": 11}]), json!(many)] {
        assert_eq!(world.code("bob1", del(delseq)), 400);
    }
}

#[test]
fn a_number_is_not_used_again_after_its_message_was_deleted_for_all() {
    let (mut world, group) = ten();
    world.say("alice1", del_messages(&group, 1, 11, true));
    world.restart();
    world.arrive("alice1");
    world.say("alice1", sub(&group));
    assert_eq!(world.ask("alice1", publish_quietly(&group, "x"))["params"]["seq"], 11);
}

#[test]
fn who_may_not_read_deletes_nothing() {
    let (mut world, group) = ten();
    let bob = world.id("bob");
    world.say("alice1", set_mode_of(&group, &bob, "JWP"));
    assert_eq!(world.code("bob1", del_messages(&group, 1, 0, false)), 403);
}

#[test]
fn a_deletion_that_hides_nothing_new_is_answered_and_neither_kept_nor_told() {
    let (mut world, group) = ten();
    world.arrive("bob2");
    world.say("bob2", sub(&group));
    assert_eq!(world.ask("bob1", del_messages(&group, 2, 5, false))["params"], json!({"del": 1}));
    assert_eq!(world.ask("alice1", del_messages(&group, 7, 0, true))["params"], json!({"del": 2}));
    world.hush();
    let before = world.store.clone();
    for (line, low, hi, hard) in [("bob1", 3, 5, false), ("bob1", 7, 0, false), ("alice1", 7, 0, true)] {
        assert_eq!(world.ask(line, del_messages(&group, low, hi, hard))["params"], json!({"del": 2}));
    }
    assert_eq!(world.store, before);
    assert!(world.heard("bob2").is_empty());
    assert_eq!(world.ask("alice1", del_messages(&group, 3, 5, true))["params"], json!({"del": 3}), "new for all");
}

#[test]
fn of_a_deletion_only_what_it_hides_anew_is_kept() {
    let (mut world, group) = ten();
    world.say("bob1", del_messages(&group, 2, 5, false));
    world.say("bob1", del_messages(&group, 1, 7, false));
    world.heard("bob1");
    for (since, delseq) in [(1, json!([{"low": 1, "hi": 7}])), (2, json!([{"low": 1}, {"low": 5, "hi": 7}]))] {
        let mut asked = get(&group, "del");
        asked["get"]["del"] = json!({"since": since});
        world.say("bob1", asked);
        assert_eq!(world.heard("bob1")[0]["meta"]["del"], json!({"clear": 2, "delseq": delseq}));
    }
    assert_eq!(numbers(&mut world, "bob1", &group), [10, 9, 8, 7]);
}
