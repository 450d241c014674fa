//! Scenarios with IM: a chat bridge plays its part, and the same scenario tells the same again.

mod client;

use std::time::Duration;

use client::Client;
use client::im::{ask, attach, robot};
use serde_json::{Value, json};
use tieline_sim::Sim;
use tieline_sim::scenario::{Expect, Extension, Group, Receipt, Scenario, Step};

const CHAT_BRIDGE: &str = include_str!("../scenarios/chat-bridge.toml");

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A toy bridge: reads what others write, makes a ticket of it in the group, and answers who writes to it alone.
struct Bridge {
    client: Client,
    me: String,
    heard: Vec<String>,
}

impl Bridge {
    async fn start(sim: &Sim) -> Self {
        let (mut client, group) = (robot_of(sim, "109").await, sim.im_group("ops").expect("a group"));
        attach(&mut client, "me").await;
        attach(&mut client, &group).await;
        Self { client, me: sim.im_user("109").expect("a user"), heard: Vec::new() }
    }

    /// Plays until it is dropped.
    async fn run(&mut self) {
        loop {
            let text = self.client.text().await;
            let message: Value = serde_json::from_str(&text).expect("JSON");
            self.heard.push(text);
            if message["pres"]["what"] == "acs"
                && let Some(peer) = message["pres"]["src"].as_str()
            {
                self.client.say(json!({"sub": {"id": "peer", "topic": peer}})).await;
            }
            let data = &message["data"];
            let (topic, seq) = (&data["topic"], &data["seq"]);
            if data["content"].is_string() && data["from"] != self.me {
                let answer = if topic.as_str().is_some_and(|topic| topic.starts_with("grp")) {
                    "I made a ticket of it."
                } else {
                    "It is number 7."
                };
                self.client.say(json!({"note": {"topic": topic, "what": "read", "seq": seq}})).await;
                self.client
                    .say(json!({"pub": {"id": format!("answer-{seq}"), "topic": topic, "content": answer}}))
                    .await;
            }
        }
    }
}

async fn robot_of(sim: &Sim, number: &str) -> Client {
    let token = sim.im_token(number).expect("a token").expose().clone();
    let (client, answer) = client::im::enter(&sim.im_url(), number, &token).await;
    assert_eq!(answer["ctrl"]["code"], 200, "{answer}");
    client
}

