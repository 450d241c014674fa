//! Nothing is told before it is kept, and nothing that is not kept stays.

use serde_json::json;
use tieline_portsip_im::service::{Arrival, SessionId};

use crate::said::{
    del_member, del_messages, del_topic, get, leave, mark, notices, of_kind, publish, set_mode, set_mode_of,
    set_public, sub, unsub,
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

/// Bob's contact alice, both on `me`, and carol with a group of hers.
fn contacts() -> (World, String) {
    let mut world = World::new();
    for line in ["alice1", "alice2", "bob1", "carol1"] {
        world.arrive(line);
    }
    let alice = world.id("alice");
    world.say("bob1", sub("me"));
    world.say("bob1", sub(&alice));
    world.say("alice1", sub("me"));
    let group = world.create("carol1");
    world.hush();
    (world, group)
}

/// What is said while a commit fails: what writes nothing waits behind what does.
fn lose(world: &mut World, writer: &str, topic: &str, act: impl FnOnce(&mut World)) {
    world.hold = true;
    world.say(writer, publish(topic, "lost"));
    act(world);
    world.broken = true;
    world.commit();
    (world.hold, world.broken) = (false, false);
}

#[test]
fn who_came_back_in_a_commit_that_failed_is_told_to_be_offline_later() {
    let (mut world, group) = contacts();
    world.say("alice1", leave("me"));
    world.wait(1_000);
    lose(&mut world, "carol1", &group, |world| world.say("alice2", sub("me")));
    assert!(world.heard("bob1").is_empty());
    world.wait(10_000);
    assert_eq!(notices(&world.heard("bob1")), ["off"]);
    world.say("alice1", sub("me"));
    assert_eq!(notices(&world.heard("bob1")), ["on"]);
}

#[test]
fn who_came_first_in_a_commit_that_failed_was_told_nobody_and_is_not_told_to_go() {
    let (mut world, group) = contacts();
    world.say("alice1", leave("me"));
    world.wait(10_000);
    world.hush();
    lose(&mut world, "carol1", &group, |world| world.say("alice2", sub("me")));
    world.wait(10_000);
    assert!(world.heard("bob1").is_empty());
    world.say("alice2", sub("me"));
    assert_eq!(notices(&world.heard("bob1")), ["on"]);
}

#[test]
fn that_somebody_went_offline_is_told_although_it_could_not_be_kept_at_once() {
    let (mut world, _) = contacts();
    world.say("alice1", leave("me"));
    world.broken = true;
    world.wait(5_000);
    world.broken = false;
    assert!(world.heard("bob1").is_empty());
    world.wait(10_000);
    assert_eq!(notices(&world.heard("bob1")), ["off"]);
}

#[test]
fn who_is_cut_off_while_a_commit_fails_is_told_to_be_gone_in_groups_and_to_contacts() {
    let (mut world, group) = contacts();
    let alice = world.id("alice");
    world.say("alice1", sub(&group));
    world.hush();
    lose(&mut world, "carol1", &group, |world| {
        // The device that goes is joined by another, which is not kept.
        world.say("alice2", sub(&group));
        world.say("alice2", sub("me"));
        world.cut("alice1");
    });
    world.hush();
    world.wait(10_000);
    let gone = json!({"topic": group, "src": alice, "what": "off"});
    assert_eq!(of_kind(&world.heard("carol1"), "pres"), [gone]);
    assert_eq!(notices(&world.heard("bob1")), ["off"]);
    world.wait(60_000);
    assert!(world.heard("carol1").is_empty() && world.heard("bob1").is_empty());
}

#[test]
fn a_group_whose_deletion_is_not_kept_is_online_and_goes_offline_like_any_other() {
    let (mut world, group) = two();
    world.arrive("carol1");
    world.say("carol1", sub("me"));
    world.say("carol1", sub(&group));
    world.say("carol1", leave(&group));
    world.hush();
    world.broken = true;
    assert_eq!(world.code("alice1", del_topic(&group)), 500);
    world.broken = false;
    world.say("alice1", get(&group, "desc"));
    assert_eq!(world.heard("alice1").last().expect("an answer")["meta"]["desc"]["online"], true);
    for line in ["alice1", "bob1"] {
        assert_eq!(world.code(line, leave(&group)), 200);
    }
    world.hush();
    world.wait(10_000);
    assert_eq!(notices(&world.heard("carol1")), ["off"]);
}

#[test]
fn a_group_that_came_online_in_a_commit_that_failed_is_told_online_when_it_is() {
    let (mut world, group) = two();
    world.arrive("carol1");
    world.say("carol1", sub("me"));
    world.say("carol1", sub(&group));
    let other = world.create("carol1");
    for line in ["alice1", "bob1", "carol1"] {
        world.say(line, leave(&group));
    }
    world.wait(1_000);
    // Within the time in which it still counts as online.
    lose(&mut world, "carol1", &other, |world| world.say("bob1", sub(&group)));
    world.hush();
    world.wait(10_000);
    assert_eq!(notices(&world.heard("carol1")), ["off"]);
    lose(&mut world, "carol1", &other, |world| world.say("bob1", sub(&group)));
    world.wait(10_000);
    world.hush();
    world.say("bob1", sub(&group));
    assert_eq!(notices(&world.heard("carol1")), ["on"]);
}

#[test]
fn a_login_that_is_not_kept_leaves_no_session() {
    let (mut world, group) = two();
    let alice = world.user("alice");
    let (now, id) = (world.now, SessionId(77));
    let step = world.decided(|service| service.open(now, id, &Arrival::new(alice)));
    let held = world.service.held().0;
    world.service.fail(vec![step]);
    assert_eq!(world.service.held().0, held - 1);
    assert!(world.service.close(now, id).is_empty());
    assert_eq!(world.code("alice1", publish(&group, "x")), 202, "the other devices are where they were");
    let step = world.decided(|service| service.open(now, id, &Arrival::new(alice)));
    let _ = world.service.commit(step);
    assert_eq!(world.service.held().0, held);
}
