//! Parked polls of Axeos that one event releases at once, each of which is polled again: the processor time of the server's
//! own process for each, beside a bare hyper server that answers the same bytes.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

#[path = "axeos_polls/clients.rs"]
mod clients;
#[path = "axeos_polls/process.rs"]
mod process;
#[path = "axeos_polls/servers.rs"]
mod servers;

use std::cell::RefCell;

use tieline_bench::process::{Role, role, run_clients};
use tieline_bench::{Contest, Goal, effort, is_measuring, title};

use clients::Clients;
use process::{Child, Round};

/// Files of a process beside the connections.
const OTHER_FILES: usize = 100;

fn main() {
    match role() {
        Role::Parent => run_clients(),
        Role::Server => servers::run(),
        Role::Clients { files } => measure(files),
    }
}

fn measure(files: Option<usize>) {
    let wanted = effort(5_000, 50);
    // Both servers have theirs open at once.
    let polls = files.map_or(wanted, |files| wanted.min(files.saturating_sub(OTHER_FILES) / 2));
    title("polls that wait, released at once and polled again");
    println!("{polls} polls");
    if polls < wanted {
        println!("{wanted} were wanted: the hard limit of open files allows no more");
    }
    let mut server = Child::start();
    let clients = Clients::start();
    let (ours, bare) = ("tieline-server", "bare hyper");

    let before = server.memory();
    let mut parked = before;
    for (name, address) in [(bare, server.addresses.bare), (ours, server.addresses.ours)] {
        clients.connect(address, polls);
        server.wait_for(name == ours, polls);
        let now = server.memory();
        println!("memory a parked poll, {name}: {:.1} KiB", (now - parked) / polls as f64);
        parked = now;
    }

    let server = RefCell::new(server);
    let rounds: [RefCell<Vec<Round>>; 2] = Default::default();
    let release = |index: usize, ours: bool| {
        let bytes = clients.bytes();
        let mut round = server.borrow_mut().release(ours, polls);
        round.bytes = clients.bytes() - bytes;
        let cpu = round.cpu;
        rounds[index].borrow_mut().push(round);
        cpu
    };
    let mut contest = Contest::new("a poll: answered, and the next one parked", polls as f64);
    contest.enter_timed(ours, || release(0, true));
    contest.enter_timed(bare, || release(1, false));
    let standings = contest.run(effort(25, 2));
    standings.print(bare);
    for (name, rounds) in [ours, bare].iter().zip(&rounds) {
        let rounds = rounds.borrow();
        let per_second = |round: &Round| polls as f64 / round.wall.as_secs_f64();
        let mean = rounds.iter().map(per_second).sum::<f64>() / rounds.len() as f64;
        let bytes = rounds.iter().map(|round| round.bytes).sum::<u64>() / (rounds.len() * polls) as u64;
        println!("  {name:<44} {mean:>8.0} requests a second by the clock, {bytes} bytes an answer");
    }
    let bytes = |rounds: &RefCell<Vec<Round>>| rounds.borrow().iter().map(|round| round.bytes).collect::<Vec<_>>();
    assert_eq!(bytes(&rounds[0]), bytes(&rounds[1]), "both answer the same bytes");
    let after = server.borrow_mut().memory();
    println!(
        "memory of the server's process: {before:.0} KiB at first, {parked:.0} with all parked, {after:.0} at last"
    );
    standings.judge(ours, bare, &Goal::faster("polls released at once: speed, of bare hyper", 0.7, 0.9));
    if is_measuring() && parked > before {
        Goal::at_most("memory after all rounds, of that with all parked", 1.5, 1.2).judge(after / parked);
    }
}
