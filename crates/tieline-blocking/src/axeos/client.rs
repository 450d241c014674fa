//! The client that follows the events.

use std::time::Duration;

use tieline_axeos::poller::{AxeosEvent, Command, Poller, Reply};
use tieline_axeos::{CallReply, CallRequest, Listing, Phone, User};
use tieline_core::{RequestError, Text};
use tieline_dial::axeos::Config;
use tieline_dial::{ClientError, ConnectError};

use super::open;

/// A handle on a client that follows the events: for commands, to close it, and to see where it is.
pub type Client = crate::Client<Poller>;
/// The events of a PBX, and what they are joined with: snapshots, and what is told of the line.
pub type Events = crate::Events<AxeosEvent>;
/// What [`Events`] yields.
pub type Item = crate::Item<AxeosEvent>;

/// Follows the events of a PBX on threads of its own, and returns once the first lists are read.
///
/// Of attempts that failed before, the events hold the last one only. To be able to give up earlier, use [`open`] and close
/// the client.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that
/// may pass are tried again, and only the others are errors.
pub fn connect(config: Config) -> Result<(Client, Events), ConnectError> {
    let (client, events, mut driver) = open(config)?;
    let live = driver.first_live();
    driver.spawn()?;
    live.wait()?;
    Ok((client, events))
}

impl Client {
    /// Rings a user, and dials for them once they answer, and waits for what became of it, at most `timeout`. Sent once, and
    /// only while the line is there.
    ///
    /// # Errors
    /// [`ClientError`]; [`RequestError::Disconnected`] says whether the PBX may have acted. That somebody is busy or does
    /// not answer is none.
    pub fn call(&self, request: CallRequest, timeout: Duration) -> Result<CallReply<Text>, ClientError> {
        match self.request(Command::Call(request), timeout)? {
            Reply::Call(reply) => Ok(reply),
            _ => Err(another()),
        }
    }

    /// Reads every user now, beside the snapshots that the events bring by themselves.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn users(&self, timeout: Duration) -> Result<Listing<User<Text>>, ClientError> {
        match self.request(Command::Users, timeout)? {
            Reply::Users(users) => Ok(users),
            _ => Err(another()),
        }
    }

    /// Reads every phone now, in the same way.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn phones(&self, timeout: Duration) -> Result<Listing<Phone<Text>>, ClientError> {
        match self.request(Command::Phones, timeout)? {
            Reply::Phones(phones) => Ok(phones),
            _ => Err(another()),
        }
    }
}

/// The poller answers what was asked.
const fn another() -> ClientError {
    ClientError::Failed(RequestError::Unreadable { reason: Text::from_static("it answers another command") })
}
