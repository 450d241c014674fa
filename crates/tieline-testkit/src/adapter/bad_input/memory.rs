//! What a line takes of memory while it is flooded.

use std::thread;

use allocation_counter::measure;

use super::super::{Adapter, Client as _, Item, Pbx, Setup, event, millis, names_to, setup};
use super::floods::{Flooding, LIMIT, control_frames, messages};
use super::{FIN, TEXT, frame};

/// What line and sockets take beside the limits.
pub const REST: u64 = 256 << 10;

/// An adapter whose lines can be driven by a thread of the test's own.
pub trait DrivenAdapter: Adapter {
    /// A line to be, and what does its work on the thread that calls it, until the line is over.
    fn prepare(url: &str, setup: Setup) -> (Self::Client, Self::Events, impl FnOnce());
}

/// The most memory that the line's work had in use at once, while `script` was played on another thread.
fn most<A: DrivenAdapter>(url: &str, setup: Setup, script: impl FnOnce(A::Client, A::Events) + Send + 'static) -> u64 {
    let (client, events, drive) = A::prepare(url, setup);
    // Whatever becomes of it, it lets go of the line, which ends that.
    let playing = thread::spawn(move || script(client, events));
    let measured = measure(drive);
    playing.join().expect("no panic");
    measured.bytes_max
}

/// The same, of a line that is left once it takes no more.
fn most_stuck<A: DrivenAdapter>(flooding: &Flooding, mut setup: Setup) -> u64 {
    // The server, which is stuck, hears no goodbye.
    setup.session.close_timeout = millis(100);
    setup.options.hangup_timeout = millis(100);
    let stuck = flooding.stuck.clone();
    most::<A>(&flooding.pbx.url, setup, move |_client, _events| stuck.pass())
}

pub fn events_that_nobody_takes_stay_within_the_limit_of_bytes<A: DrivenAdapter>() {
    let (flooding, setup) = messages();
    let most = most_stuck::<A>(&flooding, setup);
    assert!((LIMIT as u64..2 * LIMIT as u64 + REST).contains(&most), "{most}");
}

pub fn empty_messages_that_nobody_takes_stay_within_the_limit_of_events<A: DrivenAdapter>() {
    let flooding = Flooding::start(|_| frame(FIN | TEXT, b"").repeat(1000));
    let most = most_stuck::<A>(&flooding, setup());
    // Both queues full of events, with the places that a growing queue needs.
    let queues = 1024 * size_of::<Item>() as u64;
    assert!((queues..6 * queues + REST).contains(&most), "{most}");
}

pub fn answers_to_pings_that_nobody_reads_take_next_to_nothing<A: DrivenAdapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        peer.log_in();
        peer.say_bytes(&control_frames());
        peer.say(event(1));
        peer.agree();
    });
    let most = most::<A>(&pbx.url, setup(), |client, mut events| {
        names_to(&mut events, "event 1");
        client.close();
    });
    assert!(most < REST, "{most}");
}
