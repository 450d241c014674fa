//! What happens when events are not taken.

use tieline_core::CloseReason;
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_dial::{Item, Overflow};

use super::{AxeosAdapter, AxeosItem, AxeosLine, AxeosPbx, config, name, names_to};

fn small<A: AxeosAdapter>(pbx: &AxeosPbx, overflow: Overflow) -> A::Line {
    let mut config = config(pbx);
    config.options.overflow = overflow;
    config.options.events = 4;
    config.options.policy.limits.queued_events = 4;
    A::follow(config).expect("live")
}

pub fn block_asks_for_nothing_more_and_loses_nothing<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = small::<A>(&pbx, Overflow::Block);
    // Four wait in the queue, with the line's own, and the rest in the poller's, which then does not ask.
    pbx.await_poll();
    pbx.publish(50);
    let polls = || pbx.lines().iter().filter(|line| line.starts_with("GET events?last=")).count();
    line.users().expect("replies come meanwhile");
    let before = polls();
    pbx.publish(50);
    for _ in 0..20 {
        line.users().expect("replies come meanwhile");
    }
    assert!(polls() <= before.max(2), "it asks on: {:?}", pbx.lines());
    let names = names_to(&mut line, "101");
    let events: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    assert_eq!(events, Vec::from_iter(2..=101), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("gap")), "{names:?}");
}

pub fn drop_oldest_keeps_the_newest_and_counts_the_others<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = small::<A>(&pbx, Overflow::DropOldest);
    pbx.await_poll();
    pbx.publish(1000);
    // Parked again, so that all of them are in.
    pbx.await_line("GET events?last=1001&timeout=30");
    let names = names_to(&mut line, "1001");
    // What the line itself told is still there; the lists are an event of the session.
    assert_eq!(names, ["live", "Lagged(998)", "999", "1000", "1001"]);
}

pub fn close_ends_it_with_its_reason<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = small::<A>(&pbx, Overflow::Close);
    pbx.await_poll();
    pbx.publish(100);
    while line.users().is_ok() {}
    let items: Vec<AxeosItem> = std::iter::from_fn(|| line.next()).collect();
    let reason = DownCause::Session(CloseReason::Overflow);
    assert_eq!(items.last(), Some(&Item::Line(LineEvent::Closed(Some(reason)))));
    let names: Vec<String> = items.iter().map(name).collect();
    assert_eq!(names[..4], ["live", "lists 1 1", "2", "3"], "what was in the queue");
}
