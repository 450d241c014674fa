#![doc = include_str!("../README.md")]

mod census;
mod clock;
mod connection;
mod line;
mod options;
mod pump;
mod router;
mod server;
mod stream;

pub use census::ServerStats;
pub use line::{Line, MessageLimit};
pub use options::ServerOptions;
pub use router::{Answer, Body, HttpHandler, Opening, Paths, Router, WebSocketService, plain, whole};
pub use server::{Server, ServerHandle};
pub use tieline_websocket::upgrade::Strictness;
