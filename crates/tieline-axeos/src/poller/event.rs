//! What the application is told.

use core::fmt;

use tieline_core::json::{Decode, DecodeError};
use tieline_core::{Instant, Text};

use crate::{BadElement, Entry, Item, Listing, Phone, User};

/// What a poller tells its owner, within [`LineEvent::Session`](tieline_core::supervisor::LineEvent::Session).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AxeosEvent {
    /// Lists, whole: both when the line is new or its place was lost, one after a change of it.
    Snapshot(Snapshot),
    /// An event of the PBX.
    Received(Received),
    /// An element of an answer that could not be read. The others come as usual.
    Malformed(Malformed),
}

/// Users, phones, or both, as they are now. Elements that could not be read are among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// When the later of them came.
    pub at: Instant,
    /// The users; `None` when only the phones were read.
    pub users: Option<Listing<User<Text>>>,
    /// The phones; `None` when only the users were read.
    pub phones: Option<Listing<Phone<Text>>>,
}

/// An event with the text it came as.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// When its answer came.
    pub at: Instant,
    /// The event and its number; its strings are slices of the answer.
    pub entry: Entry<Text>,
    raw: Text,
}

impl Received {
    pub(super) fn new(at: Instant, item: Item<Entry<Text>>) -> Self {
        Self { at, entry: item.value, raw: item.raw }
    }

    /// The event exactly as it came.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        &self.raw
    }

    /// The member `name` of the event, also one that no document names; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the member is not a `T`.
    pub fn field<'a, T: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<T>, DecodeError> {
        tieline_core::json::peek(&self.raw, name)
    }
}

// The event can hold anything a server writes.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, {}, {} bytes)", self.entry.seq, self.entry.event.event_type(), self.raw.len())
    }
}

/// An element of an answer that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// When its answer came.
    pub at: Instant,
    /// The element.
    pub element: BadElement,
}
