//! What the owner of a server session is told.

use core::fmt;

use bytes::Bytes;
use tieline_core::CloseReason;

use crate::{Auth, CommandError, Dialect, Subscription};

/// Names a command that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerRequestId(pub(super) u64);

/// What a server session tells its owner.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A login to accept or reject.
    Login {
        /// To answer with.
        id: ServerRequestId,
        /// Who, and the password.
        auth: Auth,
        /// The dialect as told so far; later commands may tell it better.
        dialect: Dialect,
    },
    /// A subscribe to answer. Accepted by `Ok`, it is in force before the answer leaves.
    Subscribe {
        /// To answer with.
        id: ServerRequestId,
        /// To what.
        subscription: Subscription,
    },
    /// An unsubscribe to answer.
    Unsubscribe {
        /// To answer with.
        id: ServerRequestId,
        /// From what; without topics from everything.
        subscription: Subscription,
    },
    /// A message that could not be read. It was answered with status -1, and the session goes on.
    Malformed {
        /// The payload as it came.
        bytes: Bytes,
        /// What is wrong, and where.
        error: CommandError,
    },
    /// The end, and the last event.
    Closed(CloseReason),
}

// Payloads hold passwords.
impl fmt::Debug for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { id, dialect, .. } => write!(f, "Login({}, {dialect})", id.0),
            Self::Subscribe { id, subscription } => write!(f, "Subscribe({}, {subscription:?})", id.0),
            Self::Unsubscribe { id, subscription } => write!(f, "Unsubscribe({}, {subscription:?})", id.0),
            Self::Malformed { bytes, error } => write!(f, "Malformed({error}, {} bytes)", bytes.len()),
            Self::Closed(reason) => write!(f, "Closed({reason})"),
        }
    }
}
