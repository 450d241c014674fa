//! Groups.

use serde_json::{Value, json};

use crate::said::{
    del_member, del_topic, get, leave, notices, of_kind, publish, publish_quietly, set_mode, set_mode_of, set_public,
    sub, sub_get, sub_mode, unsub,
};
use crate::world::World;

/// Alice's group with bob and carol, all attached.
fn three() -> (World, String) {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    for line in ["bob1", "carol1"] {
        world.arrive(line);
        assert_eq!(world.code(line, sub(&group)), 200);
    }
    world.hush();
    (world, group)
}

fn acs_of(world: &mut World, line: &str, group: &str, user: &str) -> Value {
    world.heard(line);
    world.say(line, get(group, "sub"));
    let heard = world.heard(line);
    let user = world.id(user);
    let entries = of_kind(&heard, "meta")[0]["sub"].as_array().expect("a list").clone();
    entries.iter().find(|entry| entry["user"] == *user).map_or(Value::Null, |entry| entry["acs"].clone())
}

#[test]
fn a_message_without_echo_skips_the_publisher_and_who_may_not_read() {
    let (mut world, group) = three();
    let alice = world.id("alice");
    world.arrive("carol2");
    world.say("carol2", sub("me"));
    world.say("carol1", set_mode(&group, "JWPS"));
    world.hush();
    assert_eq!(world.ask("alice1", publish_quietly(&group, "x"))["params"]["seq"], 1);
    let heard = world.heard("bob1");
    let data = &of_kind(&heard, "data")[0];
    assert_eq!((&data["topic"], &data["from"], &data["content"]), (&json!(group), &json!(alice), &json!("x")));
    assert!(of_kind(&world.heard("alice1"), "data").is_empty());
    assert!(world.heard("carol1").is_empty() && world.heard("carol2").is_empty());
}

#[test]
fn a_member_who_is_not_attached_hears_of_a_message_on_me() {
    let (mut world, group) = three();
    let alice = world.id("alice");
    world.say("bob1", sub("me"));
    world.say("bob1", leave(&group));
    world.hush();
    world.say("alice1", publish(&group, "x"));
    let heard = of_kind(&world.heard("bob1"), "pres");
    assert_eq!(heard, [json!({"topic": "me", "src": group, "what": "msg", "seq": 1, "act": alice})]);
}

#[test]
fn the_creator_owns_the_group_and_is_told_its_name() {
    let mut world = World::new();
    world.arrive("alice1");
    let answer = world.ask("alice1", sub("newAbC123"));
    let full = json!({"want": "JRWPASDO", "given": "JRWPASDO", "mode": "JRWPASDO"});
    assert_eq!(answer["params"], json!({"acs": full, "tmpname": "newAbC123"}));
    let name = answer["topic"].as_str().expect("a name");
    assert!(name.len() == 14 && name.starts_with("grp"), "{name}");
}

#[test]
fn a_creation_that_is_refused_is_told_of_the_name_that_was_asked_for_and_leaves_nothing() {
    let mut world = World::new();
    world.arrive("alice1");
    for mode in ["JRWP", "N", "RWPASDO"] {
        let answer = world.ask("alice1", sub_mode("newX", mode));
        assert_eq!((&answer["code"], &answer["topic"]), (&json!(403), &json!("newX")));
    }
    let trusted = json!({"sub": {"id": "q", "topic": "newX", "set": {"desc": {"trusted": {"x": 1}}}}});
    assert_eq!(world.code("alice1", trusted), 403);
    world.say("alice1", sub_get("me", "sub"));
    assert_eq!(world.heard("alice1").last().expect("an answer")["ctrl"]["code"], 204);
}

#[test]
fn sub_with_another_user_or_a_bad_mode_is_malformed() {
    let (mut world, group) = three();
    world.arrive("dave1");
    let other = json!({"sub": {"id": "q", "topic": group, "set": {"sub": {"user": "usr1", "mode": "JR"}}}});
    assert_eq!(world.code("dave1", other), 400);
    assert_eq!(world.code("dave1", sub_mode(&group, "XYZ")), 400);
    assert_eq!(world.code("dave1", sub(&group)), 200);
}

