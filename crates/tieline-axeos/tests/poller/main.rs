//! The rules of the poller, one by one.

mod bad_events;
mod calls;
mod failures;
mod lists;
mod places;
mod polling;
mod resuming;
#[path = "../rig/mod.rs"]
mod rig;
mod start;

use rig::Rig;
use tieline_axeos::CallRequest;
use tieline_axeos::poller::{Command, PollerConfig};
use tieline_core::ExchangeFailureKind;

fn config() -> PollerConfig {
    PollerConfig::default()
}

fn live() -> Rig {
    Rig::live(config())
}

const BROKEN: ExchangeFailureKind = ExchangeFailureKind::Broken;

fn call() -> Command {
    Command::Call(CallRequest::new("anna", "+4685550100"))
}
