//! What is logged, and what is not.
#![cfg(all(feature = "wsi", any(feature = "tls", feature = "aws-lc-rs")))]

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::*;
use tieline_tls::{ServerTls, Trust};
use tieline_tokio::wsi;

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_insecure_trust_is_warned_of_on_every_connect_and_no_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // This thread runs every task of the test.
    let _guard = tracing::subscriber::set_default(subscriber);

    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(tls.config());
    let pbx = Pbx::raw(move |io, number| {
        let acceptor = acceptor.clone();
        async move {
            let mut peer = Peer::accept(acceptor.accept(io).await.expect("TLS")).await;
            peer.log_in().await;
            if number == 2 {
                peer.say(event(2)).await;
                peer.agree().await;
            }
        }
    })
    .await;
    let url = format!("wss://127.0.0.1:{}/?key=swordfish", pbx.port);
    let (_client, mut events) = soon(wsi::connect(&url, config().trust(Trust::Insecure))).await.expect("live");
    names_to(&mut events, "event 2").await;
    let log = String::from_utf8(log.0.lock().expect("a log").clone()).expect("text");
    let warnings = log.lines().filter(|line| line.contains("WARN") && line.contains("not verified")).count();
    assert_eq!(warnings, 3, "{log}");
    assert!(log.contains("dialling") && !log.contains("hunter2") && !log.contains("swordfish"), "{log}");
}
