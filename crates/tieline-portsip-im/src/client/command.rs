//! What the application asks.

use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::json::Raw;
use tieline_core::{SendErrorKind, Timestamp};

use crate::{AccessMode, GetOpts, SeqRange, SetDesc, SetQuery, SetSub, Topic, TopicKind, UserId};

/// What an application can ask of an IM server. The login is the session's own business.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Attach to a topic; subscribe to it, or create it, first if need be. Answered by [`Reply::Subscribed`](super::Reply::Subscribed).
    Subscribe(Subscribe),
    /// Detach from a topic. Answered by [`Reply::Done`](super::Reply::Done).
    Leave {
        /// The topic.
        topic: Topic<String>,
        /// Whether to end the subscription too, in all sessions of the user.
        unsubscribe: bool,
    },
    /// Publish a message. Answered by [`Reply::Published`](super::Reply::Published).
    Publish(Publish),
    /// Ask for the description of a topic. Answered by [`Reply::Desc`](super::Reply::Desc).
    Desc {
        /// The topic; `me` for one's own account.
        topic: Topic<String>,
        /// Only if changed since.
        ims: Option<Timestamp<String>>,
    },
    /// Ask for the subscribers of a topic, of `me` for the topics one is subscribed to. Answered by
    /// [`Reply::Subscribers`](super::Reply::Subscribers).
    Subscribers(Subscribers),
    /// Ask for messages of a topic. Answered by [`Reply::History`](super::Reply::History), when all came.
    History(History),
    /// Ask what was deleted in a topic. Answered by [`Reply::Deletions`](super::Reply::Deletions).
    Deletions(History),
    /// Ask for the tags of a topic. Tinode's. Answered by [`Reply::Tags`](super::Reply::Tags).
    Tags(Topic<String>),
    /// Ask for the credentials of one's account. Tinode's. Answered by [`Reply::Credentials`](super::Reply::Credentials).
    Credentials,
    /// Change the description of a topic. Answered by [`Reply::Changed`](super::Reply::Changed).
    SetDesc {
        /// The topic; `me` for one's own account.
        topic: Topic<String>,
        /// The change.
        desc: SetDesc<String>,
    },
    /// Change an access: what oneself wants, or what another is given. Answered by
    /// [`Reply::Changed`](super::Reply::Changed).
    SetAccess {
        /// The topic.
        topic: Topic<String>,
        /// Whose access; `None` for one's own.
        user: Option<UserId<String>>,
        /// The access.
        mode: AccessMode,
    },
    /// Change the tags of a topic. Tinode's. Answered by [`Reply::Changed`](super::Reply::Changed).
    SetTags {
        /// The topic.
        topic: Topic<String>,
        /// All tags.
        tags: Vec<String>,
    },
    /// Make another member the owner of a group. At PortSIP that is all; at Tinode the other must then ask for it.
    /// Answered by [`Reply::Changed`](super::Reply::Changed).
    TransferOwnership {
        /// The group.
        topic: Topic<String>,
        /// The new owner.
        to: UserId<String>,
    },
    /// Delete messages. Answered by [`Reply::Deleted`](super::Reply::Deleted).
    DeleteMessages {
        /// The topic.
        topic: Topic<String>,
        /// Which.
        ranges: Vec<SeqRange>,
        /// For everybody, not only for oneself; without the right to it servers fall back to oneself.
        hard: bool,
    },
    /// Remove a member of a group. Answered by [`Reply::Done`](super::Reply::Done).
    RemoveMember {
        /// The group.
        topic: Topic<String>,
        /// Whom.
        user: UserId<String>,
    },
    /// Delete a topic; who does not own it leaves it only. Answered by [`Reply::Done`](super::Reply::Done).
    DeleteTopic {
        /// The topic.
        topic: Topic<String>,
        /// Beyond recovery.
        hard: bool,
    },
    /// Tell the others in a topic what one does. Servers do not answer; the reply is
    /// [`Reply::Sent`](super::Reply::Sent), at once.
    Note {
        /// The topic.
        topic: Topic<String>,
        /// What.
        what: Noting,
    },
}

/// A subscribe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribe {
    /// The topic: `me`, `emc…`, `usr…`, `grp…`, or `new` for a group to be created.
    pub topic: Topic<String>,
    /// What to set with it. Not repeated on a later line.
    pub set: Option<SetQuery<String>>,
}

impl Subscribe {
    /// A subscribe to a topic.
    pub fn to(topic: impl Into<Topic<String>>) -> Self {
        Self { topic: topic.into(), set: None }
    }

    /// A group to be created, with what it shows of itself.
    #[must_use]
    pub fn new_group(public: Option<Raw<String>>) -> Self {
        let mut subscribe = Self::to("new");
        subscribe.set = public.map(|public| SetQuery {
            desc: Some(SetDesc { public: Some(public), ..SetDesc::default() }.into()),
            ..SetQuery::default()
        });
        subscribe
    }

    /// The same with an access that oneself wants.
    #[must_use]
    pub fn asking(mut self, mode: AccessMode) -> Self {
        self.set.get_or_insert_default().sub = Some(SetSub { mode: Some(mode.into()), ..SetSub::default() });
        self
    }
}

impl<T: Into<Topic<String>>> From<T> for Subscribe {
    fn from(topic: T) -> Self {
        Self::to(topic)
    }
}

/// A message to publish.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publish {
    /// The topic.
    pub topic: Topic<String>,
    /// The message.
    pub content: Raw<String>,
    /// An object that goes with it.
    pub head: Option<Raw<String>>,
    /// Whether this session does not want the message back as an event.
    pub noecho: bool,
    /// Files that the message refers to, so that the server keeps them.
    pub attachments: Vec<String>,
}

