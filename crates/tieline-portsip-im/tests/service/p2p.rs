//! Conversations of two.

use serde_json::json;

use crate::said::{
    get, leave, mark, note, notices, of_kind, publish, publish_quietly, set_mode, set_mode_of, sub, sub_get, sub_mode,
    unsub,
};
use crate::world::World;

/// Alice and bob, attached to their conversation; its name as each sees it.
fn two() -> (World, String, String) {
    let mut world = World::new();
    world.arrive("alice1");
    world.arrive("bob1");
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    assert_eq!(world.code("alice1", sub(&bob)), 200);
    assert_eq!(world.code("bob1", sub(&alice)), 200);
    world.hush();
    (world, alice, bob)
}

#[test]
fn a_message_without_echo_reaches_the_peer_under_the_senders_name_and_not_the_sender() {
    let (mut world, alice, bob) = two();
    assert_eq!(world.ask("alice1", publish_quietly(&bob, "hello"))["params"], json!({"seq": 1}));
    assert!(of_kind(&world.heard("alice1"), "data").is_empty());
    let heard = world.heard("bob1");
    let [data] = &of_kind(&heard, "data")[..] else { panic!("one message: {heard:?}") };
    assert_eq!((&data["topic"], &data["from"], &data["seq"]), (&json!(alice), &json!(alice), &json!(1)));
    assert_eq!((&data["content"], &data["reqid"]), (&json!("hello"), &json!("q")));
}

#[test]
fn each_of_the_two_hears_on_me_of_a_message_where_the_session_is_not_attached() {
    let (mut world, alice, bob) = two();
    for line in ["alice2", "bob2"] {
        world.arrive(line);
        world.say(line, sub("me"));
    }
    world.hush();
    world.say("alice1", publish_quietly(&bob, "hello"));
    let own = of_kind(&world.heard("alice2"), "pres");
    assert_eq!(own, [json!({"topic": "me", "src": bob, "what": "msg", "seq": 1})]);
    let other = of_kind(&world.heard("bob2"), "pres");
    assert_eq!(other, [json!({"topic": "me", "src": alice, "what": "msg", "seq": 1, "act": alice})]);
}

#[test]
fn the_answer_to_a_message_has_its_time_and_comes_before_it() {
    let (mut world, _, bob) = two();
    world.say("alice1", publish(&bob, "hello"));
    let heard = world.heard("alice1");
    assert_eq!(heard[0]["ctrl"]["code"], 202);
    assert_eq!(heard[0]["ctrl"]["ts"], heard[1]["data"]["ts"]);
}

#[test]
fn who_may_not_write_is_refused_and_nobody_hears_anything() {
    let (mut world, alice, bob) = two();
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "JRPA")), 200);
    world.hush();
    assert_eq!(world.code("alice1", publish(&bob, "no")), 403);
    assert!(world.heard("bob1").is_empty());
    assert!(world.heard("alice1").len() == 1);
}

#[test]
fn a_read_mark_is_kept_and_told_the_peer_once_and_not_the_reader() {
    let (mut world, alice, bob) = two();
    for seq in 0..10 {
        world.say("alice1", publish_quietly(&bob, &seq.to_string()));
    }
    world.hush();
    world.say("bob1", mark(&alice, "read", 8));
    assert!(world.heard("bob1").is_empty());
    let heard = world.heard("alice1");
    assert_eq!(heard, [json!({"info": {"topic": bob, "from": bob, "what": "read", "seq": 8}})]);
    world.say("bob1", get(&alice, "desc"));
    let desc = world.heard("bob1")[0]["meta"]["desc"].clone();
    assert_eq!((&desc["read"], &desc["recv"], &desc["seq"]), (&json!(8), &json!(8), &json!(10)));
}

#[test]
fn a_read_mark_reaches_detached_sessions_of_both_on_me() {
    let (mut world, alice, bob) = two();
    world.say("alice1", publish_quietly(&bob, "x"));
    for line in ["alice2", "bob2"] {
        world.arrive(line);
        world.say(line, sub("me"));
    }
    world.hush();
    world.say("bob1", mark(&alice, "read", 1));
    assert_eq!(
        world.heard("alice2"),
        [json!({"info": {"topic": "me", "src": bob, "from": bob, "what": "read", "seq": 1}})]
    );
    assert_eq!(
        world.heard("bob2"),
        [
            json!({"pres": {"topic": "me", "src": alice, "what": "read", "seq": 1}}),
            json!({"info": {"topic": "me", "src": alice, "from": bob, "what": "read", "seq": 1}}),
        ]
    );
}

#[test]
fn marks_above_the_last_message_and_marks_that_do_not_move_on_are_passed_over() {
    let (mut world, alice, bob) = two();
    world.say("alice1", publish_quietly(&bob, "x"));
    world.say("alice1", publish_quietly(&bob, "y"));
    world.say("bob1", mark(&alice, "read", 2));
    world.hush();
    for (what, seq) in [("read", 3), ("recv", 3), ("read", 2), ("read", 1), ("read", 0), ("read", -1), ("recv", 2)] {
        world.say("bob1", mark(&alice, what, seq));
    }
    assert!(world.heard("alice1").is_empty());
}

