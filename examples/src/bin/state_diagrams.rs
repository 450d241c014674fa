//! The states of every session as mermaid diagrams, from the tables that the sessions run on.
//!
//! `cargo run -p tieline-examples --bin state_diagrams`

use std::fmt::Display;

use tieline::{axeos, cloudpbx, core, portsip_im, wsi};

/// One table as a diagram: the first state of the first row is where a session starts.
fn print<P: Copy + PartialEq + Display>(title: &str, what: &str, table: &[(P, &str, P)]) {
    println!("### {title}\n\n`{what}`\n\n```mermaid\nstateDiagram-v2");
    let mut states = Vec::new();
    for state in table.iter().flat_map(|(from, _, to)| [*from, *to]) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    for state in &states {
        println!("    state \"{state}\" as {}", name(state));
    }
    if let Some(first) = states.first() {
        println!("    [*] --> {}", name(first));
    }
    for (from, why, to) in table {
        println!("    {} --> {}: {why}", name(from), name(to));
    }
    for state in states.iter().filter(|state| table.iter().all(|(from, _, _)| from != *state)) {
        println!("    {} --> [*]", name(state));
    }
    println!("```\n");
}

fn name(state: impl Display) -> String {
    state.to_string().replace(' ', "_")
}

fn main() {
    use core::supervisor;
    print("Supervisor", "tieline_core::supervisor::Phase::TRANSITIONS", supervisor::Phase::TRANSITIONS);
    print("WSI, client", "tieline_portsip_wsi::client::Phase::TRANSITIONS", wsi::client::Phase::TRANSITIONS);
    print("WSI, PBX", "tieline_portsip_wsi::server::Phase::TRANSITIONS", wsi::server::Phase::TRANSITIONS);
    print("IM, client", "tieline_portsip_im::client::Phase::TRANSITIONS", portsip_im::client::Phase::TRANSITIONS);
    print("IM, PBX", "tieline_portsip_im::server::Phase::TRANSITIONS", portsip_im::server::Phase::TRANSITIONS);
    print(
        "CloudPBX stream, client",
        "tieline_cloudpbx::client::Phase::TRANSITIONS",
        cloudpbx::client::Phase::TRANSITIONS,
    );
    print("CloudPBX stream, PBX", "tieline_cloudpbx::server::Phase::TRANSITIONS", cloudpbx::server::Phase::TRANSITIONS);
    print("Axeos poller", "tieline_axeos::poller::TRANSITIONS", axeos::poller::TRANSITIONS);
    println!(
        "The event log of Axeos, the PBX's side, has no such states: it is open until its owner closes it, and its polls\n\
         come and go meanwhile."
    );
}