#[test]
fn a_session_that_is_attached_is_304_and_what_it_sets_is_not_looked_at() {
    let (mut world, group) = three();
    assert_eq!(world.code("bob1", sub(&group)), 304);
    assert_eq!(world.code("bob1", sub_mode(&group, "XYZ")), 304);
}

#[test]
fn an_owner_may_not_give_up_join_or_ownership() {
    let (mut world, group) = three();
    for mode in ["JRWPAS", "N", "RWPASDO"] {
        assert_eq!(world.code("alice1", set_mode(&group, mode)), 403, "{mode}");
    }
    assert_eq!(world.code("alice1", set_mode(&group, "JRWPO")), 200);
    world.say("alice1", leave(&group));
    assert_eq!(world.code("alice1", sub_mode(&group, "JRWPAS")), 403);
}

#[test]
fn a_member_may_not_ask_to_own_by_set_and_joining_keeps_the_wish_only() {
    let (mut world, group) = three();
    assert_eq!(world.code("bob1", set_mode(&group, "JRWPASDO")), 403);
    world.arrive("dave1");
    let answer = world.ask("dave1", sub_mode(&group, "JRWPASDO"));
    assert_eq!(answer["params"]["acs"], json!({"want": "JRWPASDO", "given": "JRWPS", "mode": "JRWPS"}));
    assert_eq!(world.code("dave1", set_public(&group, "mine")), 403);
}

#[test]
fn a_member_who_wants_less_joins_with_less() {
    let (mut world, group) = three();
    world.arrive("dave1");
    let answer = world.ask("dave1", sub_mode(&group, "JR"));
    assert_eq!(answer["params"]["acs"], json!({"want": "JR", "given": "JRWPS", "mode": "JR"}));
    assert_eq!(world.code("dave1", publish(&group, "may I?")), 403);
}

#[test]
fn sub_with_a_wider_mode_on_an_existing_subscription_attaches() {
    let (mut world, group) = three();
    world.say("bob1", leave(&group));
    assert_eq!(world.code("bob1", sub_mode(&group, "JRWPAS")), 200);
    assert_eq!(world.code("bob1", publish(&group, "x")), 202);
}

#[test]
fn a_member_beyond_the_limit_is_refused_joining_and_invited() {
    let mut config = crate::world::config();
    config.members = 2;
    let mut world = World::with(config, tieline_portsip_im::server::ServerConfig::new(crate::world::EPOCH));
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.arrive("carol1");
    let carol = world.id("carol");
    assert_eq!(world.code("bob1", sub(&group)), 200);
    assert_eq!(world.code("carol1", sub(&group)), 422);
    assert_eq!(world.code("alice1", set_mode_of(&group, &carol, "JRWP")), 422);
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    assert_eq!(world.code("carol1", sub(&group)), 200);
}

#[test]
fn the_default_limit_is_a_thousand_members() {
    assert_eq!(crate::world::config().members, 1000);
}

#[test]
fn one_of_three_sessions_leaves_and_two_are_online() {
    let (mut world, group) = three();
    for line in ["bob2", "bob3"] {
        world.arrive(line);
        world.say(line, sub(&group));
    }
    world.hush();
    assert_eq!(world.code("bob1", leave(&group)), 200);
    assert!(world.heard("alice1").is_empty());
    world.say("alice1", publish_quietly(&group, "x"));
    assert_eq!(of_kind(&world.heard("bob2"), "data").len(), 1);
    assert_eq!(of_kind(&world.heard("bob3"), "data").len(), 1);
    assert!(of_kind(&world.heard("bob1"), "data").is_empty());
}

#[test]
fn who_unsubscribes_is_answered_the_other_sessions_are_evicted_and_sharers_are_told() {
    let (mut world, group) = three();
    let bob = world.id("bob");
    world.arrive("bob2");
    world.say("bob2", sub(&group));
    world.say("bob2", sub("me"));
    world.hush();
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    let heard = world.heard("bob2");
    assert_eq!(of_kind(&heard, "ctrl")[0]["params"], json!({"unsub": true}));
    assert_eq!(of_kind(&heard, "pres"), [json!({"topic": "me", "src": group, "what": "gone"})]);
    let heard = of_kind(&world.heard("alice1"), "pres");
    let dacs = json!({"want": "N", "given": "N"});
    let acs = json!({"topic": group, "src": bob, "what": "acs", "dacs": dacs});
    assert_eq!(heard, [acs, json!({"topic": group, "src": bob, "what": "off"})]);
    assert_eq!(acs_of(&mut world, "alice1", &group, "bob"), Value::Null);
}