impl Publish {
    /// A message of any JSON.
    pub fn json(topic: impl Into<Topic<String>>, content: Raw<String>) -> Self {
        Self { topic: topic.into(), content, head: None, noecho: false, attachments: Vec::new() }
    }

    /// A message of plain text, the only kind that PortSIP documents.
    pub fn text(topic: impl Into<Topic<String>>, text: &str) -> Self {
        Self::json(topic, Raw::string(text))
    }

    /// The same without echo to this session.
    #[must_use]
    pub fn without_echo(mut self) -> Self {
        self.noecho = true;
        self
    }
}

// Messages are private.
impl core::fmt::Debug for Publish {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Publish({}, {:?})", self.topic, self.content)
    }
}

/// Which subscribers to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribers {
    /// The topic; `me` for the topics one is subscribed to.
    pub topic: Topic<String>,
    /// Only those changed since; also those that ended then.
    pub ims: Option<Timestamp<String>>,
    /// Only this user; not on `me`.
    pub user: Option<UserId<String>>,
    /// So many at most.
    pub limit: Option<u32>,
}

impl Subscribers {
    /// All subscribers of a topic.
    pub fn of(topic: impl Into<Topic<String>>) -> Self {
        Self { topic: topic.into(), ims: None, user: None, limit: None }
    }
}

/// Which messages to ask for: of the numbers in the range the newest, as many as the limit and the server allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The topic. The session must be attached to it.
    pub topic: Topic<String>,
    /// The first number.
    pub since: Option<u64>,
    /// The number after the last.
    pub before: Option<u64>,
    /// So many at most; servers have a limit of their own (Tinode: 100).
    pub limit: Option<u32>,
}

impl History {
    /// The newest messages of a topic.
    pub fn of(topic: impl Into<Topic<String>>) -> Self {
        Self { topic: topic.into(), since: None, before: None, limit: None }
    }

    /// From this number on.
    #[must_use]
    pub const fn since(mut self, seq: u64) -> Self {
        self.since = Some(seq);
        self
    }

    /// Only numbers below this.
    #[must_use]
    pub const fn before(mut self, seq: u64) -> Self {
        self.before = Some(seq);
        self
    }

    /// So many at most.
    #[must_use]
    pub const fn limit(mut self, count: u32) -> Self {
        self.limit = Some(count);
        self
    }

    /// Whether a message is in the range.
    pub(super) fn covers(&self, seq: u64) -> bool {
        self.since.is_none_or(|since| seq >= since) && self.before.is_none_or(|before| before == 0 || seq < before)
    }

    pub(super) fn options(&self) -> GetOpts<String> {
        let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
        GetOpts {
            since: self.since.map(number),
            before: self.before.map(number),
            limit: self.limit.map(i64::from),
            ..GetOpts::default()
        }
    }
}

/// What to tell the others in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noting {
    /// One is typing.
    Typing,
    /// Messages up to this number were received.
    Received(u64),
    /// Messages up to this number were read.
    Read(u64),
}

impl Request {
    /// The topic it is about.
    #[must_use]
    pub fn topic(&self) -> &str {
        match self {
            Self::Subscribe(Subscribe { topic, .. })
            | Self::Publish(Publish { topic, .. })
            | Self::Subscribers(Subscribers { topic, .. })
            | Self::History(History { topic, .. })
            | Self::Deletions(History { topic, .. })
            | Self::Tags(topic)
            | Self::Leave { topic, .. }
            | Self::Desc { topic, .. }
            | Self::SetDesc { topic, .. }
            | Self::SetAccess { topic, .. }
            | Self::SetTags { topic, .. }
            | Self::TransferOwnership { topic, .. }
            | Self::DeleteMessages { topic, .. }
            | Self::RemoveMember { topic, .. }
            | Self::DeleteTopic { topic, .. }
            | Self::Note { topic, .. } => topic.as_str(),
            Self::Credentials => "me",
        }
    }

    /// Whether it only edits what is desired, so that it can wait for a line.
    pub(super) fn is_edit(&self) -> bool {
        match self {
            Self::Subscribe(Subscribe { topic, set }) => set.is_none() && !topic.kind().is_new(),
            Self::Leave { unsubscribe, .. } => !unsubscribe,
            _ => false,
        }
    }

    /// Whether it can be written at all.
    pub(super) fn check(&self) -> Result<(), SendErrorKind> {
        if self.topic().is_empty() {
            return Err(SendErrorKind::Invalid("a topic is needed"));
        }
        match self {
            Self::DeleteMessages { ranges, .. }
                if ranges.is_empty() || !ranges.iter().all(|range| range.is_valid()) =>
            {
                Err(SendErrorKind::Invalid("ranges of message numbers are needed, each with its end behind its start"))
            }
            Self::Subscribe(Subscribe {
                set: Some(SetQuery { sub: Some(SetSub { user: Some(user), .. }), .. }),
                ..
            }) if !user.as_str().is_empty() => Err(SendErrorKind::Invalid("a subscribe sets one's own access only")),
            Self::Publish(Publish { topic, .. }) if topic.kind() == TopicKind::Me => {
                Err(SendErrorKind::Invalid("nothing can be published in `me`"))
            }
            Self::Publish(Publish { head: Some(head), .. }) if head.kind() != tieline_core::json::JsonKind::Object => {
                Err(SendErrorKind::Invalid("the head of a message is an object"))
            }
            _ => Ok(()),
        }
    }
}
