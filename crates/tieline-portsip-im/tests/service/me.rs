//! One's own account.

use serde_json::{Value, json};

use crate::said::{get, leave, mark, notices, of_kind, publish, set_public, sub, sub_get};
use crate::world::World;

fn alone() -> World {
    let mut world = World::new();
    world.arrive("alice1");
    world
}

#[test]
fn me_is_attached_and_every_section_of_it_answered() {
    let mut world = alone();
    world.say("alice1", sub_get("me", "sub desc tags cred"));
    let heard = world.heard("alice1");
    assert_eq!(heard[0]["ctrl"]["code"], 200);
    assert_eq!(heard[1]["meta"]["desc"]["acs"], json!({"want": "JPS", "given": "JPS", "mode": "JPS"}));
    let what: Vec<&Value> = heard[2..].iter().map(|frame| &frame["ctrl"]["params"]["what"]).collect();
    assert_eq!(what, ["sub", "tags", "creds"]);
}

#[test]
fn three_sessions_are_on_me_and_the_user_is_online_until_the_last_left() {
    let mut world = alone();
    world.arrive("bob1");
    let bob = world.id("bob");
    world.say("bob1", sub("me"));
    world.say("alice1", sub(&bob));
    for line in ["alice1", "alice2", "alice3"] {
        if line != "alice1" {
            world.arrive(line);
        }
        assert_eq!(world.code(line, sub("me")), 200);
    }
    world.hush();
    for line in ["alice1", "alice3"] {
        world.say(line, leave("me"));
        world.wait(20_000);
        assert!(world.heard("bob1").is_empty());
    }
    world.say("alice2", leave("me"));
    world.wait(20_000);
    assert_eq!(notices(&world.heard("bob1")), ["off"]);
}

#[test]
fn me_is_not_published_to_and_not_left_for_good() {
    let mut world = alone();
    world.say("alice1", sub("me"));
    assert_eq!(world.code("alice1", publish("me", "x")), 403);
    assert_eq!(world.code("alice1", json!({"leave": {"id": "q", "topic": "me", "unsub": true}})), 403);
    assert_eq!(world.code("alice1", get("me", "data")), 403);
    world.say("alice1", mark("me", "read", 1));
    assert!(world.heard("alice1").len() == 1, "a note to me is passed over");
}

#[test]
fn what_one_shows_and_keeps_is_told_the_other_sessions_once_and_not_the_one_that_set_it() {
    let mut world = alone();
    world.arrive("alice2");
    for line in ["alice1", "alice2"] {
        world.say(line, sub("me"));
    }
    world.hush();
    let set = json!({"set": {"id": "q", "topic": "me", "desc": {"public": {"fn": "A"}, "private": {"k": 1}}}});
    world.say("alice1", set);
    let heard = world.heard("alice1");
    assert_eq!((heard.len(), &heard[0]["ctrl"]["code"]), (1, &json!(200)));
    assert_eq!(world.heard("alice2"), [json!({"pres": {"topic": "me", "what": "upd"}})]);
    world.say("alice2", get("me", "desc"));
    let desc = world.heard("alice2")[0]["meta"]["desc"].clone();
    assert_eq!((&desc["public"], &desc["private"]), (&json!({"fn": "A"}), &json!({"k": 1})));
}

#[test]
fn contacts_hear_that_somebody_shows_oneself_differently() {
    let mut world = alone();
    world.arrive("bob1");
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    world.say("alice1", sub(&bob));
    for line in ["alice1", "bob1"] {
        world.say(line, sub("me"));
    }
    world.hush();
    world.say("alice1", set_public("me", "Alicia"));
    assert_eq!(world.heard("bob1"), [json!({"pres": {"topic": "me", "src": alice, "what": "upd"}})]);
    world.say("bob1", get("me", "sub"));
    assert_eq!(world.heard("bob1")[0]["meta"]["sub"][0]["public"], json!({"fn": "Alicia"}));
}

#[test]
fn the_own_default_keeps_a_and_makes_no_owners() {
    let mut world = alone();
    world.say("alice1", sub("me"));
    let set = |auth: &str| json!({"set": {"id": "q", "topic": "me", "desc": {"defacs": {"auth": auth}}}});
    assert_eq!(world.code("alice1", set("JRWO")), 400);
    assert_eq!(world.code("alice1", set("JRQ")), 400);
    assert_eq!(world.code("alice1", set("JRWD")), 200);
    world.say("alice1", get("me", "desc"));
    assert_eq!(world.heard("alice1").last().expect("it")["meta"]["desc"]["defacs"]["auth"], "JRWA");
}

