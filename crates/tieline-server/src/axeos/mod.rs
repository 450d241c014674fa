//! Axeos: users, phones and calls from an [`Api`], and the event log with its waiting polls in an [`EventHub`].

mod hub;
mod service;

pub use hub::{EventHub, EventStats};
pub use service::{Api, AxeosService, CallAnswer, paths};
