//! What is kept: accounts, topics, subscriptions, messages, deletions, as plain data.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use tieline_core::Text;
use tieline_core::json::Raw;

use super::ranges::Ranges;
use super::write::Write;
use crate::AccessMode;

/// The number of a user: what stands behind `usr` on the wire.
pub type UserNumber = u64;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// Names a topic, whoever looks at it. Written as text it is `p2p`, both users and `-` between them, or the name on the
/// wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicKey {
    /// The conversation of two users, the lower number first.
    P2p(UserNumber, UserNumber),
    /// A group by its name on the wire, `grp…`.
    Group(Text),
    /// An external message channel by its name on the wire, `emc…`.
    External(Text),
}

impl TopicKey {
    /// The conversation of two users.
    #[must_use]
    pub fn p2p(one: UserNumber, other: UserNumber) -> Self {
        Self::P2p(one.min(other), one.max(other))
    }

    /// Whether it is a conversation of two.
    #[must_use]
    pub const fn is_p2p(&self) -> bool {
        matches!(self, Self::P2p(..))
    }

    /// The other one of a conversation of two.
    #[must_use]
    pub fn peer_of(&self, user: UserNumber) -> Option<UserNumber> {
        match self {
            Self::P2p(low, high) => Some(if *low == user { *high } else { *low }),
            _ => None,
        }
    }

    /// The name on the wire, as `viewer` sees it.
    #[must_use]
    pub fn name_for(&self, viewer: UserNumber) -> Text {
        match self {
            Self::P2p(low, high) => user_name(if *low == viewer { *high } else { *low }),
            Self::Group(name) | Self::External(name) => name.clone(),
        }
    }
}

impl fmt::Display for TopicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P2p(low, high) => write!(f, "p2p{low}-{high}"),
            Self::Group(name) | Self::External(name) => f.write_str(name),
        }
    }
}

impl FromStr for TopicKey {
    type Err = BadTopicKey;

    fn from_str(text: &str) -> Result<Self, BadTopicKey> {
        if let Some(users) = text.strip_prefix("p2p") {
            let (low, high) = users.split_once('-').ok_or(BadTopicKey)?;
            let number = |digits: &str| digits.parse().map_err(|_| BadTopicKey);
            return Ok(Self::p2p(number(low)?, number(high)?));
        }
        match text.get(..3) {
            Some("grp") => Ok(Self::Group(text.into())),
            Some("emc") => Ok(Self::External(text.into())),
            _ => Err(BadTopicKey),
        }
    }
}

/// A text that names no topic that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a topic that is kept")]
pub struct BadTopicKey;

/// The name of a user on the wire.
pub(super) fn user_name(user: UserNumber) -> Text {
    alloc::format!("usr{user}").as_str().into()
}

/// A user as the service knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The number.
    pub user: UserNumber,
    /// When the service met the user first.
    pub created: Micros,
    /// When it was changed last.
    pub updated: Micros,
    /// What others are given who begin a conversation with the user.
    pub auth: AccessMode,
    /// The same for anonymous users; unused.
    pub anon: AccessMode,
    /// What everybody sees.
    pub public: Option<Raw<Text>>,
    /// What only the user sees.
    pub private: Option<Raw<Text>>,
    /// When the user went offline last.
    pub seen: Option<Micros>,
    /// With what program.
    pub agent: Option<Text>,
}

impl Account {
    /// A new account: others are given `JRWPAS`.
    #[must_use]
    pub const fn new(user: UserNumber, now: Micros, public: Option<Raw<Text>>) -> Self {
        Self {
            user,
            created: now,
            updated: now,
            auth: AccessMode::AUTH_CAP,
            anon: AccessMode::NONE,
            public,
            private: None,
            seen: None,
            agent: None,
        }
    }
}

/// A user with the topics in which the user has, or had, a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// The account.
    pub account: Account,
    /// The topics, ended subscriptions included.
    pub topics: BTreeSet<TopicKey>,
}

/// A topic without its subscriptions, messages and deletions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicHead {
    /// The name.
    pub key: TopicKey,
    /// When it was created.
    pub created: Micros,
    /// When its description was changed last.
    pub updated: Micros,
    /// When something was published last, or when it was created.
    pub touched: Micros,
    /// The number of the last message; 0 when there was none. Never falls.
    pub seq: u64,
    /// The number of the last deletion; 0 when there was none. Never falls.
    pub clear: u64,
    /// What is given to who joins.
    pub auth: AccessMode,
    /// The same for anonymous users; unused.
    pub anon: AccessMode,
    /// What everybody sees.
    pub public: Option<Raw<Text>>,
}

