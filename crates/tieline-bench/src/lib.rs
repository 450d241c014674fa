#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

mod contest;
mod goal;
pub mod process;

pub use contest::{Contest, Standings};
pub use goal::Goal;

/// Whether the figures are wanted. `cargo bench` says so by `--bench`; `cargo test` does not, and then a benchmark does just
/// enough to show that it works.
#[must_use]
pub fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// `full` when the figures are wanted, else `smoke`.
#[must_use]
pub fn effort(full: usize, smoke: usize) -> usize {
    if is_measuring() { full } else { smoke }
}

/// Prints the title of a benchmark.
pub fn title(text: &str) {
    let short = if is_measuring() { "" } else { " (too short for its figures to mean anything)" };
    println!("\n== {text}{short}");
}
