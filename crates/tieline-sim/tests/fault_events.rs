//! What goes wrong in messages.

mod client;

use std::time::Duration;

use client::{Client, numbers, poll, sim};
use serde_json::Value;
use tieline_sim::Sim;
use tieline_sim::fault::Rule;

const TEN: Duration = Duration::from_secs(10);
const TWENTY: Duration = Duration::from_secs(20);

/// What is said in twenty seconds on WSI and on the stream of CloudPBX.
async fn said(rules: &[&str]) -> (Vec<String>, Vec<String>) {
    let sim = sim(rules).await;
    let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
    sim.advance(TWENTY);
    (wsi.rest().await, stream.rest().await)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn ids(messages: &[String]) -> Vec<i64> {
    messages.iter().map(|message| json(message)["id"].as_i64().expect("a number")).collect()
}

fn add(sim: &Sim, rule: &str) {
    sim.faults().add(rule.parse::<Rule>().expect("a rule"));
}

#[tokio::test]
async fn without_a_rule_for_it_a_message_is_the_same_byte_for_byte() {
    let plain = said(&[]).await;
    assert!(plain.0.len() > 3 && plain.1.len() > 3);
    assert_eq!(said(&["on=axeos:duplicate", "nth=1000:close=1011"]).await, plain);
}

#[tokio::test]
async fn the_close_comes_in_the_place_of_the_event() {
    let sim = sim(&["on=wsi,nth=3:close=1011", "on=cloudpbx,nth=2:close=4000"]).await;
    let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
    sim.advance(TWENTY);
    wsi.text().await;
    wsi.text().await;
    assert_eq!(wsi.close().await.0, 1011);
    stream.text().await;
    assert_eq!(stream.close().await.0, 4000);
}

#[tokio::test]
async fn events_come_twice_or_in_another_order_with_their_own_numbers() {
    let (wsi, stream) = said(&[]).await;
    let doubled = said(&["on=wsi,nth=2:duplicate", "on=cloudpbx,nth=3:duplicate"]).await;
    assert_eq!((doubled.0.len(), &doubled.0[1], &doubled.0[2]), (wsi.len() + 1, &wsi[1], &wsi[1]));
    assert_eq!(ids(&doubled.1)[..5], [1, 2, 3, 3, 4]);
    let swapped = said(&["on=wsi,nth=2:reorder", "on=cloudpbx,nth=3:reorder"]).await;
    assert_eq!((swapped.0.len(), &swapped.0[1], &swapped.0[2]), (wsi.len(), &wsi[2], &wsi[1]));
    assert_eq!((ids(&swapped.1)[..5].to_vec(), swapped.1.len()), (vec![1, 2, 4, 3, 5], stream.len()));
}

#[tokio::test]
async fn numbers_of_the_stream_skip_and_go_back() {
    let (_, stream) = said(&["nth=3:skip=10", "nth=5:rewind=4", "nth=7:rewind"]).await;
    assert_eq!(ids(&stream)[..9], [1, 2, 13, 14, 11, 12, 1, 2, 3]);
}

#[tokio::test]
async fn a_burst_comes_at_once_and_the_numbers_go_on_behind_it() {
    let (wsi, stream) = said(&["on=wsi,nth=2:burst=50", "on=cloudpbx,nth=2:burst=3"]).await;
    assert!(wsi[1..52].iter().all(|event| *event == wsi[1]) && wsi[52] != wsi[1]);
    assert_eq!(ids(&stream)[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(json(&stream[1])["text"], json(&stream[4])["text"]);
}

#[tokio::test]
async fn merged_events_wait_for_each_other() {
    let plain = said(&[]).await.0;
    let merged = said(&["on=wsi,nth=1:merge=4"]).await.0;
    assert_eq!(merged, plain);
    let sim = sim(&["on=wsi:merge=100000"]).await;
    let mut wsi = Client::subscriber(&sim).await;
    sim.advance(TWENTY);
    assert!(wsi.rest().await.is_empty());
    sim.faults().clear();
    drop(wsi);
}

#[tokio::test]
async fn messages_are_changed_as_the_rules_say() {
    let sim = sim(&[]).await;
    let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
    let mut last = numbers(&poll(&sim, "").await.1).pop().unwrap_or(0);
    for (rule, has) in [
        ("unknown-event", "x_unknown_event"),
        ("unknown-field", "x_unknown_field"),
        ("oversized=2000", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ] {
        add(&sim, rule);
        sim.advance(3 * TWENTY);
        for heard in [wsi.rest().await, stream.rest().await] {
            assert!(
                !heard.is_empty() && heard.iter().all(|text| text.contains(has) && json(text).is_object()),
                "{rule}"
            );
        }
        let (_, body) = poll(&sim, &format!("&last={last}")).await;
        assert!(body.contains(has), "{body}");
        last = numbers(&body).pop().expect("events");
        sim.faults().clear();
    }
}

#[tokio::test]
async fn bad_json_comes_once_and_good_json_after_it() {
    for kind in ["full-width-comma", "missing-comma", "stray-bracket", "cut"] {
        let rule = format!("nth=2:bad-json={kind}");
        let sim = sim(&[&format!("on=wsi,{rule}"), &format!("on=cloudpbx,{rule}"), &format!("on=axeos,{rule}")]).await;
        let (mut wsi, mut stream) = (Client::subscriber(&sim).await, Client::stream(&sim).await);
        sim.advance(TWENTY);
        for heard in [wsi.rest().await, stream.rest().await] {
            let good: Vec<_> = heard.iter().map(|text| serde_json::from_str::<Value>(text).is_ok()).collect();
            assert!(good.len() > 3 && good.iter().enumerate().all(|(at, good)| *good == (at != 1)), "{kind}: {good:?}");
        }
        let mut good = Vec::new();
        for _ in 0..3 {
            good.push(serde_json::from_str::<Value>(&poll(&sim, "").await.1).is_ok());
        }
        assert_eq!(good, [true, false, true], "{kind}");
    }
}

#[tokio::test]
async fn the_log_of_axeos_repeats_reorders_bursts_and_renumbers() {
    let sim = sim(&["on=axeos,nth=1:duplicate", "on=axeos,nth=2:reorder", "on=axeos,nth=3:burst=4"]).await;
    sim.advance(TWENTY);
    assert_eq!(numbers(&poll(&sim, "&last=0").await.1)[..4], [1, 1, 2, 3]);
    assert_eq!(numbers(&poll(&sim, "&last=0").await.1)[..4], [2, 1, 3, 4]);
    let newest = numbers(&poll(&sim, "&last=0").await.1).pop().expect("events");
    let more = poll(&sim, &format!("&last={newest}")).await.1;
    assert_eq!(numbers(&more), (newest + 1..=newest + 4).collect::<Vec<_>>());
    let newest = newest + 4;

    add(&sim, "on=axeos,nth=1:skip=10");
    poll(&sim, "&last=0").await;
    sim.advance(TEN);
    assert_eq!(numbers(&poll(&sim, &format!("&last={newest}")).await.1)[0], newest + 11);
    add(&sim, "on=axeos,nth=1:rewind=5");
    let newest = numbers(&poll(&sim, "&last=0").await.1).pop().expect("events");
    sim.advance(TEN);
    assert_eq!(numbers(&poll(&sim, "&last=0").await.1)[0], newest - 4);
    add(&sim, "on=axeos,nth=1:rewind");
    poll(&sim, "&last=0").await;
    sim.advance(TEN);
    assert_eq!(numbers(&poll(&sim, "&last=0").await.1)[0], 1);
}
