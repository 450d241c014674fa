//! Decoding and encoding of a mixed stream of WSI events: time.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::hint::black_box;

use common::decoders::{self, Peek};
use common::stream;
use tieline_bench::{Contest, Goal, effort, title};
use tieline_core::Text;
use tieline_core::json::Encode as _;

const BORROWED: &str = "tieline, borrowed";
const VALUE: &str = "serde_json::Value";
const TAGGED: &str = "serde_json, derive-tagged enum, owned";
const SONIC: &str = "sonic-rs, tag search, then typed, borrowed";

fn main() {
    let events = stream::events(effort(20_000, 200));
    title("WSI codec");
    println!("{} events of v12, v16 and v22, {} bytes in the mean", events.len(), stream::mean_bytes(&events));
    let rounds = effort(40, 1);
    decode(&events, rounds);
    encode(&events, rounds);
}

fn decode(events: &[Text], rounds: usize) {
    let peek = Peek::new();
    let peek = &peek;
    let mut contest = Contest::new("decoding an event", events.len() as f64);
    contest.enter(BORROWED, || each(events, |text| drop(black_box(decoders::ours_borrowed(text)))));
    contest.enter("tieline, slices of the frame", || each(events, |text| drop(black_box(decoders::ours_text(text)))));
    contest.enter("tieline, owned", || each(events, |text| drop(black_box(decoders::ours_owned(text)))));
    contest.enter(VALUE, || each(events, |text| drop(black_box(decoders::value(text)))));
    contest.enter(TAGGED, || each(events, |text| drop(black_box(decoders::tagged_owned(text)))));
    contest.enter("serde_json, derive-tagged enum, borrowed", || {
        each(events, |text| drop(black_box(decoders::tagged_borrowed(text))));
    });
    contest.enter("serde_json, tag search, then typed, borrowed", || {
        each(events, |text| drop(black_box(peek.serde_json(text))));
    });
    contest.enter(SONIC, || each(events, |text| drop(black_box(peek.sonic(text)))));
    let standings = contest.run(rounds);
    standings.print(VALUE);
    standings.judge(BORROWED, VALUE, &Goal::faster("decoding, borrowed: speed, of serde_json::Value", 1.75, 3.0));
    standings.judge(BORROWED, TAGGED, &Goal::faster("decoding, borrowed: speed, of the derive-tagged enum", 2.1, 3.6));
    standings.judge(BORROWED, SONIC, &Goal::faster("decoding, borrowed: speed, of sonic-rs", 0.85, 1.4));
}

fn encode(events: &[Text], rounds: usize) {
    let ours: Vec<_> = events.iter().map(|text| decoders::ours_owned(text)).collect();
    let values: Vec<_> = events.iter().map(|text| decoders::value(text)).collect();
    let typed: Vec<_> = events.iter().map(|text| decoders::tagged_owned(text)).collect();
    let (mut text, mut json_bytes, mut sonic_bytes) = (String::new(), Vec::new(), Vec::new());
    let ours_name = "tieline, into a reused buffer";
    let mut contest = Contest::new("encoding an event", events.len() as f64);
    contest.enter(ours_name, || {
        for event in &ours {
            text.clear();
            event.encode(&mut text);
            black_box(text.as_str());
        }
    });
    contest
        .enter("serde_json::Value::to_string", || values.iter().for_each(|value| drop(black_box(value.to_string()))));
    contest.enter("serde_json, typed, into a reused buffer", || {
        for event in &typed {
            json_bytes.clear();
            serde_json::to_writer(&mut json_bytes, event).expect("written");
            black_box(json_bytes.as_slice());
        }
    });
    contest.enter("sonic-rs, typed, into a reused buffer", || {
        for event in &typed {
            sonic_bytes.clear();
            sonic_rs::to_writer(&mut sonic_bytes, event).expect("written");
            black_box(sonic_bytes.as_slice());
        }
    });
    let standings = contest.run(rounds);
    let value = "serde_json::Value::to_string";
    standings.print(value);
    standings.judge(ours_name, value, &Goal::faster("encoding: speed, of Value::to_string", 1.5, 2.4));
}

fn each(events: &[Text], decode: impl Fn(&Text)) {
    events.iter().for_each(decode);
}
