//! Events: one payload type each, and one enum over them.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Raw, Scanner, Shape, write_str};

use super::key::StateKey;
use super::payload::{ConferenceMember, ExtensionStatus, QueueCalls, QueueMember, SmsSendResponse, Subscriber};

macro_rules! events {
    ($( $(#[$meta:meta])* $variant:ident($payload:ident) = $word:literal, )*) => {
        /// An event of the PBX. One whose type this crate does not know is [`Event::Unknown`], wholly kept.
        #[derive(Clone, PartialEq, Eq)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
        #[non_exhaustive]
        pub enum Event<S> {
            $( $(#[$meta])* $variant($payload<S>), )*
            /// An event type that this crate does not know.
            Unknown(Unknown<S>),
        }

        /// Every documented event type with the wire names of its fields, in the order of the document.
        pub const EVENT_TYPES: &[(&str, &[&str])] = &[$( ($word, $payload::<()>::FIELDS), )*];

        impl<S: AsRef<str>> Event<S> {
            /// The word of the wire.
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $word, )*
                    Self::Unknown(unknown) => unknown.event_type.as_ref(),
                }
            }
        }

        impl<S: AsRef<str> + Encode> Event<S> {
            /// Appends what stands under the event's name: `{"peer":…}`.
            pub(super) fn encode_body(&self, out: &mut String) {
                match self {
                    $( Self::$variant(payload) => payload.encode(out), )*
                    Self::Unknown(unknown) => unknown.body.encode(out),
                }
            }
        }

        impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Event<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$variant(payload) => payload.fmt(f), )*
                    Self::Unknown(unknown) => unknown.fmt(f),
                }
            }
        }

        impl<S: AsRef<str> + serde::Serialize> serde::Serialize for Event<S> {
            /// Serializes as the wire has it: an object with the event's name as its only key.
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(Some(1))?;
                match self {
                    $( Self::$variant(payload) => map.serialize_entry($word, payload)?, )*
                    Self::Unknown(unknown) => map.serialize_entry(unknown.event_type.as_ref(), &unknown.body)?,
                }
                map.end()
            }
        }

        /// Decodes the value at the cursor as the event that `word` names; `None` for a word that names none.
        #[inline]
        pub(super) fn decode_as<'a, C, S>(
            word: &str,
            scanner: &mut Scanner<'a>,
            context: &C,
        ) -> Option<Result<Event<S>, DecodeError>>
        where
            C: ?Sized,
            S: Decode<'a, C> + AsRef<str> + From<String>,
        {
            match word {
                $( $word => Some(Decode::decode(scanner, context).map(Event::$variant)), )*
                _ => None,
            }
        }

        /// What the document writes under the name `word`; `None` for a word that names no event.
        pub(super) fn shape_of(word: &str) -> Option<Shape> {
            match word {
                $( $word => Some(<$payload<String> as Decode<'_, ()>>::SHAPE), )*
                _ => None,
            }
        }

        /// Whether `word` names an event.
        pub(super) fn is_known(word: &str) -> bool {
            matches!(word, $( $word )|*)
        }
    };
}

events! {
    /// The state of a subscriber's account.
    Subscriber(Subscriber) = "subscriber",
    /// The state of a telephone.
    ExtensionStatus(ExtensionStatus) = "extstatus",
    /// How many calls wait in a queue.
    Queue(QueueCalls) = "queue",
    /// The state of an agent of a queue.
    QueueMember(QueueMember) = "qmember",
    /// Somebody came to a conference, or left it.
    ConferenceMember(ConferenceMember) = "cmember",
    /// The state of a text message changed.
    SmsSendResponse(SmsSendResponse) = "smsSendResponse",
}

impl<S: AsRef<str>> Event<S> {
    /// What the event tells the state of; `None` when it tells of no lasting state, or does not name it.
    #[must_use]
    pub fn state_key(&self) -> Option<StateKey<&S>> {
        match self {
            Self::Subscriber(event) => event.peer.as_ref().map(StateKey::Subscriber),
            Self::ExtensionStatus(event) => event.exten.as_ref().map(StateKey::Extension),
            Self::Queue(event) => event.peer.as_ref().map(StateKey::Queue),
            Self::QueueMember(event) => {
                event.queue.as_ref().zip(event.peer.as_ref()).map(|(queue, peer)| StateKey::QueueMember { queue, peer })
            }
            Self::ConferenceMember(event) => event
                .conference
                .as_ref()
                .zip(event.channel.as_ref())
                .map(|(conference, channel)| StateKey::ConferenceMember { conference, channel: channel.text() }),
            Self::SmsSendResponse(_) | Self::Unknown(_) => None,
        }
    }
}

impl<S: AsRef<str> + Encode> Encode for Event<S> {
    /// Writes `{"subscriber":{…}}`, what stands as `text` in an envelope.
    fn encode(&self, out: &mut String) {
        out.push('{');
        write_str(self.event_type(), out);
        out.push(':');
        self.encode_body(out);
        out.push('}');
    }
}

/// An event of a type that this crate does not know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown<S> {
    /// The word of the wire.
    pub event_type: S,
    /// What stood under it, as it was written.
    pub body: Raw<S>,
}

impl<S> Unknown<S> {
    /// An event of a type that this crate does not know.
    #[must_use]
    pub const fn new(event_type: S, body: Raw<S>) -> Self {
        Self { event_type, body }
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Unknown<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unknown").field("event_type", &self.event_type).field("body", &self.body).finish()
    }
}