#[test]
fn a_receive_mark_of_who_may_not_read_is_passed_over() {
    let (mut world, alice, bob) = two();
    world.say("alice1", publish_quietly(&bob, "x"));
    world.say("bob1", set_mode(&alice, "JWPA"));
    world.hush();
    world.say("bob1", mark(&alice, "recv", 1));
    assert!(world.heard("alice1").is_empty());
}

#[test]
fn typing_of_who_may_not_write_is_passed_over() {
    let (mut world, alice, bob) = two();
    world.say("bob1", set_mode(&alice, "JRPA"));
    world.hush();
    world.say("bob1", note(&alice, "kp"));
    assert!(world.heard("alice1").is_empty());
    world.say("alice1", note(&bob, "kp"));
    assert_eq!(world.heard("bob1"), [json!({"info": {"topic": alice, "from": alice, "what": "kp"}})]);
}

#[test]
fn a_read_mark_while_not_attached_is_409_without_id_and_a_receive_mark_is_taken() {
    let (mut world, alice, bob) = two();
    world.say("alice1", publish_quietly(&bob, "x"));
    world.say("bob1", leave(&alice));
    world.hush();
    world.say("bob1", mark(&alice, "read", 1));
    let heard = world.heard("bob1");
    assert_eq!((&heard[0]["ctrl"]["code"], heard[0]["ctrl"].get("id")), (&json!(409), None));
    world.say("bob1", mark(&alice, "recv", 1));
    assert!(world.heard("bob1").is_empty());
    assert_eq!(of_kind(&world.heard("alice1"), "info")[0]["what"], "recv");
}

#[test]
fn a_step_of_a_call_that_is_routed_is_passed_over_while_not_attached() {
    let (mut world, alice, _) = two();
    world.say("bob1", leave(&alice));
    world.hush();
    let call = |event: &str| json!({"note": {"topic": alice, "what": "call", "event": event, "seq": 1}});
    for event in ["ringing", "hang-up", "accept"] {
        world.say("bob1", call(event));
        assert!(world.heard("bob1").is_empty(), "{event}");
    }
    world.say("bob1", call("offer"));
    assert_eq!(world.heard("bob1")[0]["ctrl"]["code"], 409);
}

#[test]
fn a_muted_reader_still_has_messages_and_no_notices() {
    let (mut world, alice, bob) = two();
    world.arrive("bob2");
    world.say("bob2", sub("me"));
    world.say("bob1", set_mode(&alice, "JRWA"));
    world.hush();
    world.say("alice1", publish_quietly(&bob, "x"));
    assert_eq!(of_kind(&world.heard("bob1"), "data").len(), 1);
    assert!(world.heard("bob2").is_empty());
}

#[test]
fn a_message_with_attachments_is_delivered() {
    let (mut world, _, bob) = two();
    let mut message = publish_quietly(&bob, "see file");
    message["extra"] = json!({"attachments": ["NDW4_NYseeH20iuC3rih_wAAwItyRIMM"]});
    assert_eq!(world.code("alice1", message), 202);
    assert_eq!(of_kind(&world.heard("bob1"), "data").len(), 1);
}

#[test]
fn the_start_gives_what_the_peer_allows_and_the_peer_hears_of_it() {
    let mut world = World::new();
    world.arrive("alice1");
    world.arrive("bob1");
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    world.say("bob1", sub("me"));
    world.hush();
    let answer = world.ask("alice1", sub(&bob));
    assert_eq!(answer["params"]["acs"], json!({"want": "JRWPA", "given": "JRWPAS", "mode": "JRWPA"}));
    let heard = of_kind(&world.heard("bob1"), "pres");
    let dacs = json!({"want": "JRWPA", "given": "JRWPA"});
    assert_eq!(heard, [json!({"topic": "me", "src": alice, "what": "acs", "act": alice, "dacs": dacs})]);
}

#[test]
fn the_one_who_starts_may_bound_what_the_peer_is_given() {
    let mut world = World::new();
    world.arrive("alice1");
    world.arrive("bob1");
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    let start = json!({"sub": {"id": "q", "topic": bob, "set": {"desc": {"defacs": {"auth": "JR"}}}}});
    assert_eq!(world.code("alice1", start), 200);
    world.say("bob1", sub_get(&alice, "desc"));
    let heard = world.heard("bob1");
    let acs = &of_kind(&heard, "meta")[0]["desc"]["acs"];
    assert_eq!(acs, &json!({"want": "JRWPA", "given": "JRA", "mode": "JRA"}));
    assert_eq!(world.code("bob1", publish(&alice, "no")), 403);
}

