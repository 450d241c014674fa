//! Scenarios with clients: what is expected of them, and what the same scenario tells again.

mod client;

use std::time::Duration;

use client::{Client, poll, post, within};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::fault::Service;
use tieline_sim::scenario::{
    Call, Expect, Extension, Habit, Pace, Report, Scenario, ScenarioBuilder, Step, Traffic, Trunk, Verdict,
};
use tieline_sim::world::{Role, Side};

const SCREEN_POP: &str = include_str!("../scenarios/screen-pop.toml");
const AGENT_DAY: &str = include_str!("../scenarios/agent-day.toml");

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn office() -> ScenarioBuilder {
    Scenario::builder("office")
        .patience(Duration::from_millis(50))
        .trunk(Trunk::new("Carrier One"))
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("110", "Jonas Meyer").role(Role::TenantAdmin).answers(at(1)))
}

async fn start(scenario: ScenarioBuilder) -> Sim {
    let scenario = scenario.build().expect("a scenario");
    Sim::builder().scenario(scenario).start().await.expect("a free port")
}

fn verdicts(report: &Report) -> Vec<&'static str> {
    report.checks.iter().map(|check| check.verdict.as_str()).collect()
}

/// Logs Alice in and subscribes her.
async fn alice(sim: &Sim, topics: Value) -> Client {
    let contract = sim.contract();
    let user = &contract["wsi"]["users"][0];
    let mut client = Client::open(&sim.wsi_url(Dialect::V16)).await.expect("open");
    let (name, password) = (&user["username"], &user["password"]);
    client
        .say(json!({"command": "auth", "username": name, "domain": contract["wsi"]["domain"], "password": password}))
        .await;
    assert_eq!(client.hear().await["status"], 0);
    client.say(json!({"command": "subscribe", "topics": topics, "extensions": ["101"]})).await;
    assert_eq!(client.hear().await["status"], 0);
    client
}

#[tokio::test]
async fn stepped_time_stands_until_the_client_has_done_what_is_expected() {
    let scenario = Scenario::parse(SCREEN_POP).expect("a scenario");
    let sim = Sim::builder().scenario(scenario).start().await.expect("a free port");
    let client = async {
        let mut client = alice(&sim, json!(["extension_events"])).await;
        let mut callers = Vec::new();
        while callers.len() < 2 {
            let event = client.hear().await;
            if event["event_type"] == "call_start" {
                callers.push(event["caller"].as_str().expect("text").to_owned());
            }
        }
        callers
    };
    let (report, callers) = within(async { tokio::join!(sim.finish(), client) }).await;
    assert!(report.is_success(), "{report}");
    assert_eq!(verdicts(&report), ["met", "met"]);
    assert!(callers[0].contains("12025550123") && callers[1].contains("442075550188"), "{callers:?}");
}

