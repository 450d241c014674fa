//! Who may what: every request by every role in every kind of topic.
//!
//! Each cell is the code of the answer in a world of its own, `-` where nothing is answered. Whoever may be attached is;
//! a stranger and who is banned are not.

use serde_json::{Value, json};

use crate::said::{
    del_member, del_messages, del_topic, get, leave, mark, note, publish, set_mode, set_mode_of, set_private,
    set_public, sub, sub_get, sub_mode, unsub,
};
use crate::world::World;

/// A world with one who asks, `actor1`, and whom and where.
struct Scene {
    world: World,
    topic: String,
    /// Another member, and who is none.
    member: String,
    outsider: String,
}

/// What is asked, by name.
fn requests(scene: &Scene) -> Vec<(&'static str, Value)> {
    let (topic, member, outsider) = (&scene.topic[..], &scene.member[..], &scene.outsider[..]);
    let set = |part: &str, value: Value| json!({"set": {"id": "q", "topic": topic, part: value}});
    vec![
        ("sub", sub(topic)),
        ("sub and read", sub_get(topic, "desc sub data del")),
        ("sub as the owner", sub_mode(topic, "JRWPASDO")),
        ("leave", leave(topic)),
        ("leave for good", unsub(topic)),
        ("pub", publish(topic, "secret")),
        ("get desc", get(topic, "desc")),
        ("get sub", get(topic, "sub")),
        ("get data", get(topic, "data")),
        ("get del", get(topic, "del")),
        ("get tags", get(topic, "tags")),
        ("set public", set_public(topic, "mine")),
        ("set defacs", set("desc", json!({"defacs": {"auth": "JR"}}))),
        ("set trusted", set("desc", json!({"trusted": {"x": 1}}))),
        ("set private", set_private(topic, "c")),
        ("set tags", set("tags", json!(["t"]))),
        ("mute oneself", set_mode(topic, "JR")),
        ("take ownership", set_mode(topic, "JRWPASDO")),
        ("lower a member", set_mode_of(topic, member, "J")),
        ("raise a member", set_mode_of(topic, member, "JRWPASD")),
        ("hand over", set_mode_of(topic, member, "JRWPASDO")),
        ("invite", set_mode_of(topic, outsider, "JRWP")),
        ("delete for oneself", del_messages(topic, 1, 2, false)),
        ("delete for all", del_messages(topic, 1, 2, true)),
        ("remove a member", del_member(topic, member)),
        ("delete the topic", del_topic(topic)),
        ("note kp", note(topic, "kp")),
        ("note data", note(topic, "data")),
        ("note call", json!({"note": {"topic": topic, "what": "call", "event": "invite", "seq": 1}})),
        ("note read", mark(topic, "read", 1)),
        ("note recv", mark(topic, "recv", 1)),
        ("acc", json!({"acc": {"id": "q", "user": "", "login": true}})),
        ("del user", json!({"del": {"id": "q", "what": "user", "user": member}})),
        ("del cred", json!({"del": {"id": "q", "topic": topic, "what": "cred", "cred": {"meth": "email"}}})),
    ]
}

/// Asks and tells what became of it. Checks that what is refused has no effect, and that who is `outside` of a topic sees no
/// message of it and is not heard in it.
fn outcome(mut scene: Scene, request: &str, outside: bool) -> String {
    let said = requests(&scene).into_iter().find(|(name, _)| *name == request).expect("a request").1;
    scene.world.hush();
    let before = scene.world.store.clone();
    scene.world.say("actor1", said);
    let heard = scene.world.heard("actor1");
    let code = heard.iter().find_map(|frame| frame["ctrl"]["code"].as_u64().filter(|code| *code != 205));
    let is_refused = code.is_some_and(|code| code >= 300);
    if is_refused || outside && request.starts_with("note") {
        assert_eq!(scene.world.store, before, "{request}: what is refused changes nothing");
        for line in scene.world.sessions().into_iter().filter(|line| line != "actor1") {
            assert!(scene.world.heard(&line).is_empty(), "{request}: what is refused is told nobody");
        }
        assert!(!heard.iter().any(|frame| frame.get("data").is_some()), "{request}: what is refused shows nothing");
    }
    if outside && !request.starts_with("sub") {
        assert!(!heard.iter().any(|frame| frame.to_string().contains("secret")), "{request}: shows a message");
    }
    let shown = heard.iter().any(|frame| frame.get("meta").is_some());
    code.map_or_else(|| if shown { "meta" } else { "-" }.to_owned(), |code| code.to_string())
}

