//! A simulated PBX whose time stands still.

use std::process::Output;
use std::time::Duration;

use super::{run, tieline};

pub(crate) struct Pbx {
    sim: tieline_sim::Sim,
    _runtime: tokio::runtime::Runtime,
}

impl Pbx {
    /// After so many minutes of its day, 2026-01-01.
    pub(crate) fn after_minutes(minutes: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads");
        let sim = runtime.block_on(tieline_sim::Sim::builder().paused(true).start()).expect("a simulator");
        sim.advance(Duration::from_secs(minutes * 60));
        Self { sim, _runtime: runtime }
    }

    /// A command of CloudPBX.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = tieline();
        command.args(arguments).args(["--api", &self.sim.cloudpbx_url()]);
        command.env("TIELINE_KEY", self.sim.cloudpbx_key().expose());
        run(command)
    }
}
