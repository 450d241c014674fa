//! One pump for every protocol whose unit is a WebSocket message: the supervisor decides, this moves the bytes.

mod client;
mod connection;
mod driver;
mod events;
mod farewell;
mod line;
mod options;

pub use client::{Client, ClientError};
pub use driver::{Driver, FirstLive, open};
pub use events::{Events, Item};
pub use options::{Options, Overflow};
