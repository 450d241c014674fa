//! External message channels, `emc…`.

use serde_json::json;

use crate::said::{del_topic, get, leave, of_kind, publish, set_mode_of, set_public, sub, sub_get};
use crate::world::World;

#[test]
fn a_user_has_the_own_channel_and_those_of_the_own_queues_only() {
    let mut world = World::new();
    let own = format!("emc{}", world.user("alice"));
    world.channels = vec!["7001".into()];
    world.arrive("alice1");
    assert_eq!(world.code("alice1", sub(&own)), 200);
    assert_eq!(world.code("alice1", sub("emc7001")), 200);
    assert_eq!(world.code("alice1", sub("emc7002")), 403);
    assert_eq!(world.code("alice1", sub("emc")), 404);
    for other in ["emc+", "emc0", "emc00"] {
        let same_number = own.replace("emc", other);
        assert_eq!(world.code("alice1", sub(&same_number)), 403, "{same_number}");
    }
    world.channels.clear();
    world.arrive("bob1");
    assert_eq!(world.code("bob1", sub(&own)), 403);
}

#[test]
fn what_is_published_goes_outside_and_to_the_other_sessions() {
    let mut world = World::new();
    let own = format!("emc{}", world.user("alice"));
    for line in ["alice1", "alice2"] {
        world.arrive(line);
        world.say(line, sub(&own));
    }
    world.hush();
    assert_eq!(world.ask("alice1", publish(&own, "to the world"))["params"]["seq"], 1);
    assert_eq!(world.forwarded, [(own.clone(), "\"to the world\"".to_owned())]);
    assert_eq!(of_kind(&world.heard("alice2"), "data")[0]["content"], "to the world");
}

#[test]
fn what_comes_from_outside_is_told_and_kept_and_from_nobody() {
    let mut world = World::new();
    world.receive("7001", "an SMS");
    world.channels = vec!["7001".into()];
    world.arrive("alice1");
    world.say("alice1", sub_get("emc7001", "data"));
    world.receive("7001", "another");
    let heard = of_kind(&world.heard("alice1"), "data");
    assert_eq!((&heard[0]["content"], &heard[1]["content"]), (&json!("an SMS"), &json!("another")));
    assert!(heard.iter().all(|data| data.get("from").is_none()));
    assert!(world.forwarded.is_empty(), "it is not sent back");
}

#[test]
fn nobody_owns_a_channel_and_nobody_is_invited() {
    let mut world = World::new();
    world.channels = vec!["7001".into()];
    world.arrive("alice1");
    world.arrive("bob1");
    let (alice, dave) = (world.id("alice"), world.id("dave"));
    world.say("alice1", sub("emc7001"));
    world.say("bob1", sub("emc7001"));
    assert_eq!(world.code("alice1", set_public("emc7001", "mine")), 403);
    assert_eq!(world.code("bob1", set_mode_of("emc7001", &dave, "JR")), 403);
    assert_eq!(world.code("bob1", set_mode_of("emc7001", &alice, "N")), 403);
    assert_eq!(world.code("alice1", del_topic("emc7001")), 200, "the own part in it ends");
    assert_eq!(world.code("bob1", publish("emc7001", "still here")), 202);
}

#[test]
fn who_logs_in_without_a_channel_has_no_part_in_it_any_more_on_any_device() {
    for restart in [false, true] {
        let mut world = World::new();
        let own = format!("emc{}", world.user("alice"));
        world.channels = vec!["7001".into(), "7002".into()];
        world.arrive("alice1");
        for topic in ["emc7001", "emc7002", &own[..], "me"] {
            assert_eq!(world.code("alice1", sub(topic)), 200);
        }
        if restart {
            world.restart();
        }
        world.hush();
        world.channels = vec!["7002".into()];
        world.arrive("alice2");
        if !restart {
            let heard = world.heard("alice1");
            let evicted = &of_kind(&heard, "ctrl")[0];
            assert_eq!((&evicted["code"], &evicted["topic"]), (&json!(205), &json!("emc7001")));
            assert_eq!(of_kind(&heard, "pres"), [json!({"topic": "me", "src": "emc7001", "what": "gone"})]);
            assert_eq!(world.code("alice1", publish("emc7001", "x")), 409);
            assert_eq!(world.code("alice1", publish("emc7002", "x")), 202);
            assert_eq!(world.code("alice1", leave(&own)), 200, "the own channel stays");
        }
        world.hush();
        world.receive("7001", "an SMS");
        world.say("alice2", sub_get("me", "sub"));
        let heard = world.heard("alice2");
        assert!(!heard.iter().any(|frame| frame.to_string().contains("emc7001")), "{heard:?}");
        assert_eq!(world.code("alice2", get("emc7001", "data")), 403);
        assert_eq!(world.code("alice2", sub("emc7001")), 403);
        world.channels = vec!["7001".into()];
        world.arrive("alice3");
        assert_eq!(world.code("alice3", sub("emc7001")), 200, "who has it again comes back");
    }
}
