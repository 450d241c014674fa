//! External message channels, `emc…`.

use serde_json::json;

use crate::said::{
    del_messages, del_topic, get, leave, mark, notices, of_kind, publish, publish_quietly, set_mode, set_mode_of,
    set_public, sub, sub_get, unsub,
};
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

#[test]
fn who_loses_a_channel_while_logged_in_has_no_part_in_it_any_more_on_any_device() {
    let mut world = World::new();
    let (own, alice) = (format!("emc{}", world.user("alice")), world.id("alice"));
    world.channels = vec!["7001".into(), "7002".into()];
    for line in ["alice1", "alice2", "bob1"] {
        world.arrive(line);
        assert_eq!(world.code(line, sub("emc7001")), 200);
    }
    for topic in ["emc7002", &own[..], "me"] {
        assert_eq!(world.code("alice1", sub(topic)), 200);
    }
    world.hush();
    world.change_channels("alice", &["7002"]);
    for line in ["alice1", "alice2"] {
        let heard = world.heard(line);
        let evicted = &of_kind(&heard, "ctrl")[0];
        assert_eq!((&evicted["code"], &evicted["topic"]), (&json!(205), &json!("emc7001")));
        assert_eq!(notices(&heard), if line == "alice1" { vec!["gone"] } else { vec![] });
        assert_eq!(world.code(line, publish("emc7001", "x")), 409);
        assert_eq!(world.code(line, sub("emc7001")), 403);
    }
    let left = of_kind(&world.heard("bob1"), "pres");
    assert!(left.iter().all(|pres| pres["src"] == *alice), "{left:?}");
    assert_eq!((&left[0]["what"], &left[1]["what"], left.len()), (&json!("acs"), &json!("off"), 2));
    world.hush();
    world.receive("7001", "an SMS");
    assert!(world.heard("alice1").is_empty() && world.heard("alice2").is_empty());
    for topic in ["emc7002", &own[..]] {
        assert_eq!(world.code("alice1", publish(topic, "x")), 202);
    }
    world.change_channels("alice", &["7001"]);
    assert_eq!(world.code("alice2", sub("emc7001")), 200, "who has it again comes back");
    assert_eq!(world.code("alice1", publish("emc7002", "x")), 409);
}

#[test]
fn channels_of_who_is_not_there_change_and_so_do_those_of_nobody() {
    let mut world = World::new();
    world.channels = vec!["7001".into()];
    world.arrive("alice1");
    assert_eq!(world.code("alice1", sub("emc7001")), 200);
    world.restart();
    world.change_channels("alice", &[]);
    let kept = world.store.topic(&"emc7001".parse().expect("a channel")).expect("it is there");
    assert_eq!(kept.members().count(), 0);
    let now = world.now;
    let step = world.decided(|service| service.change_channels(now, 42, &["7001".into()]));
    assert!(step.is_empty());
}

#[test]
fn a_loss_of_a_channel_that_is_not_kept_is_tried_again_until_it_is() {
    let mut world = World::new();
    world.channels = vec!["7001".into()];
    world.arrive("alice1");
    world.arrive("bob1");
    assert_eq!(world.code("alice1", sub("emc7001")), 200);
    world.hush();
    world.broken = true;
    world.change_channels("alice", &[]);
    world.wait(10_000);
    assert!(world.heard("alice1").is_empty());
    world.broken = false;
    world.wait(10_000);
    assert!(world.heard("alice1").is_empty(), "what failed is loaded by the next who asks");
    world.say("bob1", get("emc7001", "desc"));
    world.wait(10_000);
    assert_eq!(of_kind(&world.heard("alice1"), "ctrl")[0]["code"], 205);
    assert_eq!(world.code("alice1", publish("emc7001", "x")), 409);
    assert!(world.service.poll_timeout().is_none_or(|due| due > world.now + std::time::Duration::from_secs(1)));
}

#[test]
fn a_channel_is_marked_muted_cleared_and_left_as_a_group_is() {
    let mut world = World::new();
    world.channels = vec!["7001".into()];
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    for line in ["alice1", "bob1"] {
        world.arrive(line);
        assert_eq!(world.code(line, sub("emc7001")), 200);
    }
    for text in ["one", "two"] {
        world.receive("7001", text);
    }
    world.arrive("bob2");
    world.say("bob2", sub("me"));
    world.hush();
    world.say("bob1", mark("emc7001", "read", 2));
    let info = json!({"topic": "emc7001", "from": bob, "what": "read", "seq": 2});
    assert_eq!(of_kind(&world.heard("alice1"), "info"), [info]);
    world.say("bob1", mark("emc7001", "read", 1));
    assert!(world.heard("alice1").is_empty());
    assert_eq!(notices(&world.heard("bob2")), ["read"]);
    assert_eq!(world.code("bob1", del_messages("emc7001", 1, 0, true)), 200, "for oneself: nobody may for all");
    assert!(world.heard("alice1").is_empty());
    world.say("alice1", get("emc7001", "data"));
    assert_eq!(of_kind(&world.heard("alice1"), "data").len(), 2);
    world.hush();
    assert_eq!(world.code("bob1", set_mode("emc7001", "N")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "off"]);
    assert_eq!(world.code("bob1", sub("emc7001")), 200);
    assert_eq!(notices(&world.heard("bob2")), ["acs", "on"]);
    assert_eq!(world.code("bob1", leave("emc7001")), 200);
    world.hush();
    world.say("alice1", publish_quietly("emc7001", "three"));
    let msg = json!({"topic": "me", "src": "emc7001", "what": "msg", "seq": 3, "act": alice});
    assert_eq!(of_kind(&world.heard("bob2"), "pres"), [msg]);
    assert_eq!(world.code("alice1", unsub("emc7001")), 200);
    world.wait(10_000);
    assert_eq!(notices(&world.heard("bob2")), ["off"]);
}
