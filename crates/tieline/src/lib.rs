//! tieline joins programs to hosted PBXs (telephone exchanges).
//!
//! This crate is the front door: it re-exports the crates of the workspace under short names, each behind a feature,
//! and holds no logic. Who needs one protocol, or a runtime of their own, takes the single crates instead.
//!
//! | module | crate | feature |
//! |---|---|---|
//! | [`core`] | `tieline-core` | always |
//! | [`wsi`] | `tieline-portsip-wsi` | `wsi` (default) |
//! | [`cloudpbx`] | `tieline-cloudpbx` | `cloudpbx` |
//! | [`axeos`] | `tieline-axeos` | `axeos` |
//! | [`portsip_im`] | `tieline-portsip-im` | `portsip-im` |
//! | [`websocket`] | `tieline-websocket` | `websocket` |
//! | [`tls`] | `tieline-tls` | `tls` (default) |
//! | [`tokio`] | `tieline-tokio` | `tokio` (default) |
//! | [`blocking`] | `tieline-blocking` | `blocking` |
//! | [`server`] | `tieline-server` | `server` |
//! | [`sim`] | `tieline-sim` | `sim` |
//!
//! ```no_run
//! use tieline::core::supervisor::LineEvent;
//! use tieline::tokio::wsi::{Config, connect};
//! use tieline::wsi::client::ClientEvent;
//! use tieline::wsi::{Auth, Dialect, Subscription, Topic};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = Auth::username("alice", "example.com", "the password");
//! let config = Config::new(Dialect::V22, auth)
//!     .subscribe(&Subscription::to(Topic::ExtensionEvents).extensions(["102", "103"]));
//! let (_client, mut events) = connect("wss://pbx.example.com:8887/wsi", config).await?;
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```

#![no_std]

#[cfg(feature = "axeos")]
pub use tieline_axeos as axeos;
#[cfg(feature = "blocking")]
pub use tieline_blocking as blocking;
#[cfg(feature = "cloudpbx")]
pub use tieline_cloudpbx as cloudpbx;
pub use tieline_core as core;
#[cfg(feature = "portsip-im")]
pub use tieline_portsip_im as portsip_im;
#[cfg(feature = "wsi")]
pub use tieline_portsip_wsi as wsi;
#[cfg(feature = "server")]
pub use tieline_server as server;
#[cfg(feature = "sim")]
pub use tieline_sim as sim;
#[cfg(feature = "tls")]
pub use tieline_tls as tls;
#[cfg(feature = "tokio")]
pub use tieline_tokio as tokio;
#[cfg(feature = "websocket")]
pub use tieline_websocket as websocket;
