//! Clients that do not read, and clients that say too much.
#![cfg(feature = "wsi")]

mod common;

use std::time::Duration;

use common::*;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tieline_server::wsi::Publication;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A site whose clients may lag behind by little.
async fn impatient() -> Site {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let mut options = ServerOptions::default();
    options.close_timeout = Duration::from_millis(300);
    Site::with(options, config).await
}

/// Publishes large events, one after the other as `reader` takes them, until somebody else was too slow.
async fn publish_until_somebody_is_slow(site: &Site, reader: &mut Client) {
    let text = format!(r#"{{"event_type":"call_hold","padding":"{}"}}"#, "x".repeat(100_000));
    let publication = Publication::new("call_hold", text).of_tenant(TENANT).concerning(["102"]);
    for _ in 0..1_000 {
        site.hub.publish(|_| Some(publication.clone()));
        assert_eq!(reader.text().await.len(), publication.text.len());
        if site.hub.stats().slow_peers > 0 {
            return;
        }
    }
    panic!("nobody was too slow");
}

#[tokio::test]
async fn a_client_that_never_reads_is_dropped_while_another_goes_on() {
    let site = impatient().await;
    let _slow = site.subscriber().await;
    let mut reader = site.subscriber().await;
    publish_until_somebody_is_slow(&site, &mut reader).await;
    until(|| site.running.connections_now() == 1).await;
    assert_eq!(site.hold("102"), 1);
    assert_eq!(reader.next().await["aor"], "sip:102@portsip.io");
    assert_eq!((site.hub.stats().slow_peers, site.hub.stats().logged_in), (1, 1));
}

#[tokio::test]
async fn a_client_that_reads_too_late_finds_code_1013() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let site = Site::with(ServerOptions::default(), config).await;
    let mut slow = site.subscriber().await;
    let mut reader = site.subscriber().await;
    publish_until_somebody_is_slow(&site, &mut reader).await;
    assert_eq!(slow.close_code().await, 1013);
}

#[tokio::test]
async fn a_message_too_long_before_the_login_is_answered_with_1009() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send(&"x".repeat((16 << 10) + 1)).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_message_too_long_after_the_login_is_answered_with_1009() {
    let site = Site::start().await;
    let mut client = site.login("/", LOGIN_V16).await;
    client.send(&" ".repeat(1 << 20)).await;
    assert_eq!(client.next().await["status"], -1);
    client.send(&" ".repeat((1 << 20) + 1)).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_client_that_sends_without_reading_the_answers_is_held_up_or_closed_and_others_go_on() {
    use futures::SinkExt as _;
    let site = impatient().await;
    let mut flooder = site.login("/", LOGIN_V16).await;
    let mut other = site.subscriber().await;
    let flood = async {
        loop {
            if let Err(error) = flooder.0.send(Message::text(r#"{"command":"what"}"#)).await {
                return error;
            }
        }
    };
    let error = within(flood).await;
    assert!(matches!(error, Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)));
    assert_eq!(site.hold("102"), 1);
    assert_eq!(other.next().await["aor"], "sip:102@portsip.io");
}

#[tokio::test]
async fn a_client_without_login_is_closed_at_the_deadline_with_1008() {
    let mut config = ServerConfig::default();
    config.login_timeout = Duration::from_millis(50);
    let site = Site::with(ServerOptions::default(), config).await;
    let mut client = site.connect().await;
    assert_eq!(client.close_code().await, 1008);
    client.ended().await;
    until(|| site.running.connections_now() == 0).await;
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_a_dead_one_given_up() {
    let mut config = ServerConfig::default();
    config.ping_after = Duration::from_millis(20);
    config.idle_timeout = Duration::from_millis(200);
    let mut options = ServerOptions::default();
    options.close_timeout = Duration::from_millis(50);
    let site = Site::with(options, config).await;
    // Nobody polls this client, so nobody answers the pings.
    let _dead = site.login("/", LOGIN_V16).await;
    assert_eq!(site.running.connections_now(), 1);
    until(|| site.running.connections_now() == 0).await;
}
