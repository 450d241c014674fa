//! PortSIP WSI.
//!
//! [`connect`] opens a line and keeps it alive in a task of its own. [`connect_with`] leaves the task to you, and takes
//! any [`Dialer`].

use tieline_dial::wsi::LineConfig;
use tieline_portsip_wsi::client::{ClientEvent, Reply, Request, WsiClient};
use tieline_portsip_wsi::{Auth, Subscription};

use crate::{ClientError, ConnectError, Credentials, Dialer, open};

/// A handle on a WSI line.
pub type Client = crate::Client<WsiClient>;
/// The events of a WSI line.
pub type Events = crate::Events<ClientEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<ClientEvent>;
/// The future that does the work of a WSI line.
pub type Driver<D> = crate::Driver<WsiClient, D>;
/// All that a WSI line is opened with.
pub type Config = LineConfig<Credentials<Auth>>;

/// Opens a line to `url` in a task of its own, and returns once it is live for the first time, with everything that the
/// configuration subscribes to in force (or refused by a `SubscriptionLost` in the events).
///
/// The default addresses of a dialect are [`Dialect::default_url`](tieline_portsip_wsi::Dialect::default_url). Must be called within a tokio runtime. When the
/// future is dropped early, the line is closed. Of attempts that failed before, the events hold the last one only.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that may pass are tried again, and only the others
/// are errors.
pub async fn connect(url: &str, config: Config) -> Result<(Client, Events), ConnectError> {
    let dialer = config.dialer(url)?;
    let (client, events, mut driver) = connect_with(dialer, config);
    let live = driver.first_live();
    tokio::spawn(driver);
    live.await?;
    Ok((client, events))
}

/// Prepares a line over whatever `dialer` opens. Nothing happens until the driver is polled; it says by
/// [`first_live`](crate::Driver::first_live) what became of the first attempts.
///
/// Address, credentials, trust, proxy and TCP options of the configuration are the dialer's business: see
/// [`LineConfig::dialer`].
pub fn connect_with<D: Dialer<Auth>>(dialer: D, config: Config) -> (Client, Events, Driver<D>) {
    let options = config.line_options();
    open(dialer, config.session, config.subscriptions, options)
}

impl Client {
    /// Subscribes to more, now and on every later line. Without a line it is noted and answered as deferred.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, not possible in the dialect, or the line is over. What was refused is not
    /// desired any more.
    pub async fn subscribe(&self, subscription: Subscription) -> Result<Reply, ClientError> {
        self.request(Request::Subscribe(subscription)).await
    }

    /// Unsubscribes from what it names, now and on every later line; without topics from everything.
    ///
    /// # Errors
    /// [`ClientError`]: refused by the server, or the line is over.
    pub async fn unsubscribe(&self, subscription: Subscription) -> Result<Reply, ClientError> {
        self.request(Request::Unsubscribe(subscription)).await
    }
}
