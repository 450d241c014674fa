//! Decoding and encoding of a mixed stream of WSI events: allocations. Apart from the times, since counting costs time.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::hint::black_box;

use allocation_counter::measure;
use common::decoders::{self, Peek};
use common::stream;
use tieline_bench::{Goal, effort, title};
use tieline_core::Text;
use tieline_core::json::Encode as _;

fn main() {
    let events = stream::events(effort(20_000, 200));
    title("WSI codec, allocations");
    let peek = Peek::new();
    let peek = &peek;
    // Bytes allocate their counter when they are shared for the first time; a frame is, in a session.
    let _shared: Vec<Text> = events.clone();
    let borrowed = count(&events, "tieline, borrowed", |text| drop(black_box(decoders::ours_borrowed(text))));
    count(&events, "tieline, slices of the frame", |text| drop(black_box(decoders::ours_text(text))));
    count(&events, "tieline, owned", |text| drop(black_box(decoders::ours_owned(text))));
    count(&events, "serde_json::Value", |text| drop(black_box(decoders::value(text))));
    count(&events, "serde_json, derive-tagged enum, owned", |text| drop(black_box(decoders::tagged_owned(text))));
    count(&events, "serde_json, derive-tagged enum, borrowed", |text| drop(black_box(decoders::tagged_borrowed(text))));
    count(&events, "serde_json, tag search, then typed, borrowed", |text| drop(black_box(peek.serde_json(text))));
    count(&events, "sonic-rs, tag search, then typed, borrowed", |text| drop(black_box(peek.sonic(text))));

    let flat: Vec<Text> = events.iter().filter(|text| !text.contains('[')).cloned().collect();
    let without_lists =
        count(&flat, "tieline, borrowed, events without lists", |text| drop(black_box(decoders::ours_borrowed(text))));

    let decoded: Vec<_> = events.iter().map(|text| decoders::ours_owned(text)).collect();
    let mut buffer = String::with_capacity(64 << 10);
    let encoding = measure(|| {
        for event in &decoded {
            buffer.clear();
            event.encode(&mut buffer);
            black_box(buffer.as_str());
        }
    });
    println!("  {:<56} {:>8.2}", "tieline, encoding into a reused buffer", per_event(encoding.count_total, &events));

    Goal::at_most("allocations, decoding an event, borrowed", 1.0, 0.0).judge(borrowed);
    Goal::at_most("allocations, decoding an event without lists", 0.0, 0.0).judge(without_lists);
    let encoding = per_event(encoding.count_total, &events);
    Goal::at_most("allocations, encoding an event", 0.0, 0.0).judge(encoding);
}

fn per_event(count: u64, events: &[Text]) -> f64 {
    count as f64 / events.len().max(1) as f64
}

fn count(events: &[Text], name: &str, decode: impl Fn(&Text)) -> f64 {
    let counted = per_event(measure(|| events.iter().for_each(decode)).count_total, events);
    println!("  {name:<56} {counted:>8.2}");
    counted
}
