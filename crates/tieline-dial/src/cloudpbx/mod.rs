//! What the CloudPBX clients of all adapters share.

mod address;
mod download;
mod file;
mod sms;
mod stream;

use std::time::Duration;

use tieline_cloudpbx::rest::Bases;
use tieline_core::Secret;
use tieline_core::http::{Authorization, BaseUrl};

pub use address::StreamAddress;
pub use download::{DownloadError, Progress};
pub use file::NewFile;
pub use sms::{SmsError, SmsStep, SmsWait};
pub use stream::{FRAME_INTERVAL, StreamConfig, StreamDialer};

use crate::{HttpConfig, Proxy, TcpOptions};

/// All that a client of CloudPBX's calls is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RestConfig {
    /// Where the API is; reads go through the addresses in order.
    pub bases: Bases,
    /// The API key.
    pub key: Secret,
    /// Whom to trust on `https://`. Default: as the system does.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub trust: tieline_tls::Trust,
    /// Which proxy to go through. Default: as the environment says.
    pub proxy: Proxy,
    /// The options of the TCP connections.
    pub tcp: TcpOptions,
    /// How long a connection may take to open, TLS included. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a call may take at one address. Default 30 s.
    pub call_timeout: Duration,
    /// How long the next piece of a recording may take. Default 30 s.
    pub piece_timeout: Duration,
}

impl RestConfig {
    /// The usual configuration for some addresses ([`Bases::VENDOR`] names the vendor's) and a key.
    #[must_use]
    pub fn new(bases: Bases, key: Secret) -> Self {
        Self {
            bases,
            key,
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            trust: tieline_tls::Trust::default(),
            proxy: Proxy::default(),
            tcp: TcpOptions::default(),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            piece_timeout: Duration::from_secs(30),
        }
    }

    /// Trusts in this way on `https://`.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    #[must_use]
    pub fn trust(mut self, trust: tieline_tls::Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Goes through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// The configuration for one of the addresses.
    #[must_use]
    pub fn at(&self, base: &BaseUrl) -> HttpConfig {
        let mut config =
            HttpConfig::new(base.clone(), Authorization::Bearer(self.key.clone())).proxy(self.proxy.clone());
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        {
            config.trust = self.trust.clone();
        }
        config.tcp = self.tcp;
        config.connect_timeout = self.connect_timeout;
        config.call_timeout = self.call_timeout;
        config.piece_timeout = self.piece_timeout;
        config
    }
}
