//! What the CloudPBX clients of all adapters share.

mod address;
mod download;
mod sms;
mod stream;

use std::time::Duration;

use tieline_cloudpbx::rest::Bases;
use tieline_core::Secret;
use tieline_core::http::{Authorization, BaseUrl};

pub use crate::{NewFile, Progress};
pub use address::StreamAddress;
pub use download::DownloadError;
pub use sms::{SmsError, SmsStep, SmsWait};
pub use stream::{FRAME_INTERVAL, StreamConfig, StreamDialer};

use crate::{HttpConfig, RouteConfig};

/// All that a client of CloudPBX's calls is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RestConfig {
    /// Where the API is; reads go through the addresses in order.
    pub bases: Bases,
    /// The API key.
    pub key: Secret,
    /// How to get there.
    pub route: RouteConfig,
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
            route: RouteConfig::default(),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            piece_timeout: Duration::from_secs(30),
        }
    }

    route_setters!(route);

    /// The configuration for one of the addresses.
    #[must_use]
    pub fn at(&self, base: &BaseUrl) -> HttpConfig {
        let mut config = HttpConfig::new(base.clone(), Authorization::Bearer(self.key.clone()));
        config.route = self.route.clone();
        config.connect_timeout = self.connect_timeout;
        config.call_timeout = self.call_timeout;
        config.piece_timeout = self.piece_timeout;
        config
    }
}
