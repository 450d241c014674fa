//! Clients that connect again without pause, beside clients that do not.
#![cfg(all(feature = "wsi", target_os = "linux"))] // where all of 127.0.0.0/8 is this machine

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use common::*;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

const STORMY: [u8; 4] = [127, 0, 0, 66];
/// So many connects does an address have in a minute.
const MOST: u32 = 50;

async fn site() -> Site {
    let mut options = ServerOptions::default();
    options.max_connects_per_minute = MOST;
    Site::with(options, ServerConfig::default()).await
}

async fn connect_from(address: [u8; 4], to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((address, 0)))?;
    // Each connection leaves its port at once: a minute's wait for each would soon use them all up.
    socket.set_zero_linger()?;
    socket.connect(to).await
}

/// Clients of one address that connect, log in with a wrong password and connect again as soon as they are refused, until
/// dropped.
fn storm(site: &Site, clients: usize) -> JoinSet<()> {
    let to = site.addr();
    let mut storm = JoinSet::new();
    for _ in 0..clients {
        storm.spawn(async move {
            loop {
                let Ok(stream) = connect_from(STORMY, to).await else { continue };
                let Ok(mut client) = Client::over(stream, "ws://pbx/wsi").await else { continue };
                client.send(WRONG).await;
                let _refusal = client.message().await;
            }
        });
    }
    storm
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_in_a_storm_of_connects_stays_responsive_to_others() {
    let site = site().await;
    let mut there = site.subscriber().await;
    let storm = storm(&site, 8);
    let refused = || site.running.stats().refused_rate;
    until(|| refused() > 100).await;

    for _ in 0..200 {
        assert_eq!(site.hold("102"), 1);
        assert_eq!(there.next().await["aor"], "sip:102@portsip.io");
    }
    for _ in 0..10 {
        let mut new = site.subscriber().await;
        site.hold("103");
        assert_eq!(new.next().await["aor"], "sip:103@portsip.io");
        assert_eq!(there.next().await["aor"], "sip:103@portsip.io");
    }

    let before = refused();
    until(|| refused() > before + 100).await;
    drop(storm);
    let stats = site.running.stats();
    let ours = 11;
    let theirs = stats.connections_total - ours;
    assert!(theirs >= u64::from(MOST) && stats.refused_rate > 0 && site.hub.stats().refused_logins <= theirs);
    assert_eq!((stats.refused_full, stats.refused_address), (0, 0));
}

#[tokio::test]
async fn an_address_that_connects_too_often_is_refused_and_keeps_the_connections_it_has() {
    let site = site().await;
    let mut first = Client::over(connect_from(STORMY, site.addr()).await.unwrap(), "ws://pbx/").await.unwrap();
    for _ in 1..MOST {
        drop(connect_from(STORMY, site.addr()).await.unwrap());
    }
    until(|| site.running.connections_total() == u64::from(MOST)).await;
    let refused = async {
        let mut stream = connect_from(STORMY, site.addr()).await.unwrap();
        matches!(within(stream.read(&mut [0])).await, Ok(0) | Err(_))
    };
    assert!(refused.await);
    assert_eq!(site.running.stats().refused_rate, 1);
    first.send(LOGIN_V16).await;
    assert_eq!(first.text().await, OK);
    assert_eq!(site.running.connections_from(IpAddr::V4(Ipv4Addr::from(STORMY))), 1);
    site.login("/", LOGIN_V16).await;
}
