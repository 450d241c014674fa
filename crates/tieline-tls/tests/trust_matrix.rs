//! Which trust accepts which certificate, and what the refusal says.

mod handshake;

use handshake::{Server, handshake, handshake_named};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tieline_tls::rustls;
use tieline_tls::{CertificateFacts, ClientTls, Pin, PinParseError, RefusalKind, ServerTls, Trust};

const NAME: &str = "pbx.test";

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(rcgen::DnType::CommonName, "a test PBX");
    params
}

fn self_signed_of(params: CertificateParams) -> Server {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    Server::new(certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

fn self_signed() -> Server {
    self_signed_of(params(&[NAME]))
}

fn authority() -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
    authority_named("a test authority")
}

fn authority_named(name: &str) -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.der().clone(), Issuer::new(params, key))
}

fn issued(params: CertificateParams, issuer: &Issuer<'static, KeyPair>) -> Server {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    Server::new(certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

/// A committed certificate of X.509 version 1, valid for a hundred years.
fn version_1() -> Server {
    Server::from_pem(include_bytes!("data/v1.cert.pem"), include_bytes!("data/v1.key.pem"))
}

fn accepted(trust: Trust, server: &Server) {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        if let Err(refused) = handshake(trust.clone(), server, version) {
            panic!("refused with {version:?}: {refused}");
        }
    }
}

fn refused(trust: Trust, server: &Server) -> (RefusalKind, String) {
    let refused = handshake(trust, server, &rustls::version::TLS13).expect_err("refused");
    (refused.kind(), refused.to_string())
}

fn pin(server: &Server) -> Trust {
    Trust::Pins(vec![Pin::of_certificate(server.certificate())])
}

fn key_pin(server: &Server) -> Trust {
    Trust::Pins(vec![Pin::of_public_key(server.certificate()).expect("a key")])
}

fn own_ca(server: &Server) -> Trust {
    Trust::Authorities(vec![server.certificate().clone()])
}

#[test]
fn a_self_signed_certificate_is_accepted_by_pin_as_its_own_authority_and_insecurely() {
    let server = self_signed();
    for trust in [pin(&server), key_pin(&server), own_ca(&server), Trust::Insecure] {
        accepted(trust, &server);
    }
}

#[test]
fn a_self_signed_certificate_without_names_is_accepted_the_same_ways() {
    let server = self_signed_of(params(&[]));
    for trust in [pin(&server), key_pin(&server), own_ca(&server), Trust::Insecure] {
        accepted(trust, &server);
    }
}

#[test]
fn a_certificate_of_version_1_is_accepted_the_same_ways() {
    let server = version_1();
    for trust in [pin(&server), key_pin(&server), own_ca(&server), Trust::Insecure] {
        accepted(trust, &server);
    }
}

