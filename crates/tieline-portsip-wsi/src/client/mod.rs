//! The client role: log in, subscribe, take events.
//!
//! The wire has no request ids before v22, so one command is in flight at a time. Whether subscribe and unsubscribe
//! are answered at all is not documented: such a command completes on its answer, a subscribe also on the first event
//! of a topic that was not subscribed before, and else after a grace period as accepted but unconfirmed. An answer
//! that comes later than that is noted and never taken for another command's.

mod command;
mod config;
mod event;
mod flight;
mod phase;
mod session;
mod supervised;

pub use command::{Confirmation, Reply, Request};
pub use config::ClientConfig;
pub use event::{ClientEvent, Noted, Received};
pub use phase::Phase;
pub use session::WsiClient;
pub use tieline_core::Malformed;
