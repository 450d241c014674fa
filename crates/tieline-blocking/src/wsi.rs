//! PortSIP WSI.
//!
//! [`connect`] opens a line and keeps it alive on a thread of its own. [`connect_with`] leaves the thread to you, and takes
//! any [`Dialer`].

use std::time::Duration;

use tieline_core::supervisor::Policy;
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Reply, Request, WsiClient};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions};

use crate::{ClientError, ConnectError, Credentials, Dialer, Options, Proxy, TcpOptions, UrlDialer, WsUrl, open};

/// A handle on a WSI line.
pub type Client = crate::Client<WsiClient>;
/// The events of a WSI line.
pub type Events = crate::Events<ClientEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<ClientEvent>;
/// What does the work of a WSI line.
pub type Driver<D> = crate::Driver<WsiClient, D>;

/// All that a WSI line is opened with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The session: dialect, login, deadlines, limits.
    pub session: ClientConfig,
    /// What is desired from the first line on. It is in force when the line is live.
    pub subscriptions: Subscriptions,
    /// Where the login of each dial comes from. Default `None`: the session's, every time.
    pub credentials: Option<Credentials<Auth>>,
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

impl Config {
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

    /// The dialer for an address, with this configuration's credentials, trust, proxy and TCP options.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn dialer(&self, url: &str) -> Result<UrlDialer<Auth>, ConnectError> {
        let url: WsUrl = url.parse()?;
        let credentials = self.credentials.clone().unwrap_or_else(|| Credentials::fixed(self.session.auth.clone()));
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        let dialer = UrlDialer::with_trust(url, credentials, self.trust.clone())?;
        #[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
        let dialer = UrlDialer::new(url, credentials)?;
        Ok(dialer.proxy(self.proxy.clone()).tcp(self.tcp))
    }
}

/// Opens a line to `url` on a thread of its own, and returns once it is live for the first time, with everything that the
/// configuration subscribes to in force (or refused by a `SubscriptionLost` in the events).
///
/// The default addresses of a dialect are [`Dialect::default_url`]. Of attempts that failed before, the events hold the
/// last one only. How long it can take is said by the policy's `dial_timeout` and the session's `login_timeout`; to be
/// able to give up earlier, use [`connect_with`] and close the client.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`] failures that may pass are tried again, and only the others
/// are errors.
pub fn connect(url: &str, config: Config) -> Result<(Client, Events), ConnectError> {
    let dialer = config.dialer(url)?;
    let (client, events, mut driver) = connect_with(dialer, config)?;
    let live = driver.first_live();
    driver.spawn()?;
    live.wait()?;
    Ok((client, events))
}

/// Prepares a line over whatever `dialer` opens. Nothing happens until the driver runs; it says by
/// [`first_live`](crate::Driver::first_live) what became of the first attempts.
///
/// Address, credentials, trust, proxy and TCP options of the configuration are the dialer's business: see
/// [`Config::dialer`].
///
/// # Errors
/// When the operating system gives nothing to wait with.
pub fn connect_with<D: Dialer<Auth>>(dialer: D, config: Config) -> Result<(Client, Events, Driver<D>), ConnectError> {
    let mut options = config.options;
    options.websocket.message_bytes = config.session.limits.message_bytes;
    open(dialer, config.session, config.subscriptions, options)
}

impl Client {
    /// Subscribes to more, now and on every later line. Without a line it is noted and answered as deferred.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, not possible in the dialect, or the line is over. What was refused is not
    /// desired any more.
    pub fn subscribe(&self, subscription: Subscription, timeout: Duration) -> Result<Reply, ClientError> {
        self.request(Request::Subscribe(subscription), timeout)
    }

    /// Unsubscribes from what it names, now and on every later line; without topics from everything.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, or the line is over.
    pub fn unsubscribe(&self, subscription: Subscription, timeout: Duration) -> Result<Reply, ClientError> {
        self.request(Request::Unsubscribe(subscription), timeout)
    }
}
