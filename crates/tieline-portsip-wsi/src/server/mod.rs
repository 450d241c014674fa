//! The PBX role: take logins and subscriptions, answer each command exactly once and in order, push events.
//!
//! No callbacks: [`ServerEvent::Login`] is answered by [`WsiServer::accept`] or [`WsiServer::reject`],
//! [`ServerEvent::Subscribe`] and [`ServerEvent::Unsubscribe`] by [`WsiServer::respond`]; what is not answered by its deadline is answered with status -1.

mod config;
mod dialect;
mod event;
mod open;
mod phase;
mod session;

pub use config::ServerConfig;
pub use event::{ServerEvent, ServerRequestId};
pub use phase::Phase;
pub use session::WsiServer;
