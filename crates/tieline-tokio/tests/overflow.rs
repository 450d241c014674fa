//! What happens when events are not taken.
#![cfg(feature = "wsi")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::*;
use tieline_core::CloseReason;
use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_tokio::{Item, Overflow, wsi};
use tokio::sync::Notify;

/// A server that logs in, sends `count` events of at least `bytes` bytes as fast as it can, and agrees to every command.
async fn flood(count: usize, bytes: usize, sent: Arc<AtomicUsize>, done: Arc<Notify>) -> Pbx {
    Pbx::start(move |mut peer, _| {
        let (sent, done) = (Arc::clone(&sent), Arc::clone(&done));
        async move {
            peer.log_in().await;
            for at in 0..count {
                peer.say(event(at) + &" ".repeat(bytes)).await;
                sent.store(at + 1, Ordering::SeqCst);
            }
            done.notify_one();
            peer.agree().await;
        }
    })
    .await
}

fn small(overflow: Overflow) -> wsi::Config {
    let mut config = config();
    config.options.overflow = overflow;
    config.options.events = 4;
    config.session.limits.queued_events = 4;
    config
}

#[tokio::test]
async fn block_makes_the_server_wait_and_loses_nothing() {
    // More than sockets and queues hold together.
    const COUNT: usize = 20_000;
    let (sent, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let pbx = flood(COUNT, 2000, Arc::clone(&sent), done).await;
    let mut config = small(Overflow::Block);
    config.session.ping_after = millis(20);
    config.session.idle_timeout = millis(600);
    let (_client, mut events) = soon(wsi::connect(&pbx.url, config)).await.expect("live");
    // Until the server is stuck, and for longer than the silence deadline.
    soon(async {
        let mut before = usize::MAX;
        while before != sent.load(Ordering::SeqCst) {
            before = sent.load(Ordering::SeqCst);
            tokio::time::sleep(millis(900)).await;
        }
    })
    .await;
    assert!(sent.load(Ordering::SeqCst) < COUNT, "the window of TCP is larger than this test thinks");
    let mut next = 0;
    soon(async {
        while next < COUNT {
            let item = events.next().await.expect("the line lives");
            match number(&item) {
                Some(number) => {
                    assert_eq!(number, next);
                    next += 1;
                }
                None => assert!(["live", "logged in"].contains(&name(&item).as_str()), "{item:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn replies_come_while_events_are_left_unread() {
    let (sent, done) = (Arc::default(), Arc::new(Notify::new()));
    // Four wait in the stream with the line's own, the rest in the session: at its mark, and not beyond.
    let pbx = flood(7, 0, sent, Arc::clone(&done)).await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, small(Overflow::Block))).await.expect("live");
    soon(done.notified()).await;
    soon(client.subscribe(calls())).await.expect("answered");
    assert_eq!(names_to(&mut events, "event 6").await.len(), 9);
}

#[tokio::test]
async fn drop_oldest_keeps_the_newest_and_says_how_many_are_gone() {
    const COUNT: usize = 1000;
    let (sent, done) = (Arc::default(), Arc::new(Notify::new()));
    let pbx = flood(COUNT, 0, sent, Arc::clone(&done)).await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, small(Overflow::DropOldest))).await.expect("live");
    soon(done.notified()).await;
    // Answered after the last event, so that all of them are in.
    soon(client.subscribe(calls())).await.expect("answered");
    let mut items = Vec::new();
    soon(async {
        while items.last().and_then(number) != Some(COUNT - 1) {
            items.push(events.next().await.expect("the line lives"));
        }
    })
    .await;
    let names: Vec<String> = items.iter().map(name).collect();
    // What the line itself told is still there; the login is an event of the session.
    assert_eq!(names, ["live", &format!("Lagged({})", COUNT + 1 - 3), "event 997", "event 998", "event 999"]);
}

#[tokio::test]
async fn close_ends_the_line_with_its_reason() {
    let pbx = flood(1000, 0, Arc::default(), Arc::default()).await;
    let (client, mut events) = soon(wsi::connect(&pbx.url, small(Overflow::Close))).await.expect("live");
    soon(client.phases().wait_for(|phase| *phase == Phase::Closed)).await.expect("told");
    let mut last = None;
    let mut received = 0;
    soon(async {
        while let Some(item) = events.next().await {
            received += usize::from(number(&item).is_some());
            last = Some(item);
        }
    })
    .await;
    let reason = DownCause::Session(CloseReason::Overflow);
    assert_eq!(last, Some(Item::Line(LineEvent::Closed(Some(reason)))));
    assert_eq!(received, 2, "what was in the queue beside live and login");
}