/// Who is not in the topic, or may not be.
const OUTSIDE: [&str; 6] = ["stranger", "banned", "shut out", "self-ban", "left", "lost"];

/// A role by name, and its scene.
type Role = (&'static str, fn() -> Scene);

fn table(roles: &[Role]) -> String {
    let mut text = format!("{:20}", "");
    for (role, _) in roles {
        text += &format!("{role:>10}");
    }
    for (request, _) in requests(&roles[0].1()) {
        text += &format!("\n{request:20}");
        for (role, scene) in roles {
            text += &format!("{:>10}", outcome(scene(), request, OUTSIDE.contains(role)));
        }
    }
    text
}

fn expect(found: &str, expected: &str) {
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(found), lines(expected.trim_matches('\n')), "\n{found}");
}

/// A group of alice with one message and bob in it, and the actor with a mode: `None` for a stranger.
fn group(want: Option<&str>) -> Scene {
    let mut world = World::new();
    world.arrive("alice1");
    let topic = world.create("alice1");
    for line in ["bob1", "actor1", "dave1"] {
        world.arrive(line);
    }
    world.say("bob1", sub(&topic));
    world.say("alice1", publish(&topic, "secret"));
    let (actor, member, outsider) = (world.id("actor"), world.id("bob"), world.id("dave"));
    if let Some(mode) = want {
        world.say("actor1", sub(&topic));
        let code = world.code("alice1", set_mode_of(&topic, &actor, mode));
        assert!(code == 200 || mode == "JRWPS" && code == 304, "{mode}: {code}");
        if mode.contains('A') && !mode.contains('O') {
            assert_eq!(world.code("actor1", set_mode(&topic, mode)), 200);
        }
    }
    Scene { world, topic, member, outsider }
}

/// The same for who was a member and did something.
fn group_after(did: fn(&str) -> Value) -> Scene {
    let mut scene = group(Some("JRWPS"));
    let did = did(&scene.topic);
    assert_eq!(scene.world.code("actor1", did), 200);
    scene
}

#[test]
fn in_a_group() {
    let roles: [Role; 11] = [
        ("stranger", || group(None)),
        ("banned", || group(Some("N"))),
        // Without J the rest is nothing, also A.
        ("shut out", || group(Some("RWPASD"))),
        ("self-ban", || group_after(|topic| set_mode(topic, "RWPS"))),
        ("left", || group_after(unsub)),
        ("no reader", || group(Some("JWP"))),
        ("reader", || group(Some("JRP"))),
        ("writer", || group(Some("JRWP"))),
        ("sharer", || group(Some("JRPS"))),
        ("admin", || group(Some("JRWPASD"))),
        ("owner", || group(Some("JRWPASDO"))),
    ];
    expect(&table(&roles), GROUP);
}

const GROUP: &str = "
                      stranger    banned  shut out  self-ban      left no reader    reader    writer    sharer     admin     owner
sub                        200       403       403       200       200       304       304       304       304       304       304
sub and read               200       403       403       200       200       304       304       304       304       304       304
sub as the owner           200       403       403       200       200       304       304       304       304       304       304
leave                      304       304       304       304       304       200       200       200       200       200       200
leave for good             409       409       409       409       409       200       200       200       200       200       403
pub                        409       409       409       409       409       202       403       202       403       202       202
get desc                  meta      meta      meta      meta      meta      meta      meta      meta      meta      meta      meta
get sub                    404      meta      meta      meta       404      meta      meta      meta      meta      meta      meta
get data                   403       403       403       403       403       403       208       208       208       208       208
get del                    403       403       403       403       403       403       204       204       204       204       204
get tags                   403       403       403       403       403       204       204       204       204       204       204
set public                 409       409       409       409       409       403       403       403       403       403       200
set defacs                 409       409       409       409       409       403       403       403       403       403       200
set trusted                409       409       409       409       409       403       403       403       403       403       403
set private                404       200       200       200       404       200       200       200       200       200       200
set tags                   405       405       405       405       405       405       405       405       405       405       405
mute oneself               404       200       200       200       404       200       200       200       200       200       403
take ownership             404       403       403       403       404       403       403       403       403       403       304
lower a member             404       403       403       403       404       403       403       403       403       200       200
raise a member             404       403       403       403       404       403       403       403       403       200       200
hand over                  404       403       403       403       404       403       403       403       403       403       200
invite                     404       403       403       403       404       403       403       403       200       200       200
delete for oneself         409       409       409       409       409       403       200       200       200       200       200
delete for all             409       409       409       409       409       403       200       200       200       200       200
remove a member            409       409       409       409       409       403       403       403       403       200       200
delete the topic           304       200       200       200       304       200       200       200       200       200       200
note kp                    409       409       409       409       409         -         -         -         -         -         -
note data                  409       409       409       409       409         -         -         -         -         -         -
note call                  409       409       409       409       409         -         -         -         -         -         -
note read                  409       409       409       409       409         -         -         -         -         -         -
note recv                    -         -         -         -         -         -         -         -         -         -         -
acc                        501       501       501       501       501       501       501       501       501       501       501
del user                   403       403       403       403       403       403       403       403       403       403       403
del cred                   409       409       409       409       409       405       405       405       405       405       405
";

