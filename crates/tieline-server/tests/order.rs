//! What a client sees when events are published while it subscribes.
#![cfg(feature = "wsi")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use tieline_server::wsi::Publication;

/// Changes the state and publishes it, again and again, until told to stop.
async fn publish(site: Arc<Site>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let count = {
            let mut count = site.pbx.count.lock().unwrap();
            *count += 1;
            *count
        };
        let text = format!(r#"{{"event_type":"call_hold","count":{count}}}"#);
        site.hub.publish(|_| {
            let publication = Publication::new("call_hold", text.as_str()).of_tenant(TENANT).concerning(["102"]);
            Some(publication)
        });
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn between_snapshot_and_events_nothing_is_lost_and_the_order_is_kept() {
    let site = Arc::new(Site::start().await);
    let stop = Arc::new(AtomicBool::new(false));
    let publisher = tokio::spawn(publish(site.clone(), stop.clone()));
    for _ in 0..100 {
        let mut client = site.login("/", LOGIN_V16).await;
        client.send(SUBSCRIBE).await;
        assert_eq!(client.text().await, OK);
        let snapshot = client.next().await;
        assert_eq!(snapshot["event_type"], "extension_status");
        let mut seen: u64 = snapshot["tenant_id"].as_str().unwrap().parse().unwrap();
        let first = client.next().await["count"].as_u64().unwrap();
        assert!(first <= seen + 1, "the snapshot tells {seen}, the first event {first}");
        seen = first;
        for _ in 0..20 {
            let next = client.next().await["count"].as_u64().unwrap();
            assert_eq!(next, seen + 1);
            seen = next;
        }
    }
    stop.store(true, Ordering::Relaxed);
    publisher.await.unwrap();
}

#[tokio::test]
async fn commands_on_the_heels_of_a_login_are_judged_by_the_limits_after_it() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    // Longer than what is taken before the login, and in the same segment if the network likes.
    let names = (0..5_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",");
    let long = format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":[{names}]}}"#);
    assert!(long.len() > 16 << 10);
    use futures::SinkExt as _;
    use tokio_tungstenite::tungstenite::Message;
    client.0.feed(Message::text(LOGIN_V16)).await.unwrap();
    client.0.feed(Message::text(long)).await.unwrap();
    client.0.flush().await.unwrap();
    assert_eq!(client.text().await, OK);
    assert_eq!(client.text().await, OK);
}

#[tokio::test]
async fn a_burst_arrives_whole_and_in_order() {
    let site = Site::start().await;
    let mut client = site.subscriber().await;
    for number in 0..5_000 {
        site.hold(&number.to_string());
    }
    for number in 0..5_000 {
        assert_eq!(client.next().await["aor"], format!("sip:{number}@portsip.io"));
    }
}
