//! What is recorded of clients.

mod client;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Client, get, login, sim, until};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::record::{Ended, What};

#[tokio::test]
async fn a_connection_is_recorded_with_what_it_said_and_how_it_ended() {
    let sim = sim(&[]).await;
    let mut client = Client::subscriber(&sim).await;
    assert_eq!(sim.clients()[0].ended, None);
    client.0.close(None).await.expect("closed");
    client.ended().await;
    until(|| sim.clients()[0].ended.is_some()).await;
    let connection = &sim.clients()[0];
    assert_eq!((connection.number, connection.path.as_deref(), connection.messages), (1, Some("/wsi"), 3));
    assert!(connection.address.ip().is_loopback());

    let transcript = sim.transcript();
    assert!(transcript.is_sorted_by_key(|entry| entry.at));
    let said: Vec<Value> = transcript
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        })
        .collect();
    let mut first = login(&sim);
    first["password"] = json!("[redacted]");
    assert_eq!(said, [first, json!({"command": "subscribe", "topics": ["cdr_events"]})]);
    assert!(transcript.iter().any(|entry| entry.what == What::Closed { code: None }));
}

#[tokio::test]
async fn the_end_tells_who_ended_it() {
    let sim = sim(&[]).await;
    let why = |number: usize| sim.clients()[number - 1].ended.map(|(_, why)| why);
    drop(Client::wsi(&sim, Dialect::V16).await);
    until(|| matches!(why(1), Some(Ended::Client | Ended::Broken))).await;
    let cut = Client::wsi(&sim, Dialect::V16).await;
    sim.kill_connections();
    until(|| why(2) == Some(Ended::Dropped)).await;
    drop(cut);
    get(&sim, "/nothing", "none").await;
    until(|| why(3) == Some(Ended::Server)).await;
}

#[tokio::test]
async fn no_secret_is_recorded_and_every_entry_is_handed_out() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let sim = Sim::builder()
        .paused(true)
        .fault("nth=1,on=axeos:http=503".parse::<tieline_sim::fault::Rule>().expect("a rule"));
    let sim = sim.transcript(move |entry| kept.lock().expect("no panic").push(entry.to_json().to_string()));
    let sim = sim.start().await.expect("a free port");
    let _wsi = Client::subscriber(&sim).await;
    let mut stream = Client::stream(&sim).await;
    sim.advance(Duration::from_secs(5));
    stream.text().await;
    let key = sim.axeos_key().expose().to_owned();
    get(&sim, &format!("/apis/pbx/users?key={key}"), "none").await;
    until(|| sim.clients().len() == 3 && sim.clients()[2].ended.is_some()).await;

    let lines = lines.lock().expect("no panic").clone();
    assert_eq!(lines, sim.transcript().iter().map(|entry| entry.to_json().to_string()).collect::<Vec<_>>());
    let password = login(&sim)["password"].as_str().expect("a password").to_owned();
    for secret in [key.as_str(), sim.cloudpbx_key().expose(), &password] {
        assert!(lines.iter().all(|line| !line.contains(secret)), "{lines:#?}");
    }
    let kinds: Vec<_> =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["kind"].clone()).collect();
    for kind in ["opened", "request", "text", "fault", "ended"] {
        assert!(kinds.contains(&json!(kind)), "{kind}");
    }
    assert!(lines.iter().any(|line| line.contains("/ws/pbx_") && line.contains("pbxkey=[redacted]")), "{lines:#?}");
}
