//! The PBX's role: an event log that polls wait on, without I/O.
//!
//! [`EventLog`] is a [`Session`](tieline_core::Session) that takes polls and gives answers. Checking for events and
//! beginning to wait are one step, so that no event falls between them. Users, phones and calls have no state here: whoever
//! serves them answers them from what it knows.

mod config;
mod log;
mod store;

pub use config::LogConfig;
pub use log::{EventLog, LogAnswer, LogEvent, LogInput, WaiterId};
