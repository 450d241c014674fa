//! What happens when events are not taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_core::CloseReason;
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_dial::Overflow;

use super::{
    Adapter, Client as _, Events as _, Gate, Item, Pbx, Setup, calls, event, millis, name, names_to, number, setup,
};

/// A server that logs in, sends `count` events of at least `bytes` bytes as fast as it can, and agrees to every command.
fn flood(count: usize, bytes: usize, sent: &Arc<AtomicUsize>, done: &Gate) -> Pbx {
    let (sent, done) = (Arc::clone(sent), done.clone());
    Pbx::start(move |mut peer, _| {
        peer.log_in();
        for at in 0..count {
            peer.say(event(at) + &" ".repeat(bytes));
            sent.store(at + 1, Ordering::SeqCst);
        }
        done.open();
        peer.agree();
    })
}

fn small(overflow: Overflow) -> Setup {
    let mut setup = setup();
    setup.options.overflow = overflow;
    setup.options.events = 4;
    setup.session.limits.queued_events = 4;
    setup
}

fn connect<A: Adapter>(pbx: &Pbx, setup: Setup) -> (A::Client, A::Events) {
    A::connect(&pbx.url, setup).expect("live")
}

pub fn block_makes_the_server_wait_and_loses_nothing<A: Adapter>() {
    // More than sockets and queues hold together.
    const COUNT: usize = 20_000;
    let sent = Arc::default();
    let pbx = flood(COUNT, 2000, &sent, &Gate::new());
    let mut setup = small(Overflow::Block);
    setup.session.ping_after = millis(20);
    setup.session.idle_timeout = millis(3000);
    let (_client, mut events) = connect::<A>(&pbx, setup);
    // Until the server is stuck, and for longer than the silence deadline.
    let mut before = usize::MAX;
    while before != sent.load(Ordering::SeqCst) {
        before = sent.load(Ordering::SeqCst);
        std::thread::sleep(millis(3500));
    }
    assert!(sent.load(Ordering::SeqCst) < COUNT, "the window of TCP is larger than this test thinks");
    let mut next = 0;
    while next < COUNT {
        let item = events.next().expect("the line lives");
        match number(&item) {
            Some(number) => {
                assert_eq!(number, next);
                next += 1;
            }
            None => assert!(["live", "logged in"].contains(&name(&item).as_str()), "{item:?}"),
        }
    }
}

pub fn replies_come_while_events_are_left_unread<A: Adapter>() {
    let done = Gate::new();
    // Four wait in the stream with the line's own, the rest in the session: at its mark, and not beyond.
    let pbx = flood(7, 0, &Arc::default(), &done);
    let (client, mut events) = connect::<A>(&pbx, small(Overflow::Block));
    done.pass();
    client.subscribe(calls()).expect("answered");
    assert_eq!(names_to(&mut events, "event 6").len(), 9);
}

pub fn drop_oldest_keeps_the_newest_and_says_how_many_are_gone<A: Adapter>() {
    const COUNT: usize = 1000;
    let done = Gate::new();
    let pbx = flood(COUNT, 0, &Arc::default(), &done);
    let (client, mut events) = connect::<A>(&pbx, small(Overflow::DropOldest));
    done.pass();
    // Answered after the last event, so that all of them are in.
    client.subscribe(calls()).expect("answered");
    let names = names_to(&mut events, &format!("event {}", COUNT - 1));
    // What the line itself told is still there; the login is an event of the session.
    assert_eq!(names, ["live", &format!("Lagged({})", COUNT + 1 - 3), "event 997", "event 998", "event 999"]);
}

pub fn close_ends_the_line_with_its_reason<A: Adapter>() {
    let pbx = flood(1000, 0, &Arc::default(), &Gate::new());
    let (client, mut events) = connect::<A>(&pbx, small(Overflow::Close));
    client.await_closed();
    let items: Vec<Item> = std::iter::from_fn(|| events.next()).collect();
    let reason = DownCause::Session(CloseReason::Overflow);
    assert_eq!(items.last(), Some(&Item::Line(LineEvent::Closed(Some(reason)))));
    let received = items.iter().filter_map(number).count();
    assert_eq!(received, 2, "what was in the queue beside live and login");
}
