//! Nothing is told before it is kept, and nothing that is not kept stays.

use serde_json::json;

use crate::said::{
    del_member, del_messages, del_topic, get, leave, mark, of_kind, publish, set_mode, set_mode_of, set_public, sub,
    unsub,
};
use crate::world::World;

/// Alice's group with bob.
fn two() -> (World, String) {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    world.hush();
    (world, group)
}

#[test]
fn answers_and_messages_leave_only_after_the_commit_and_in_order() {
    let (mut world, group) = two();
    world.hold = true;
    for text in ["1", "2", "3"] {
        world.say("alice1", publish(&group, text));
    }
    assert!(world.heard("alice1").is_empty() && world.heard("bob1").is_empty());
    world.commit();
    let seqs: Vec<_> = of_kind(&world.heard("bob1"), "data").iter().map(|data| data["seq"].clone()).collect();
    assert_eq!(seqs, [1, 2, 3], "one commit, three messages");
    let heard = world.heard("alice1");
    assert_eq!(of_kind(&heard, "ctrl").len(), 3);
}

#[test]
fn a_reader_sees_no_number_before_it_is_committed() {
    let (mut world, group) = two();
    world.hold = true;
    world.say("alice1", publish(&group, "1"));
    world.say("bob1", get(&group, "desc data"));
    assert!(world.heard("bob1").is_empty());
    world.commit();
    let heard = world.heard("bob1");
    assert_eq!(of_kind(&heard, "meta")[0]["desc"]["seq"], 1);
    assert_eq!(of_kind(&heard, "data").len(), 2, "told, and in the history");
}

#[test]
fn who_attaches_while_a_message_waits_for_its_commit_has_it_by_history() {
    let (mut world, group) = two();
    world.say("bob1", leave(&group));
    world.hush();
    world.hold = true;
    world.say("alice1", publish(&group, "1"));
    world.say("bob1", crate::said::sub_get(&group, "data"));
    world.commit();
    assert_eq!(of_kind(&world.heard("bob1"), "data")[0]["seq"], 1);
}

#[test]
fn a_commit_that_fails_answers_500_tells_nobody_and_leaves_the_number() {
    let (mut world, group) = two();
    world.broken = true;
    assert_eq!(world.code("alice1", publish(&group, "lost")), 500);
    assert!(world.heard("bob1").is_empty());
    world.broken = false;
    assert_eq!(world.ask("alice1", publish(&group, "kept"))["params"]["seq"], 1);
    assert_eq!(of_kind(&world.heard("bob1"), "data")[0]["content"], "kept");
}

#[test]
fn all_that_was_decided_after_a_failed_commit_is_answered_500_too() {
    let (mut world, group) = two();
    world.hold = true;
    world.say("alice1", publish(&group, "1"));
    world.say("bob1", get(&group, "desc"));
    world.say("bob1", publish(&group, "2"));
    world.broken = true;
    world.commit();
    assert_eq!(of_kind(&world.heard("alice1"), "ctrl")[0]["code"], 500);
    let codes: Vec<_> = of_kind(&world.heard("bob1"), "ctrl").iter().map(|ctrl| ctrl["code"].clone()).collect();
    assert_eq!(codes, [500, 500]);
    (world.broken, world.hold) = (false, false);
    assert_eq!(world.ask("bob1", publish(&group, "3"))["params"]["seq"], 1);
}

#[test]
fn a_sub_that_is_not_kept_does_not_attach() {
    let (mut world, group) = two();
    world.arrive("carol1");
    world.broken = true;
    assert_eq!(world.code("carol1", sub(&group)), 500);
    world.broken = false;
    assert_eq!(world.code("carol1", publish(&group, "x")), 409);
    world.say("alice1", publish(&group, "x"));
    assert!(world.heard("carol1").iter().all(|frame| frame.get("data").is_none()));
    assert_eq!(world.code("carol1", sub(&group)), 200);
}

#[test]
fn a_creation_that_is_not_kept_is_500_and_leaves_nothing() {
    let (mut world, _) = two();
    world.arrive("carol1");
    world.broken = true;
    assert_eq!(world.code("carol1", sub("new")), 500);
    let alice = world.id("alice");
    assert_eq!(world.code("carol1", sub(&alice)), 500);
    world.broken = false;
    world.say("carol1", get("me", "sub"));
    assert_eq!(world.heard("carol1").last().expect("an answer")["ctrl"]["code"], 404 - 200);
    assert_eq!(world.code("carol1", sub(&alice)), 200);
}

#[test]
fn leaving_for_good_that_is_not_kept_changes_nothing() {
    let (mut world, group) = two();
    world.broken = true;
    assert_eq!(world.code("bob1", unsub(&group)), 500);
    world.broken = false;
    world.say("alice1", publish(&group, "x"));
    assert_eq!(of_kind(&world.heard("bob1"), "data").len(), 1, "still attached");
}

#[test]
fn a_group_whose_deletion_is_not_kept_lives_on_with_its_sessions() {
    let (mut world, group) = two();
    world.broken = true;
    assert_eq!(world.code("alice1", del_topic(&group)), 500);
    world.broken = false;
    assert_eq!(world.code("alice1", publish(&group, "x")), 202);
    assert_eq!(of_kind(&world.heard("bob1"), "data").len(), 1);
}

#[test]
fn a_ban_and_a_removal_that_are_not_kept_evict_nobody() {
    let (mut world, group) = two();
    let bob = world.id("bob");
    world.broken = true;
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "N")), 500);
    assert_eq!(world.code("alice1", del_member(&group, &bob)), 500);
    world.broken = false;
    assert!(world.heard("bob1").is_empty());
    assert_eq!(world.code("bob1", publish(&group, "x")), 202);
}

#[test]
fn modes_descriptions_and_owners_that_are_not_kept_are_as_before() {
    let (mut world, group) = two();
    let bob = world.id("bob");
    world.broken = true;
    for said in [set_mode(&group, "JRWPAO"), set_public(&group, "X"), set_mode_of(&group, &bob, "JRWPASDO")] {
        assert_eq!(world.code("alice1", said), 500);
    }
    assert_eq!(world.code("alice1", del_messages(&group, 1, 0, true)), 400, "what writes nothing is answered");
    world.broken = false;
    world.heard("alice1");
    world.say("alice1", get(&group, "desc"));
    let desc = world.heard("alice1")[0]["meta"]["desc"].clone();
    assert_eq!((&desc["acs"]["mode"], desc.get("public")), (&json!("JRWPASDO"), None));
}

#[test]
fn a_read_mark_that_is_not_kept_is_told_nobody() {
    let (mut world, group) = two();
    world.say("alice1", publish(&group, "x"));
    world.hush();
    world.broken = true;
    world.say("bob1", mark(&group, "read", 1));
    world.broken = false;
    assert!(world.heard("alice1").is_empty() && world.heard("bob1").is_empty());
    world.say("bob1", mark(&group, "read", 1));
    assert_eq!(of_kind(&world.heard("alice1"), "info").len(), 1);
}

#[test]
fn what_a_restart_finds_is_what_was_committed() {
    let (mut world, group) = two();
    world.say("alice1", publish(&group, "kept"));
    world.hold = true;
    world.say("alice1", publish(&group, "lost with the power"));
    world.restart();
    world.arrive("alice1");
    world.say("alice1", crate::said::sub_get(&group, "desc data"));
    let heard = world.heard("alice1");
    assert_eq!(of_kind(&heard, "meta")[0]["desc"]["seq"], 1);
    assert_eq!(of_kind(&heard, "data")[0]["content"], "kept");
}
