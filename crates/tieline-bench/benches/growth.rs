//! How the cost of an input grows with its length, from 1 KiB to 1 MiB: for every message kind in the shapes that an
//! attacker may give it, for multipart, for the WebSocket endpoint and for the sessions. It should grow as the length does.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

#[path = "growth/decoders.rs"]
mod decoders;
#[path = "growth/judge.rs"]
mod judge;
#[path = "growth/sessions.rs"]
mod sessions;
#[path = "growth/shapes.rs"]
mod shapes;
#[path = "growth/streams.rs"]
mod streams;

use judge::Report;
use tieline_bench::title;

fn main() {
    title("Growth: nanoseconds a byte at 1 KiB and at 1 MiB, and the slope of time over length, both as logarithms");
    let mut report = Report::new();
    decoders::all(&mut report);
    streams::all(&mut report);
    sessions::all(&mut report);
    report.print();
}
