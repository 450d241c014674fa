//! What a client may cost.

use serde_json::json;
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::{Arrival, Rate, SessionId};

use crate::said::{del_messages, del_topic, get, leave, mark, publish, set_mode_of, sub, unsub};
use crate::world::{EPOCH, World, config};

#[test]
fn requests_over_the_rate_of_a_session_are_503_until_time_has_passed() {
    let mut config = config();
    config.rate = Rate { burst: 3, per_second: 1 };
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("alice2");
    for _ in 0..3 {
        assert_eq!(world.code("alice1", get("me", "tags")), 403);
    }
    assert_eq!(world.code("alice1", get("me", "tags")), 503);
    assert_eq!(world.code("alice2", get("me", "tags")), 403, "another session has its own");
    world.wait(1_000);
    assert_eq!(world.code("alice1", get("me", "tags")), 403);
}

#[test]
fn a_request_that_loads_something_is_charged_once_and_one_over_the_rate_loads_nothing() {
    let mut config = config();
    config.rate = Rate { burst: 3, per_second: 1 };
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.loads = 0;
    for group in ["grpOne00000", "grpTwo00000", "grpThree000"] {
        assert_eq!(world.code("alice1", sub(group)), 404);
    }
    assert_eq!(world.loads, 3);
    assert_eq!(world.code("alice1", sub("grpFour0000")), 503);
    world.say("alice1", mark("usr7", "recv", 1));
    assert_eq!(world.loads, 3);
}

#[test]
fn a_session_is_attached_to_so_many_topics_at_most() {
    let mut config = config();
    config.attached = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    let first = world.create("alice1");
    world.create("alice1");
    assert_eq!(world.code("alice1", sub("new")), 422);
    assert_eq!(world.code("alice1", leave(&first)), 200);
    assert_eq!(world.code("alice1", sub("new")), 200);
}

#[test]
fn a_user_has_so_many_topics_at_most() {
    let mut config = config();
    config.topics = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("bob1");
    let bob = world.id("bob");
    let others = world.create("bob1");
    world.create("alice1");
    world.create("alice1");
    for topic in ["new", &others, &bob] {
        assert_eq!(world.code("alice1", sub(topic)), 422);
    }
}

#[test]
fn who_has_as_many_topics_as_may_be_comes_back_to_one_that_was_left() {
    let mut config = config();
    config.topics = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("bob1");
    let (bob, group) = (world.id("bob"), world.create("bob1"));
    for topic in [&bob, &group] {
        assert_eq!(world.code("alice1", sub(topic)), 200);
    }
    for topic in [&bob, &group] {
        assert_eq!(world.code("alice1", unsub(topic)), 200);
        assert_eq!(world.code("alice1", sub("new")), 422);
        assert_eq!(world.code("alice1", sub(topic)), 200, "{topic}");
    }
}

#[test]
fn a_group_that_was_being_deleted_while_a_member_logged_in_counts_no_more() {
    let mut config = config();
    config.topics = 1;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("bob1");
    let group = world.create("alice1");
    assert_eq!(world.code("bob1", sub(&group)), 200);
    world.restart();
    world.arrive("alice1");
    world.hold = true;
    world.say("alice1", del_topic(&group));
    // Loaded from a store that does not know of it yet.
    world.arrive("bob1");
    world.commit();
    world.hold = false;
    assert_eq!(world.code("bob1", sub("new")), 200);
}

#[test]
fn invitations_take_half_of_the_topics_of_a_user_at_most() {
    let mut config = config();
    config.topics = 4;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("bob1");
    let bob = world.id("bob");
    for code in [200, 200, 422] {
        let group = world.create("alice1");
        assert_eq!(world.code("alice1", set_mode_of(&group, &bob, "JRWP")), code);
    }
    for code in [200, 200, 422] {
        assert_eq!(world.code("bob1", sub("new")), code, "the other half is the user's own");
    }
}

#[test]
fn large_cards_push_no_entry_out_of_a_list() {
    let mut config = config();
    config.answer_bytes = 8_000;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("mallory1");
    let alice = world.id("alice");
    let large = "x".repeat(3_000);
    for _ in 0..8 {
        let show = json!({"sub": {"id": "q", "topic": "new", "set": {"desc": {"public": {"fn": large}}}}});
        let group = world.ask("mallory1", show)["topic"].as_str().expect("a name").to_owned();
        assert_eq!(world.code("mallory1", set_mode_of(&group, &alice, "JRWP")), 200);
    }
    for _ in 0..2 {
        world.create("alice1");
    }
    world.hush();
    world.say("alice1", get("me", "sub"));
    let list = world.heard("alice1")[0]["meta"]["sub"].clone();
    let entries = list.as_array().expect("a list");
    assert_eq!(entries.len(), 10, "of {} bytes", list.to_string().len());
    assert!(list.to_string().len() <= 8_000);
    assert!(entries.iter().any(|entry| entry["public"].is_object()), "cards that fit are shown");
}

