//! What a client sends.

mod auth;
mod decode;
mod encode;
mod subscription;

use alloc::string::String;

use tieline_core::json::DecodeError;

pub use auth::{Auth, Login};
pub use subscription::{Subscription, TopicSelection};

/// A message of the client: a command, and the id that its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct ClientMessage {
    /// The id. No document shows a command with one, but answers of v22 repeat it, as a string.
    pub id: Option<String>,
    /// The command.
    pub command: Command,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Log in.
    Auth(Auth),
    /// Receive events from now on; for some topics also what holds now.
    Subscribe(Subscription),
    /// Receive less. Without topics and names it means everything, as a draft of v22 says.
    Unsubscribe(Subscription),
    /// A command that this crate does not know. Its other members are in the frame.
    Other {
        /// Its name.
        command: String,
    },
}

impl Command {
    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Auth(_) => "auth",
            Self::Subscribe(_) => "subscribe",
            Self::Unsubscribe(_) => "unsubscribe",
            Self::Other { command } => command,
        }
    }
}

/// A message of a client that is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It is not JSON, or a member is of another kind than documented.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A member is missing that the command cannot do without, or is an empty list.
    #[error("`{0}` is missing")]
    MissingField(&'static str),
}
