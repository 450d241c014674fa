//! The commands of CloudPBX: what its REST API does.

mod address;
pub(crate) mod client;
mod clock;
mod command;
mod csv;
mod list;
mod pull;
mod record;
pub(crate) mod stream;
mod table;
mod wait;

pub(crate) use client::words;
pub(crate) use command::{call, send_sms, standard_input};
pub(crate) use list::{cdrs, recordings};
pub(crate) use pull::pull;
pub(crate) use table::table;

/// What every JSON line says of where it comes from.
#[derive(Debug, serde::Serialize)]
struct Origin<T> {
    vendor: &'static str,
    stream: &'static str,
    #[serde(flatten)]
    what: T,
}

impl<T> Origin<T> {
    const fn of(what: T) -> Self {
        Self { vendor: "cloudpbx", stream: "rest", what }
    }
}
