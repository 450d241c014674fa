//! The listener: limits, faults, shutdown.
#![cfg(feature = "wsi")]

mod common;

use std::time::Duration;

use common::*;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

async fn with(change: impl FnOnce(&mut ServerOptions)) -> Site {
    let mut options = ServerOptions::default();
    change(&mut options);
    Site::with(options, ServerConfig::default()).await
}

/// Whether the server closes a connection without a word.
async fn is_turned_away(site: &Site) -> bool {
    let mut stream = TcpStream::connect(site.addr()).await.unwrap();
    matches!(within(stream.read(&mut [0])).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn connections_are_counted() {
    let site = Site::start().await;
    let address = site.addr().ip();
    let first = site.connect().await;
    let _second = site.connect().await;
    assert_eq!((site.running.connections_now(), site.running.connections_from(address)), (2, 2));
    drop(first);
    until(|| site.running.connections_now() == 1).await;
    assert_eq!((site.running.connections_total(), site.running.connections_from(address)), (2, 1));
    assert_eq!(site.running.connections_from("192.0.2.1".parse().unwrap()), 0);
}

#[tokio::test]
async fn more_connections_from_one_address_than_allowed_are_closed_and_counted() {
    let site = with(|options| options.max_connections_per_address = 2).await;
    let first = site.connect().await;
    let _second = site.connect().await;
    assert!(is_turned_away(&site).await);
    assert_eq!(site.running.stats().refused_address, 1);
    drop(first);
    until(|| site.running.connections_now() == 1).await;
    site.login("/", LOGIN_V16).await;
}

#[tokio::test]
async fn more_connections_than_allowed_are_closed_and_counted() {
    let site = with(|options| options.max_connections = 1).await;
    let first = site.connect().await;
    assert!(is_turned_away(&site).await);
    assert_eq!((site.running.stats().refused_full, site.running.connections_total()), (1, 1));
    drop(first);
    until(|| site.running.connections_now() == 0).await;
    site.login("/", LOGIN_V16).await;
}

#[tokio::test]
async fn killed_connections_end_without_a_word_and_the_server_goes_on() {
    let site = Site::start().await;
    let mut first = site.subscriber().await;
    let mut second = site.connect().await;
    site.running.kill_connections();
    assert!(!first.ended().await && !second.ended().await);
    until(|| site.running.connections_now() == 0).await;
    assert_eq!(site.hub.stats().logged_in, 0);
    site.login("/", LOGIN_V16).await;
}

#[tokio::test]
async fn at_shutdown_every_client_is_told_1001_and_nobody_is_accepted_any_more() {
    let site = Site::start().await;
    let mut logged_in = site.subscriber().await;
    let mut other = site.connect().await;
    let shutdown = tokio::spawn({
        let running = site.running.clone();
        async move { running.shutdown().await }
    });
    assert_eq!((logged_in.close_code().await, other.close_code().await), (1001, 1001));
    assert!(matches!(logged_in.message().await, None | Some(Err(_))));
    assert!(matches!(other.message().await, None | Some(Err(_))));
    within(shutdown).await.unwrap();
    assert_eq!((site.running.connections_now(), site.hub.stats().logged_in), (0, 0));
    assert!(TcpStream::connect(site.addr()).await.is_err());
}

#[tokio::test]
async fn events_published_before_the_shutdown_come_before_the_goodbye() {
    let site = Site::start().await;
    let mut client = site.subscriber().await;
    assert_eq!(site.hold("102"), 1);
    site.running.begin_shutdown();
    assert_eq!(client.next().await["aor"], "sip:102@portsip.io");
    assert_eq!(client.close_code().await, 1001);
}

#[tokio::test]
async fn a_client_that_does_not_answer_the_goodbye_does_not_hold_up_the_shutdown() {
    let site = with(|options| options.drain_timeout = Duration::from_millis(50)).await;
    let _mute = site.subscriber().await;
    let _silent = TcpStream::connect(site.addr()).await.unwrap();
    until(|| site.running.connections_now() == 2).await;
    within(site.running.shutdown()).await;
    assert_eq!(site.running.connections_now(), 0);
}

#[tokio::test]
async fn a_second_shutdown_returns_too() {
    let site = Site::start().await;
    within(site.running.shutdown()).await;
    within(site.running.shutdown()).await;
}

#[tokio::test]
async fn a_client_that_reconnects_without_pause_does_not_keep_others_out() {
    let site = Site::start().await;
    let addr = site.addr();
    let restless = tokio::spawn(async move {
        loop {
            let _dropped = TcpStream::connect(addr).await;
        }
    });
    for _ in 0..20 {
        let mut client = site.subscriber().await;
        assert_eq!(site.hold("102"), 1);
        assert_eq!(client.next().await["aor"], "sip:102@portsip.io");
        drop(client);
        until(|| site.hub.stats().logged_in == 0).await;
    }
    restless.abort();
}
