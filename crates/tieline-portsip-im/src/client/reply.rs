//! What the application is answered.

use alloc::boxed::Box;
use alloc::vec::Vec;

use tieline_core::{Text, Timestamp};

use super::event::Received;
use crate::{Access, CredentialState, Ctrl, Deletions, Desc, Subscriber, Topic, UserId};

/// The answer to a [`Request`](super::Request) that was not refused. What the server answers 304 to was the case before
/// already and is no refusal either.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The session is attached.
    Subscribed(Subscribed),
    /// The message is published.
    Published(Published),
    /// The description; empty when it did not change since the time that was named.
    Desc(Box<Desc<Text>>),
    /// The subscribers, of `me` the subscriptions.
    Subscribers(Vec<Subscriber<Text>>),
    /// The messages.
    History(HistoryPage),
    /// The deletions; empty when there are none.
    Deletions(Deletions),
    /// The tags.
    Tags(Vec<Text>),
    /// The credentials.
    Credentials(Vec<CredentialState<Text>>),
    /// A description or an access is changed.
    Changed(Changed),
    /// Messages are deleted.
    Deleted {
        /// The id of the deletion.
        id: Option<u64>,
    },
    /// Done; nothing but the server's answer.
    Done(Ctrl<Text>),
    /// Sent; the server does not answer this.
    Sent,
    /// There is no line; it will be in force on the next one, or
    /// [`SubscriptionLost`](super::ClientEvent::SubscriptionLost) tells why not.
    Deferred,
}

/// The answer to a subscribe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribed {
    /// The topic; of a new group the name that the server gave it.
    pub topic: Topic<Text>,
    /// Whether it was created.
    pub created: bool,
    /// The own access, where it is new or changed.
    pub access: Option<Access<Text>>,
    /// The number of the last message, where the server says it (PortSIP, on joining a group).
    pub seq: Option<u64>,
    /// The answer.
    pub ctrl: Ctrl<Text>,
}

/// The answer to a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The number of the message.
    pub seq: Option<u64>,
    /// Its time.
    pub ts: Option<Timestamp<Text>>,
    /// The `id` of the publish: at PortSIP the `reqid` of the message.
    pub id: Text,
}

/// The answer to a question for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The messages in the order of their numbers. They hold also what came before as an event.
    pub messages: Vec<Received>,
    /// How many there are by the server's words.
    pub count: Option<u64>,
    /// Whether messages were left out since the page was larger than the session's limits.
    pub truncated: bool,
}

/// The answer to a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// Whether anything changed.
    pub changed: bool,
    /// The access that is in force now, after a change of one.
    pub access: Option<Access<Text>>,
    /// Whose access it is; absent for one's own.
    pub user: Option<UserId<Text>>,
}
