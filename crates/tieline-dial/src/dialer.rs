//! What is dialled, and what a dial brings.

use std::fmt;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use std::sync::Arc;

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use tieline_tls::rustls::{ClientConfig, pki_types::ServerName};
use tieline_websocket::{InvalidRequest, OpeningRequest};

use crate::{ConnectError, Proxy, TcpOptions, UrlError, WsUrl};

/// Dials a [`WsUrl`]: credentials, then the proxy if there is one, TCP, and TLS for `wss://`. `C` says where the
/// credentials come from; how it dials is its adapter's affair.
pub struct UrlDialer<C> {
    url: WsUrl,
    request: OpeningRequest,
    credentials: C,
    proxy: Proxy,
    tcp: TcpOptions,
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    /// For `wss://` only.
    tls: Option<tieline_tls::ClientTls>,
}

impl<C> UrlDialer<C> {
    /// A dialer that trusts as the system does, goes through the environment's proxy, and uses the usual TCP options.
    ///
    /// # Errors
    /// When the address cannot be requested, or the system's trust cannot be set up.
    pub fn new(url: WsUrl, credentials: C) -> Result<Self, ConnectError> {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        return Self::with_trust(url, credentials, tieline_tls::Trust::System);
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        {
            if url.is_secure() {
                return Err(UrlError::NoTls.into());
            }
            let (proxy, tcp) = (Proxy::from_env(), TcpOptions::default());
            Ok(Self { request: url.request()?, url, credentials, proxy, tcp })
        }
    }

    /// As [`new`](Self::new), with a trust of its own. It means nothing to `ws://`.
    ///
    /// # Errors
    /// When the address cannot be requested, or the trust cannot be set up.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub fn with_trust(url: WsUrl, credentials: C, trust: tieline_tls::Trust) -> Result<Self, ConnectError> {
        let tls = if url.is_secure() { Some(tieline_tls::ClientTls::new(trust)?) } else { None };
        let (proxy, tcp) = (Proxy::from_env(), TcpOptions::default());
        Ok(Self { request: url.request()?, url, credentials, proxy, tcp, tls })
    }

    /// Goes through this proxy instead of the environment's.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Uses these TCP options.
    #[must_use]
    pub const fn tcp(mut self, tcp: TcpOptions) -> Self {
        self.tcp = tcp;
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

    /// Which proxy to go through.
    #[must_use]
    pub const fn via(&self) -> &Proxy {
        &self.proxy
    }

    /// The options of the TCP connection.
    #[must_use]
    pub const fn tcp_options(&self) -> &TcpOptions {
        &self.tcp
    }

    /// What TLS begins with; `None` for `ws://`. A trust that verifies nothing is warned of in the log each time.
    ///
    /// # Errors
    /// When there can be no TLS with this host.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub fn start_tls(&self) -> Result<Option<TlsStart<'_>>, ConnectError> {
        let Some(tls) = &self.tls else { return Ok(None) };
        if let Some(warning) = tls.trust().warning() {
            tracing::warn!(url = %self.url, "{warning}");
        }
        let (config, presented) = tls.connection()?;
        let host = self.url.host();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| UrlError::Host)?;
        Ok(Some(TlsStart { config, name, host, tls, presented }))
    }

    /// What the dial brings: the stream that it opened, and the login.
    pub fn dialed<Io, Login>(&self, io: Io, credentials: Login) -> Dialed<Io, Login> {
        Dialed::new(io, self.request.clone(), credentials)
    }
}

impl<C> fmt::Debug for UrlDialer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlDialer").field("url", &self.url).field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// One TLS connection that is to begin.
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
#[derive(Debug)]
#[non_exhaustive]
pub struct TlsStart<'a> {
    /// The configuration, for this connection only.
    pub config: Arc<ClientConfig>,
    /// Whom to expect.
    pub name: ServerName<'static>,
    host: &'a str,
    tls: &'a tieline_tls::ClientTls,
    presented: tieline_tls::Presented,
}

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
impl TlsStart<'_> {
    /// Why the handshake failed, in words that name the remedy.
    #[must_use]
    pub fn refused(&self, error: &std::io::Error) -> ConnectError {
        ConnectError::Tls(self.tls.explain(error, self.host, &self.presented))
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
