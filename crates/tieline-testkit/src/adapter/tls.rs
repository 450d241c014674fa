//! A line over TLS, with certificates made here.

use std::io::Write as _;

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tieline_core::Class;
use tieline_dial::{ConnectError, Proxy};
use tieline_tls::{RefusalKind, ServerTls, Trust};

use super::bad_input::deadlines::never_open;
use super::bad_input::dribble;
use super::{Adapter, Client as _, Gate, Pbx, calls, event, names_to, proxy, setup};

/// Enough to take many records of TLS.
const COUNT: usize = 2000;

/// A PBX that agrees to one command, then sends events.
fn pbx(tls: &ServerTls) -> Pbx {
    Pbx::secure(tls, |mut peer, _| {
        peer.log_in();
        peer.heard().expect("a subscribe");
        peer.say(super::OK);
        (0..COUNT).for_each(|at| peer.say(event(at)));
        peer.agree();
    })
}

fn self_signed() -> ServerTls {
    ServerTls::self_signed(&["pbx.example"]).expect("a certificate")
}

fn pem(tls: &ServerTls) -> String {
    let body = BASE64.encode(tls.certificate());
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// A certificate for this machine by an authority, and that authority's own.
fn issued() -> (ServerTls, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let root = authority.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let chain = own.signed_by(&key, &issuer).expect("a certificate").pem();
    (ServerTls::from_pem(chain.as_bytes(), key.serialize_pem().as_bytes()).expect("a server"), root)
}

/// A whole conversation under a trust.
fn accepted<A: Adapter>(tls: &ServerTls, trust: Trust) {
    let pbx = pbx(tls);
    let (client, mut events) = A::connect(&pbx.url, setup().trust(trust)).expect("live");
    client.subscribe(calls()).expect("answered");
    assert_eq!(names_to(&mut events, &format!("event {}", COUNT - 1)).len(), COUNT + 2);
    client.close();
}

/// The refusal under a trust, which is final after one connection.
fn refused<A: Adapter>(tls: &ServerTls, trust: Trust) -> String {
    let pbx = pbx(tls);
    let mut setup = setup().trust(trust);
    setup.options.policy.retry_first = true;
    let error = A::connect(&pbx.url, setup).expect_err("not trusted");
    assert!(matches!(error, ConnectError::Tls(_)), "{error:?}");
    assert_eq!((error.class(), pbx.accepted()), (Class::Terminal, 1));
    error.to_string()
}

pub fn a_self_signed_certificate_is_accepted_under_its_pin<A: Adapter>() {
    let tls = self_signed();
    accepted::<A>(&tls, Trust::Pins(vec![tls.pin()]));
}

pub fn a_self_signed_certificate_is_accepted_as_its_own_authority<A: Adapter>() {
    let tls = self_signed();
    accepted::<A>(&tls, Trust::ca_pem(pem(&tls).as_bytes()).expect("PEM"));
}

pub fn a_certificate_is_accepted_by_its_authority<A: Adapter>() {
    let (tls, root) = issued();
    accepted::<A>(&tls, Trust::ca_pem(root.as_bytes()).expect("PEM"));
}

pub fn any_certificate_is_accepted_insecurely<A: Adapter>() {
    accepted::<A>(&self_signed(), Trust::Insecure);
}

pub fn whatever_refuses_a_certificate_names_the_pin_that_would_accept_it<A: Adapter>() {
    let (tls, other) = (self_signed(), self_signed());
    let strangers = Trust::ca_pem(pem(&other).as_bytes()).expect("PEM");
    for trust in [Trust::System, strangers, Trust::Pins(vec![other.pin()])] {
        let text = refused::<A>(&tls, trust);
        assert!(text.contains(&tls.pin().to_string()), "{text}");
    }
}

pub fn a_server_without_tls_is_told_from_a_bad_certificate<A: Adapter>() {
    let pbx = Pbx::raw(|mut io, _| {
        drop(io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        // Reads to the end, so that the answer is not lost to a reset.
        drop(std::io::copy(&mut io, &mut std::io::sink()));
    });
    let setup = setup().trust(Trust::Insecure);
    let error = A::connect(&format!("wss://127.0.0.1:{}/", pbx.port), setup).expect_err("no TLS");
    assert!(matches!(&error, ConnectError::Tls(refused) if refused.kind() == RefusalKind::NotTls), "{error:?}");
}

pub fn a_server_that_hangs_up_in_the_handshake_is_tried_again<A: Adapter>() {
    let pbx = Pbx::raw(|_, _| {});
    let setup = setup().trust(Trust::Insecure);
    let error = A::connect(&format!("wss://127.0.0.1:{}/", pbx.port), setup).expect_err("no TLS");
    assert!(matches!(error, ConnectError::Tls(_)), "{error:?}");
    assert_eq!(error.class(), Class::Retry);
}

pub fn tls_goes_through_the_tunnel_of_a_proxy<A: Adapter>() {
    let tls = self_signed();
    let pbx = pbx(&tls);
    let (proxy, asked) = proxy::proxy("");
    let through = Proxy::fixed(&format!("http://127.0.0.1:{}", proxy.port));
    let setup = setup().trust(Trust::Pins(vec![tls.pin()])).proxy(through);
    let url = format!("wss://pbx.invalid:{}/", pbx.port);
    let (client, mut events) = A::connect(&url, setup).expect("live");
    client.subscribe(calls()).expect("answered");
    names_to(&mut events, &format!("event {}", COUNT - 1));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

pub fn a_handshake_that_never_ends_is_given_up_at_the_deadline<A: Adapter>() {
    let end = Gate::new();
    let silent = Pbx::mute(&end);
    // A record of 16 KiB with a ServerHello in it.
    let slow = Pbx::raw(|io, _| drop(dribble(&io, &[22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3], 0)));
    for pbx in [&silent, &slow] {
        never_open::<A>(&pbx.url.replace("ws://", "wss://"));
    }
    end.open();
}
