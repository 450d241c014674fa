//! Conversations over a line that stays alive.

use tieline_dial::im::ChatConfig;
use tieline_portsip_im::Credentials as Login;
use tieline_portsip_im::client::{ClientEvent, ImClient};

use crate::{ConnectError, Credentials, Dialer, UrlDialer, open};

/// A handle on an IM line.
pub type Client = crate::Client<ImClient>;
/// The events of an IM line.
pub type Events = crate::Events<ClientEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<ClientEvent>;
/// What does the work of an IM line.
pub type Driver<D> = crate::Driver<ImClient, D>;
/// All that an IM line is opened with.
pub type Config = ChatConfig<Credentials<Login>>;

/// Opens a line to `url` on a thread of its own, and returns once it is live for the first time, attached to all topics of
/// the configuration (or refused by a `SubscriptionLost` in the events).
///
/// PortSIP's address is `wss://HOST:8887/im`. Of attempts that failed before, the events hold the last one only. How long
/// it can take is said by the policy's `dial_timeout` and the session's `login_timeout`; to be able to give up earlier,
/// use [`connect_with`] and close the client.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that
/// may pass are tried again, and only the others are errors.
pub fn connect(url: &str, config: Config) -> Result<(Client, Events), ConnectError> {
    let (client, events, mut driver) = connect_with(dialer(url, &config)?, config)?;
    let live = driver.first_live();
    driver.spawn()?;
    live.wait()?;
    Ok((client, events))
}

/// Prepares a line over whatever `dialer` opens. Nothing happens until the driver runs; it says by
/// [`first_live`](crate::Driver::first_live) what became of the first attempts.
///
/// Credentials, trust, proxy and TCP options of the configuration are the dialer's business: see [`dialer`].
///
/// # Errors
/// When the operating system gives nothing to wait with.
pub fn connect_with<D: Dialer<Login>>(dialer: D, config: Config) -> Result<(Client, Events, Driver<D>), ConnectError> {
    let options = config.line_options();
    open(dialer, config.session, config.topics, options)
}

/// The dialer for an address, with a configuration's credentials, trust, proxy and TCP options.
///
/// # Errors
/// When the address cannot be dialled, or the trust cannot be set up.
pub fn dialer(url: &str, config: &Config) -> Result<UrlDialer<Login>, ConnectError> {
    config.dialer(url)
}
