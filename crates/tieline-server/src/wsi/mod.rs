//! PortSIP WSI over WebSocket: logins and snapshots from a [`Directory`], events through a [`Hub`].

mod directory;
mod hub;
mod line;
mod mailbox;
mod service;

pub use directory::{Directory, Refused};
pub use hub::{Hub, HubStats, Publication};
pub use service::{WsiService, paths};
