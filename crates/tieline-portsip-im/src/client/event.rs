//! What the application is told.

use alloc::vec::Vec;
use core::fmt;

use tieline_core::json::{Decode, DecodeError};
use tieline_core::{CloseReason, Instant, Malformed, RequestError, Secret, Text, Timestamp};

use crate::{Data, SeqRange, ServerMessage, Topic, UserId};

/// What a client session tells its owner.
// Nearly every one is `Received`: boxing it would cost an allocation a message.
#[allow(clippy::large_enum_variant)]
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The login was accepted.
    LoggedIn(LoggedIn),
    /// A message of a topic, presence, or a notice of the server. The messages of a topic come once each: in the order
    /// of their numbers, but for those of a gap, which come when they were fetched.
    Received(Received),
    /// Messages of a topic are missing. They are asked for; those that the server still has come as `Received`.
    Gap(Gap),
    /// Nothing of a gap is missing any more, but what is lost.
    GapClosed(GapClosed),
    /// The numbers of a topic go back.
    NumbersReset(NumbersReset),
    /// The session is no longer attached to a topic, not by its owner's will; the topic is no longer desired.
    SubscriptionLost(SubscriptionLost),
    /// A message that could not be read. The session goes on.
    Malformed(Malformed),
    /// A message that answers nothing, or is of no known kind. The session goes on.
    Noted(Noted, Received),
    /// The end, and the last event.
    Closed(CloseReason),
}

// Messages can hold anything: of those only kind and length are printed.
impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn(logged_in) => logged_in.fmt(f),
            Self::Received(received) => received.fmt(f),
            Self::Gap(gap) => gap.fmt(f),
            Self::GapClosed(closed) => closed.fmt(f),
            Self::NumbersReset(reset) => reset.fmt(f),
            Self::SubscriptionLost(lost) => lost.fmt(f),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Noted(why, received) => write!(f, "Noted({why:?}, {received:?})"),
            Self::Closed(reason) => write!(f, "Closed({reason})"),
        }
    }
}

/// Who logged in.
#[derive(Clone)]
#[non_exhaustive]
pub struct LoggedIn {
    /// The own id; empty when the server did not say.
    pub user: UserId<Text>,
    /// The token for file transfers: what `Authorization: token …` takes.
    pub token: Option<Secret>,
    /// When the token ends; PortSIP does not say.
    pub expires: Option<Timestamp<Text>>,
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoggedIn({})", self.user)
    }
}

/// A message of the server with the frame it came in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// When its frame was handed in.
    pub at: Instant,
    /// The message; its strings are slices of the frame.
    pub message: ServerMessage<Text>,
    raw: Text,
}

impl Received {
    pub(crate) const fn new(at: Instant, message: ServerMessage<Text>, raw: Text) -> Self {
        Self { at, message, raw }
    }

    /// The frame exactly as it came.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        &self.raw
    }

    /// The message of a topic, if it is one.
    #[must_use]
    pub const fn data(&self) -> Option<&Data<Text>> {
        match &self.message {
            ServerMessage::Data(data) => Some(data),
            _ => None,
        }
    }

    /// The number of the message of a topic, if it is one that has a number.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        match self.data() {
            Some(data) => data.seq,
            None => None,
        }
    }

    /// The top-level member `name` of the frame, also one that no document names; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the member is not a `T`.
    pub fn field<'a, T: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<T>, DecodeError> {
        tieline_core::json::peek(&self.raw, name)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, {} bytes)", self.message.key(), self.raw.len())
    }
}

/// Messages that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The topic.
    pub topic: Topic<Text>,
    /// Their numbers. Where the server did not say how many it has, the end is [`u64::MAX`].
    pub range: SeqRange,
}

/// A gap that is refilled as far as it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GapClosed {
    /// The topic.
    pub topic: Topic<Text>,
    /// The numbers of the gap; of several gaps that became one, from the first to the last.
    pub range: SeqRange,
    /// What of it was not delivered: deleted messages, and those that the server refused or that were too many.
    pub lost: Vec<SeqRange>,
}

/// The last message of a topic has a lower number than one that was received: the server forgot some or all of them, as
/// after a restart from a backup, or made the topic anew. Numbers after `last` are new messages from here on. What was
/// published before under the numbers up to `last`, and not received, is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumbersReset {
    /// The topic.
    pub topic: Topic<Text>,
    /// The highest number before.
    pub before: u64,
    /// The number of the last message now.
    pub last: u64,
}

/// A topic that is no longer attached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionLost {
    /// The topic.
    pub topic: Topic<Text>,
    /// Why.
    pub cause: LostCause,
}

/// Why a topic is no longer attached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LostCause {
    /// It was attached on an earlier line, and could not be attached on this one.
    #[error("{0}")]
    Refused(RequestError),
    /// The server detached this session.
    #[error("evicted by the server")]
    Evicted {
        /// Whether the subscription ended too.
        unsubscribed: bool,
    },
    /// The topic or the subscription is gone.
    #[error("the topic is gone")]
    Gone,
}

/// Why a message was only noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// An answer that nothing waits for, or no longer.
    UnmatchedAnswer,
    /// JSON of no known kind.
    Unknown,
}
