//! What is dialled, and what a dial brings.

use std::fmt;

use tieline_websocket::{InvalidRequest, OpeningRequest};

use crate::{ConnectError, Proxy, Route, RouteConfig, TcpOptions, WsUrl};

/// Dials a [`WsUrl`]: credentials, then the proxy if there is one, TCP, and TLS for `wss://`. `C` says where the
/// credentials come from; how it dials is its adapter's affair.
pub struct UrlDialer<C> {
    url: WsUrl,
    request: OpeningRequest,
    credentials: C,
    route: Route,
}

impl<C> UrlDialer<C> {
    /// A dialer that trusts as the system does, goes through the environment's proxy, and uses the usual TCP options.
    ///
    /// # Errors
    /// When the address cannot be requested, or the system's trust cannot be set up.
    pub fn new(url: WsUrl, credentials: C) -> Result<Self, ConnectError> {
        let route = Route::new(url.is_secure())?;
        Ok(Self { request: url.request()?, url, credentials, route })
    }

    /// As [`new`](Self::new), with a trust of its own. It means nothing to `ws://`.
    ///
    /// # Errors
    /// When the address cannot be requested, or the trust cannot be set up.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub fn with_trust(url: WsUrl, credentials: C, trust: tieline_tls::Trust) -> Result<Self, ConnectError> {
        let route = Route::with_trust(url.is_secure(), trust)?;
        Ok(Self { request: url.request()?, url, credentials, route })
    }

    /// As [`new`](Self::new), over the route that a configuration describes.
    ///
    /// # Errors
    /// When the address cannot be requested, or the trust cannot be set up.
    pub fn over(url: WsUrl, credentials: C, route: &RouteConfig) -> Result<Self, ConnectError> {
        let route = route.route(url.is_secure())?;
        Ok(Self { request: url.request()?, url, credentials, route })
    }

    /// Goes through this proxy instead of the environment's.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.route.proxy = proxy;
        self
    }

    /// Uses these TCP options.
    #[must_use]
    pub const fn tcp(mut self, tcp: TcpOptions) -> Self {
        self.route.tcp = tcp;
        self
    }

    /// Adds headers or subprotocols to the opening request.
    ///
    /// # Errors
    /// What `change` refuses.
    pub fn request(
        mut self,
        change: impl FnOnce(OpeningRequest) -> Result<OpeningRequest, InvalidRequest>,
    ) -> Result<Self, ConnectError> {
        self.request = change(self.request)?;
        Ok(self)
    }

    /// The address.
    #[must_use]
    pub const fn url(&self) -> &WsUrl {
        &self.url
    }

    /// Where the credentials come from.
    #[must_use]
    pub const fn credentials(&self) -> &C {
        &self.credentials
    }

    /// The way to it.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// What the dial brings: the stream that it opened, and the login.
    pub fn dialed<Io, Login>(&self, io: Io, credentials: Login) -> Dialed<Io, Login> {
        Dialed::new(io, self.request.clone(), credentials)
    }
}

impl<C> fmt::Debug for UrlDialer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlDialer").field("url", &self.url).field("route", &self.route).finish_non_exhaustive()
    }
}

/// What a dialer brings.
pub struct Dialed<Io, C> {
    /// The stream, on which nothing of the WebSocket was exchanged yet.
    pub io: Io,
    /// The opening request to write on it.
    pub request: OpeningRequest,
    /// The login of the session on it.
    pub credentials: C,
}

impl<Io, C> Dialed<Io, C> {
    /// A stream, the opening request for it, and the login for its session.
    pub const fn new(io: Io, request: OpeningRequest, credentials: C) -> Self {
        Self { io, request, credentials }
    }

    /// The same with another stream around it.
    pub fn map<Other>(self, wrap: impl FnOnce(Io) -> Other) -> Dialed<Other, C> {
        Dialed { io: wrap(self.io), request: self.request, credentials: self.credentials }
    }
}

// Credentials are secret, and streams have little to say.
impl<Io, C> fmt::Debug for Dialed<Io, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialed").field("request", &self.request).finish_non_exhaustive()
    }
}
