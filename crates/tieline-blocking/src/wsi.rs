//! PortSIP WSI.
//!
//! [`connect`] opens a line and keeps it alive on a thread of its own. [`connect_with`] leaves the thread to you, and takes
//! any [`Dialer`].

use std::time::Duration;

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
/// What does the work of a WSI line.
pub type Driver<D> = crate::Driver<WsiClient, D>;
/// All that a WSI line is opened with.
pub type Config = LineConfig<Credentials<Auth>>;

/// Opens a line to `url` on a thread of its own, and returns once it is live for the first time, with everything that the
/// configuration subscribes to in force (or refused by a `SubscriptionLost` in the events).
///
/// The default addresses of a dialect are [`Dialect::default_url`](tieline_portsip_wsi::Dialect::default_url). Of attempts that failed before, the events hold the
/// last one only. How long it can take is said by the policy's `dial_timeout` and the session's `login_timeout`; to be
/// able to give up earlier, use [`connect_with`] and close the client.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that may pass are tried again, and only the others
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
/// [`LineConfig::dialer`].
///
/// # Errors
/// When the operating system gives nothing to wait with.
pub fn connect_with<D: Dialer<Auth>>(dialer: D, config: Config) -> Result<(Client, Events, Driver<D>), ConnectError> {
    let options = config.line_options();
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
