//! Decoding of a mixed stream of CloudPBX's messages: allocations. Apart from the times, since counting costs time.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::hint::black_box;

use allocation_counter::measure;
use common::cloudpbx::{Envelope, messages};
use tieline_bench::{Goal, effort, title};
use tieline_cloudpbx::stream::Message;
use tieline_core::{Str, Text};

fn main() {
    let messages = messages(effort(20_000, 200));
    title("CloudPBX codec, allocations");
    // Bytes allocate their counter when they are shared for the first time; a frame is, in a session.
    let _shared: Vec<Text> = messages.clone();
    let borrowed = count(&messages, "tieline, borrowed", |text| drop(black_box(Message::<Str<'_>>::decode(text))));
    count(&messages, "tieline, slices of the frame", |text| drop(black_box(Message::decode_frame(text, 64, 256))));
    count(&messages, "tieline, owned", |text| drop(black_box(Message::decode_owned(text))));
    count(&messages, "serde_json::Value", |text| drop(black_box(serde_json::from_str::<serde_json::Value>(text))));
    count(&messages, "serde_json, typed, owned", |text| {
        drop(black_box(serde_json::from_str::<Envelope<String>>(text)));
    });
    count(&messages, "serde_json, typed, borrowed", |text| {
        drop(black_box(serde_json::from_str::<Envelope<Str<'_>>>(text)));
    });
    count(&messages, "sonic-rs, typed, borrowed", |text| {
        drop(black_box(sonic_rs::from_str::<Envelope<Str<'_>>>(text)))
    });

    // A string with escapes and a list of several events need memory of their own.
    let plain = |text: &&Text| !text.contains('\\') && !text.contains(r#"},"extstatus""#);
    let plain: Vec<Text> = messages.iter().filter(plain).cloned().collect();
    let of_plain = count(&plain, "tieline, borrowed, one event without escapes", |text| {
        drop(black_box(Message::<Str<'_>>::decode(text)));
    });
    let needed = (messages.len() - plain.len()) as f64 / messages.len() as f64;
    Goal::at_most("allocations, decoding a message, borrowed: beyond what it needs", 0.0, 0.0).judge(borrowed - needed);
    Goal::at_most("allocations, decoding a message of one event without escapes", 0.0, 0.0).judge(of_plain);
}

fn count(messages: &[Text], name: &str, decode: impl Fn(&Text)) -> f64 {
    let counted = measure(|| messages.iter().for_each(decode)).count_total as f64 / messages.len().max(1) as f64;
    println!("  {name:<56} {counted:>8.2}");
    counted
}