/// The actor's conversation with bob, who wrote one message.
fn p2p(given: Option<&str>) -> Scene {
    let mut world = World::new();
    for line in ["actor1", "bob1", "dave1"] {
        world.arrive(line);
    }
    let (actor, member, outsider) = (world.id("actor"), world.id("bob"), world.id("dave"));
    if let Some(mode) = given {
        world.say("actor1", sub(&member));
        world.say("bob1", sub(&actor));
        world.say("bob1", publish(&actor, "secret"));
        world.say("bob1", set_mode_of(&actor, &actor, mode));
    }
    Scene { world, topic: member.clone(), member, outsider }
}

/// The same for who was in it and did something.
fn p2p_after(did: fn(&str) -> Value) -> Scene {
    let mut scene = p2p(Some("JRWPA"));
    let did = did(&scene.topic);
    assert_eq!(scene.world.code("actor1", did), 200);
    scene
}

#[test]
fn in_a_conversation_of_two() {
    let roles: [Role; 9] = [
        ("stranger", || p2p(None)),
        ("banned", || p2p(Some("N"))),
        ("self-ban", || p2p_after(|topic| set_mode(topic, "RWP"))),
        ("left", || p2p_after(unsub)),
        ("reader", || p2p(Some("JRP"))),
        ("writer", || p2p(Some("JRWPA"))),
        // Nobody has more in a conversation of two, whatever is given.
        ("sharer", || p2p(Some("JRPS"))),
        ("admin", || p2p(Some("JRWPASD"))),
        ("owner", || p2p(Some("JRWPASDO"))),
    ];
    expect(&table(&roles), P2P);
}

const P2P: &str = "
                      stranger    banned  self-ban      left    reader    writer    sharer     admin     owner
sub                        200       403       200       200       304       304       304       304       304
sub and read               200       403       200       200       304       304       304       304       304
sub as the owner           200       403       200       200       304       304       304       304       304
leave                      304       304       304       304       200       200       200       200       200
leave for good             409       409       409       409       200       200       200       200       200
pub                        409       409       409       409       403       202       403       202       202
get desc                  meta      meta      meta      meta      meta      meta      meta      meta      meta
get sub                    404      meta      meta       404      meta      meta      meta      meta      meta
get data                   403       403       403       403       208       208       208       208       208
get del                    403       403       403       403       204       204       204       204       204
get tags                   403       403       403       403       405       405       405       405       405
set public                 409       409       409       409       403       403       403       403       403
set defacs                 409       409       409       409       403       403       403       403       403
set trusted                409       409       409       409       403       403       403       403       403
set private                404       200       200       404       200       200       200       200       200
set tags                   405       405       405       405       405       405       405       405       405
mute oneself               404       200       200       404       200       200       200       200       200
take ownership             404       304       200       404       304       304       304       304       304
lower a member             404       403       403       404       200       200       200       200       200
raise a member             404       403       403       404       304       304       304       304       304
hand over                  404       403       403       404       304       304       304       304       304
invite                     404       403       403       404       403       403       403       403       403
delete for oneself         409       409       409       409       200       200       200       200       200
delete for all             409       409       409       409       200       200       200       200       200
remove a member            409       409       409       409       403       403       403       403       403
delete the topic           304       200       200       304       200       200       200       200       200
note kp                    409       409       409       409         -         -         -         -         -
note data                  409       409       409       409         -         -         -         -         -
note call                  409       409       409       409         -         -         -         -         -
note read                  409       409       409       409         -         -         -         -         -
note recv                    -         -         -         -         -         -         -         -         -
acc                        501       501       501       501       501       501       501       501       501
del user                   403       403       403       403       403       403       403       403       403
del cred                   409       409       409       409       405       405       405       405       405
";

