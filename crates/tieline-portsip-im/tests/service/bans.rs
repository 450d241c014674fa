//! Who is banned, bans oneself, or comes back.

use serde_json::json;

use crate::said::{
    del_topic, leave, mark, notices, of_kind, publish, publish_quietly, set_mode, set_mode_of, sub, sub_mode, unsub,
};
use crate::world::World;

/// Alice's group with bob, both attached, and a second device of each on `me`.
fn group() -> (World, String) {
    let mut world = World::new();
    for line in ["alice1", "alice2", "bob1", "bob2"] {
        world.arrive(line);
    }
    let group = world.create("alice1");
    assert_eq!(world.code("bob1", sub(&group)), 200);
    for line in ["alice2", "bob2"] {
        world.say(line, sub("me"));
    }
    world.hush();
    (world, group)
}

#[test]
fn who_may_not_join_hears_nothing_and_marks_nothing_whatever_else_is_given() {
    let (mut world, group) = group();
    let bob = world.id("bob");
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "RWPS")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "off"], "told of the ban, and that it is offline");
    world.hush();
    world.say("alice1", publish(&group, "secret"));
    assert!(world.heard("bob2").is_empty(), "no notice of a message");
    world.hush();
    let before = world.store.clone();
    world.say("bob1", mark(&group, "recv", 1));
    assert_eq!(world.store, before);
    for line in ["alice1", "alice2", "bob2"] {
        assert!(world.heard(line).is_empty(), "{line}");
    }
}

#[test]
fn who_does_not_want_to_join_hears_nothing_whatever_else_is_wanted() {
    let (mut world, group) = group();
    assert_eq!(world.code("bob1", set_mode(&group, "RWPS")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "off"]);
    world.say("alice1", publish(&group, "secret"));
    world.say("alice1", mark(&group, "read", 1));
    assert!(world.heard("bob2").is_empty());
}

#[test]
fn what_who_is_banned_wishes_is_kept_and_told_nobody_else() {
    let (mut world, group) = group();
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    assert_eq!(world.code("alice1", sub(&bob)), 200);
    assert_eq!(world.code("bob1", sub(&alice)), 200);
    for topic in [&group, &bob] {
        assert_eq!(world.code("alice1", set_mode_of(topic, &bob, "N")), 200);
    }
    for topic in [&group, &alice] {
        for mode in ["JR", "JRWPAS"] {
            world.hush();
            assert_eq!(world.code("bob1", set_mode(topic, mode)), 200);
            assert_eq!(notices(&world.heard("bob2")), ["acs"], "the own devices know");
            assert!(world.heard("alice1").is_empty() && world.heard("alice2").is_empty(), "{topic}");
        }
    }
}

#[test]
fn who_ends_a_ban_of_oneself_hears_that_the_group_is_online_and_who_mutes_it_that_it_is_not() {
    let (mut world, group) = group();
    assert_eq!(world.code("bob1", set_mode(&group, "N")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "off"]);
    assert_eq!(world.code("bob1", sub(&group)), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "on"]);
    assert_eq!(world.code("bob1", leave(&group)), 200);
    assert_eq!(world.code("bob1", sub_mode(&group, "JRW")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "off"]);
    assert_eq!(world.code("bob1", leave(&group)), 200);
    assert_eq!(world.code("bob1", sub_mode(&group, "N")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs"], "it was offline for him already");
}

#[test]
fn who_joins_a_group_that_everybody_just_left_hears_that_it_is_still_online() {
    let (mut world, group) = group();
    for line in ["dave1", "dave2"] {
        world.arrive(line);
    }
    world.say("dave2", sub("me"));
    for line in ["alice1", "bob1"] {
        world.say(line, leave(&group));
    }
    world.wait(1_000);
    world.hush();
    assert_eq!(world.code("dave1", sub(&group)), 200);
    assert_eq!(notices(&world.heard("dave2")), ["acs", "on"]);
}

#[test]
fn a_ban_of_two_is_lifted_also_when_the_one_who_was_banned_left() {
    let mut world = World::new();
    for line in ["alice1", "alice2", "bob1"] {
        world.arrive(line);
    }
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    world.say("alice2", sub("me"));
    world.say("alice1", sub(&bob));
    world.say("bob1", sub(&alice));
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "N")), 200);
    assert_eq!(world.code("alice1", del_topic(&bob)), 200);
    assert_eq!(world.code("alice1", sub(&bob)), 403);
    world.hush();
    let answer = world.ask("bob1", set_mode_of(&alice, &alice, "JRWPA"));
    assert_eq!((&answer["code"], &answer["params"]["acs"]["given"]), (&json!(200), &json!("JRWPA")));
    assert!(world.heard("alice2").is_empty(), "who left is not told");
    world.say("bob1", publish_quietly(&alice, "are you there?"));
    assert!(world.heard("alice2").is_empty(), "nor back by it");
    assert_eq!(world.code("alice1", sub(&bob)), 200);
    assert_eq!(world.code("alice1", publish(&bob, "here I am")), 202);
    assert_eq!(world.code("alice1", unsub(&bob)), 200);
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "N")), 200, "who left is kept out, too");
    assert_eq!(world.code("alice1", sub(&bob)), 403);
    assert!(of_kind(&world.heard("bob1"), "pres").is_empty());
}
