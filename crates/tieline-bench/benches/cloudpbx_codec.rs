//! Decoding of a mixed stream of CloudPBX's messages: time.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod common;

use std::hint::black_box;

use common::cloudpbx::{Envelope, messages};
use common::stream::mean_bytes;
use tieline_bench::{Contest, Goal, effort, title};
use tieline_cloudpbx::stream::Message;
use tieline_core::{Str, Text};

const BORROWED: &str = "tieline, borrowed";
const VALUE: &str = "serde_json::Value";
const SONIC: &str = "sonic-rs, typed, borrowed";

fn main() {
    let messages = messages(effort(20_000, 200));
    title("CloudPBX codec");
    println!("{} messages, {} bytes in the mean", messages.len(), mean_bytes(&messages));
    let mut contest = Contest::new("decoding a message", messages.len() as f64);
    contest
        .enter(BORROWED, || each(&messages, |text| drop(black_box(Message::<Str<'_>>::decode(text).expect("read")))));
    contest.enter("tieline, slices of the frame", || {
        each(&messages, |text| drop(black_box(Message::decode_frame(text, 64, 256).expect("read"))));
    });
    contest.enter("tieline, owned", || {
        each(&messages, |text| drop(black_box(Message::decode_owned(text).expect("read"))));
    });
    contest.enter(VALUE, || {
        each(&messages, |text| drop(black_box(serde_json::from_str::<serde_json::Value>(text).expect("read"))));
    });
    contest.enter("serde_json, typed, owned", || {
        each(&messages, |text| drop(black_box(serde_json::from_str::<Envelope<String>>(text).expect("read"))));
    });
    contest.enter("serde_json, typed, borrowed", || {
        each(&messages, |text| drop(black_box(serde_json::from_str::<Envelope<Str<'_>>>(text).expect("read"))));
    });
    contest.enter(SONIC, || {
        each(&messages, |text| drop(black_box(sonic_rs::from_str::<Envelope<Str<'_>>>(text).expect("read"))));
    });
    let standings = contest.run(effort(40, 1));
    standings.print(VALUE);
    standings.judge(BORROWED, VALUE, &Goal::faster("decoding, borrowed: speed, of serde_json::Value", 1.8, 3.0));
    standings.judge(BORROWED, SONIC, &Goal::faster("decoding, borrowed: speed, of sonic-rs", 0.85, 1.4));
}

fn each(messages: &[Text], decode: impl Fn(&Text)) {
    messages.iter().for_each(decode);
}
