//! A thousand idle connections to `tieline sim`: the memory of its process for each.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

#[cfg(target_os = "linux")]
#[path = "../tests/idle/mod.rs"]
mod idle;

use tieline_bench::{Goal, effort, title};

fn main() {
    title("idle connections to `tieline sim`");
    let connections = effort(1000, 20);
    println!("{connections} clients, logged in and subscribed");
    judge(connections);
}

#[cfg(target_os = "linux")]
fn judge(connections: usize) {
    let runs = effort(3, 1);
    let mut each: Vec<f64> = (0..runs).map(|_| idle::kib_per_connection(connections)).collect();
    each.sort_by(f64::total_cmp);
    Goal::at_most("idle connection: resident KiB in the server's process", 10.0, 4.0).judge(each[runs / 2]);
}

#[cfg(not(target_os = "linux"))]
fn judge(_: usize) {
    println!("not measured: only Linux tells the memory of a process in its file system");
}
