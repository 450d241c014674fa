//! How calls over HTTP are made.

use std::time::Duration;

use tieline_core::http::{Authorization, BaseUrl, Repeat};

use crate::{ConnectError, Route, RouteConfig, WsUrl};

/// How a call uses the connections there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One of its own, so that a connection which the server was about to close cannot swallow it.
    Own,
    /// One kept from before, if there is one.
    Kept,
    /// As `Kept`, and written once more when that breaks before any answer.
    KeptOrAgain,
}

impl Sharing {
    /// Whether it takes kept connections, and leaves its own to the next call.
    #[must_use]
    pub const fn keeps(self) -> bool {
        !matches!(self, Self::Own)
    }

    /// Whether it is written a second time.
    #[must_use]
    pub const fn repeats(self) -> bool {
        matches!(self, Self::KeptOrAgain)
    }
}

impl From<Repeat> for Sharing {
    /// What suits a call that nobody else repeats.
    fn from(repeat: Repeat) -> Self {
        match repeat {
            Repeat::Never => Self::Own,
            Repeat::Safe => Self::KeptOrAgain,
        }
    }
}

/// All that a client of calls over HTTP is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Where the API is.
    pub base: BaseUrl,
    /// Who asks.
    pub auth: Authorization,
    /// How to get there.
    pub route: RouteConfig,
    /// How long a connection may take to open, TLS included. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a call may take, from its connection on until its answer is whole; of a body that is read piece by
    /// piece, until its head is there. Default 30 s.
    pub call_timeout: Duration,
    /// How long the next piece of such a body may take. Default 30 s.
    pub piece_timeout: Duration,
}

impl HttpConfig {
    /// The usual configuration for an API.
    #[must_use]
    pub fn new(base: BaseUrl, auth: Authorization) -> Self {
        Self {
            base,
            auth,
            route: RouteConfig::default(),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            piece_timeout: Duration::from_secs(30),
        }
    }

    route_setters!(route);

    /// The address, and the way to it.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn route(&self) -> Result<(WsUrl, Route), ConnectError> {
        let url: WsUrl = self.base.to_string().parse()?;
        let route = self.route.route(url.is_secure())?;
        Ok((url, route))
    }
}
