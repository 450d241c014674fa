//! What the PortSIP IM clients of all adapters share.

mod chat;

pub use chat::{ChatConfig, edited, typed};
