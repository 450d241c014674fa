//! What the owner of a server session is told.

use core::fmt;

use bytes::Bytes;
use tieline_core::json::DecodeError;
use tieline_core::{CloseReason, Text};

use crate::{ClientMessage, Credentials, Hi, Note};

/// Names a request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerRequestId(pub(super) u64);

impl ServerRequestId {
    /// The name of a request that came on no line, chosen by the owner.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// What a server session tells its owner.
// Nearly every one is `Request`: boxing it would cost an allocation a message.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// The client told its version and program; it was answered.
    Hello(Hi<Text>),
    /// A login to accept or reject.
    Login {
        /// To answer with.
        id: ServerRequestId,
        /// Who, and with what.
        credentials: Credentials,
    },
    /// A request to answer: `sub`, `leave`, `pub`, `get`, `set` or `del` of a client that is logged in, or an `acc`. What
    /// can be refused without knowing anything was refused already.
    Request {
        /// To answer with.
        id: ServerRequestId,
        /// The request; its strings are slices of the frame.
        message: ClientMessage<Text>,
        /// The frame exactly as it came.
        raw: Text,
    },
    /// A note of a client that is logged in. It is not answered.
    Note(Note<Text>),
    /// A message that could not be read, or is of no known kind (`error` is `None`). It was answered 400, and the
    /// session goes on.
    Malformed {
        /// The payload as it came.
        bytes: Bytes,
        /// What is wrong, and where.
        error: Option<DecodeError>,
    },
    /// The end, and the last event.
    Closed(CloseReason),
}

// Payloads hold tokens and messages.
impl fmt::Debug for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello(_) => f.write_str("Hello"),
            Self::Login { id, credentials } => write!(f, "Login({}, {credentials:?})", id.0),
            Self::Request { id, message, raw } => {
                write!(f, "Request({}, {}, {} bytes)", id.0, message.body.key(), raw.len())
            }
            Self::Note(note) => write!(f, "Note({:?})", note.what),
            Self::Malformed { bytes, error: Some(error) } => write!(f, "Malformed({error}, {} bytes)", bytes.len()),
            Self::Malformed { bytes, error: None } => write!(f, "Malformed(unknown, {} bytes)", bytes.len()),
            Self::Closed(reason) => write!(f, "Closed({reason})"),
        }
    }
}
