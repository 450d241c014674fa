//! The cryptography is always given, so that it does not matter which and how many a program links.

mod handshake;

use std::panic::catch_unwind;

use handshake::{VERSIONS, handshake};
use tieline_testkit::certificates::{Made, Mode, NAMES, Served};
use tieline_tls::rustls::ClientConfig;
use tieline_tls::rustls::crypto::CryptoProvider;

/// With both features on rustls itself does not know which to take, and panics.
#[test]
fn no_default_of_the_process_is_needed_or_set() {
    if cfg!(all(feature = "ring", feature = "aws-lc-rs")) {
        assert!(catch_unwind(ClientConfig::builder).is_err(), "rustls chooses by itself now: this test shows nothing");
    }
    let made = Made::new(Served::Issued);
    for mode in [Mode::Authority, Mode::Pin, Mode::Insecure] {
        for version in VERSIONS {
            handshake(made.trust(mode), &made.tls.config(), version, NAMES[0]).expect("accepted");
        }
    }
    assert!(CryptoProvider::get_default().is_none(), "a library does not choose for the process");
}
