//! How event streams are opened.

use std::fmt;
use std::time::Duration;

use tieline_cloudpbx::client::ClientConfig;
use tieline_core::{Class, Secret};

use super::StreamAddress;
use crate::{ConnectError, CredentialsError, Dialed, Options, Route, RouteConfig, WsUrl};

/// So long the next frame waits for a sign of life: the servers handle one frame a read.
pub const FRAME_INTERVAL: Duration = Duration::from_secs(1);

/// All that an event stream is opened with. `K` is the adapter's `Credentials<Secret>`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamConfig<K> {
    /// The session: deadlines, limits.
    pub session: ClientConfig,
    /// Where the key of each dial comes from. It goes before the one in the address. Default `None`: that one, every time.
    pub key: Option<K>,
    /// How to get there.
    pub route: RouteConfig,
    /// How the line is kept alive, and its events queued. The longest message of the WebSocket is set from the session's
    /// limits, and its pace to one frame a write, whatever stands here.
    pub options: Options,
}

impl<K> Default for StreamConfig<K> {
    fn default() -> Self {
        Self { session: ClientConfig::default(), key: None, route: RouteConfig::default(), options: Options::default() }
    }
}

impl<K> StreamConfig<K> {
    /// The usual configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the key of each dial here.
    #[must_use]
    pub fn key(mut self, key: K) -> Self {
        self.key = Some(key);
        self
    }

    route_setters!(route);
    policy_setter!();

    /// The options that a line needs, whatever stands in [`options`](Self::options).
    #[must_use]
    pub fn line_options(&self) -> Options {
        let mut options = self.options.within(&self.session.limits);
        options.websocket.one_frame_per_write = Some(FRAME_INTERVAL);
        options
    }

    /// The dialer for an address, with this configuration's key, trust, proxy and TCP options.
    ///
    /// # Errors
    /// When the address cannot be requested, there is no key, or the trust cannot be set up.
    pub fn dialer(&self, address: StreamAddress) -> Result<StreamDialer<K>, ConnectError>
    where
        K: Clone,
    {
        if self.key.is_none() && !address.has_key() {
            let words = "the key stands neither in the stream's address nor is it given apart from it";
            return Err(CredentialsError::new(Class::Terminal, words).into());
        }
        // Refused now rather than at each dial.
        address.url().request()?;
        let route = self.route.route(address.url().is_secure())?;
        Ok(StreamDialer { address, key: self.key.clone(), route })
    }
}

/// Dials a [`StreamAddress`]: the key, then the proxy if there is one, TCP, and TLS. `K` says where the key comes from; how
/// it dials is its adapter's affair.
#[derive(Clone)]
pub struct StreamDialer<K> {
    address: StreamAddress,
    key: Option<K>,
    route: Route,
}

impl<K> StreamDialer<K> {
    /// Where to; prints with the key left out.
    #[must_use]
    pub const fn url(&self) -> &WsUrl {
        self.address.url()
    }

    /// Where the key of each dial comes from; `None` when it stands in the address.
    #[must_use]
    pub const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// The way there.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// What the dial brings: the stream that it opened, and the request with the key for it, if one was asked for.
    ///
    /// # Errors
    /// When the key cannot stand in a request.
    pub fn dialed<Io>(&self, io: Io, key: Option<Secret>) -> Result<Dialed<Io, ()>, ConnectError> {
        let request = match key {
            None => self.url().request()?,
            Some(key) => self.address.clone().with_key(key).url().request()?,
        };
        Ok(Dialed::new(io, request, ()))
    }
}

impl<K> fmt::Debug for StreamDialer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamDialer").field("url", self.url()).field("route", &self.route).finish_non_exhaustive()
    }
}