#[test]
fn who_has_presence_and_no_right_to_share_hears_who_leaves_for_good_go_offline() {
    let (mut world, group) = three();
    let (bob, dave) = (world.id("bob"), world.id("dave"));
    world.arrive("dave1");
    world.say("dave1", sub(&group));
    assert_eq!(world.code("carol1", set_mode(&group, "JRWP")), 200);
    world.hush();
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    assert_eq!(world.code("alice1", del_member(&group, &dave)), 200);
    let off = |user: &str| json!({"topic": group, "src": user, "what": "off"});
    assert_eq!(of_kind(&world.heard("carol1"), "pres"), [off(&bob), off(&dave)]);
    assert_eq!(world.code("carol1", set_mode(&group, "JRW")), 200);
    world.say("bob1", sub(&group));
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    assert!(world.heard("carol1").iter().all(|frame| frame.get("pres").is_none()), "muted");
}

#[test]
fn the_owner_does_not_unsubscribe() {
    let (mut world, group) = three();
    assert_eq!(world.code("alice1", unsub(&group)), 403);
    assert_eq!(world.code("alice1", publish(&group, "still here")), 202);
}

#[test]
fn leaving_what_is_not_attached_is_304_and_for_good_409() {
    let (mut world, group) = three();
    world.arrive("dave1");
    assert_eq!(world.code("dave1", leave(&group)), 304);
    assert_eq!(world.code("dave1", unsub(&group)), 409);
}

#[test]
fn publishing_and_deleting_while_not_attached_is_409() {
    let (mut world, group) = three();
    world.say("bob1", leave(&group));
    assert_eq!(world.code("bob1", publish(&group, "x")), 409);
    assert_eq!(world.code("bob1", crate::said::del_messages(&group, 1, 0, false)), 409);
}

#[test]
fn every_section_of_an_empty_group_is_answered_on_its_own() {
    let (mut world, group) = three();
    world.say("bob1", get(&group, "desc sub data del"));
    let heard = world.heard("bob1");
    assert!(heard[0]["meta"]["desc"].is_object() && heard[1]["meta"]["sub"].is_array(), "{heard:?}");
    assert_eq!(heard[2]["ctrl"]["params"], json!({"what": "data"}));
    assert_eq!(heard[3]["ctrl"]["params"], json!({"what": "del"}));
    assert_eq!((heard.len(), &heard[3]["ctrl"]["code"]), (4, &json!(204)));
}

#[test]
fn options_that_do_not_fit_a_section_are_malformed() {
    let (mut world, group) = three();
    let of = |section: &str, options: Value| {
        let mut get = get(&group, section);
        get["get"][section] = options;
        get
    };
    for said in [
        of("desc", json!({"user": "usr1"})),
        of("desc", json!({"limit": 1})),
        of("sub", json!({"since": 1})),
        of("data", json!({"ims": "2024-01-01T00:00:00Z"})),
        get(&group, ""),
        get(&group, "nothing known"),
    ] {
        assert_eq!(world.code("bob1", said), 400);
    }
}

#[test]
fn the_owner_hands_the_group_over_in_one_step() {
    let (mut world, group) = three();
    let bob = world.id("bob");
    world.say("alice1", set_mode_of(&group, &bob, "JRWPASDO"));
    let heard = world.heard("alice1");
    let lost = json!({"want": "-ADO", "given": "-ADO"});
    assert_eq!(
        heard[0],
        json!({"pres": {"topic": group, "what": "acs", "dacs": lost}}),
        "the document's order and form"
    );
    let full = json!({"want": "JRWPASDO", "given": "JRWPASDO", "mode": "JRWPASDO"});
    assert_eq!(heard[1]["ctrl"]["params"], json!({"acs": full, "user": bob}));
    assert_eq!(acs_of(&mut world, "carol1", &group, "alice")["mode"], "JRWPS");
    assert_eq!(world.code("alice1", set_public(&group, "old")), 403);
    assert_eq!(world.code("bob1", set_public(&group, "new")), 200);
    assert_eq!(world.code("alice1", unsub(&group)), 200);
    assert_eq!(world.code("bob1", unsub(&group)), 403);
}

