#![cfg_attr(feature = "wsi", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "wsi"), doc = "tieline's clients on tokio, built without a protocol: the pump alone.")]

mod clock;
mod dial;
mod error;
#[cfg(feature = "http")]
pub mod http;
mod pump;
#[cfg(feature = "wsi")]
pub mod wsi;

pub use clock::Clock;
pub use dial::{
    Credentials, CredentialsError, Dialed, Dialer, Proxy, ProxyError, Stream, TcpOptions, UrlDialer, UrlError, WsUrl,
};
pub use error::ConnectError;
pub use pump::{Client, ClientError, Driver, Events, FirstLive, Item, Options, Overflow, open};
