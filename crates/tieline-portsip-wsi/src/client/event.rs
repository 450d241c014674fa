//! What the application is told.

use alloc::boxed::Box;
use core::fmt;

use tieline_core::json::{Decode, DecodeError};
use tieline_core::{CloseReason, Instant, Malformed, RequestError, Text};

use crate::event::decode_event;
use crate::{Event, Subscription};

/// What a client session tells its owner.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The login was accepted.
    LoggedIn,
    /// An event of the PBX. Boxed: on its way to the application it is moved about ten times.
    Received(Box<Received>),
    /// A message that could not be read. The session goes on.
    Malformed(Malformed),
    /// A message that is no event and answers nothing. The session goes on.
    Noted(Noted, Text),
    /// A subscription of an earlier line was refused on this one; it is no longer desired.
    SubscriptionLost(Box<Subscription>, RequestError),
    /// The end, and the last event.
    Closed(CloseReason),
}

// Messages can hold anything: only their length is printed.
impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn => f.write_str("LoggedIn"),
            Self::Received(received) => received.fmt(f),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Noted(why, raw) => write!(f, "Noted({why:?}, {} bytes)", raw.len()),
            Self::SubscriptionLost(subscription, error) => write!(f, "SubscriptionLost({subscription:?}, {error})"),
            Self::Closed(reason) => write!(f, "Closed({reason})"),
        }
    }
}

/// A message that is no event, or one with an error.
pub(crate) type NotReceived = (Text, Option<DecodeError>);

/// An event with the frame it came in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// When its frame was handed in.
    pub at: Instant,
    /// The event; its strings are slices of the frame.
    pub event: Event<Text>,
    raw: Text,
}

impl Received {
    /// Decodes an event in the place where it stays. With what its lists took in bytes; what came, when it is none.
    pub(crate) fn decode(at: Instant, raw: Text, max_depth: u32) -> Result<(Box<Self>, usize), NotReceived> {
        let mut received = Box::write(Box::new_uninit(), Self { at, event: Event::blank(), raw });
        let Self { event, raw, .. } = &mut *received;
        match decode_event(raw, raw, max_depth, event) {
            Ok(Some(list_bytes)) => Ok((received, list_bytes)),
            Ok(None) => Err((received.raw, None)),
            Err(error) => Err((received.raw, Some(error))),
        }
    }

    /// The frame exactly as it came.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        &self.raw
    }

    /// The top-level member `name` of the frame, also one that no document names; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the member is not a `T`.
    pub fn field<'a, T: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<T>, DecodeError> {
        tieline_core::json::peek(&self.raw, name)
    }
}

// The event can hold anything a server writes; its frame can too.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, {} bytes)", self.event.event_type(), self.raw.len())
    }
}

/// Why a message was only noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// An answer to a command that had completed without it.
    LateAnswer,
    /// An answer that nothing waits for.
    ForeignAnswer,
    /// JSON that is neither an event nor an answer.
    Unknown,
}
