#![cfg_attr(feature = "wsi", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "wsi"), doc = "tieline's clients on threads, built without a protocol: the driver alone.")]

#[cfg(feature = "axeos")]
pub mod axeos;
mod clock;
#[cfg(feature = "cloudpbx")]
pub mod cloudpbx;
mod dial;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "portsip-im")]
pub mod im;
mod line;
#[cfg(feature = "wsi")]
pub mod wsi;

pub use clock::Clock;
pub use dial::{Attempt, Credentials, Dialer, Io, Stream, UrlDialer};
pub use line::{Canceller, Client, Driver, Events, FirstLive, NoEvent, open};
/// The readiness of streams of your own is told by this version of mio.
pub use mio;
pub use tieline_dial::{
    ClientError, ConnectError, CredentialsError, Dialed, Item, Options, Overflow, Proxy, ProxyError, RouteConfig,
    TcpOptions, UrlError, WsUrl,
};
