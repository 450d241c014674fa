//! What the application is told.

use core::fmt;

use tieline_core::json::{Decode, DecodeError};
use tieline_core::{CloseReason, Instant, Malformed, Text};

use super::ids::IdNote;
use super::known::Stale;
use crate::stream::{BadEvent, Event};

/// What a client session tells its owner.
// Nearly every one is `Received`: boxing it would cost an allocation an event.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// First on a line after one that told states: those are out of date.
    Stale(Stale),
    /// An event of the PBX.
    Received(Received),
    /// An event that could not be read. Its siblings in the same message are told, and the session goes on.
    Unreadable(Unreadable),
    /// A message that could not be read. The session goes on.
    Malformed(Malformed),
    /// What the number of a message tells; before the events of that message.
    Id(IdNote),
    /// A message that tells something besides events, or none. The session goes on.
    Noted(Noted, Text),
    /// The end, and the last event.
    Closed(CloseReason),
}

// Messages can hold anything: only their length is printed.
impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Received(received) => received.fmt(f),
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Id(note) => f.debug_tuple("Id").field(note).finish(),
            Self::Noted(why, raw) => write!(f, "Noted({why:?}, {} bytes)", raw.len()),
            Self::Closed(reason) => write!(f, "Closed({reason})"),
        }
    }
}

/// Where an event stood.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// When its message was handed in.
    pub at: Instant,
    /// The number of its message; `None` when it had none.
    pub id: Option<i64>,
    /// Its place in the message, from 0.
    pub index: usize,
    /// Whether the message's backslashes had to be repaired.
    pub repaired: bool,
    raw: Text,
    body: Text,
}

impl Origin {
    pub(super) fn new(
        at: Instant,
        (id, index): (Option<i64>, usize),
        repaired: bool,
        (raw, body): (Text, Text),
    ) -> Self {
        Self { at, id, index, repaired, raw, body }
    }

    /// The message exactly as it came, with all its events.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        &self.raw
    }

    /// The JSON text of the event without its name: a slice of the message, or a copy after the repair or when it stood in
    /// a string.
    #[must_use]
    pub const fn body(&self) -> &Text {
        &self.body
    }

    /// The member `name` of the event, also one that no document names; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the member is not a `T`.
    pub fn field<'a, T: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<T>, DecodeError> {
        tieline_core::json::peek(&self.body, name)
    }
}

/// An event, and where it stood.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The event; its strings are slices of the frame, or copies where it had to be repaired or stood in a string.
    pub event: Event<Text>,
    /// Where it stood.
    pub origin: Origin,
}

impl Received {
    pub(super) const fn new(event: Event<Text>, origin: Origin) -> Self {
        Self { event, origin }
    }
}

// The event can hold anything a server writes; its frame can too.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { id, index, raw, .. } = &self.origin;
        let repaired = if self.origin.repaired { ", repaired" } else { "" };
        write!(f, "Received({id:?}.{index}, {} bytes{repaired})", raw.len())
    }
}

/// An event that could not be read, where it stood, and why.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable {
    /// The name it came under, and what is wrong.
    pub error: BadEvent<Text>,
    /// Where it stood.
    pub origin: Origin,
}

impl Unreadable {
    pub(super) const fn new(error: BadEvent<Text>, origin: Origin) -> Self {
        Self { error, origin }
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { id, index, body, .. } = &self.origin;
        write!(f, "Unreadable({id:?}.{index}, {}, {} bytes)", self.error, body.len())
    }
}

/// Why a message was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// JSON without `text`.
    Unknown,
    /// An envelope without events.
    Empty,
    /// A control message of the push server that nothing is known of, by its id. The two known ones show as life and as
    /// [`CloseReason::Deleted`].
    Control(i64),
    /// The message had more events than are read; so many were left out.
    Omitted(usize),
}
