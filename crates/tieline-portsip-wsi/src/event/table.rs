//! Which event belongs to which topic in which dialect.

use crate::{Dialect, Topic};

pub use super::EVENT_TYPES;
pub(crate) use super::rows;

/// One row of [`EVENT_TYPES`]: an event type in one topic. An event type whose topic or evidence differs by dialect
/// has several rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventInfo {
    /// The word of the wire; in v12 also the key within the topic.
    pub event_type: &'static str,
    /// The plain topic that delivers it; the topic's `global_` form does too.
    pub topic: Topic,
    /// The dialects in which it does.
    pub dialects: &'static [Dialect],
    /// How well its payload is known.
    pub evidence: Evidence,
}

impl EventInfo {
    /// The rows of one event type; none for a type that is not known.
    #[must_use]
    pub fn of(event_type: &str) -> &'static [Self] {
        rows(event_type)
    }
}

/// How well the payload of an event is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// A document of the vendor shows it or lists its fields.
    Documented,
    /// The documents only name the event, or show it for another channel (webhooks): the fields are ASSUMED.
    Assumed,
}
