//! Requests as the messages that they are on the wire.

use alloc::string::String;

use super::command::{Noting, Request, Subscribe, Subscribers};
use crate::{
    AccessMode, ClientBody, ClientMessage, Del, DelWhat, Extra, Get, GetOpts, Leave, Mode, Note, NoteWhat, Pub,
    Section, Set, SetSub, Sub, Topic, UserId,
};

impl Request {
    /// The message on the wire.
    pub(super) fn message(&self, id: String) -> ClientMessage<String> {
        let id = Some(id);
        let get = |topic: &Topic<String>, section: Section, options: GetOpts<String>| {
            let mut get =
                Get { id: id.clone(), topic: Some(topic.clone()), what: Some(section.word().into()), ..Get::default() };
            if options != GetOpts::default() {
                let options = Some(options.into());
                match section {
                    Section::Desc => get.desc = options,
                    Section::Sub => get.sub = options,
                    Section::Data => get.data = options,
                    _ => get.del = options,
                }
            }
            ClientBody::Get(get)
        };
        let del = |topic: &Topic<String>, what: DelWhat<String>| Del {
            id: id.clone(),
            topic: Some(topic.clone()),
            what: Some(what),
            ..Del::default()
        };
        let set = |topic: &Topic<String>| Set { id: id.clone(), topic: Some(topic.clone()), ..Set::default() };
        let access = |topic: &Topic<String>, user: Option<UserId<String>>, mode: AccessMode| {
            let mode: Mode<String> = mode.into();
            ClientBody::Set(Set { sub: Some(SetSub { user, mode: Some(mode) }), ..set(topic) })
        };
        match self {
            Self::Subscribe(Subscribe { topic, set }) => ClientBody::Sub(Sub {
                id: id.clone(),
                topic: Some(topic.clone()),
                set: set.clone().map(Into::into),
                get: None,
            }),
            Self::Leave { topic, unsubscribe } => ClientBody::Leave(Leave {
                id: id.clone(),
                topic: Some(topic.clone()),
                unsub: unsubscribe.then_some(true),
            }),
            Self::Publish(publish) => {
                let body = ClientBody::Pub(Pub {
                    id: id.clone(),
                    topic: Some(publish.topic.clone()),
                    noecho: publish.noecho.then_some(true),
                    head: publish.head.clone(),
                    content: Some(publish.content.clone()),
                });
                let mut message = ClientMessage::from(body);
                if !publish.attachments.is_empty() {
                    message.extra = Some(Extra { attachments: Some(publish.attachments.clone()), ..Extra::default() });
                }
                return message;
            }
            Self::Desc { topic, ims } => get(topic, Section::Desc, GetOpts { ims: ims.clone(), ..GetOpts::default() }),
            Self::Subscribers(Subscribers { topic, ims, user, limit }) => {
                let limit = limit.map(i64::from);
                let options = GetOpts { ims: ims.clone(), user: user.clone(), limit, ..GetOpts::default() };
                get(topic, Section::Sub, options)
            }
            Self::History(history) => get(&history.topic, Section::Data, history.options()),
            Self::Deletions(history) => get(&history.topic, Section::Del, history.options()),
            Self::Tags(topic) => get(topic, Section::Tags, GetOpts::default()),
            Self::Credentials => get(&Topic::from("me"), Section::Cred, GetOpts::default()),
            Self::SetDesc { topic, desc } => ClientBody::Set(Set { desc: Some(desc.clone().into()), ..set(topic) }),
            Self::SetAccess { topic, user, mode } => access(topic, user.clone(), *mode),
            Self::SetTags { topic, tags } => ClientBody::Set(Set { tags: Some(tags.clone()), ..set(topic) }),
            Self::TransferOwnership { topic, to } => access(topic, Some(to.clone()), AccessMode::FULL),
            Self::DeleteMessages { topic, ranges, hard } => ClientBody::Del(Del {
                delseq: Some(ranges.clone()),
                hard: hard.then_some(true),
                ..del(topic, DelWhat::Messages)
            }),
            Self::RemoveMember { topic, user } => {
                ClientBody::Del(Del { user: Some(user.clone()), ..del(topic, DelWhat::Subscription) })
            }
            Self::DeleteTopic { topic, hard } => {
                ClientBody::Del(Del { hard: hard.then_some(true), ..del(topic, DelWhat::Topic) })
            }
            Self::Note { topic, what } => {
                let (what, seq) = match what {
                    Noting::Typing => (NoteWhat::Typing, None),
                    Noting::Received(seq) => (NoteWhat::Received, Some(*seq)),
                    Noting::Read(seq) => (NoteWhat::Read, Some(*seq)),
                };
                let seq = seq.map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
                ClientBody::Note(Note { topic: Some(topic.clone()), what: Some(what), seq, ..Note::default() })
            }
        }
        .into()
    }
}
