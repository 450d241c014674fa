//! WSI over TLS.
#![cfg(all(feature = "wsi", any(feature = "tls", feature = "aws-lc-rs")))]

mod common;

use common::*;
use tieline_core::Class;
use tieline_tls::{RefusalKind, ServerTls, Trust};
use tieline_tokio::{ConnectError, wsi};

/// A PBX with a certificate of its own making, and its `wss://` address.
async fn pbx(tls: &ServerTls) -> (Pbx, String) {
    let acceptor = tokio_rustls::TlsAcceptor::from(tls.config());
    let pbx = Pbx::raw(move |io, _| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(tls) = acceptor.accept(io).await else { return };
            let mut peer = Peer::accept(tls).await;
            peer.log_in().await;
            for at in 0..100 {
                peer.say(event(at)).await;
            }
            peer.agree().await;
        }
    })
    .await;
    let url = format!("wss://127.0.0.1:{}/", pbx.port);
    (pbx, url)
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_under_its_pin() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let (_pbx, url) = pbx(&tls).await;
    let config = config().trust(Trust::Pins(vec![tls.pin()]));
    let (client, mut events) = soon(wsi::connect(&url, config)).await.expect("live");
    assert_eq!(names_to(&mut events, "event 99").await.len(), 102);
    soon(client.close()).await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_the_pin_that_would_accept_it() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let other = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let (pbx, url) = pbx(&tls).await;
    for trust in [Trust::ca_pem(pem(&other).as_bytes()).expect("PEM"), Trust::Pins(vec![other.pin()])] {
        let mut config = config().trust(trust);
        config.options.policy.retry_first = true;
        let before = pbx.accepted();
        let error = soon(wsi::connect(&url, config)).await.expect_err("not trusted");
        assert!(matches!(error, ConnectError::Tls(_)), "{error:?}");
        assert!(error.to_string().contains(&tls.pin().to_string()), "{error}");
        assert_eq!((error.class(), pbx.accepted() - before), (Class::Terminal, 1));
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_a_bad_certificate() {
    let pbx = Pbx::raw(|mut io, _| async move {
        use tokio::io::AsyncWriteExt as _;
        let _ = io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        // Reads to the end, so that the answer is not lost to a reset.
        let _ = tokio::io::copy(&mut io, &mut tokio::io::sink()).await;
    })
    .await;
    let config = config().trust(Trust::Insecure);
    let error = soon(wsi::connect(&format!("wss://127.0.0.1:{}/", pbx.port), config)).await.expect_err("no TLS");
    assert!(matches!(&error, ConnectError::Tls(refused) if refused.kind() == RefusalKind::NotTls), "{error:?}");
}

fn pem(tls: &ServerTls) -> String {
    let body = data_encoding::BASE64.encode(tls.certificate());
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}
