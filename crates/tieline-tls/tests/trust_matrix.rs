//! Which trust accepts which certificate, and what the refusal says: the table of the testkit, in memory.

mod handshake;

use handshake::{VERSIONS, handshake, presenting};
use rcgen::KeyPair;
use rustls_pki_types::PrivateKeyDer;
use tieline_testkit::certificates::{CERTIFICATES, Made, Mode, NAMES, Served, Verdict, check, each_row};
use tieline_tls::{CertificateFacts, ClientTls, Pin, PinParseError, RefusalKind, ServerTls, Trust};

#[test]
fn each_mode_accepts_what_the_table_says_and_each_refusal_names_what_would_accept_it() {
    each_row(|row, made| {
        for (mode, expected) in row.cells() {
            for version in VERSIONS {
                let outcome = handshake(made.trust(mode), &made.tls.config(), version, NAMES[0]);
                let kind =
                    outcome.as_ref().map_or_else(|refused| Verdict::Refused(refused.kind()), |()| Verdict::Accepted);
                assert_eq!(kind, expected, "{}, {mode:?}", row.words);
                let text = outcome.map_err(|refused| refused.to_string());
                for remedy in check(row, mode, made, text.as_ref().map_err(String::as_str).copied()) {
                    let tried = handshake(remedy.clone(), &made.tls.config(), version, NAMES[0]);
                    assert!(tried.is_ok(), "{}, {mode:?}: {remedy:?} does not help: {tried:?}", row.words);
                }
            }
        }
    });
}

#[test]
fn a_server_that_does_not_hold_the_key_is_refused_in_every_mode() {
    for row in CERTIFICATES {
        let made = Made::new(row.served);
        let other = KeyPair::generate().expect("a key");
        let other = PrivateKeyDer::Pkcs8(other.serialize_der().into());
        let impostor = presenting(made.tls.certificate().clone(), other);
        for mode in Mode::ALL {
            for version in VERSIONS {
                let outcome = handshake(made.trust(mode), &impostor, version, NAMES[0]);
                assert!(outcome.is_err(), "{}, {mode:?}, {version:?}", row.words);
            }
        }
    }
}

#[test]
fn a_missing_intermediate_certificate_is_told() {
    let (whole, short) = (Made::new(Served::Intermediate), Made::new(Served::IntermediateLeftOut));
    let told = |made: &Made| {
        let refused = handshake(Trust::System, &made.tls.config(), VERSIONS[0], NAMES[0]).expect_err("a stranger");
        refused.to_string().contains("the server sent no intermediate certificate")
    };
    assert_eq!((told(&whole), told(&short)), (false, true));
}

#[test]
fn several_pins_accept_the_certificate_of_today_and_that_of_tomorrow() {
    let (today, tomorrow) = (Made::new(Served::Issued), Made::new(Served::Issued));
    let both = Trust::Pins(vec![today.tls.pin(), tomorrow.tls.pin()]);
    for made in [today, tomorrow] {
        handshake(both.clone(), &made.tls.config(), VERSIONS[0], NAMES[0]).expect("one of the two");
    }
}

#[test]
fn a_server_is_given_the_key_of_its_certificate_and_no_other() {
    for served in [Served::Issued, Served::Version1] {
        let made = Made::new(served);
        let other = KeyPair::generate().expect("a key");
        let key = PrivateKeyDer::Pkcs8(other.serialize_der().into());
        let error = ServerTls::new(vec![made.known], key).expect_err("another key");
        assert!(error.to_string().contains("keys may not be consistent"), "{error}");
    }
    let key = PrivateKeyDer::Pkcs8(KeyPair::generate().expect("a key").serialize_der().into());
    assert!(ServerTls::new(vec![vec![0x30, 0].into()], key).is_err(), "that is no certificate");
}

#[test]
fn a_server_that_speaks_no_tls_is_told_so() {
    let refused = handshake::plain_text(Trust::Insecure, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(refused.kind(), RefusalKind::NotTls);
    assert!(refused.to_string().contains("ws://"), "{refused}");
}

#[test]
fn an_address_and_a_name_are_judged_alike() {
    let made = Made::new(Served::Issued);
    let judge = |name| handshake(made.trust(Mode::Authority), &made.tls.config(), VERSIONS[0], name);
    for name in NAMES {
        judge(name).expect("one of its names");
    }
    for other in ["127.0.0.2", "pbx.example", "sub.pbx.test"] {
        let refused = judge(other).expect_err("not for that name");
        assert_eq!(refused.kind(), RefusalKind::NameMismatch);
        assert!(refused.to_string().contains(&format!("not for `{other}`")), "{refused}");
    }
}

#[test]
fn a_certificate_made_for_a_run_is_accepted_by_its_pin() {
    let made = ServerTls::self_signed(&["localhost", "127.0.0.1"]).expect("made");
    let facts = CertificateFacts::from_der(made.certificate()).expect("a certificate");
    assert_eq!((facts.dns_names, facts.ip_addresses.len()), (vec!["localhost".to_owned()], 1));
    assert_eq!(facts.pin, made.pin());
    handshake(Trust::Pins(vec![made.pin()]), &made.config(), VERSIONS[0], "localhost").expect("accepted");
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
        let mut near = Made::new(Served::Version1).known.to_vec();
        let at = at % near.len();
        near[at] = with;
        let _ = CertificateFacts::from_der(&near);
        let _ = CertificateFacts::from_der(&near[..at]);
    }
}
