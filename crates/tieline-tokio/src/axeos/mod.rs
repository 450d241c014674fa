//! Axeos: the single calls, and the client that follows the events.
//!
//! [`Api`] makes the calls. [`connect`] follows the event log by long polling without losing its place, tells users and
//! phones as snapshots before it, and takes commands meanwhile.

mod api;
mod client;
mod driver;

pub use api::Api;
pub use client::{Client, Events, Item, connect};
pub use driver::{Driver, open};
pub use tieline_axeos::http::Auth;
pub use tieline_axeos::poller::{AxeosEvent, Cursor, PollerConfig, Resume};
pub use tieline_dial::axeos::{ApiConfig, Config, base};
