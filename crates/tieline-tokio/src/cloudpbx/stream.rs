//! The event stream.

use tieline_cloudpbx::client::{ClientEvent, PushClient, Resume};
use tieline_core::Secret;
use tieline_core::supervisor::LineId;
use tieline_dial::cloudpbx::StreamAddress;
use tieline_dial::{ConnectError, Dialed};

use crate::{Credentials, Dialer, Stream, open};

/// A handle on an event stream: to close it, and to see where it is. There is nothing to ask.
pub type Client = crate::Client<PushClient>;
/// The events of an event stream.
pub type Events = crate::Events<ClientEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<ClientEvent>;
/// The future that does the work of an event stream.
pub type Driver<D> = crate::Driver<PushClient, D>;
/// All that an event stream is opened with.
pub type StreamConfig = tieline_dial::cloudpbx::StreamConfig<Credentials<Secret>>;
/// Dials a [`StreamAddress`]: the key, then the proxy if there is one, TCP, and TLS for `wss://`.
pub type StreamDialer = tieline_dial::cloudpbx::StreamDialer<Credentials<Secret>>;

impl Dialer<()> for StreamDialer {
    type Io = Stream;

    async fn dial(&self, line: LineId) -> Result<Dialed<Stream, ()>, ConnectError> {
        tracing::debug!(line = line.get(), url = %self.url(), "dialling");
        let key = match self.key() {
            Some(key) => Some(key.get().await?),
            None => None,
        };
        let io = crate::dial::open(self.route(), self.url()).await?;
        self.dialed(io, key)
    }
}

/// Opens the event stream at `address` in a task of its own, and returns once it is live for the first time.
///
/// Must be called within a tokio runtime. When the future is dropped early, the line is closed. Of attempts that failed
/// before, the events hold the last one only. There is no login, so that a stream is live before the server refuses it: a
/// close with a status from 400 to 499 is [`Closed`](tieline_core::supervisor::LineEvent::Closed) with that status as a
/// refused login.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that
/// may pass are tried again, and only the others are errors.
pub async fn connect(address: StreamAddress, config: StreamConfig) -> Result<(Client, Events), ConnectError> {
    let dialer = config.dialer(address)?;
    let (client, events, mut driver) = connect_with(dialer, config);
    let live = driver.first_live();
    tokio::spawn(driver);
    live.await?;
    Ok((client, events))
}

/// Prepares an event stream over whatever `dialer` opens. Nothing happens until the driver is polled; it says by
/// [`first_live`](crate::Driver::first_live) what became of the first attempts.
///
/// Key, trust, proxy and TCP options of the configuration are the dialer's business: see
/// [`StreamConfig::dialer`](tieline_dial::cloudpbx::StreamConfig::dialer).
pub fn connect_with<D: Dialer<()>>(dialer: D, config: StreamConfig) -> (Client, Events, Driver<D>) {
    let options = config.line_options();
    open(dialer, config.session, Resume::default(), options)
}
