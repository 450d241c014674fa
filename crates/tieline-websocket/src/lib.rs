#![doc = include_str!("../README.md")]

mod assemble;
mod body;
mod close;
mod config;
mod endpoint;
mod error;
mod mask;
mod opening;
mod outgoing;
mod pacing;
mod prepared;
mod request;
mod tokens;
pub mod upgrade;

pub use config::Config;
pub use endpoint::{Endpoint, Role};
pub use error::{EndpointError, NotHttp, NotSent, OpeningError, Snippet, Violation};
pub use prepared::PreparedFrame;
pub use request::{InvalidRequest, OpeningRequest};
