//! The gallery of scenarios can be played, and is played.

mod client;

use std::path::PathBuf;
use std::time::Duration;

use client::{Client, get};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::scenario::Scenario;

fn gallery() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the gallery")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).expect("a text")))
        .collect();
    found.sort();
    found
}

#[test]
fn every_scenario_of_the_gallery_can_be_played() {
    let gallery = gallery();
    assert_eq!(gallery.len(), 7);
    for (path, text) in gallery {
        if let Err(mistakes) = Scenario::parse(&text) {
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{path}\n{}", mistakes.join("\n"));
        }
    }
}

#[tokio::test]
async fn no_step_of_the_gallery_is_refused_when_it_is_served() {
    for (path, text) in gallery() {
        let scenario = Scenario::parse(&text).expect("a scenario");
        let end = scenario.end();
        // Time stands, and is moved by hand: nobody is waited for.
        let sim = Sim::builder().scenario(scenario).paused(true).start().await.expect("a free port");
        sim.advance(end + Duration::from_secs(1));
        let report = sim.report().to_string();
        assert!(!report.contains("step:"), "{path}\n{report}");
        sim.stop().await;
    }
}

/// A scenario of the gallery whose time is moved by hand.
async fn by_hand(name: &str) -> Sim {
    let gallery = gallery();
    let (_, text) = gallery.iter().find(|(path, _)| path.ends_with(name)).expect("in the gallery");
    let scenario = Scenario::parse(text).expect("a scenario");
    Sim::builder().scenario(scenario).paused(true).start().await.expect("a free port")
}

/// The types of the events of a queue that WSI tells, in order.
async fn queue_events(name: &str, end: Duration) -> Vec<Value> {
    let sim = by_hand(name).await;
    let mut client = Client::wsi(&sim, Dialect::V16).await;
    client.say(json!({"command": "subscribe", "topics": ["queue_events"]})).await;
    client.rest().await;
    sim.advance(end);
    client.rest().await.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

#[tokio::test]
async fn two_calls_of_the_dst_night_have_the_same_local_time() {
    let sim = by_hand("dst-night.toml").await;
    sim.advance(Duration::from_secs(90 * 60));
    let (_, body) = get(&sim, "/cdr", &format!("Bearer {}", sim.cloudpbx_key().expose())).await;
    let records: Vec<Value> = serde_json::from_str(&body).expect("JSON");
    let dates: Vec<&str> = records.iter().filter_map(|record| record["calldate"].as_str()).collect();
    assert_eq!(dates, ["2026-10-25 02:45:00", "2026-10-25 02:59:00", "2026-10-25 02:45:00"], "{body}");
}

#[tokio::test]
async fn callers_of_the_full_queue_overflow() {
    let events = queue_events("queue-overflow.toml", Duration::from_secs(70)).await;
    let overflown = events.iter().filter(|event| event["updated_callers"][0]["reason"] == "overflow").count();
    assert_eq!(overflown, 2, "{events:?}");
}

#[tokio::test]
async fn the_service_level_is_breached() {
    let events = queue_events("sla-breach.toml", Duration::from_secs(60)).await;
    let types: Vec<&str> = events.iter().filter_map(|event| event["event_type"].as_str()).collect();
    assert!(types.iter().any(|kind| kind.contains("sla")), "{types:?}");
}
