//! The event stream.

use tieline_cloudpbx::client::{ClientEvent, PushClient, Resume};
use tieline_core::Secret;
use tieline_dial::cloudpbx::StreamAddress;
use tieline_dial::{ConnectError, Dialed};

use crate::dial::dial_through;
use crate::{Attempt, Credentials, Dialer, Stream, open};

/// A handle on an event stream: to close it, and to see where it is. There is nothing to ask.
pub type Client = crate::Client<PushClient>;
/// The events of an event stream.
pub type Events = crate::Events<ClientEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<ClientEvent>;
/// What does the work of an event stream.
pub type Driver<D> = crate::Driver<PushClient, D>;
/// All that an event stream is opened with.
pub type StreamConfig = tieline_dial::cloudpbx::StreamConfig<Credentials<Secret>>;
/// Dials a [`StreamAddress`]: the key, then the proxy if there is one, TCP, and TLS for `wss://`.
///
/// All of it can be given up at any time but for the key and the resolver: these end by themselves.
pub type StreamDialer = tieline_dial::cloudpbx::StreamDialer<Credentials<Secret>>;

impl Dialer<()> for StreamDialer {
    type Io = Stream;

    fn dial(&self, attempt: &Attempt) -> Result<Dialed<Stream, ()>, ConnectError> {
        tracing::debug!(line = attempt.line().get(), url = %self.url(), "dialling");
        let key = self.key().map(Credentials::get).transpose()?;
        let io = dial_through(self.route(), self.url(), attempt)?;
        self.dialed(io, key)
    }
}

/// Opens the event stream at `address` on a thread of its own, and returns once it is live for the first time.
///
/// Of attempts that failed before, the events hold the last one only. How long it can take is said by the policy's
/// `dial_timeout`; to be able to give up earlier, use [`connect_with`] and close the client. There is no login, so that a
/// stream is live before the server refuses it: a close with a status from 400 to 499 is
/// [`Closed`](tieline_core::supervisor::LineEvent::Closed) with that status as a refused login.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that
/// may pass are tried again, and only the others are errors.
pub fn connect(address: StreamAddress, config: StreamConfig) -> Result<(Client, Events), ConnectError> {
    let dialer = config.dialer(address)?;
    let (client, events, mut driver) = connect_with(dialer, config)?;
    let live = driver.first_live();
    driver.spawn()?;
    live.wait()?;
    Ok((client, events))
}

/// Prepares an event stream over whatever `dialer` opens. Nothing happens until the driver runs; it says by
/// [`first_live`](crate::Driver::first_live) what became of the first attempts.
///
/// Key, trust, proxy and TCP options of the configuration are the dialer's business: see
/// [`StreamConfig::dialer`](tieline_dial::cloudpbx::StreamConfig::dialer).
///
/// # Errors
/// When the operating system gives nothing to wait with.
pub fn connect_with<D: Dialer<()>>(
    dialer: D,
    config: StreamConfig,
) -> Result<(Client, Events, Driver<D>), ConnectError> {
    let options = config.line_options();
    open(dialer, config.session, Resume::default(), options)
}
