//! What is PortSIP's own, and the flows of its document.

use serde_json::{Value, json};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::ServiceConfig;

use crate::said::{of_kind, publish, sub, unsub};
use crate::world::{EPOCH, World};

/// A world as PortSIP's: joins are told.
fn world() -> World {
    World::with(ServiceConfig::new(EPOCH, [9; 16]), ServerConfig::new(EPOCH))
}

#[test]
fn the_first_join_of_a_group_is_202_with_the_number_of_the_notice_it_stores() {
    let mut world = world();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    let bob = world.id("bob");
    world.say("bob1", sub(&group));
    let heard = world.heard("bob1");
    assert_eq!((&heard[0]["ctrl"]["code"], &heard[0]["ctrl"]["text"]), (&json!(202), &json!("accepted")));
    assert_eq!(heard[0]["ctrl"]["params"], json!({"seq": 1}), "the document's, and nothing else");
    let notice = of_kind(&world.heard("alice1"), "data");
    assert_eq!((&notice[0]["from"], &notice[0]["seq"]), (&json!(bob), &json!(1)));
    assert_eq!(notice[0]["head"], json!({"notice": "join"}));
    assert!(of_kind(&heard, "data").is_empty(), "who joins has its number by the answer");
    assert_eq!(world.ask("bob1", publish(&group, "test"))["params"], json!({"seq": 2}), "as in the document");
}

#[test]
fn who_attaches_again_is_200_and_no_notice_is_stored() {
    let mut world = world();
    world.arrive("alice1");
    let group = world.create("alice1");
    world.arrive("bob1");
    world.say("bob1", sub(&group));
    world.say("bob1", crate::said::leave(&group));
    let answer = world.ask("bob1", sub(&group));
    assert_eq!((&answer["code"], answer.get("params")), (&json!(200), None));
    assert_eq!(world.ask("bob1", publish(&group, "x"))["params"]["seq"], 2);
    assert_eq!(world.code("bob1", unsub(&group)), 200);
    assert_eq!(world.ask("bob1", sub(&group))["params"]["seq"], 3, "who joins anew does so for the first time");
}

#[test]
fn times_have_microseconds_without_trailing_zeros() {
    let mut world = world();
    world.arrive("alice1");
    assert_eq!(world.ask("alice1", sub("me"))["ts"], "2024-10-24T01:06:38.924626Z");
    world.wait(5);
    world.now = tieline_core::Instant::from_epoch(std::time::Duration::from_micros(75_374));
    assert_eq!(world.ask("alice1", sub("new"))["ts"], "2024-10-24T01:06:39Z");
}

/// The shape of a value: its members, and of lists those of their first entry.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), shape(member))).collect(),
        Value::Array(entries) => entries.first().map_or(Value::Null, shape),
        other => json!(match other {
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            _ => "null",
        }),
    }
}

fn fixture(name: &str) -> Value {
    let found = tieline_testkit::IM.iter().find(|fixture| fixture.name.ends_with(name)).expect("a sample");
    serde_json::from_str(found.text).expect("JSON")
}

/// Asks as the document's Python does, and compares the answers with the document's, field by field.
fn answered_as_shown(world: &mut World, line: &str, mut said: Value, shown: &str) -> Value {
    world.heard(line);
    said.as_object_mut().expect("a message").values_mut().for_each(|body| body["id"] = json!("q"));
    world.say(line, said);
    let shown = fixture(shown);
    let kind = shown.as_object().expect("a message").keys().next().expect("a kind").clone();
    let heard = world.heard(line);
    let frame = heard.iter().find(|frame| frame.get(&kind).is_some()).unwrap_or_else(|| panic!("{kind}: {heard:?}"));
    assert_eq!(shape(frame), shape(&shown), "{frame}");
    if kind == "ctrl" {
        assert_eq!((&frame["ctrl"]["code"], &frame["ctrl"]["text"]), (&shown["ctrl"]["code"], &shown["ctrl"]["text"]));
    }
    frame.clone()
}

