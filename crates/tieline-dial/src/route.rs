//! The way to an address.

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use std::sync::Arc;

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use tieline_tls::rustls::{ClientConfig, pki_types::ServerName};

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use crate::WsUrl;
use crate::{ConnectError, Proxy, TcpOptions, UrlError};

/// What a [`Route`] is made from, as the configurations of the clients hold it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RouteConfig {
    /// Whom to trust where the address is secure. Default: as the system does.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub trust: tieline_tls::Trust,
    /// Which proxy to go through. Default: as the environment says.
    pub proxy: Proxy,
    /// The options of the TCP connections.
    pub tcp: TcpOptions,
}

impl RouteConfig {
    /// The route to addresses of which `secure` says whether they are.
    ///
    /// # Errors
    /// When the trust cannot be set up, or TLS is not built in.
    pub fn route(&self, secure: bool) -> Result<Route, ConnectError> {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        let mut route = Route::with_trust(secure, self.trust.clone())?;
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        let mut route = Route::new(secure)?;
        route.proxy = self.proxy.clone();
        route.tcp = self.tcp;
        Ok(route)
    }
}

/// How streams are opened: the proxy if there is one, TCP, and TLS. It opens none itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Route {
    /// Which proxy to go through.
    pub proxy: Proxy,
    /// The options of the TCP connection.
    pub tcp: TcpOptions,
    /// For secure addresses only.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    tls: Option<tieline_tls::ClientTls>,
}

impl Route {
    /// Trusts as the system does, goes through the environment's proxy, and uses the usual TCP options. `secure` says
    /// whether the addresses are.
    ///
    /// # Errors
    /// When the system's trust cannot be set up, or TLS is not built in.
    pub fn new(secure: bool) -> Result<Self, ConnectError> {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        return Self::with_trust(secure, tieline_tls::Trust::System);
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        if secure {
            Err(UrlError::NoTls.into())
        } else {
            Ok(Self { proxy: Proxy::from_env(), tcp: TcpOptions::default() })
        }
    }

    /// As [`new`](Self::new), with a trust of its own. It means nothing to addresses that are not secure.
    ///
    /// # Errors
    /// When the trust cannot be set up.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub fn with_trust(secure: bool, trust: tieline_tls::Trust) -> Result<Self, ConnectError> {
        let tls = if secure { Some(tieline_tls::ClientTls::new(trust)?) } else { None };
        Ok(Self { proxy: Proxy::from_env(), tcp: TcpOptions::default(), tls })
    }

    /// What TLS begins with; `None` for addresses that are not secure. A trust that verifies nothing is warned of in the
    /// log each time.
    ///
    /// # Errors
    /// When there can be no TLS with this host.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub fn start_tls<'a>(&'a self, url: &'a WsUrl) -> Result<Option<TlsStart<'a>>, ConnectError> {
        let Some(tls) = &self.tls else { return Ok(None) };
        if let Some(warning) = tls.trust().warning() {
            tracing::warn!(%url, "{warning}");
        }
        let (config, presented) = tls.connection()?;
        let host = url.host();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| UrlError::Host)?;
        Ok(Some(TlsStart { config, name, host, tls, presented }))
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
    /// What the server presents, once it has.
    #[must_use]
    pub const fn presented(&self) -> &tieline_tls::Presented {
        &self.presented
    }

    /// Why the handshake failed, in words that name the remedy.
    #[must_use]
    pub fn refused(&self, error: &std::io::Error) -> ConnectError {
        ConnectError::Tls(self.tls.explain(error, self.host, &self.presented))
    }
}
