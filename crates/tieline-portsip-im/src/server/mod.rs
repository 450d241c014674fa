//! The PBX role: take logins and requests, answer each exactly once, push messages and presence.
//!
//! No callbacks: [`ServerEvent::Login`] is answered by [`ImServer::accept`] or [`ImServer::reject`],
//! [`ServerEvent::Request`] by [`ImServer::respond`], where an answer has several parts after [`ImServer::part`]; what is
//! not answered by its deadline is answered 503. Answers go out in the order in which they are given.
//!
//! The session itself answers what needs no knowledge: the hello, the probe `1`, what cannot be read (400), what comes
//! before the login (401), a second login (409), requests that are malformed by themselves (400), and requests on behalf
//! of others (403).

mod answer;
mod check;
mod config;
mod dispatch;
mod event;
mod hello;
mod open;
mod phase;
mod session;

pub use answer::{Accepted, Answer};
pub use config::ServerConfig;
pub use event::{ServerEvent, ServerRequestId};
pub use phase::Phase;
pub use session::ImServer;
