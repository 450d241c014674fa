//! The client role: listen.
//!
//! There is no login, no subscription and no snapshot: the key stands in the [address](crate::stream::StreamTarget), the
//! session is live from the beginning, and a state is told when it changes. After a reconnect everything that was known
//! is out of date, and [`ClientEvent::Stale`] says what that is. The supervisor's
//! [`Gap`](tieline_core::supervisor::LineEvent::Gap) says since when.
//!
//! The software that the stream most likely runs on handles one frame a read. The session says little (empty pings when it is
//! silent, an empty close), and the WebSocket endpoint must send each frame on its own: set
//! `tieline_websocket::Config::one_frame_per_write`.

mod config;
mod event;
mod ids;
mod known;
mod phase;
mod session;
mod supervised;

pub use config::ClientConfig;
pub use event::{ClientEvent, Noted, Origin, Received, Unreadable};
pub use ids::IdNote;
pub use known::Stale;
pub use phase::Phase;
pub use session::{PushClient, Resume};
pub use tieline_core::Malformed;
