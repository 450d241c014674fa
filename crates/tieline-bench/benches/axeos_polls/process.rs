//! The process that holds the servers, and what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use tieline_bench::process::ServerProcess;

pub(crate) struct Addresses {
    pub(crate) ours: SocketAddr,
    pub(crate) bare: SocketAddr,
}

/// What a round took.
pub(crate) struct Round {
    /// Processor time of the server's process.
    pub(crate) cpu: Duration,
    /// Time by the clock.
    pub(crate) wall: Duration,
    /// What the clients read.
    pub(crate) bytes: u64,
}

/// The process of the servers.
pub(crate) struct Child {
    process: ServerProcess,
    pub(crate) addresses: Addresses,
}

impl Child {
    pub(crate) fn start() -> Self {
        let mut process = ServerProcess::start();
        let mut address = || process.line().parse().expect("an address");
        let addresses = Addresses { ours: address(), bare: address() };
        Self { process, addresses }
    }

    /// What the process has in memory, in KiB.
    pub(crate) fn memory(&mut self) -> f64 {
        self.process.ask("memory")[0] as f64
    }

    /// Waits until so many polls are parked.
    pub(crate) fn wait_for(&mut self, ours: bool, polls: usize) {
        self.process.ask(&format!("wait {} {polls}", u8::from(ours)));
    }

    /// Releases the polls, and waits until as many are parked again.
    pub(crate) fn release(&mut self, ours: bool, polls: usize) -> Round {
        let took = self.process.ask(&format!("release {} {polls}", u8::from(ours)));
        Round { cpu: Duration::from_nanos(took[0]), wall: Duration::from_nanos(took[1]), bytes: 0 }
    }
}