#[test]
fn there_is_exactly_one_owner_whatever_is_asked() {
    let (mut world, group) = three();
    let (alice, bob, carol) = (world.id("alice"), world.id("bob"), world.id("carol"));
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWPASD")), 200);
    assert_eq!(world.code("bob1", set_mode(&group, "JRWPASD")), 200);
    assert_eq!(world.code("bob1", set_mode_of(&group, &carol, "JRWPASDO")), 403);
    assert_eq!(world.code("bob1", set_mode_of(&group, &alice, "JRW")), 403);
    assert_eq!(world.code("alice1", set_mode_of(&group, &carol, "O")), 200);
    let owners: Vec<Value> = ["alice", "bob", "carol"]
        .map(|user| acs_of(&mut world, "carol1", &group, user)["mode"].clone())
        .into_iter()
        .filter(|mode| mode.as_str().is_some_and(|mode| mode.contains('O')))
        .collect();
    assert_eq!(owners, [json!("JRWPASDO")]);
}

#[test]
fn a_group_is_handed_only_to_a_member_who_wants_to_be_there() {
    let (mut world, group) = three();
    let (bob, dave) = (world.id("bob"), world.id("dave"));
    assert_eq!(world.code("alice1", set_mode_of(&group, &dave, "JRWPASDO")), 404);
    world.say("bob1", set_mode(&group, "N"));
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWPASDO")), 403);
}

#[test]
fn who_is_banned_is_evicted_and_stays_out_until_given_back() {
    let (mut world, group) = three();
    let bob = world.id("bob");
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "N")), 200);
    let heard = world.heard("bob1");
    assert_eq!(of_kind(&heard, "ctrl")[0]["params"], json!({"unsub": false}));
    assert_eq!(world.code("bob1", sub(&group)), 403);
    assert_eq!(world.code("bob1", sub_mode(&group, "JRWPS")), 403);
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWPS")), 200);
    assert_eq!(world.code("bob1", sub(&group)), 200);
}

#[test]
fn what_was_taken_away_is_not_had_again_by_leaving_and_joining() {
    let (mut world, group) = three();
    let (bob, carol) = (world.id("bob"), world.id("carol"));
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRP")), 200);
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    assert_eq!(world.ask("bob1", sub(&group))["params"]["acs"]["given"], "JRP");
    assert_eq!(world.code("alice1", set_mode_of(&group, &carol, "N")), 200);
    assert_eq!(world.code("carol1", del_topic(&group)), 200);
    assert_eq!(world.code("carol1", sub(&group)), 403);
    assert_eq!(world.code("alice1", set_mode_of(&group, &carol, "JRWPS")), 200);
    assert_eq!(world.code("carol1", sub(&group)), 200);
}

#[test]
fn who_is_removed_is_evicted_and_may_join_again() {
    let (mut world, group) = three();
    let bob = world.id("bob");
    world.say("bob1", sub("me"));
    world.hush();
    assert_eq!(world.code("alice1", del_member(&group, &bob)), 200);
    let heard = world.heard("bob1");
    assert_eq!(of_kind(&heard, "ctrl")[0]["params"], json!({"unsub": true}));
    assert_eq!(notices(&heard), ["gone"]);
    assert_eq!(world.code("alice1", del_member(&group, &bob)), 304);
    assert_eq!(world.code("bob1", sub(&group)), 200);
}

#[test]
fn who_banned_oneself_is_not_removed() {
    let (mut world, group) = three();
    let bob = world.id("bob");
    world.say("bob1", set_mode(&group, "N"));
    assert_eq!(world.code("alice1", del_member(&group, &bob)), 403);
}

