//! How lines of PortSIP WSI are opened.

use tieline_portsip_wsi::client::ClientConfig;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions};

use crate::{ConnectError, Options, RouteConfig, UrlDialer};

/// All that a line is opened with. `K` is the adapter's `Credentials<Auth>`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LineConfig<K> {
    /// The session: dialect, login, deadlines, limits.
    pub session: ClientConfig,
    /// What is desired from the first line on. It is in force when the line is live.
    pub subscriptions: Subscriptions,
    /// Where the login of each dial comes from. Default `None`: the session's, every time.
    pub credentials: Option<K>,
    /// How to get there.
    pub route: RouteConfig,
    /// How the line is kept alive, and its events queued. The longest message of the WebSocket is set from the
    /// session's limits, whatever stands here.
    pub options: Options,
}

impl<K> LineConfig<K> {
    /// The usual configuration for a dialect and a login.
    #[must_use]
    pub fn new(dialect: Dialect, auth: Auth) -> Self {
        Self {
            session: ClientConfig::new(dialect, auth),
            subscriptions: Subscriptions::default(),
            credentials: None,
            route: RouteConfig::default(),
            options: Options::default(),
        }
    }

    /// Adds what is desired from the first line on.
    #[must_use]
    pub fn subscribe(mut self, subscription: &Subscription) -> Self {
        self.subscriptions.apply(subscription);
        self
    }

    /// Asks for the login of each dial here.
    #[must_use]
    pub fn credentials(mut self, credentials: K) -> Self {
        self.credentials = Some(credentials);
        self
    }

    route_setters!(route);
    policy_setter!();

    /// The options that a line needs, whatever stands in [`options`](Self::options).
    #[must_use]
    pub fn line_options(&self) -> Options {
        self.options.within(&self.session.limits)
    }

    /// The dialer for an address, with this configuration's credentials, trust, proxy and TCP options.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn dialer(&self, url: &str) -> Result<UrlDialer<K>, ConnectError>
    where
        K: Clone + From<Auth>,
    {
        let credentials = self.credentials.clone().unwrap_or_else(|| self.session.auth.clone().into());
        UrlDialer::over(url.parse()?, credentials, &self.route)
    }
}
