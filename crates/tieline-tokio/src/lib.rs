#![cfg_attr(feature = "wsi", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "wsi"), doc = "tieline's clients on tokio, built without a protocol: the pump alone.")]

#[cfg(feature = "axeos")]
pub mod axeos;
mod clock;
#[cfg(feature = "cloudpbx")]
pub mod cloudpbx;
mod dial;
#[cfg(any(feature = "cloudpbx", feature = "portsip-im"))]
mod disk;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "portsip-im")]
pub mod im;
mod pump;
#[cfg(feature = "wsi")]
pub mod wsi;

pub use clock::Clock;
pub use dial::{Credentials, Dialer, Stream, UrlDialer};
pub use pump::{Client, Driver, Events, FirstLive, open};
pub use tieline_dial::{
    ClientError, ConnectError, CredentialsError, Dialed, Item, Options, Overflow, Proxy, ProxyError, RouteConfig,
    TcpOptions, UrlError, WsUrl,
};
