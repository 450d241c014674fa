// Without WSI the example of the README does not compile.
#![cfg_attr(feature = "wsi", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "wsi"), doc = "Hosts the PBX role of tieline's protocols on tokio and hyper.")]

#[cfg(feature = "axeos")]
pub mod axeos;
#[cfg(any(feature = "cloudpbx", feature = "portsip-im", feature = "wsi"))]
mod backlog;
mod census;
mod clock;
#[cfg(feature = "cloudpbx")]
pub mod cloudpbx;
mod connection;
// Without hubs there is nothing to bring.
#[cfg_attr(not(any(feature = "cloudpbx", feature = "portsip-im", feature = "wsi")), allow(dead_code))]
mod courier;
#[cfg(feature = "http")]
mod exchange;
mod hook;
#[cfg(feature = "portsip-im")]
pub mod im;
mod line;
#[cfg(any(feature = "cloudpbx", feature = "portsip-im", feature = "wsi"))]
// Each hub needs another part.
#[cfg_attr(not(all(feature = "cloudpbx", feature = "wsi")), allow(dead_code))]
mod mailbox;
mod options;
mod pump;
mod rate;
mod router;
mod server;
mod stream;
#[cfg_attr(not(feature = "cloudpbx"), allow(dead_code))]
mod writer;
#[cfg(feature = "wsi")]
pub mod wsi;

pub use census::ServerStats;
#[cfg(feature = "http")]
pub use exchange::{answer, read_body};
pub use hook::{Accepted, ConnectionHook, Io, Next, ServerHook};
pub use line::Line;
pub use options::ServerOptions;
pub use router::{Answer, Body, HttpHandler, Opening, Paths, Router, WebSocketService, plain, whole};
pub use server::{Server, ServerHandle};
pub use tieline_core::MessageLimit;
pub use tieline_websocket::upgrade::Strictness;
pub use writer::Writer;