#[test]
fn the_flows_of_the_document_are_answered_as_it_shows_field_by_field() {
    let mut world = world();
    world.bare = true;
    for line in ["alice1", "bob1", "carol1"] {
        world.arrive(line);
    }
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    world.say("alice1", sub(&bob));
    world.say("bob1", sub(&alice));
    let said = |name: &str, topic: &str| {
        let mut said = fixture(name);
        said.as_object_mut().expect("a message").values_mut().for_each(|body| body["topic"] = json!(topic));
        said
    };
    let to = |topic: &str, name: &str| said(name, topic);
    answered_as_shown(&mut world, "alice1", to(&bob, "04-client-pub-p2p"), "05-server-ctrl-pub");
    answered_as_shown(&mut world, "alice1", to(&bob, "04-client-pub-p2p"), "06-server-data-p2p");
    let seen = of_kind(&world.heard("bob1"), "data");
    assert_eq!(seen[0]["topic"], *alice, "the peer sees the sender's id as the topic");
    let desc = answered_as_shown(&mut world, "alice1", to(&bob, "09-client-get-desc"), "10-server-meta-desc");
    assert_eq!(desc["meta"]["desc"]["seq"], 2);
    let new = answered_as_shown(&mut world, "alice1", fixture("12-client-sub-new"), "13-server-ctrl-sub-new");
    let group = new["ctrl"]["topic"].as_str().expect("a name").to_owned();
    answered_as_shown(&mut world, "bob1", to(&group, "14-client-sub-group"), "15-server-ctrl-sub-group");
    answered_as_shown(&mut world, "bob1", to(&group, "16-client-pub-group"), "17-server-ctrl-pub-group");
    answered_as_shown(&mut world, "bob1", to(&group, "16-client-pub-group"), "18-server-data-group");
    answered_as_shown(&mut world, "alice1", to(&group, "25-client-set-desc"), "26-server-ctrl-set-desc");
    let mut transfer = to(&group, "27-client-set-sub");
    transfer["set"]["sub"]["user"] = json!(bob);
    answered_as_shown(&mut world, "alice1", transfer, "29-server-ctrl-set-sub");
    answered_as_shown(&mut world, "alice1", to(&group, "19-client-leave"), "20-server-ctrl-leave");
    world.say("carol1", sub(&group));
    let mut remove = to(&group, "21-client-del-sub");
    remove["del"]["user"] = json!(world.id("carol"));
    answered_as_shown(&mut world, "bob1", remove, "22-server-ctrl-del-sub");
    answered_as_shown(&mut world, "bob1", to(&group, "23-client-del-topic"), "24-server-ctrl-del-topic");
}

#[test]
fn the_two_of_a_conversation_and_its_history_are_told_as_the_document_shows() {
    let mut world = world();
    world.bare = true;
    for line in ["alice1", "bob1"] {
        world.arrive(line);
    }
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    let to = |name: &str, topic: &str| {
        let mut said = fixture(name);
        said.as_object_mut().expect("a message").values_mut().for_each(|body| body["topic"] = json!(topic));
        said
    };
    world.say("bob1", to("03-client-sub-p2p", &alice));
    world.say("alice1", to("03-client-sub-p2p", &bob));
    world.say("alice1", publish(&bob, "one"));
    world.hush();
    world.say("alice1", to("07-client-get-sub", &bob));
    let entries = |frame: &Value| {
        let list = frame["meta"]["sub"].as_array().expect("a list").clone();
        let mut shapes: Vec<(String, Value)> =
            list.iter().map(|entry| (entry["acs"]["given"].to_string(), shape(entry))).collect();
        shapes.sort_by_key(|(given, _)| given.clone());
        shapes
    };
    let heard = world.heard("alice1");
    assert_eq!(entries(&heard[0]), entries(&fixture("08-server-meta-sub")));
    world.say("alice1", to("11-client-get-data", &bob));
    let heard = world.heard("alice1");
    assert_eq!(shape(&heard[0]), shape(&fixture("06-server-data-p2p")), "however far beyond the last it asks");
    assert_eq!(heard[1]["ctrl"]["params"], json!({"what": "data", "count": 1}));
}