#[test]
fn the_system_refuses_a_self_signed_certificate_and_names_the_pin() {
    let server = self_signed();
    let (kind, text) = refused(Trust::System, &server);
    assert_eq!(kind, RefusalKind::SelfSigned);
    let pin = Pin::of_certificate(server.certificate());
    assert!(text.contains(&format!("--tls-pin {pin}")), "{text}");
    for fact in ["a test PBX", NAME, "self-signed", "valid"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
}

#[test]
fn a_private_authority_vouches_for_what_it_issued_and_nothing_else() {
    let (ca, issuer) = authority();
    accepted(Trust::Authorities(vec![ca.clone()]), &issued(params(&[NAME]), &issuer));
    let (_, other) = authority_named("another authority");
    let (kind, text) = refused(Trust::Authorities(vec![ca]), &issued(params(&[NAME]), &other));
    assert_eq!(kind, RefusalKind::UnknownIssuer);
    assert!(text.contains("--tls-ca FILE") && text.contains("another authority"), "{text}");
}

#[test]
fn an_authority_that_only_has_the_same_name_is_refused() {
    let ((ca, _), (_, namesake)) = (authority(), authority());
    let (kind, _) = refused(Trust::Authorities(vec![ca]), &issued(params(&[NAME]), &namesake));
    assert_eq!(kind, RefusalKind::BadSignature);
}

#[test]
fn a_wrong_name_is_refused_by_an_authority_and_not_by_a_pin() {
    let (ca, issuer) = authority();
    let server = issued(params(&["other.test"]), &issuer);
    let (kind, text) = refused(Trust::Authorities(vec![ca]), &server);
    assert_eq!(kind, RefusalKind::NameMismatch);
    assert!(text.contains("not for `pbx.test`") && text.contains("other.test"), "{text}");
    accepted(pin(&server), &server);
}

#[test]
fn an_expired_certificate_is_refused_by_an_authority_and_not_by_a_pin() {
    let (ca, issuer) = authority();
    let mut old = params(&[NAME]);
    (old.not_before, old.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let server = issued(old, &issuer);
    let (kind, text) = refused(Trust::Authorities(vec![ca]), &server);
    assert_eq!(kind, RefusalKind::Expired);
    assert!(text.contains("2002"), "{text}");
    accepted(pin(&server), &server);
}

#[test]
fn a_certificate_of_the_future_is_refused_and_the_clock_is_named() {
    let (ca, issuer) = authority();
    let mut future = params(&[NAME]);
    (future.not_before, future.not_after) = (date_time_ymd(3001, 1, 1), date_time_ymd(3002, 1, 1));
    let (kind, text) = refused(Trust::Authorities(vec![ca]), &issued(future, &issuer));
    assert_eq!(kind, RefusalKind::NotYetValid);
    assert!(text.contains("clock"), "{text}");
}

#[test]
fn a_changed_certificate_is_refused_by_pin_and_both_are_named() {
    let (pinned, changed) = (self_signed(), self_signed());
    for trust in [pin(&pinned), key_pin(&pinned)] {
        let (kind, text) = refused(trust, &changed);
        assert_eq!(kind, RefusalKind::PinMismatch);
        assert!(text.contains(&Pin::of_certificate(changed.certificate()).to_string()), "{text}");
    }
}

#[test]
fn a_certificate_of_version_1_is_refused_by_an_authority_and_named_so() {
    let (ca, _) = authority();
    let (kind, text) = refused(Trust::Authorities(vec![ca]), &version_1());
    assert_eq!(kind, RefusalKind::OldX509Version);
    assert!(text.contains("X.509 v1"), "{text}");
}

#[test]
fn a_server_that_does_not_hold_the_key_is_refused_even_insecurely() {
    let (server, other) = (self_signed(), self_signed());
    let impostor = Server::with_wrong_key(server.certificate().clone(), &other);
    for trust in [pin(&server), own_ca(&server), Trust::Insecure] {
        for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
            assert!(handshake(trust.clone(), &impostor, version).is_err(), "{trust:?} {version:?}");
        }
    }
}

#[test]
fn a_server_that_speaks_no_tls_is_told_so() {
    let refused = handshake::plain_text(Trust::Insecure, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(refused.kind(), RefusalKind::NotTls);
    assert!(refused.to_string().contains("ws://"), "{refused}");
}

#[test]
fn an_address_instead_of_a_name_is_judged_too() {
    let (ca, issuer) = authority();
    let server = issued(params(&["127.0.0.1"]), &issuer);
    let trust = Trust::Authorities(vec![ca]);
    handshake_named(trust.clone(), &server, &rustls::version::TLS13, "127.0.0.1").expect("accepted");
    let refused = handshake_named(trust, &server, &rustls::version::TLS13, "127.0.0.2").expect_err("refused");
    assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
}

#[test]
fn a_certificate_made_for_a_run_is_accepted_by_its_pin() {
    let made = ServerTls::self_signed(&["localhost", "127.0.0.1"]).expect("made");
    let facts = CertificateFacts::from_der(made.certificate()).expect("a certificate");
    assert_eq!((facts.dns_names, facts.ip_addresses.len()), (vec!["localhost".to_owned()], 1));
    assert_eq!(facts.pin, made.pin());
    let server = Server::of(made.config(), made.certificate().clone());
    accepted(Trust::Pins(vec![made.pin()]), &server);
}

#[test]
fn nothing_to_trust_is_an_error() {
    assert!(ClientTls::new(Trust::Pins(Vec::new())).is_err());
    assert!(ClientTls::new(Trust::Authorities(Vec::new())).is_err());
    assert!(Trust::ca_pem(b"not PEM").is_err());
}

#[test]
fn only_insecure_warns() {
    assert!(Trust::Insecure.warning().is_some());
    assert!(Trust::System.warning().is_none());
}

#[test]
fn pins_are_read_as_others_print_them() {
    let hex = "ab".repeat(32);
    let pin: Pin = format!("sha256:{hex}").parse().expect("a pin");
    assert_eq!(pin.to_string(), format!("sha256:{hex}"));
    let colons: Vec<_> = std::iter::repeat_n("AB", 32).collect();
    assert_eq!(format!("SHA256:{}", colons.join(":")).parse(), Ok(pin));
    let key: Pin = "spki-sha256:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=".parse().expect("base64");
    assert_eq!(key.to_string(), format!("spki-sha256:{hex}"));
    for wrong in ["", "sha256:", "sha256:ab", "md5:ab", &hex, &format!("sha256:{hex}ab")] {
        assert_eq!(wrong.parse::<Pin>(), Err(PinParseError), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic_the_reader_of_facts(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
        at in 0usize..600, with in proptest::num::u8::ANY,
    ) {
        let _ = CertificateFacts::from_der(&bytes);
        let mut near = version_1().certificate().to_vec();
        let at = at % near.len();
        near[at] = with;
        let _ = CertificateFacts::from_der(&near);
        let _ = CertificateFacts::from_der(&near[..at]);
    }
}