#[test]
fn a_sharer_invites_with_no_more_than_the_own_rights_and_changes_no_member() {
    let (mut world, group) = three();
    let (carol, dave, erin) = (world.id("carol"), world.id("dave"), world.id("erin"));
    let answer = world.ask("bob1", set_mode_of(&group, &dave, "JRWPASD"));
    assert_eq!(answer["params"]["acs"]["given"], "JRWPS");
    assert_eq!(world.code("bob1", set_mode_of(&group, &erin, "N")), 403);
    assert_eq!(world.code("bob1", set_mode_of(&group, &carol, "JR")), 403);
}

#[test]
fn an_invitation_is_heard_on_me_and_answered_with_the_access() {
    let (mut world, group) = three();
    let (alice, dave) = (world.id("alice"), world.id("dave"));
    world.arrive("dave1");
    world.say("dave1", sub("me"));
    world.hush();
    let answer = world.ask("alice1", set_mode_of(&group, &dave, "JRWP"));
    let acs = json!({"want": "JRWP", "given": "JRWP", "mode": "JRWP"});
    assert_eq!(answer["params"], json!({"acs": acs, "user": dave}));
    let heard = of_kind(&world.heard("dave1"), "pres");
    let dacs = json!({"want": "JRWP", "given": "JRWP"});
    let acs = json!({"topic": "me", "src": group, "what": "acs", "act": alice, "dacs": dacs});
    assert_eq!(heard, [acs, json!({"topic": "me", "src": group, "what": "on"})]);
    assert_eq!(world.code("dave1", sub(&group)), 200);
}

#[test]
fn a_closed_group_takes_nobody_who_is_not_invited() {
    let mut world = World::new();
    world.arrive("alice1");
    world.arrive("bob1");
    let closed = json!({"sub": {"id": "q", "topic": "new", "set": {"desc": {"defacs": {"auth": "N"}}}}});
    let group = world.ask("alice1", closed)["topic"].as_str().expect("a name").to_owned();
    assert_eq!(world.code("bob1", sub(&group)), 403);
    let bob = world.id("bob");
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWP")), 200);
    assert_eq!(world.code("bob1", sub(&group)), 200);
}

#[test]
fn the_owner_deletes_the_group_and_nothing_is_left() {
    let (mut world, group) = three();
    world.say("bob1", sub("me"));
    world.hush();
    assert_eq!(world.code("alice1", del_topic(&group)), 200);
    assert_eq!(of_kind(&world.heard("bob1"), "pres"), [json!({"topic": "me", "src": group, "what": "gone"})]);
    let carol = world.heard("carol1");
    assert_eq!(
        of_kind(&carol, "ctrl")[0]["params"],
        json!({"unsub": true}),
        "not on me, so told where it was attached"
    );
    for line in ["alice1", "bob1", "carol1"] {
        assert_eq!(world.code(line, publish(&group, "x")), 409);
        assert_eq!(world.code(line, sub(&group)), 404);
    }
    world.say("bob1", get("me", "sub"));
    assert_eq!(world.heard("bob1").last().expect("an answer")["ctrl"]["code"], 204);
}

#[test]
fn who_is_not_the_owner_leaves_by_deleting() {
    let (mut world, group) = three();
    assert_eq!(world.code("bob1", del_topic(&group)), 200);
    assert_eq!(world.code("bob1", publish(&group, "x")), 409);
    assert_eq!(world.code("alice1", publish(&group, "x")), 202);
    world.arrive("dave1");
    assert_eq!(world.code("dave1", del_topic(&group)), 304);
}

#[test]
fn names_that_are_none_are_404_when_they_are_deleted() {
    let mut world = World::new();
    world.arrive("alice1");
    for name in ["new", "xyz", "fnd", "p2pAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(world.code("alice1", del_topic(name)), 404, "{name}");
    }
}

#[test]
fn a_group_goes_offline_a_while_after_the_last_left() {
    let (mut world, group) = three();
    world.arrive("dave1");
    world.say("dave1", sub(&group));
    world.say("dave1", sub("me"));
    for line in ["alice1", "bob1", "carol1", "dave1"] {
        world.say(line, leave(&group));
    }
    world.hush();
    world.wait(4_000);
    assert_eq!(of_kind(&world.heard("dave1"), "pres"), [json!({"topic": "me", "src": group, "what": "off"})]);
    world.say("alice1", sub(&group));
    assert_eq!(of_kind(&world.heard("dave1"), "pres"), [json!({"topic": "me", "src": group, "what": "on"})]);
}