#[test]
fn a_list_ends_before_it_is_too_long_and_has_one_entry_at_least() {
    for (answer_bytes, expected) in [(1, 1), (570, 3), (100_000, 5)] {
        let mut config = config();
        config.answer_bytes = answer_bytes;
        let mut world = World::with(config, ServerConfig::new(EPOCH));
        world.arrive("alice1");
        let group = world.create("alice1");
        for line in ["bob1", "carol1", "dave1", "erin1"] {
            world.arrive(line);
            world.say(line, sub(&group));
            world.create("alice1");
        }
        for topic in [&group[..], "me"] {
            world.hush();
            world.say("alice1", get(topic, "sub"));
            let list = world.heard("alice1")[0]["meta"]["sub"].clone();
            let entries = list.as_array().expect("a list").len();
            assert_eq!(entries, expected, "{topic}: {list}");
            assert!(entries == 1 || list.to_string().len() <= answer_bytes, "{list}");
        }
    }
}

#[test]
fn so_many_ranges_of_deleted_messages_are_kept_of_a_user_and_of_all() {
    let mut config = config();
    config.spans = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    let group = world.create("alice1");
    for _ in 0..9 {
        world.say("alice1", publish(&group, "x"));
    }
    for (low, code) in [(1, 200), (3, 200), (5, 422), (2, 200), (5, 200), (7, 422)] {
        assert_eq!(world.code("alice1", del_messages(&group, low, 0, false)), code, "{low}");
    }
    assert_eq!(world.code("alice1", del_messages(&group, 7, 0, true)), 200, "for all they are others");
}

#[test]
fn so_many_deletions_are_kept_of_a_user_and_of_all() {
    let mut config = config();
    config.deletions = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    world.arrive("bob1");
    let group = world.create("alice1");
    world.say("bob1", sub(&group));
    for _ in 0..9 {
        world.say("alice1", publish(&group, "x"));
    }
    for restart in [false, true] {
        if restart {
            world.restart();
            for line in ["alice1", "bob1"] {
                world.arrive(line);
                world.say(line, sub(&group));
            }
        }
        // Once more, what is deleted already is not kept, and is answered as before.
        for (low, code) in [(1, 200), (2, 200), (3, 422)] {
            assert_eq!(world.code("bob1", del_messages(&group, low, 0, false)), code, "{low}: also what touches");
            assert_eq!(world.code("alice1", del_messages(&group, low + 4, 0, true)), code, "{low}");
        }
    }
    assert_eq!(world.code("alice1", del_messages(&group, 1, 0, false)), 200, "for oneself they are others");
}

#[test]
fn a_service_that_stops_takes_nothing_more() {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.service.drain();
    for said in [publish(&group, "x"), sub("me"), leave(&group), get(&group, "desc")] {
        assert_eq!(world.code("alice1", said), 503);
    }
}

#[test]
fn topics_and_users_that_nobody_uses_are_forgotten_and_found_again() {
    let mut config = config();
    config.idle = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.arrive("alice1");
    let mut groups = Vec::new();
    for _ in 0..50 {
        let group = world.create("alice1");
        world.say("alice1", publish(&group, "x"));
        world.say("alice1", leave(&group));
        world.wait(10_000);
        groups.push(group);
    }
    let printed = format!("{:?}", world.service);
    let topics = printed.rsplit(' ').nth(1).and_then(|number| number.parse::<usize>().ok()).expect("a number");
    assert!(topics < 10, "{printed}");
    for group in &groups {
        world.say("alice1", sub(group));
        assert_eq!(world.ask("alice1", publish(group, "y"))["params"]["seq"], 2);
        world.say("alice1", leave(group));
        world.wait(10_000);
    }
}

#[test]
fn a_session_that_logs_in_anew_is_counted_once_and_forgotten_when_it_is_gone() {
    let mut config = config();
    config.idle = 2;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    let now = world.now;
    for number in 0..50_u64 {
        let (first, second) = (world.user(&format!("alice{number}")), world.user(&format!("bob{number}")));
        for user in [first, second, second] {
            let arrival = Arrival::new(user);
            let step = world.decided(|service| service.open(now, SessionId(7), &arrival));
            let _ = world.service.commit(step);
        }
        assert_eq!(world.service.held().0, 1);
        let step = world.service.close(now, SessionId(7));
        let _ = world.service.commit(step);
    }
    let (sessions, users, _) = world.service.held();
    assert!(sessions == 0 && users < 10, "{:?}", world.service);
}

#[test]
fn a_session_that_is_gone_is_told_nothing_and_asks_nothing() {
    let mut world = World::new();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    world.cut("bob1");
    world.hush();
    assert_eq!(world.code("alice1", publish(&group, "x")), 202);
    assert!(world.heard("bob1").is_empty());
}