#[test]
fn the_list_has_who_is_online_who_was_seen_and_topics_that_were_left_when_asked_what_changed() {
    let mut world = alone();
    world.arrive("bob1");
    let bob = world.id("bob");
    world.say("alice1", sub("me"));
    world.say("alice1", sub(&bob));
    world.say("bob1", sub("me"));
    let group = world.create("alice1");
    world.say("bob1", leave("me"));
    world.wait(5_000);
    world.hush();
    world.say("alice1", get("me", "sub"));
    let list = world.heard("alice1")[0]["meta"]["sub"].clone();
    let of = |name: &str| list.as_array().expect("a list").iter().find(|entry| entry["topic"] == *name).cloned();
    assert_eq!(of(&group).expect("the group")["online"], true);
    let contact = of(&bob).expect("bob");
    assert!(contact.get("online").is_none() && contact["seen"]["when"].is_string(), "{contact}");
    world.say("alice1", json!({"leave": {"id": "q", "topic": bob, "unsub": true}}));
    world.hush();
    let mut since = get("me", "sub");
    since["get"]["sub"] = json!({"ims": "2024-01-01T00:00:00Z", "topic": bob});
    world.say("alice1", since);
    let list = world.heard("alice1")[0]["meta"]["sub"].clone();
    assert!(list[0]["deleted"].is_string() && list[0]["acs"] == json!({}), "{list}");
}

#[test]
fn the_topics_of_a_user_are_known_after_a_restart_and_found_online() {
    let mut world = alone();
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    world.say("bob1", publish(&group, "x"));
    world.restart();
    world.arrive("carol1");
    world.arrive("alice1");
    world.say("alice1", sub(&group));
    world.arrive("bob1");
    world.say("bob1", sub_get("me", "sub"));
    let heard = world.heard("bob1");
    let entry = &of_kind(&heard, "meta")[0]["sub"][0];
    assert_eq!((&entry["topic"], &entry["seq"], &entry["read"]), (&json!(group), &json!(1), &json!(1)));
    assert_eq!(of_kind(&heard, "pres"), [json!({"topic": "me", "src": group, "what": "on"})]);
}

/// Lines of alice that are attached to `me`, each with its program.
fn alice_on_me(world: &mut World, lines: &[(&str, &str)]) {
    for (line, ua) in lines {
        world.connect(line);
        world.say(line, json!({"hi": {"id": "h", "ver": "0.25", "ua": ua}}));
        world.user("alice");
        let login = world.login_frame(line, "login");
        world.say_text(line, &login);
        world.say(line, sub("me"));
    }
}

#[test]
fn a_change_of_program_is_told_contacts_a_while_later() {
    let mut world = World::new();
    world.arrive("bob1");
    let bob = world.id("bob");
    alice_on_me(&mut world, &[("alice1", "one/1"), ("alice2", "two/2")]);
    world.say("alice1", sub(&bob));
    world.say("bob1", sub("me"));
    world.hush();
    world.say("alice1", leave("me"));
    assert!(world.heard("bob1").is_empty());
    world.wait(5_000);
    let heard = of_kind(&world.heard("bob1"), "pres");
    assert_eq!((heard.len(), &heard[0]["what"], &heard[0]["ua"]), (1, &json!("ua"), &json!("two/2")));
}

#[test]
fn changes_of_program_one_upon_the_other_are_told_once_with_the_last() {
    let mut world = World::new();
    world.arrive("bob1");
    let bob = world.id("bob");
    alice_on_me(&mut world, &[("alice1", "one/1"), ("alice2", "two/2"), ("alice3", "three/3")]);
    world.say("alice2", sub(&bob));
    world.say("bob1", sub("me"));
    world.hush();
    for line in ["alice1", "alice3"] {
        world.say(line, leave("me"));
        world.wait(1_000);
    }
    assert!(world.heard("bob1").is_empty());
    world.wait(20_000);
    let heard = of_kind(&world.heard("bob1"), "pres");
    assert_eq!((heard.len(), &heard[0]["what"], &heard[0]["ua"]), (1, &json!("ua"), &json!("two/2")));
}
