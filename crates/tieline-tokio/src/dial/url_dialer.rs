//! The dialer for addresses.

use std::fmt;

use tieline_core::supervisor::LineId;
#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
use tieline_tls::rustls::pki_types::ServerName;
use tieline_websocket::{InvalidRequest, OpeningRequest};

use super::{Credentials, Dialed, Dialer, Proxy, Stream, TcpOptions, UrlError, WsUrl, tcp};
use crate::ConnectError;

/// Dials a [`WsUrl`]: credentials, then the proxy if there is one, TCP, and TLS for `wss://`.
pub struct UrlDialer<C> {
    url: WsUrl,
    request: OpeningRequest,
    credentials: Credentials<C>,
    proxy: Proxy,
    tcp: TcpOptions,
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    /// For `wss://` only.
    tls: Option<tieline_tls::ClientTls>,
}

impl<C: Send + 'static> UrlDialer<C> {
    /// A dialer that trusts as the system does, goes through the environment's proxy, and uses the usual TCP options.
    ///
    /// # Errors
    /// When the address cannot be requested, or the system's trust cannot be set up.
    pub fn new(url: WsUrl, credentials: Credentials<C>) -> Result<Self, ConnectError> {
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
    pub fn with_trust(
        url: WsUrl,
        credentials: Credentials<C>,
        trust: tieline_tls::Trust,
    ) -> Result<Self, ConnectError> {
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

    async fn open(&self) -> Result<Stream, ConnectError> {
        let tcp = match self.proxy.of(&self.url)? {
            None => tcp::connect(self.url.host(), self.url.port(), &self.tcp).await?,
            Some(proxy) => {
                let mut tcp = tcp::connect(&proxy.host, proxy.port, &self.tcp).await?;
                proxy.tunnel(&mut tcp, &self.url.address()).await?;
                tcp
            }
        };
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        if let Some(tls) = &self.tls {
            return self.secure(tls, tcp).await;
        }
        Ok(Stream::plain(tcp))
    }

    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    async fn secure(&self, tls: &tieline_tls::ClientTls, tcp: tokio::net::TcpStream) -> Result<Stream, ConnectError> {
        if let Some(warning) = tls.trust().warning() {
            tracing::warn!(url = %self.url, "{warning}");
        }
        let (config, presented) = tls.connection()?;
        let host = self.url.host();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| UrlError::Host)?;
        let connector = tokio_rustls::TlsConnector::from(config);
        connector
            .connect(name, tcp)
            .await
            .map(Stream::tls)
            .map_err(|error| ConnectError::Tls(tls.explain(&error, host, &presented)))
    }
}

impl<C: Send + 'static> Dialer<C> for UrlDialer<C> {
    type Io = Stream;

    async fn dial(&self, line: LineId) -> Result<Dialed<Stream, C>, ConnectError> {
        tracing::debug!(line = line.get(), url = %self.url, "dialling");
        let credentials = self.credentials.get().await?;
        let io = self.open().await?;
        Ok(Dialed::new(io, self.request.clone(), credentials))
    }
}

impl<C> fmt::Debug for UrlDialer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlDialer").field("url", &self.url).field("proxy", &self.proxy).finish_non_exhaustive()
    }
}
