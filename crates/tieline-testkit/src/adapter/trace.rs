//! What is logged, and what is not.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tieline_tls::{ServerTls, Trust};

use super::{Adapter, Pbx, event, names_to, setup};

/// A log in memory.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes the log of the whole process from now on.
    pub(super) fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .init();
        log
    }

    /// Our own lines: the PBX of a test speaks in this process too.
    pub(super) fn lines(&self) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().expect("a log").clone()).expect("text");
        log.lines().filter(|line| line.contains(" tieline_")).map(str::to_owned).collect()
    }
}

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
    assert!(said("dialling") && !said("hunter2") && !said("swordfish"), "{lines:#?}");
}
