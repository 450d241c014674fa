//! How the cost of an input grows with its length, from 1 KiB to 1 MiB: for every message kind in the shapes that an
//! attacker may give it, for multipart, for the WebSocket endpoint and for the sessions. It should grow as the length does.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

#[path = "growth/decoders.rs"]
mod decoders;
#[path = "growth/instructions.rs"]
mod instructions;
#[path = "growth/judge.rs"]
mod judge;
#[path = "growth/memory.rs"]
mod memory;
#[path = "growth/sessions.rs"]
mod sessions;
#[path = "growth/shapes.rs"]
mod shapes;
#[path = "growth/streams.rs"]
mod streams;

use std::io;

use judge::Report;
use tieline_bench::{is_measuring, title};

fn main() -> io::Result<()> {
    let mut report = Report::default();
    if let Some(longest) = instructions::wanted() {
        title("Growth: instructions a byte of short inputs and of long ones, and the slope, both ways as logarithms");
        instructions::measure(&mut report, longest)?;
        report.print();
        return Ok(());
    }
    if is_measuring() && instructions::counted().is_none() && !memory::is_kept() {
        return memory::keep();
    }
    if instructions::counted().is_none() {
        title("Growth: nanoseconds a byte of short inputs and of long ones, and the slope, both ways as logarithms");
    }
    decoders::all(&mut report);
    streams::all(&mut report);
    sessions::all(&mut report);
    if instructions::counted().is_none() {
        report.print();
    }
    Ok(())
}
