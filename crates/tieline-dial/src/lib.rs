#![doc = include_str!("../README.md")]

#[cfg(any(feature = "http", feature = "wsi"))]
#[macro_use]
mod setters;

#[cfg(feature = "axeos")]
pub mod axeos;
mod client;
#[cfg(feature = "cloudpbx")]
pub mod cloudpbx;
mod credentials;
mod dialer;
mod error;
pub mod events;
#[cfg(feature = "files")]
mod file;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "portsip-im")]
pub mod im;
mod options;
mod proxy;
mod pump;
mod route;
mod tcp;
#[cfg(feature = "http")]
mod transfer;
mod url;
#[cfg(feature = "wsi")]
pub mod wsi;

pub use client::ClientError;
pub use credentials::CredentialsError;
pub use dialer::{Dialed, UrlDialer};
pub use error::ConnectError;
pub use events::Item;
#[cfg(feature = "files")]
pub use file::{NewFile, Place};
#[cfg(feature = "http")]
pub use http::{HttpConfig, Sharing};
pub use options::{Options, Overflow};
pub use proxy::{HttpProxy, Proxy, ProxyError, Tunnel};
pub use pump::{Pump, TellPhase, Transport};
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
pub use route::TlsStart;
pub use route::{Route, RouteConfig};
pub use tcp::{STAGGER, TcpOptions, alternating};
#[cfg(feature = "http")]
pub use transfer::{Authorized, Progress, UploadError};
pub use url::{UrlError, WsUrl, address};
