//! The same over TLS.
#![cfg(all(feature = "tls", feature = "wsi"))]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tieline_testkit::certificates::{CERTIFICATES, Made, NAMES, check};
use tieline_tls::{ClientTls, ServerTls, Trust};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

async fn secure_site() -> (Site, TlsConnector) {
    let tls = ServerTls::self_signed(&["localhost"]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(tls.certificate().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut options = ServerOptions::default();
    options.tls = Some(tls);
    options.handshake_timeout = Duration::from_secs(2);
    (Site::with(options, ServerConfig::default()).await, TlsConnector::from(Arc::new(config)))
}

async fn connect(site: &Site, connector: &TlsConnector) -> Client<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(site.addr()).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    Client::over(stream, "wss://localhost/wsi").await.unwrap()
}

#[tokio::test]
async fn events_arrive_over_tls_whole_and_in_order() {
    let (site, connector) = secure_site().await;
    let mut client = connect(&site, &connector).await;
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
    client.send(SUBSCRIBE).await;
    assert_eq!(client.text().await, OK);
    client.next().await;
    for number in 0..2_000 {
        site.hold(&number.to_string());
    }
    for number in 0..2_000 {
        assert_eq!(client.next().await["aor"], format!("sip:{number}@portsip.io"));
    }
    site.running.begin_shutdown();
    assert_eq!(client.close_code().await, 1001);
}

#[tokio::test]
async fn killed_tls_connections_end_without_a_word() {
    let (site, connector) = secure_site().await;
    let mut client = connect(&site, &connector).await;
    site.running.kill_connections();
    assert!(!client.ended().await);
}

#[tokio::test]
async fn a_client_that_does_not_speak_tls_is_dropped() {
    let (site, connector) = secure_site().await;
    assert!(site.connect_to("/wsi").await.is_err());
    let mut silent = TcpStream::connect(site.addr()).await.unwrap();
    assert!(matches!(within(silent.read(&mut [0])).await, Ok(0) | Err(_)));
    connect(&site, &connector).await;
}

/// Opens a line in this mode, and logs in; the words of the refusal.
async fn log_in(site: &Site, trust: Trust) -> Result<(), String> {
    let tls = ClientTls::new(trust).unwrap();
    let (config, presented) = tls.connection().unwrap();
    let stream = TcpStream::connect(site.addr()).await.unwrap();
    let name = ServerName::try_from(NAMES[0]).unwrap();
    let opened = within(TlsConnector::from(config).connect(name, stream)).await;
    let stream = opened.map_err(|error| tls.explain(&error, NAMES[0], &presented).to_string())?;
    let mut client = Client::over(stream, "wss://127.0.0.1/wsi").await.unwrap();
    client.send(LOGIN_V16).await;
    assert_eq!(client.text().await, OK);
    Ok(())
}

#[tokio::test]
async fn every_certificate_of_the_table_can_be_served() {
    for row in CERTIFICATES {
        let made = Made::new(row.served);
        let mut options = ServerOptions::default();
        options.tls = Some(made.tls.clone());
        let site = Site::with(options, ServerConfig::default()).await;
        for (mode, _) in row.cells() {
            let outcome = log_in(&site, made.trust(mode)).await;
            for remedy in check(row, mode, &made, outcome.as_ref().map_err(String::as_str).copied()) {
                let tried = log_in(&site, remedy).await;
                assert!(tried.is_ok(), "{}, {mode:?}: the remedy does not help: {tried:?}", row.words);
            }
        }
    }
}
