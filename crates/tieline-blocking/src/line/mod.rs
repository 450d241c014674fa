//! What drives a [`Pump`](tieline_dial::Pump) on a thread, and the two ends that the application holds.

mod alarm;
mod client;
mod deadline;
mod dialing;
mod driver;
mod events;
mod first;
mod orders;
mod ready;

pub use client::Client;
pub use driver::{Driver, open};
pub use events::{Canceller, Events, NoEvent};
pub use first::FirstLive;
#[cfg(feature = "axeos")]
pub(crate) use {
    alarm::Alarm,
    orders::{Ending, Orders, Phases, Waiter},
};
