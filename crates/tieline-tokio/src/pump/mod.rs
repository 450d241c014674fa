//! What drives a [`Pump`](tieline_dial::Pump) on tokio, and the two ends that the application holds.

mod client;
mod driver;
mod events;
mod polled;

pub use client::Client;
pub use driver::{Driver, FirstLive, open};
pub use events::Events;