#[test]
fn a_description_that_is_merged_too_large_is_refused() {
    let (mut world, group) = three();
    let large = "x".repeat(20_000);
    assert_eq!(world.code("alice1", set_public(&group, &large)), 200);
    let more = json!({"set": {"id": "q", "topic": group, "desc": {"public": {"note": large}}}});
    assert_eq!(world.code("alice1", more), 422);
}

#[test]
fn history_is_the_newest_first_and_a_page_has_a_hundred() {
    let (mut world, group) = three();
    for number in 1..=105 {
        world.now = world.now + std::time::Duration::from_secs(1);
        assert_eq!(world.ask("alice1", publish_quietly(&group, &number.to_string()))["params"]["seq"], number);
    }
    world.hush();
    world.say("bob1", get(&group, "data"));
    let heard = world.heard("bob1");
    let numbers: Vec<u64> = of_kind(&heard, "data").iter().filter_map(|data| data["seq"].as_u64()).collect();
    assert!(numbers.iter().copied().eq((6..=105).rev()), "{numbers:?}");
    let last = &heard[100]["ctrl"];
    assert_eq!((&last["code"], &last["params"]), (&json!(208), &json!({"what": "data", "count": 100})));
}

#[test]
fn who_was_banned_and_left_is_not_invited_anew_but_by_an_admin() {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    for line in ["bob1", "carol1", "dave1"] {
        world.arrive(line);
        world.say(line, sub(&group));
    }
    let (bob, dave) = (world.id("bob"), world.id("dave"));
    for (user, line, mode) in [(&bob, "bob1", "N"), (&dave, "dave1", "JR")] {
        assert_eq!(world.code("alice1", set_mode_of(&group, user, mode)), 200);
        assert_eq!(world.code(line, del_topic(&group)), 200, "the own part ends");
    }
    assert_eq!(world.code("carol1", set_mode_of(&group, &bob, "JRWPS")), 403);
    let invited = world.ask("carol1", set_mode_of(&group, &dave, "JRWPS"));
    assert_eq!(invited["params"]["acs"]["given"], "JR", "what was taken stays taken");
    assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWPS")), 200);
}

#[test]
fn what_is_set_of_a_group_from_outside_is_set_whole_or_not_at_all() {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    world.say("bob1", leave(&group));
    let set = |private: &str, mode: &str| {
        let desc = json!({"private": {"comment": private}});
        json!({"set": {"id": "q", "topic": group, "desc": desc, "sub": {"mode": mode}}})
    };
    let long = "x".repeat(33 << 10);
    let before = world.store.clone();
    for (private, mode, code) in [("c", "JRWPASDO", 403), (&long[..], "JR", 422), ("c", "?", 400)] {
        assert_eq!(world.code("bob1", set(private, mode)), code);
        assert_eq!(world.store, before);
    }
    assert_eq!(world.ask("bob1", set("c", "JR"))["params"]["acs"]["want"], "JR");
    assert_eq!(world.code("bob1", set("d", "JR")), 200, "the mode is as it was");
    assert_eq!(world.code("bob1", set("\u{2421}", "JR")), 200);
}

#[test]
fn a_group_is_never_called_as_one_that_there_is_also_where_a_seed_is_used_again() {
    let mut world = World::new();
    world.arrive("alice1");
    let first: Vec<String> = (0..3).map(|_| world.create("alice1")).collect();
    world.restart();
    world.arrive("bob1");
    let name = world.create("bob1");
    assert!(!first.contains(&name));
    assert_eq!(world.code("bob1", del_topic(&name)), 200);
    assert_ne!(world.create("bob1"), name, "nor as one that was");
    world.arrive("alice1");
    world.say("alice1", get("me", "sub"));
    let list = world.heard("alice1")[0]["meta"]["sub"].clone();
    assert_eq!(list.as_array().map(Vec::len), Some(3));
}
