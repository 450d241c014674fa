//! More than is taken.

use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use tieline_core::CloseReason;
use tieline_core::supervisor::DownCause;
use tieline_portsip_wsi::client::ClientEvent;
use tieline_portsip_wsi::{Subscription, Topic};

use super::super::{Adapter, Client as _, Events as _, Gate, OK, Pbx, Peer, Setup, event, millis, name, number, setup};
use super::{FIN, PING, PONG, TEXT, down, frame, survived};

/// The limit of the queues of bytes.
pub const LIMIT: usize = 256 << 10;
/// How many names a command of [`names`] has.
pub const NAMES: usize = 5000;

/// A PBX that floods, and what it tells of that.
pub(super) struct Flooding {
    pub(super) pbx: Pbx,
    /// How many pieces were sent.
    pub(super) sent: Arc<AtomicUsize>,
    /// Open when nobody takes more.
    pub(super) stuck: Gate,
}

impl Flooding {
    /// Logs in, and writes what `piece` makes of the numbers from 0 on until nobody takes more. Then, when there is room
    /// again, comes the last event.
    pub(super) fn start(piece: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let (sent, stuck) = (Arc::new(AtomicUsize::new(0)), Gate::new());
        let (count, tell) = (Arc::clone(&sent), stuck.clone());
        let pbx = Pbx::raw(move |io, _| {
            let raw = io.try_clone().expect("a handle");
            let mut peer = Peer::accept(io);
            peer.log_in();
            // Longer than it takes to hand bytes on: nobody takes them.
            raw.set_write_timeout(Some(millis(1000))).expect("a timeout");
            let mut bytes = 0;
            loop {
                let piece = piece(count.load(Ordering::SeqCst));
                // When nobody takes that much, the gate stays closed.
                let enough = bytes > LIMIT;
                let Some(waited) = write(&raw, &piece, || {
                    if enough {
                        tell.open()
                    }
                }) else {
                    return;
                };
                bytes += piece.len();
                count.fetch_add(1, Ordering::SeqCst);
                if waited && enough {
                    break;
                }
            }
            raw.set_write_timeout(None).expect("no timeout");
            peer.say(event(usize::MAX));
            peer.agree();
        });
        Self { pbx, sent, stuck }
    }
}

/// Writes all of `bytes`, however long it takes, and says when that had to wait; whether it had to. `None` when the client
/// is gone.
fn write(mut io: &TcpStream, mut bytes: &[u8], waiting: impl Fn()) -> Option<bool> {
    let mut waited = false;
    while !bytes.is_empty() {
        match io.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                waited = true;
                waiting();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(waited)
}

/// Events of 2000 bytes for an application that lets few of them wait.
pub(super) fn messages() -> (Flooding, Setup) {
    let flooding = Flooding::start(|number| frame(FIN | TEXT, (event(number) + &" ".repeat(2000)).as_bytes()));
    let mut setup = setup();
    setup.session.limits.queued_bytes = LIMIT;
    setup.options.events = 16;
    (flooding, setup)
}

pub fn flood_of_messages<A: Adapter>() {
    let (flooding, setup) = messages();
    let (_client, mut events) = A::connect(&flooding.pbx.url, setup).expect("live");
    flooding.stuck.pass();
    // Nothing was lost.
    let mut next = 0;
    loop {
        match number(&events.next().expect("the line lives")) {
            Some(usize::MAX) => break,
            Some(number) => {
                assert_eq!(number, next);
                next += 1;
            }
            None => {}
        }
    }
    assert_eq!(next, flooding.sent.load(Ordering::SeqCst));
}

pub fn flood_of_empty_messages<A: Adapter>() {
    const COUNT: usize = 50_000;
    let told = survived::<A>(frame(FIN | TEXT, b"").repeat(COUNT));
    let malformed = told.iter().filter(|event| matches!(event, ClientEvent::Malformed(_))).count();
    assert_eq!((malformed, told.len()), (COUNT, COUNT));
}

/// As many pings as pongs.
pub(super) fn control_frames() -> Vec<u8> {
    [frame(PING, &[b'x'; 125]), frame(PONG, &[b'x'; 125])].concat().repeat(10_000)
}

pub fn flood_of_control_frames<A: Adapter>() {
    // None of the answers is read before the end of the flood.
    assert_eq!(survived::<A>(control_frames()), []);
}

/// A PBX that answers whatever may have been asked on the first line, and never looks at it. The next one it reads.
#[must_use]
pub fn deaf() -> Pbx {
    Pbx::raw(|io, number| {
        let mut raw = io.try_clone().expect("a handle");
        let mut peer = Peer::accept(io);
        peer.log_in();
        if number > 0 {
            peer.agree();
            return;
        }
        while raw.write_all(&frame(FIN | TEXT, OK.as_bytes())).is_ok() {
            thread::sleep(millis(1));
        }
    })
}

/// A long command.
#[must_use]
pub fn names() -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions((0..NAMES).map(|number| format!("extension-{number}")))
}

pub fn peer_stops_reading<A: Adapter>() {
    let pbx = deaf();
    let mut setup = setup();
    setup.options.policy.limits.queued_bytes = LIMIT;
    let (client, mut events) = A::connect(&pbx.url, setup).expect("live");
    let lost = Arc::new(AtomicBool::new(false));
    let asking = thread::spawn({
        let (lost, subscription) = (Arc::clone(&lost), names());
        move || {
            while !lost.load(Ordering::SeqCst) {
                // One that is lost with the line is in force on the next.
                client.subscribe(subscription.clone()).expect("answered, or deferred");
            }
            client
        }
    });
    assert_eq!(down(&mut events), DownCause::Session(CloseReason::SlowPeer));
    lost.store(true, Ordering::SeqCst);
    let _client = asking.join().expect("no panic");
    while name(&events.next().expect("the line lives")) != "live" {}
}