impl TopicHead {
    /// A topic that is created now.
    #[must_use]
    pub const fn new(key: TopicKey, now: Micros, auth: AccessMode) -> Self {
        Self {
            key,
            created: now,
            updated: now,
            touched: now,
            seq: 0,
            clear: 0,
            auth,
            anon: AccessMode::NONE,
            public: None,
        }
    }
}

/// One user's part in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whose.
    pub user: UserNumber,
    /// When it began.
    pub created: Micros,
    /// When it was changed last.
    pub updated: Micros,
    /// When it ended. It stays on record: who asks what changed since is told.
    pub deleted: Option<Micros>,
    /// What the user wants.
    pub want: AccessMode,
    /// What the user is given.
    pub given: AccessMode,
    /// Up to which message the user read.
    pub read: u64,
    /// Up to which message the user received.
    pub recv: u64,
    /// The last deletion that is the user's own or everybody's.
    pub clear: u64,
    /// What only the user sees.
    pub private: Option<Raw<Text>>,
}

impl Subscription {
    /// A subscription that begins now.
    #[must_use]
    pub const fn new(user: UserNumber, now: Micros, want: AccessMode, given: AccessMode) -> Self {
        Self { user, created: now, updated: now, deleted: None, want, given, read: 0, recv: 0, clear: 0, private: None }
    }

    /// The mode that is in force: what is both wanted and given; nothing when the subscription ended, and of who is banned
    /// or bans oneself, which is to be without `J`.
    #[must_use]
    pub fn mode(&self) -> AccessMode {
        let mode = self.want & self.given;
        if self.is_live() && mode.contains(AccessMode::JOIN) { mode } else { AccessMode::NONE }
    }

    /// Whether it did not end.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.deleted.is_none()
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its number in the topic, from 1.
    pub seq: u64,
    /// When it was published.
    pub ts: Micros,
    /// Who published it; `None` for what came from outside.
    pub from: Option<UserNumber>,
    /// An object that goes with it.
    pub head: Option<Raw<Text>>,
    /// The message, as it was written; `None` is `null`.
    pub content: Option<Raw<Text>>,
    /// The id of the `pub`.
    pub reqid: Option<Text>,
}

/// A deletion of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its number in the topic, from 1.
    pub id: u64,
    /// For whom; `None` is for everybody, beyond recovery.
    pub user: Option<UserNumber>,
    /// Which messages.
    pub ranges: Ranges,
}

/// A topic with all that the rules need of it: everything but its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRecord {
    /// The topic itself.
    pub head: TopicHead,
    /// Who has, or had, a subscription.
    pub subs: BTreeMap<UserNumber, Subscription>,
    /// What was deleted, by number.
    pub deletions: Vec<Deletion>,
}

impl TopicRecord {
    /// A topic without subscriptions.
    #[must_use]
    pub const fn new(head: TopicHead) -> Self {
        Self { head, subs: BTreeMap::new(), deletions: Vec::new() }
    }

    /// A user's subscription, if it did not end.
    #[must_use]
    pub fn member(&self, user: UserNumber) -> Option<&Subscription> {
        self.subs.get(&user).filter(|sub| sub.is_live())
    }

    /// The subscriptions that did not end.
    pub fn members(&self) -> impl Iterator<Item = &Subscription> {
        self.subs.values().filter(|sub| sub.is_live())
    }

    /// The mode in force of a user; nothing for a stranger.
    #[must_use]
    pub fn mode(&self, user: UserNumber) -> AccessMode {
        self.member(user).map_or(AccessMode::NONE, Subscription::mode)
    }

    /// Applies what was written to this topic. What was written to others changes nothing.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Topic(head) if head.key == self.head.key => self.head = head.clone(),
            Write::Subscription { topic, subscription } if *topic == self.head.key => {
                self.subs.insert(subscription.user, subscription.clone());
            }
            Write::Message { topic, message } if *topic == self.head.key => {
                self.head.seq = message.seq;
                self.head.touched = message.ts;
            }
            Write::Marks { topic, user, read, recv, updated } if *topic == self.head.key => {
                if let Some(sub) = self.subs.get_mut(user) {
                    sub.read = *read;
                    sub.recv = *recv;
                    sub.updated = *updated;
                }
            }
            Write::Deletion { topic, deletion } if *topic == self.head.key => {
                self.head.clear = deletion.id;
                for sub in self.subs.values_mut() {
                    if deletion.user.is_none_or(|user| user == sub.user) {
                        sub.clear = deletion.id;
                    }
                }
                self.deletions.push(deletion.clone());
            }
            _ => {}
        }
    }
}
