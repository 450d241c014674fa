//! `pub`: a message is numbered, kept and told.

use tieline_core::Text;
use tieline_core::json::JsonKind;

use super::decide::Asked;
use super::record::{MessageRecord, TopicKey};
use super::state::Service;
use super::step::{Delivery, Step};
use super::target::Target;
use super::write::Write;
use crate::server::Answer;
use crate::{AccessMode, Params, Pub, Status};

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
}
