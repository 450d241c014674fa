//! What drives a [`Pump`](tieline_dial::Pump) on tokio, and the two ends that the application holds.

mod client;
mod driver;
mod events;
mod first;
mod phases;
mod polled;
mod timer;

pub use client::Client;
pub use driver::{Driver, open};
pub use events::Events;
pub use first::FirstLive;
#[cfg(feature = "axeos")]
pub(crate) use {client::Order, driver::Waiter, phases::PhaseTeller, timer::Timer};
