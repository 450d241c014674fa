//! The dialer for addresses.

use std::fmt;

use tieline_core::supervisor::LineId;
use tieline_websocket::{InvalidRequest, OpeningRequest};

use super::{Credentials, Dialed, Dialer, Proxy, Stream, TcpOptions, Transport, WsUrl};
use crate::ConnectError;

/// Dials a [`WsUrl`]: credentials, then the proxy if there is one, TCP, and TLS for `wss://`.
pub struct UrlDialer<C> {
    url: WsUrl,
    request: OpeningRequest,
    credentials: Credentials<C>,
    transport: Transport,
}

impl<C: Send + 'static> UrlDialer<C> {
    /// A dialer that trusts as the system does, goes through the environment's proxy, and uses the usual TCP options.
    ///
    /// # Errors
    /// When the address cannot be requested, or the system's trust cannot be set up.
    pub fn new(url: WsUrl, credentials: Credentials<C>) -> Result<Self, ConnectError> {
        let transport = Transport::new(url.is_secure())?;
        Ok(Self { request: url.request()?, url, credentials, transport })
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
        let transport = Transport::with_trust(url.is_secure(), trust)?;
        Ok(Self { request: url.request()?, url, credentials, transport })
    }

    /// Goes through this proxy instead of the environment's.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.transport.proxy = proxy;
        self
    }

    /// Uses these TCP options.
    #[must_use]
    pub const fn tcp(mut self, tcp: TcpOptions) -> Self {
        self.transport.tcp = tcp;
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
}

impl<C: Send + 'static> Dialer<C> for UrlDialer<C> {
    type Io = Stream;

    async fn dial(&self, line: LineId) -> Result<Dialed<Stream, C>, ConnectError> {
        tracing::debug!(line = line.get(), url = %self.url, "dialling");
        let credentials = self.credentials.get().await?;
        let io = self.transport.open(&self.url).await?;
        Ok(Dialed::new(io, self.request.clone(), credentials))
    }
}

impl<C> fmt::Debug for UrlDialer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlDialer").field("url", &self.url).field("transport", &self.transport).finish_non_exhaustive()
    }
}
