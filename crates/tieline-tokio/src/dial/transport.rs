//! From an address to a stream: the proxy if there is one, TCP, and TLS.

use super::{Proxy, Stream, TcpOptions, WsUrl, tcp};
use crate::ConnectError;

/// How streams are opened.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    pub(crate) proxy: Proxy,
    pub(crate) tcp: TcpOptions,
    /// For secure addresses only.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    tls: Option<tieline_tls::ClientTls>,
}

impl Transport {
    /// Trusts as the system does, goes through the environment's proxy, and uses the usual TCP options.
    pub(crate) fn new(secure: bool) -> Result<Self, ConnectError> {
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        return Self::with_trust(secure, tieline_tls::Trust::System);
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        if secure {
            Err(super::UrlError::NoTls.into())
        } else {
            Ok(Self { proxy: Proxy::from_env(), tcp: TcpOptions::default() })
        }
    }

    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub(crate) fn with_trust(secure: bool, trust: tieline_tls::Trust) -> Result<Self, ConnectError> {
        let tls = if secure { Some(tieline_tls::ClientTls::new(trust)?) } else { None };
        Ok(Self { proxy: Proxy::from_env(), tcp: TcpOptions::default(), tls })
    }

    pub(crate) async fn open(&self, url: &WsUrl) -> Result<Stream, ConnectError> {
        let tcp = match self.proxy.of(url)? {
            None => tcp::connect(url.host(), url.port(), &self.tcp).await?,
            Some(proxy) => {
                let mut tcp = tcp::connect(&proxy.host, proxy.port, &self.tcp).await?;
                proxy.tunnel(&mut tcp, &url.address()).await?;
                tcp
            }
        };
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        if let Some(tls) = &self.tls {
            return super::secure::secure(tls, tcp, url).await;
        }
        Ok(Stream::plain(tcp))
    }
}
