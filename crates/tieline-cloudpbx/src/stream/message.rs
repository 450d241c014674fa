//! What a server sends: an envelope with events, or a word of the software behind it.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode as _, Encode, ObjectWriter, Raw, Scanner, write_str};

use super::entries::{Entries, Entry};
use super::event::Event;

/// A message of the server.
// Nearly every one is `Events`: boxing it would cost an allocation a message.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<S> {
    /// An envelope with events.
    Events(Envelope<S>),
    /// A message with a negative id: a word of the push server itself.
    Control(Control),
    /// JSON without `text`.
    Other(Raw<S>),
}

/// The envelope: `{"id":386,"channel":"pbx_MojaCentrala","text":{…}}`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope<S> {
    /// The number of the message in its channel, from 1. It starts over when the channel does, and two messages may come
    /// in the wrong order: never a cursor. `None` when it is absent or no number.
    pub id: Option<i64>,
    /// The channel: `pbx_` and the name of the PBX. `None` when it is absent or no string.
    pub channel: Option<S>,
    /// The events, in order.
    pub events: Entries<S>,
    /// How many more events the message has beyond those that were read.
    pub omitted: usize,
    /// Whether backslashes had to be repaired: those of the message, or of the string in it that held the events.
    pub repaired: bool,
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Message<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(envelope) => envelope.fmt(f),
            Self::Control(control) => f.debug_tuple("Control").field(control).finish(),
            Self::Other(raw) => f.debug_tuple("Other").field(raw).finish(),
        }
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Envelope<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .field("channel", &self.channel)
            .field("events", &self.events)
            .field("omitted", &self.omitted)
            .field("repaired", &self.repaired)
            .finish()
    }
}

/// What the push server says about itself. Its own templates make these invalid JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// Id -1: nothing, a sign of life.
    Ping,
    /// Id -2: the channel was deleted; the server closes.
    ChannelDeleted,
    /// Another negative id.
    Other(i64),
}

impl Control {
    /// The control message of an id; `None` for the id of an event.
    #[must_use]
    pub const fn of_id(id: i64) -> Option<Self> {
        match id {
            -1 => Some(Self::Ping),
            -2 => Some(Self::ChannelDeleted),
            other if other < 0 => Some(Self::Other(other)),
            _ => None,
        }
    }

    /// The id of the wire.
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::Ping => -1,
            Self::ChannelDeleted => -2,
            Self::Other(id) => id,
        }
    }

    /// The control message of a text that is not JSON: `{"id":-2,"channel":"pbx_X","text":Channel deleted}`.
    pub(super) fn of_invalid(text: &str) -> Option<Self> {
        let mut scanner = Scanner::new(text, 1);
        let mut members = scanner.object().ok()?;
        while let Some(key) = scanner.key(&mut members).ok()? {
            if key == *"id" {
                return i64::decode(&mut scanner, &()).ok().and_then(Self::of_id);
            }
            scanner.skip_value().ok()?;
        }
        None
    }
}

impl<S: AsRef<str> + Encode> Encode for Envelope<S> {
    fn encode(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.member("id", &self.id);
        object.member("channel", &self.channel);
        object.member("text", &AsText(&self.events));
        object.end();
    }
}

/// Appends the message that a server sends for `events` on the channel of a PBX.
pub fn write_message<S: AsRef<str> + Encode>(id: i64, channel: &str, events: &[Event<S>], out: &mut String) {
    let mut object = ObjectWriter::new(out);
    object.member("id", &id);
    object.member("channel", channel);
    object.member("text", &AsText(events));
    object.end();
}

/// Something that stands in `text` under a name, or under none.
trait Named {
    fn name(&self) -> Option<&str>;
    fn encode_body(&self, out: &mut String);
}

impl<S: AsRef<str> + Encode> Named for Event<S> {
    fn name(&self) -> Option<&str> {
        Some(self.event_type())
    }
    fn encode_body(&self, out: &mut String) {
        Event::encode_body(self, out);
    }
}

impl<S: AsRef<str> + Encode> Named for Entry<S> {
    fn name(&self) -> Option<&str> {
        match &self.event {
            Ok(event) => Some(event.event_type()),
            Err(bad) => bad.event_type.as_ref().map(AsRef::as_ref),
        }
    }
    fn encode_body(&self, out: &mut String) {
        match &self.event {
            Ok(event) => event.encode_body(out),
            // An array under a name is read as several events: one that is an array stands in another.
            Err(bad) if bad.event_type.is_some() && self.body.as_ref().starts_with('[') => {
                out.push('[');
                out.push_str(self.body.as_ref());
                out.push(']');
            }
            // Kept as it came.
            Err(_) => out.push_str(self.body.as_ref()),
        }
    }
}

/// Events as they stand in `text`: as the members of one object, the documented form. No object can hold two events of a
/// name for every reader, nor one without a name: those are written as an array of objects.
struct AsText<T>(T);

impl<'e, T: Copy + IntoIterator<Item = &'e N>, N: Named + 'e> Encode for AsText<T> {
    fn encode(&self, out: &mut String) {
        let distinct = self.0.into_iter().enumerate().all(|(index, event)| {
            event.name().is_some_and(|name| self.0.into_iter().take(index).all(|other| other.name() != Some(name)))
        });
        out.push(if distinct { '{' } else { '[' });
        for (index, event) in self.0.into_iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            if let Some(name) = event.name() {
                out.push_str(if distinct { "" } else { "{" });
                write_str(name, out);
                out.push(':');
                event.encode_body(out);
                out.push_str(if distinct { "" } else { "}" });
            } else {
                event.encode_body(out);
            }
        }
        out.push(if distinct { '}' } else { ']' });
    }
}
