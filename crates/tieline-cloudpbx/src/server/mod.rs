//! The PBX role: accept clients, push messages.
//!
//! The address says who comes and for what: [`StreamTarget::parse`](crate::stream::StreamTarget::parse) reads it from the
//! request. [`ServerEvent::Opened`] is answered by [`PushServer::accept`] or [`PushServer::reject`]. One [`Publisher`] a PBX
//! writes each message once; [`PushServer::push`] sends it to one client.

mod config;
mod event;
mod phase;
mod publisher;
mod session;

pub use config::ServerConfig;
pub use event::ServerEvent;
pub use phase::Phase;
pub use publisher::Publisher;
pub use session::PushServer;
