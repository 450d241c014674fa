//! The messages of the event stream.
//!
//! A server sends envelopes, `{"id":386,"channel":"pbx_MojaCentrala","text":{"subscriber":{…}}}`, each with one event or
//! several. [`Message::decode`] takes every form in which they are known to come, or may come from the software that the
//! stream most likely runs on: numbers and strings of digits for each other, several events under one name, an array, a
//! string that holds JSON, stray backslashes (the one repair, and [marked](Envelope::repaired)), and control messages that
//! are not JSON. An event that cannot be read is reported in its [place](Entry), and its siblings are read.

mod address;
mod cut;
mod decode;
mod entries;
mod event;
mod key;
mod lint;
mod message;
mod payload;
mod quoted;
mod refusal;
mod repair;
mod state;
mod words;

pub use address::{StreamTarget, TargetError};
pub use decode::EVENTS_PER_MESSAGE;
pub use entries::{BadEvent, Entries, Entry, Iter};
pub use event::{EVENT_TYPES, Event, Unknown};
pub use key::StateKey;
pub use lint::{lint, lint_bytes};
pub use message::{Control, Envelope, Message, write_message};
pub use payload::{ConferenceMember, ExtensionStatus, QueueCalls, QueueMember, SmsSendResponse, Subscriber};
pub use quoted::{Flag, Quoted};
pub use refusal::Refusal;
pub use state::{DeviceState, State};
pub use words::{MemberAction, Membership};
