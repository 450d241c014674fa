//! What is logged, and what is not.

use tieline_tls::{ServerTls, Trust};

use super::{Adapter, Pbx, event, names_to, setup};
use crate::Log;

/// Takes the log of the whole process: to be run alone in it.
pub fn an_insecure_trust_is_warned_of_on_every_connect_and_no_secret_is_logged<A: Adapter>() {
    let log = Log::start();
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let pbx = Pbx::secure(&tls, |mut peer, number| {
        peer.log_in();
        if number == 2 {
            peer.say(event(2));
            peer.agree();
        }
    });
    let url = format!("wss://127.0.0.1:{}/?key=swordfish", pbx.port);
    let (_client, mut events) = A::connect(&url, setup().trust(Trust::Insecure)).expect("live");
    names_to(&mut events, "event 2");
    let lines = log.lines();
    let warnings = lines.iter().filter(|line| line.contains("WARN") && line.contains("not verified")).count();
    assert_eq!(warnings, 3, "{lines:#?}");
    let said = |word: &str| lines.iter().any(|line| line.contains(word));
    assert!(said("dialling"), "{lines:#?}");
    log.assert_client_without(&["hunter2", "swordfish"]);
}
