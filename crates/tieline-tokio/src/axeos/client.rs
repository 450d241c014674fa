//! The client that follows the events.

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

/// Follows the events of a PBX in a task of its own, and returns once the first lists are read.
///
/// Must be called within a tokio runtime. When the future is dropped early, the client is closed. Of attempts that failed
/// before, the events hold the last one only.
///
/// # Errors
/// When the first attempt fails. With [`Policy::retry_first`](tieline_core::supervisor::Policy::retry_first) failures that
/// may pass are tried again, and only the others are errors.
pub async fn connect(config: Config) -> Result<(Client, Events), ConnectError> {
    let (client, events, mut driver) = open(config)?;
    let live = driver.first_live();
    tokio::spawn(driver);
    live.await?;
    Ok((client, events))
}

impl Client {
    /// Rings a user, and dials for them once they answer. Sent once, and only while the line is there.
    ///
    /// # Errors
    /// [`ClientError`]; [`RequestError::Disconnected`] says whether the PBX may have acted. That somebody is busy or does
    /// not answer is none.
    pub async fn call(&self, request: CallRequest) -> Result<CallReply<Text>, ClientError> {
        match self.request(Command::Call(request)).await? {
            Reply::Call(reply) => Ok(reply),
            _ => Err(another()),
        }
    }

    /// Reads every user now, beside the snapshots that the events bring by themselves.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn users(&self) -> Result<Listing<User<Text>>, ClientError> {
        match self.request(Command::Users).await? {
            Reply::Users(users) => Ok(users),
            _ => Err(another()),
        }
    }

    /// Reads every phone now, in the same way.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn phones(&self) -> Result<Listing<Phone<Text>>, ClientError> {
        match self.request(Command::Phones).await? {
            Reply::Phones(phones) => Ok(phones),
            _ => Err(another()),
        }
    }
}

/// The poller answers what was asked.
const fn another() -> ClientError {
    ClientError::Failed(RequestError::Unreadable { reason: Text::from_static("it answers another command") })
}