/// A queue's channel with one message from outside and bob in it.
fn channel(agent: bool, joined: bool) -> Scene {
    let mut world = World::new();
    for line in ["bob1", "dave1"] {
        world.arrive(line);
    }
    world.channels = vec!["7001".into()];
    world.arrive("bob2");
    world.say("bob2", sub("emc7001"));
    world.channels = if agent { vec!["7001".into()] } else { Vec::new() };
    world.arrive("actor1");
    world.receive("7001", "secret");
    if joined {
        world.say("actor1", sub("emc7001"));
    }
    let (member, outsider) = (world.id("bob"), world.id("dave"));
    Scene { world, topic: "emc7001".into(), member, outsider }
}

/// The same for who had the channel, and has not any more.
fn channel_lost() -> Scene {
    let mut scene = channel(true, true);
    scene.world.change_channels("actor", &[]);
    scene
}

#[test]
fn in_an_external_channel() {
    let roles: [Role; 4] = [
        ("stranger", || channel(false, false)),
        ("lost", channel_lost),
        ("agent", || channel(true, false)),
        ("member", || channel(true, true)),
    ];
    expect(&table(&roles), CHANNEL);
}

const CHANNEL: &str = "
                      stranger      lost     agent    member
sub                        403       403       200       304
sub and read               403       403       200       304
sub as the owner           403       403       200       304
leave                      304       304       304       200
leave for good             409       409       409       200
pub                        409       409       409       202
get desc                   403       403      meta      meta
get sub                    404       404       404      meta
get data                   403       403       403       208
get del                    403       403       403       204
get tags                   403       403       403       204
set public                 409       409       409       403
set defacs                 409       409       409       403
set trusted                409       409       409       403
set private                404       404       404       200
set tags                   405       405       405       405
mute oneself               404       404       404       200
take ownership             404       404       404       403
lower a member             404       404       404       403
raise a member             404       404       404       403
hand over                  404       404       404       403
invite                     404       404       404       403
delete for oneself         409       409       409       200
delete for all             409       409       409       200
remove a member            409       409       409       403
delete the topic           304       304       304       200
note kp                    409       409       409         -
note data                  409       409       409         -
note call                  409       409       409         -
note read                  409       409       409         -
note recv                    -         -         -         -
acc                        501       501       501       501
del user                   403       403       403       403
del cred                   409       409       409       405
";

fn named(topic: &str, attached: bool) -> Scene {
    let mut world = World::new();
    for line in ["actor1", "bob1", "dave1"] {
        world.arrive(line);
    }
    if attached {
        world.say("actor1", sub(topic));
    }
    let (member, outsider) = (world.id("bob"), world.id("dave"));
    Scene { world, topic: topic.into(), member, outsider }
}

#[test]
fn on_me_and_by_names_that_are_no_topics() {
    let roles: [Role; 5] = [
        ("me", || named("me", true)),
        ("not there", || named("me", false)),
        ("new", || named("new", false)),
        ("fnd", || named("fnd", false)),
        ("grp", || named("grpUnknown000", false)),
    ];
    expect(&table(&roles), NAMES);
}

const NAMES: &str = "
                            me not there       new       fnd       grp
sub                        304       200       200       404       404
sub and read               304       200       200       404       404
sub as the owner           304       200       200       404       404
leave                      200       304       304       304       304
leave for good             403       409       409       409       409
pub                        403       409       409       409       409
get desc                  meta      meta       400       400       404
get sub                    204       204       400       400       404
get data                   403       403       400       400       403
get del                    204       403       400       400       403
get tags                   204       403       400       400       403
set public                 200       409       404       404       409
set defacs                 200       409       404       404       409
set trusted                403       409       404       404       409
set private                200       409       404       404       404
set tags                   405       409       404       404       405
mute oneself               403       409       404       404       404
take ownership             403       409       404       404       404
lower a member             403       409       404       404       404
raise a member             403       409       404       404       404
hand over                  403       409       404       404       404
invite                     403       409       404       404       404
delete for oneself         403       409       409       409       409
delete for all             403       409       409       409       409
remove a member            403       409       409       409       409
delete the topic           403       403       404       404       304
note kp                      -       409       409       409       409
note data                    -       409       409       409       409
note call                    -       409       409       409       409
note read                    -       409       409       409       409
note recv                    -         -         -         -         -
acc                        501       501       501       501       501
del user                   403       403       403       403       403
del cred                   405       409       409       409       409
";
