//! What a decision gives: what it lacks, or what it writes and tells.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use tieline_core::json::Encode as _;
use tieline_core::{Text, Timestamp};

use super::ranges::Ranges;
use super::record::{MessageRecord, Micros, TopicKey, UserNumber};
use super::write::Write;
use crate::server::Answer;
use crate::{Data, Params, ServerMessage, Status, Topic, UserId};

/// Names a session, for as long as the service runs; chosen by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Something that must be loaded from the store before a decision can be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Lack {
    /// A user: given by [`provide_user`](super::Service::provide_user).
    User(UserNumber),
    /// A topic: given by [`provide_topic`](super::Service::provide_topic).
    Topic(TopicKey),
}

/// What became of a request.
#[derive(Debug)]
pub enum Decision {
    /// Nothing was decided yet: provide these, which may also be told to be absent, and ask again.
    Lacks(Vec<Lack>),
    /// It is decided.
    Made(Step),
}

/// A decision: what it writes, and, once that is committed, what it tells whom.
///
/// The service behaves from now on as if it were written. Hand it back to [`Service::commit`](super::Service::commit) when
/// it is, in the order of the decisions, or to [`Service::fail`](super::Service::fail) with all that were decided after it.
#[must_use = "a step is committed or fails"]
pub struct Step {
    pub(super) asker: Option<SessionId>,
    pub(super) writes: Vec<Write>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) topics: BTreeSet<TopicKey>,
    pub(super) users: BTreeSet<UserNumber>,
    pub(super) undo: Vec<Undo>,
}

impl Step {
    pub(super) const fn new(asker: Option<SessionId>) -> Self {
        Self {
            asker,
            writes: Vec::new(),
            deliveries: Vec::new(),
            topics: BTreeSet::new(),
            users: BTreeSet::new(),
            undo: Vec::new(),
        }
    }

    /// What must be kept before anything is told, in its order; nothing for a mere question.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The writes, taken out for a thread that keeps them.
    #[must_use]
    pub fn take_writes(&mut self) -> Vec<Write> {
        core::mem::take(&mut self.writes)
    }

    /// The session whose request it answers; `None` where nobody asked.
    #[must_use]
    pub const fn asker(&self) -> Option<SessionId> {
        self.asker
    }

    /// Whether nothing is written and nothing told.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.deliveries.is_empty()
    }

    pub(super) fn touch(&mut self, topic: &TopicKey) {
        if !self.topics.contains(topic) {
            self.topics.insert(topic.clone());
        }
    }

    pub(super) fn touch_user(&mut self, user: UserNumber) {
        self.users.insert(user);
    }

    /// Adds a part of the answer.
    pub(super) fn answer(&mut self, answer: impl Into<Answer>) {
        self.deliveries.push(Delivery::Answer { answer: answer.into(), last: false });
    }

    /// Adds a message to some sessions.
    pub(super) fn push(&mut self, to: Vec<SessionId>, message: impl FnOnce() -> Text) {
        if !to.is_empty() {
            self.deliveries.push(Delivery::Push { to, message: message() });
        }
    }

    /// Marks the last part of the answer.
    pub(super) fn close_answer(&mut self) {
        let parts = self.deliveries.iter_mut().rev();
        let last = parts.into_iter().find_map(|delivery| match delivery {
            Delivery::Answer { last, .. } | Delivery::History { last, .. } => Some(last),
            _ => None,
        });
        if let Some(last) = last {
            *last = true;
        }
    }
}

// What is delivered holds messages.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (writes, deliveries) = (self.writes.len(), self.deliveries.len());
        write!(f, "Step({:?}, {writes} writes, {deliveries} deliveries)", self.asker)
    }
}

