//! `pub`: a message is numbered, kept and told.

use alloc::vec::Vec;

use tieline_core::Text;
use tieline_core::json::JsonKind;

use super::decide::Asked;
use super::presence::{on_me, text};
use super::record::{MessageRecord, TopicKey, UserNumber, user_name};
use super::state::{Room, Service};
use super::step::{Delivery, SessionId, Step, data};
use super::target::Target;
use super::write::Write;
use crate::server::Answer;
use crate::{AccessMode, Params, Pres, PresWhat, Pub, Status, UserId};

impl Service {
    pub(super) fn publish(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        publish: &Pub<Text>,
    ) -> Result<(), Status> {
        let topic = match target {
            Target::Me if self.is_on_me(asked) => return Err(Status::PERMISSION_DENIED),
            Target::Topic(topic) if self.is_attached(asked.session, topic) => topic,
            _ => return Err(Status::ATTACH_FIRST),
        };
        let room = self.room(topic).ok_or(Status::ATTACH_FIRST)?;
        if !room.record.mode(asked.user).contains(AccessMode::WRITE) {
            return Err(Status::PERMISSION_DENIED);
        }
        let head = publish.head.clone();
        if head.as_ref().is_some_and(|head| head.kind() != JsonKind::Object) {
            return Err(Status::MALFORMED);
        }
        let is_empty = |json: &str| json.trim_matches(['{', '}', ' ', '\t', '\r', '\n']).is_empty();
        let message = MessageRecord {
            seq: room.record.head.seq + 1,
            ts: asked.ts,
            from: Some(asked.user),
            head: head.filter(|head| !is_empty(head.as_json())),
            content: publish.content.clone(),
            reqid: publish.id.clone().filter(|id| !id.is_empty()),
        };
        let params = Params { seq: Some(message.seq), ..Params::default() };
        step.answer(Answer::status(Status::ACCEPTED).with(&params).at(asked.ts));
        self.keep_message(step, asked, topic, message.clone(), publish.noecho == Some(true));
        if let TopicKey::External(channel) = topic {
            step.deliveries.push(Delivery::Forward { channel: channel.clone(), message });
        }
        Ok(())
    }

    /// Keeps a message of the asker, which counts as read by its author, and tells it.
    pub(super) fn keep_message(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        message: MessageRecord,
        noecho: bool,
    ) {
        let (seq, user) = (message.seq, asked.user);
        self.write(step, Write::Message { topic: topic.clone(), message: message.clone() });
        // To publish is no change of the subscription.
        let updated = self.room(topic).and_then(|room| room.record.member(user)).map_or(asked.ts, |sub| sub.updated);
        self.write(step, Write::Marks { topic: topic.clone(), user, read: seq, recv: seq, updated });
        self.tell_message(step, topic, &message, noecho.then_some(asked.session));
    }

    /// Tells a message: to all attached readers, and on `me` to the readers with presence that are not attached.
    pub(super) fn tell_message(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        message: &MessageRecord,
        noecho: Option<SessionId>,
    ) {
        let Some(room) = self.room(topic) else { return };
        for viewers in views(topic) {
            let reads = |user: UserNumber| {
                viewers.is_none_or(|viewer| viewer == user) && room.record.mode(user).contains(AccessMode::READ)
            };
            let to: Vec<SessionId> = room
                .attached
                .iter()
                .filter(|(session, user)| Some(**session) != noecho && reads(**user))
                .map(|(session, _)| *session)
                .collect();
            step.push(to, || data(&topic.name_for(viewers.unwrap_or_default()), message));
        }
        self.tell_on_me(step, topic, room, message);
    }

    fn tell_on_me(&self, step: &mut Step, topic: &TopicKey, room: &Room, message: &MessageRecord) {
        let wanted = AccessMode::READ | AccessMode::PRESENCE;
        let hearing = |sub: &&super::record::Subscription| sub.mode().contains(wanted);
        let pres = |viewer: UserNumber, act: Option<UserNumber>| {
            let act = act.map(|user| UserId::new(user_name(user)));
            text(Pres { seq: Some(message.seq), act, ..on_me(topic.name_for(viewer), PresWhat::Message) })
        };
        let mut others: Vec<SessionId> = Vec::new();
        let mut viewer = 0;
        for sub in room.record.members().filter(hearing) {
            let to = self.on_me_of(sub.user, Some(room), None);
            if Some(sub.user) == message.from {
                step.push(to, || pres(sub.user, None));
            } else {
                viewer = sub.user;
                others.extend(to);
            }
        }
        step.push(others, || pres(viewer, message.from));
    }
}

/// The distinct ways in which a topic is seen: that of each of two, or one for all.
pub(super) fn views(topic: &TopicKey) -> impl Iterator<Item = Option<UserNumber>> {
    let (one, other) = match topic {
        TopicKey::P2p(low, high) => (Some(*low), Some(Some(*high))),
        _ => (None, None),
    };
    core::iter::once(one).chain(other)
}
