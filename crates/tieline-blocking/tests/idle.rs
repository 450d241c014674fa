//! What a quiet line costs. Alone in its file: it takes the log of the whole process.
#![cfg(feature = "wsi")]

mod common;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Stream, config};
use tieline_blocking::wsi;
use tieline_testkit::adapter::{Pbx, event, millis, names_to, setup, soon};

/// Counts the lines written that tell of a wake-up.
#[derive(Clone, Default)]
struct WakeUps(Arc<AtomicUsize>);

impl Write for WakeUps {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let told = String::from_utf8_lossy(bytes).contains("woken");
        self.0.fetch_add(usize::from(told), Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_quiet_line_sleeps_but_for_its_pings() {
    const PINGS: usize = 20;
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        let mut pings = 0;
        while pings < PINGS {
            pings += usize::from(peer.message().expect("a message").is_ping());
        }
        peer.say(event(0));
        peer.agree();
    });
    let wake_ups = WakeUps::default();
    let writer = wake_ups.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let mut config = config(setup());
    config.session.ping_after = millis(10);
    let (client, events) = wsi::connect(&pbx.url, config).expect("live");
    names_to(&mut Stream(events), "event 0");
    soon(move || client.close());
    let woken = wake_ups.0.load(Ordering::SeqCst);
    // For each ping the timer, its answer, and rounding; for the rest a handful.
    assert!((PINGS..5 * PINGS + 50).contains(&woken), "woken {woken} times");
}