#[tokio::test]
async fn what_does_not_happen_is_missed_and_the_report_says_what_happened_instead() {
    let sim = start(office().at(at(0), Expect::login("101").within(at(5)))).await;
    let mut client = Client::open(&sim.wsi_url(Dialect::V16)).await.expect("open");
    client.say(json!({"command": "auth", "username": "alice", "domain": "acme.test", "password": "hunter2"})).await;
    assert_ne!(client.hear().await["status"], 0);
    let report = within(sim.finish()).await;
    assert!(!report.is_success());
    assert_eq!(report.checks[0].verdict, Verdict::Missed);
    let text = report.to_string();
    assert!(text.contains("FAILED") && text.contains("request GET /wsi") && !text.contains("hunter2"), "{text}");
    assert!(report.to_junit().contains(r#"failures="1""#), "{}", report.to_junit());
}

#[tokio::test]
async fn what_must_not_happen_is_told_when_it_does() {
    let never = Expect::connect(Some(Service::Wsi)).never().within(at(5));
    let twice = Expect::connect(None).at_most(1).within(at(5));
    let sim = start(office().at(at(0), never).at(at(0), twice)).await;
    drop(Client::open(&sim.wsi_url(Dialect::V16)).await.expect("open"));
    let report = within(sim.finish()).await;
    assert_eq!(verdicts(&report), ["too-often", "met"]);
}

#[tokio::test]
async fn calls_and_messages_of_clients_are_expected_in_every_protocol() {
    let call = Expect::call("101", "110").times(2).within(at(60));
    let sms = Expect::sms("600100200").within(at(60));
    let sim = start(office().at(at(0), call).at(at(0), sms).at(at(0), Expect::login("key").within(at(60)))).await;
    let bearer = sim.cloudpbx_key().expose().to_owned();
    let dialled = client::get(&sim, "/dial?cpa=101&cpb=110", &format!("Bearer {bearer}")).await;
    assert!(dialled.0.starts_with("HTTP/1.1 200"), "{dialled:?}");
    // The first call ends by itself: Jonas answers, and clients talk for 20 s.
    sim.advance(at(30));
    let key = data_encoding::BASE64.encode(format!("apiKey:{}", sim.axeos_key().expose()).as_bytes());
    let (call, basic) = (r#"{"user_name":"alice","number":"110"}"#, format!("Basic {key}"));
    let called = post(sim.local_addr(), "/apis/pbx/call", "application/json", &basic, call).await;
    let (form, bearer) = ("application/x-www-form-urlencoded", format!("Bearer {bearer}"));
    let sent = post(sim.local_addr(), "/sendSMS", form, &bearer, "to=600100200&body=hello").await;
    let report = sim.report();
    assert_eq!(verdicts(&report), ["pending", "met", "met"], "{called:?} {sent:?} {report}");
    assert_eq!(report.checks[0].count, 2);
}

#[tokio::test]
async fn the_test_may_do_what_is_not_on_the_timeline() {
    let sim = start(office().length(at(600))).await;
    let mut client = alice(&sim, json!(["extension_events"])).await;
    sim.perform(Call::new("own", "12025550199", "101").talk(Habit::Never)).expect("a call");
    sim.step(at(1)).await;
    sim.perform(Step::answer("own", "101")).expect("it rings");
    sim.perform(Step::hang_up("own", Side::Caller)).expect("they talk");
    assert!(sim.perform(Step::hold("own", "101")).is_err(), "it is over");
    let heard: Vec<Value> = client.rest().await.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    let types: Vec<&str> = heard.iter().filter_map(|event| event["event_type"].as_str()).collect();
    assert!(types.contains(&"call_start") && types.contains(&"call_ended"), "{types:?}");
}

#[tokio::test]
async fn traffic_can_be_begun_at_any_time() {
    let sim = start(office().length(at(600))).await;
    let every = Duration::from_secs(2)..=Duration::from_secs(9);
    sim.perform(Traffic::new("110", 5, every).talk(at(1)..=at(1))).expect("room");
    sim.advance(at(120));
    let (_, body) = poll(&sim, "&last=0&limit=1000").await;
    assert_eq!(body.matches("incoming call").count(), 5, "{body}");
}

#[tokio::test]
async fn a_scenario_on_scaled_time_ends_by_itself() {
    let scenario =
        office().pace(Pace::Scaled(100.0)).at(at(5), Step::presence("101", tieline_sim::world::Availability::Away, ""));
    let report = within(start(scenario).await.finish()).await;
    assert!(report.is_success() && report.now >= at(6), "{report}");
}

/// What clients of each protocol hear of the first quarter of an hour of a scenario, and what they did, as text.
async fn told(text: &str, seed: u64) -> String {
    let scenario = Scenario::parse(text).expect("a scenario");
    let sim = Sim::builder().scenario(scenario).seed(seed).start().await.expect("a free port");
    let mut wsi = Client::wsi(&sim, Dialect::V22).await;
    wsi.say(json!({"command": "subscribe", "topics": ["extension_events", "queue_events", "cdr_events"]})).await;
    // One after the other, so that the record of what they did has one order.
    let mut heard = wsi.rest().await.join("\n");
    let mut stream = Client::stream(&sim).await;
    stream.rest().await;
    let mut gone = Duration::ZERO;
    while gone < at(900) {
        // Bit by bit, so that no queue of a connection overflows.
        sim.step(at(180)).await;
        gone += at(180);
        for line in [&mut wsi, &mut stream] {
            for frame in line.rest().await {
                heard.push_str(&frame);
                heard.push('\n');
            }
        }
    }
    for entry in sim.transcript() {
        heard.push_str(&entry.to_repeatable_json().to_string());
        heard.push('\n');
    }
    let (status, events) = poll(&sim, "&last=0&limit=100000").await;
    assert_eq!(status, 200, "{events}");
    heard.push_str(&events.replace("},{", "},\n{"));
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_scenario_and_seed_tell_the_same_byte_for_byte() {
    let first = told(AGENT_DAY, 11).await;
    assert!(first.lines().count() > 500, "{}", first.lines().count());
    for run in 2..=10 {
        let again = told(AGENT_DAY, 11).await;
        let differs = first.lines().zip(again.lines()).find(|(first, again)| first != again);
        assert!(first == again, "run {run}: {differs:?}");
    }
    assert_ne!(first, told(AGENT_DAY, 12).await);
}
