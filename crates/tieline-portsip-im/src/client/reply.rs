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

macro_rules! replies {
    ($($(#[$doc:meta])* $into:ident -> $of:ty: $pattern:pat => $value:expr;)*) => {
        impl Reply {
            $($(#[$doc])*
            ///
            /// `None` when the reply is of another kind.
            #[must_use]
            pub fn $into(self) -> Option<$of> {
                match self {
                    $pattern => Some($value),
                    _ => None,
                }
            })*
        }
    };
}

replies! {
    /// That of a subscribe that had a line.
    into_subscribed -> Subscribed: Self::Subscribed(subscribed) => subscribed;
    /// That of a publish.
    into_published -> Published: Self::Published(published) => published;
    /// A description.
    into_desc -> Box<Desc<Text>>: Self::Desc(desc) => desc;
    /// Subscribers, of `me` subscriptions.
    into_subscribers -> Vec<Subscriber<Text>>: Self::Subscribers(subscribers) => subscribers;
    /// Messages.
    into_history -> HistoryPage: Self::History(page) => page;
    /// Deletions.
    into_deletions -> Deletions: Self::Deletions(deletions) => deletions;
    /// Tags.
    into_tags -> Vec<Text>: Self::Tags(tags) => tags;
    /// Credentials.
    into_credentials -> Vec<CredentialState<Text>>: Self::Credentials(credentials) => credentials;
    /// What became of a change.
    into_changed -> Changed: Self::Changed(changed) => changed;
    /// The id of a deletion of messages.
    into_deleted -> Option<u64>: Self::Deleted { id } => id;
    /// The server's answer where it holds nothing but that.
    into_done -> Ctrl<Text>: Self::Done(ctrl) => ctrl;
    /// That of what servers do not answer.
    into_sent -> (): Self::Sent => ();
}

impl Reply {
    /// That of an edit, of whose kind `take` is: [`into_subscribed`](Self::into_subscribed) or
    /// [`into_done`](Self::into_done). `None` when the reply is of another kind.
    pub fn into_edited<T>(self, take: impl FnOnce(Self) -> Option<T>) -> Option<Edited<T>> {
        match self {
            Self::Deferred => Some(Edited::Deferred),
            other => take(other).map(Edited::Done),
        }
    }
}

/// The reply to an edit of the topics that one is attached to, which can wait for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited<T> {
    /// It is in force.
    Done(T),
    /// There is no line; it will be in force on the next one, or
    /// [`SubscriptionLost`](super::ClientEvent::SubscriptionLost) tells why not.
    Deferred,
}

impl<T> Edited<T> {
    /// What the server answered, if it was asked.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Deferred => None,
        }
    }
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
