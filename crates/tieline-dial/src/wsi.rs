//! How lines of PortSIP WSI are opened.

use tieline_core::supervisor::Policy;
use tieline_portsip_wsi::client::ClientConfig;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions};

use crate::{ConnectError, Options, Proxy, TcpOptions, UrlDialer, WsUrl};

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
    /// Whom to trust on `wss://`. Default: as the system does.
    #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
    pub trust: tieline_tls::Trust,
    /// Which proxy to go through. Default: as the environment says.
    pub proxy: Proxy,
    /// The options of the TCP connection.
    pub tcp: TcpOptions,
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
            #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
            trust: tieline_tls::Trust::default(),
            proxy: Proxy::default(),
            tcp: TcpOptions::default(),
            options: Options::default(),
        }
    }

    /// Adds what is desired from the first line on.
    #[must_use]
    pub fn subscribe(mut self, subscription: &Subscription) -> Self {
        self.subscriptions.apply(subscription);
        self
    }

    /// Trusts in this way on `wss://`.
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

    /// Fails, waits and gives up in this way.
    #[must_use]
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.options.policy = policy;
        self
    }

    /// The options that a line needs, whatever stands in [`options`](Self::options).
    #[must_use]
    pub fn line_options(&self) -> Options {
        let mut options = self.options.clone();
        options.websocket.message_bytes = self.session.limits.message_bytes;
        options
    }

    /// The dialer for an address, with this configuration's credentials, trust, proxy and TCP options.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn dialer(&self, url: &str) -> Result<UrlDialer<K>, ConnectError>
    where
        K: Clone + From<Auth>,
    {
        let url: WsUrl = url.parse()?;
        let credentials = self.credentials.clone().unwrap_or_else(|| self.session.auth.clone().into());
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        let dialer = UrlDialer::with_trust(url, credentials, self.trust.clone())?;
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        let dialer = UrlDialer::new(url, credentials)?;
        Ok(dialer.proxy(self.proxy.clone()).tcp(self.tcp))
    }
}