#[test]
fn a_user_who_lets_nobody_in_is_not_written_to() {
    let mut world = World::new();
    world.arrive("alice1");
    world.arrive("bob1");
    let bob = world.id("bob");
    world.say("bob1", sub("me"));
    let closed = json!({"set": {"id": "q", "topic": "me", "desc": {"defacs": {"auth": "N"}}}});
    assert_eq!(world.code("bob1", closed), 200);
    assert_eq!(world.code("alice1", sub(&bob)), 403);
}

#[test]
fn a_ban_leaves_only_a_and_detaches() {
    let (mut world, alice, bob) = two();
    let answer = world.ask("bob1", set_mode_of(&alice, &alice, "N"));
    assert_eq!(answer["params"]["acs"], json!({"want": "JRWPA", "given": "A", "mode": "A"}));
    let heard = world.heard("alice1");
    let [evicted] = &of_kind(&heard, "ctrl")[..] else { panic!("evicted: {heard:?}") };
    assert_eq!((&evicted["code"], &evicted["params"]), (&json!(205), &json!({"unsub": false})));
    assert_eq!(world.code("alice1", sub(&bob)), 403);
}

#[test]
fn to_raise_a_mode_above_what_two_may_have_changes_nothing() {
    let (mut world, alice, _) = two();
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "JRWPA")), 200);
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "JRWPASDO")), 304);
}

#[test]
fn who_bans_oneself_is_back_by_a_plain_sub() {
    let (mut world, _, bob) = two();
    world.say("alice1", set_mode(&bob, "N"));
    let heard = world.heard("alice1");
    assert_eq!((&heard[0]["ctrl"]["code"], &heard[1]["ctrl"]["code"]), (&json!(205), &json!(200)));
    let back = world.ask("alice1", sub(&bob));
    assert_eq!(back["params"]["acs"]["want"], "JRWPA");
    assert_eq!(world.code("alice1", publish(&bob, "back")), 202);
}

#[test]
fn who_leaves_for_good_may_begin_again_and_finds_the_numbers_go_on() {
    let (mut world, alice, bob) = two();
    world.say("alice1", publish(&bob, "1"));
    assert_eq!(world.code("alice1", unsub(&bob)), 200);
    assert_eq!(world.ask("bob1", publish(&alice, "2"))["params"]["seq"], 2);
    assert_eq!(world.code("alice1", sub(&bob)), 200);
    assert_eq!(world.ask("alice1", publish(&bob, "3"))["params"]["seq"], 3);
}

#[test]
fn a_ban_of_two_is_not_undone_by_leaving() {
    let (mut world, alice, bob) = two();
    assert_eq!(world.code("bob1", set_mode_of(&alice, &alice, "N")), 200);
    assert_eq!(world.code("alice1", crate::said::del_topic(&bob)), 200);
    assert_eq!(world.code("alice1", sub(&bob)), 403);
}

#[test]
fn who_starts_by_wanting_nothing_is_not_attached() {
    let mut world = World::new();
    world.arrive("alice1");
    let bob = world.id("bob");
    let answer = world.ask("alice1", sub_mode(&bob, "N"));
    assert_eq!((&answer["code"], &answer["params"]["acs"]["want"]), (&json!(200), &json!("A")));
    assert_eq!(world.code("alice1", publish(&bob, "x")), 409);
}

#[test]
fn a_user_who_does_not_exist_is_404() {
    let mut world = World::new();
    world.arrive("alice1");
    assert_eq!(world.code("alice1", sub("usr42")), 404);
    assert_eq!(world.code("alice1", get("usr42", "desc")), 404);
}

#[test]
fn nobody_talks_to_oneself() {
    let mut world = World::new();
    world.arrive("alice1");
    let alice = world.id("alice");
    for said in [sub(&alice), publish(&alice, "x"), get(&alice, "desc"), leave(&alice), set_mode(&alice, "N")] {
        assert_eq!(world.code("alice1", said), 403);
    }
}

#[test]
fn contacts_hear_each_other_come_and_go_and_a_second_device_is_silent() {
    let (mut world, _, bob) = two();
    world.say("alice1", sub("me"));
    world.hush();
    world.say("bob1", sub("me"));
    assert_eq!(of_kind(&world.heard("alice1"), "pres"), [json!({"topic": "me", "src": bob, "what": "on"})]);
    assert_eq!(notices(&world.heard("bob1")), ["on"]);
    world.arrive("bob2");
    world.say("bob2", sub("me"));
    world.say("bob2", leave("me"));
    world.cut("bob1");
    world.wait(3_999);
    assert!(world.heard("alice1").is_empty());
    world.wait(1);
    assert_eq!(notices(&world.heard("alice1")), ["off"]);
}

#[test]
fn who_comes_back_at_once_was_never_away() {
    let (mut world, _, _) = two();
    world.say("alice1", sub("me"));
    world.say("bob1", sub("me"));
    world.hush();
    world.say("bob1", leave("me"));
    world.wait(1_000);
    world.say("bob1", sub("me"));
    world.wait(10_000);
    assert!(world.heard("alice1").is_empty());
}