/// What the bridge heard and did in the scenario of the gallery, as text.
async fn told(seed: u64) -> String {
    let scenario = Scenario::parse(CHAT_BRIDGE).expect("a scenario");
    let sim = Sim::builder().scenario(scenario).seed(seed).start().await.expect("a free port");
    let mut bridge = None;
    let played = async {
        let bridge = bridge.insert(Bridge::start(&sim).await);
        bridge.run().await;
    };
    let report = client::within(async {
        tokio::select! {
            report = sim.finish() => report,
            () = played => unreachable!("the bridge plays without end"),
        }
    })
    .await;
    assert!(report.is_success(), "{report}");
    let mut bridge = bridge.expect("started");
    bridge.heard.extend(bridge.client.rest().await);
    let did = sim.transcript().into_iter().map(|entry| entry.to_repeatable_json().to_string());
    let did: Vec<String> = did.filter(|entry| !entry.contains(r#""ping""#)).collect();
    format!("{}\n{}", bridge.heard.join("\n"), did.join("\n"))
}

#[tokio::test]
async fn the_chat_bridge_of_the_gallery_does_what_is_expected() {
    let told = told(7).await;
    assert!(told.contains("Printer 3 is out of paper.") && told.contains("Which ticket is it?"), "{told}");
    assert!(told.contains(r#""what":"off""#) && told.contains("It is number 7."), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_scenario_and_seed_tell_the_same_of_im_byte_for_byte() {
    let first = told(11).await;
    for run in 2..=10 {
        let again = told(11).await;
        let differs = first.lines().zip(again.lines()).find(|(first, again)| first != again);
        assert!(first == again, "run {run}: {differs:?}");
    }
    assert_ne!(first, told(12).await);
}

#[tokio::test]
async fn what_is_expected_of_clients_in_im_is_met_by_what_they_do_and_by_nothing_else() {
    let message = |to: &str, text: &str| Expect::message("109", to).with_text(text).within(at(60));
    let scenario = Scenario::builder("expected")
        .patience(Duration::from_millis(1))
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("109", "Robot Nine").im(false))
        .group(Group::new("ops", "Operations", "101").member("109"))
        .at(at(0), Expect::login("robot").within(at(60)))
        .at(at(0), Expect::subscribe("ops").within(at(60)))
        .at(at(0), message("ops", "ready"))
        .at(at(0), message("101", "ready"))
        .at(at(0), Expect::receipt("109", "ops", Receipt::Read).within(at(60)))
        .at(at(0), Expect::receipt("109", "ops", Receipt::Received).within(at(60)))
        .build()
        .expect("a scenario");
    let sim = Sim::builder().scenario(scenario).start().await.expect("a free port");
    let (mut robot, group) = (robot(&sim).await, sim.im_group("ops").expect("a group"));
    // What is refused is not done.
    let (answer, _) = ask(&mut robot, json!({"pub": {"id": "1", "topic": group, "content": "We are ready."}})).await;
    assert_eq!(answer["code"], 409);
    attach(&mut robot, &group).await;
    ask(&mut robot, json!({"pub": {"id": "2", "topic": group, "content": "Not yet"}})).await;
    let verdicts = |sim: &Sim| sim.report().checks.iter().map(|check| check.verdict.as_str()).collect::<Vec<_>>();
    assert_eq!(verdicts(&sim), ["met", "met", "pending", "pending", "pending", "pending"]);
    ask(&mut robot, json!({"pub": {"id": "3", "topic": group, "content": "We are ready."}})).await;
    robot.say(json!({"note": {"topic": group, "what": "read", "seq": 1}})).await;
    robot.rest().await;
    assert_eq!(verdicts(&sim), ["met", "met", "met", "pending", "met", "pending"]);
    let text = sim.finish().await.to_string();
    assert!(
        text.contains("message from 109 to 101 with `ready`") && text.contains("message from 109 to ops"),
        "{text}"
    );
}

#[test]
fn mistakes_of_im_are_told_with_their_places() {
    let mistakes = Scenario::parse(
        r#"
extension = [{ number = "101", name = "Alice Novak" }]
group = [{ id = "101", owner = "101" }, { id = "ops", owner = "199" }]
"#,
    )
    .expect_err("mistakes");
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes, ["3:17: the name `101` is taken", "3:63: no extension `199`"]);
    let mistakes = Scenario::parse(
        r#"
extension = [{ number = "101", name = "Alice Novak" }]
timeline = [
    { at = "0s", message = { from = "101", to = "ops", text = "Hello" } },
    { at = "0s", message = { from = "101", to = "12025550123", text = "Hello" } },
    { at = "1s", receipt = { by = "109", of = "101" } },
    { at = "2s", expect = { subscribe = "ops" } },
    { at = "2s", expect = { message = { from = "101", to = "ops" } } },
]
"#,
    )
    .expect_err("mistakes");
    let lines: Vec<u32> = mistakes.iter().filter_map(|mistake| mistake.position).map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8], "{mistakes:?}");
    let mistakes =
        Scenario::parse("timeline = [{ at = \"0s\", receipt = { by = \"1\", of = \"2\", what = \"seen\" } }]");
    assert!(mistakes.expect_err("a mistake")[0].to_string().contains("none of received, read"));
}

#[test]
fn a_step_of_im_can_be_built_and_written() {
    let written = Scenario::parse(
        r#"
time = "stepped"
name = "both"
extension = [{ number = "101", name = "Alice Novak" }, { number = "102", name = "Bob Tanaka", im = false }]
group = [{ id = "ops", name = "Operations", owner = "101", members = ["102"] }]
timeline = [
    { at = "1s", im-login = "102" },
    { at = "2s", typing = { by = "102", to = "ops" } },
    { at = "3s", message = { from = "102", to = "ops", text = "Hello" } },
    { at = "4s", receipt = { by = "101", of = "ops", what = "received" } },
    { at = "5s", im-logout = "102" },
]
"#,
    )
    .expect("a scenario");
    let built = Scenario::builder("both")
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("102", "Bob Tanaka").im(false))
        .group(Group::new("ops", "Operations", "101").member("102"))
        .at(at(1), Step::im_login("102"))
        .at(at(2), Step::typing("102", "ops"))
        .at(at(3), Step::message("102", "ops", "Hello"))
        .at(at(4), Step::receipt("101", "ops", Receipt::Received))
        .at(at(5), Step::im_logout("102"))
        .build()
        .expect("a scenario");
    assert_eq!(written, built);
}
