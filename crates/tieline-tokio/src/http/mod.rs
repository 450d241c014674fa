//! Calls over HTTP/1.1.
//!
//! A [`HttpClient`] makes the calls that a protocol crate declares as [`Endpoint`]s: one request, one answer, nothing
//! repeated behind the caller's back. Connections are kept for the next read; a call with a side effect always gets one
//! of its own, so that a connection which the server was about to close cannot swallow it.

mod client;
mod connection;
mod download;
mod metered;
mod request_body;
mod upload;

pub use client::HttpClient;
pub use download::Download;
pub use tieline_core::http::*;
pub use tieline_dial::{Authorized, HttpConfig, Progress, UploadError};
