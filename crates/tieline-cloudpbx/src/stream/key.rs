//! What has a state.

use core::fmt;

/// What an event tells the state of: the key under which a program keeps the latest event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StateKey<S> {
    /// A subscriber's account, by its `peer`.
    Subscriber(S),
    /// A telephone, by its number.
    Extension(S),
    /// A queue, by its name.
    Queue(S),
    /// An agent in a queue.
    QueueMember {
        /// The name of the queue.
        queue: S,
        /// The account of the agent.
        peer: S,
    },
    /// A member of a conference.
    ConferenceMember {
        /// The name of the conference.
        conference: S,
        /// The channel of the member.
        channel: S,
    },
}

impl<S> StateKey<S> {
    /// The same key with its names converted.
    pub fn map<T>(self, mut convert: impl FnMut(S) -> T) -> StateKey<T> {
        match self {
            Self::Subscriber(name) => StateKey::Subscriber(convert(name)),
            Self::Extension(name) => StateKey::Extension(convert(name)),
            Self::Queue(name) => StateKey::Queue(convert(name)),
            Self::QueueMember { queue, peer } => StateKey::QueueMember { queue: convert(queue), peer: convert(peer) },
            Self::ConferenceMember { conference, channel } => {
                StateKey::ConferenceMember { conference: convert(conference), channel: convert(channel) }
            }
        }
    }

    /// The event type that tells this state.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Subscriber(_) => "subscriber",
            Self::Extension(_) => "extstatus",
            Self::Queue(_) => "queue",
            Self::QueueMember { .. } => "qmember",
            Self::ConferenceMember { .. } => "cmember",
        }
    }
}

impl<S: fmt::Display> fmt::Display for StateKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscriber(name) => write!(f, "subscriber {name}"),
            Self::Extension(name) => write!(f, "extension {name}"),
            Self::Queue(name) => write!(f, "queue {name}"),
            Self::QueueMember { queue, peer } => write!(f, "{peer} in queue {queue}"),
            Self::ConferenceMember { conference, channel } => write!(f, "{channel} in conference {conference}"),
        }
    }
}