/// How to take back what is not kept: who is there and attached, and who and what counts as online.
#[derive(Debug)]
pub(super) enum Undo {
    Opened(SessionId, UserNumber),
    Attached(TopicKey, SessionId),
    Detached(TopicKey, SessionId, UserNumber),
    OnMe(UserNumber, SessionId),
    OffMe(UserNumber, SessionId),
    /// Whether a topic counted as online.
    TopicOnline(TopicKey, bool),
    /// Whether a user counted as online, with which program.
    UserOnline(UserNumber, bool, Option<Text>),
    Deleted(TopicKey),
    /// A user lost channels.
    Parted(UserNumber),
}

/// One thing that is told, in the order of the step.
#[derive(Clone)]
#[non_exhaustive]
pub enum Delivery {
    /// A part of the answer to the asker: [`ImServer::part`](crate::server::ImServer::part), the last one
    /// [`respond`](crate::server::ImServer::respond).
    Answer {
        /// The part.
        answer: Answer,
        /// Whether it is the last.
        last: bool,
    },
    /// Messages for the asker that are to be read from the store now, and a part of the answer that closes them.
    History {
        /// What to read.
        history: History,
        /// Whether the closing part is the last.
        last: bool,
    },
    /// A message to sessions, encoded once.
    Push {
        /// To whom.
        to: Vec<SessionId>,
        /// The message.
        message: Text,
    },
    /// A message for the world outside of the service: of a user in an external message channel.
    Forward {
        /// The channel, `emc…`.
        channel: Text,
        /// The message, as it was kept.
        message: MessageRecord,
    },
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { last, .. } => write!(f, "Answer(last: {last})"),
            Self::History { history, last } => write!(f, "History({history:?}, last: {last})"),
            Self::Push { to, message } => write!(f, "Push({} sessions, {} bytes)", to.len(), message.len()),
            Self::Forward { channel, message } => write!(f, "Forward({channel}, {})", message.seq),
        }
    }
}

/// Messages that a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// In which topic.
    pub topic: TopicKey,
    /// Which messages: no more than a page. All of them are kept, but what a later step that was committed together with this
    /// one erased.
    pub messages: Ranges,
    pub(super) name: Text,
}

impl History {
    /// What the client is sent, in this order: the messages, then the part of the answer that closes them. `found` is what
    /// the store has of them, the newest first.
    #[must_use]
    pub fn answer(&self, found: &[MessageRecord]) -> (Vec<Text>, Answer) {
        let messages = found.iter().map(|message| data(&self.name, message)).collect();
        (messages, delivered(found.len() as u64))
    }
}

/// The part of an answer that closes a page of messages.
pub(super) fn delivered(count: u64) -> Answer {
    if count == 0 {
        return no_content("data");
    }
    let params = Params { what: Some("data".into()), count: Some(count), ..Params::default() };
    Answer::status(Status::DELIVERED).with(&params)
}

/// That there is nothing of what was asked for.
pub(super) fn no_content(what: &str) -> Answer {
    Answer::status(Status::NO_CONTENT).with(&Params { what: Some(what.into()), ..Params::default() })
}

/// The time as the wire writes it.
pub(super) fn stamp(micros: Micros) -> Timestamp<String> {
    Timestamp::from_unix_micros(micros)
}

/// The same in a text that is shared.
pub(super) fn wire_time(micros: Micros) -> Timestamp<Text> {
    Timestamp::new(Text::from(stamp(micros).raw()))
}

/// A message as those see it who know its topic by `name`.
pub(super) fn data(name: &Text, message: &MessageRecord) -> Text {
    let data = Data {
        topic: Some(Topic::new(name.clone())),
        from: message.from.map(|user| UserId::new(super::record::user_name(user))),
        ts: Some(wire_time(message.ts)),
        seq: Some(message.seq),
        head: message.head.clone(),
        content: message.content.clone(),
        reqid: message.reqid.clone(),
        ..Data::default()
    };
    // `content` is always written, `null` where there is none.
    let content = data.content.is_none();
    let mut message = ServerMessage::Data(data);
    if let (ServerMessage::Data(data), true) = (&mut message, content) {
        data.content = tieline_core::json::Raw::from_json(Text::from_static("null")).ok();
    }
    message.to_json().into()
}
