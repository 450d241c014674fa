//! `del`: messages, a member, a topic.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use tieline_core::Text;

use super::decide::Asked;
use super::presence::{notice, on_me, text};
use super::ranges::Ranges;
use super::record::{Deletion, TopicKey, UserNumber, user_name};
use super::state::Service;
use super::step::{SessionId, Step, Undo};
use super::target::{Target, user_number};
use super::write::Write;
use crate::server::Answer;
use crate::{AccessMode, Del, DelWhat, Params, Pres, PresWhat, SeqRange, Status, Topic, UserId};

/// Numbers that one deletion of several ranges may hold.
const MOST: u64 = 1024;

impl Service {
    pub(super) fn delete(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        del: &Del<Text>,
    ) -> Result<(), Status> {
        match &del.what {
            Some(DelWhat::Topic) => return self.delete_topic(step, asked, target),
            Some(DelWhat::User) => return Err(Status::PERMISSION_DENIED),
            Some(DelWhat::Other(word)) if !word.is_empty() => return Err(Status::MALFORMED),
            _ => {}
        }
        let topic = match target {
            Target::Me if !self.is_on_me(asked) => return Err(Status::ATTACH_FIRST),
            Target::Me if del.what == Some(DelWhat::Credential) => return Err(Status::NOT_ALLOWED),
            Target::Me => return Err(Status::PERMISSION_DENIED),
            Target::Topic(topic) if self.is_attached(asked.session, topic) => topic,
            _ => return Err(Status::ATTACH_FIRST),
        };
        match &del.what {
            Some(DelWhat::Credential) => Err(Status::NOT_ALLOWED),
            Some(DelWhat::Subscription) => {
                let user = del.user.as_ref().and_then(|user| user_number(user.as_str()));
                self.delete_member(step, asked, topic, user)
            }
            _ => self.delete_messages(step, asked, topic, del),
        }
    }

    fn delete_messages(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        del: &Del<Text>,
    ) -> Result<(), Status> {
        let room = self.room(topic).ok_or(Status::ATTACH_FIRST)?;
        let record = &room.record;
        let mode = record.mode(asked.user);
        if !mode.contains(AccessMode::READ) {
            return Err(Status::PERMISSION_DENIED);
        }
        let asked_for = del.delseq.as_deref().unwrap_or_default();
        let ranges = clipped(asked_for, record.head.seq)?;
        // Who may not delete for everybody deletes for oneself.
        let hard = del.hard == Some(true) && mode.contains(AccessMode::DELETE);
        let user = (!hard).then_some(asked.user);
        // So there are no more deletions than messages.
        let ranges = room.hidden.new_for(user, &ranges);
        if ranges.is_empty() {
            let done = Params { del: Some(record.head.clear), ..Params::default() };
            step.answer(Answer::status(Status::OK).with(&done));
            return Ok(());
        }
        let (before, after) = room.hidden.spans_with(user, &ranges);
        if after > self.config.spans.max(before) || room.hidden.deletions(user) >= self.config.deletions {
            return Err(Status::POLICY);
        }
        let id = record.head.clear + 1;
        let deletion = Deletion { id, user, ranges };
        let delseq = deletion.ranges.to_wire();
        self.write(step, Write::Deletion { topic: topic.clone(), deletion });
        step.answer(Answer::status(Status::OK).with(&Params { del: Some(id), ..Params::default() }));
        self.tell_deletion(step, asked, topic, id, &delseq, hard);
        Ok(())
    }

    fn tell_deletion(
        &self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        id: u64,
        delseq: &[SeqRange],
        hard: bool,
    ) {
        let Some(room) = self.room(topic) else { return };
        let hears = |user: UserNumber| user == asked.user || hard && room.record.mode(user).contains(AccessMode::READ);
        for viewers in super::audience::views(topic) {
            let sees = |user: UserNumber| viewers.is_none_or(|viewer| viewer == user) && hears(user);
            let attached = room.attached().iter().filter(|(session, user)| **session != asked.session && sees(**user));
            let attached: Vec<SessionId> = attached.map(|(session, _)| *session).collect();
            let name = topic.name_for(viewers.unwrap_or_default());
            let of = Pres { clear: Some(id), ..notice(name.clone(), PresWhat::Deleted) };
            let src = Some(Topic::new(user_name(asked.user)));
            step.push(attached, || text(Pres { src, delseq: Some(delseq.into()), ..of }));
            let on_me_of = |own: bool| {
                let members = room.record.members().filter(move |sub| (sub.user == asked.user) == own);
                let members = members.filter(|sub| sees(sub.user));
                members.flat_map(|sub| self.on_me_of(sub.user, Some(room), Some(asked.session))).collect::<Vec<_>>()
            };
            let of = Pres { clear: Some(id), ..on_me(name, PresWhat::Deleted) };
            let act = Some(UserId::new(user_name(asked.user)));
            step.push(on_me_of(true), || text(of.clone()));
            step.push(on_me_of(false), || text(Pres { act, ..of }));
        }
    }

    /// Removes a member.
    fn delete_member(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        user: Option<UserNumber>,
    ) -> Result<(), Status> {
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        let user = user.filter(|user| *user != asked.user).ok_or(Status::PERMISSION_DENIED)?;
        if topic.is_p2p() || !record.mode(asked.user).is_admin() {
            return Err(Status::PERMISSION_DENIED);
        }
        let sub = record.member(user).ok_or(Status::NO_ACTION)?;
        // Who bans himself would be free to come back.
        let banned_self = !sub.want.contains(AccessMode::JOIN);
        if sub.mode().contains(AccessMode::OWNER) || banned_self {
            return Err(Status::PERMISSION_DENIED);
        }
        step.answer(Status::OK);
        self.end(step, asked.now, topic, user, asked.user);
        Ok(())
    }

    /// Deletes a group that is the asker's own, else ends the asker's subscription.
    fn delete_topic(&mut self, step: &mut Step, asked: &Asked<'_>, target: &Target) -> Result<(), Status> {
        let topic = match target {
            Target::Me => return Err(Status::PERMISSION_DENIED),
            Target::New | Target::Unknown => return Err(Status::TOPIC_NOT_FOUND),
            Target::Topic(topic) => topic,
        };
        let room = self.room(topic).ok_or(Status::NO_ACTION)?;
        let sub = room.record.member(asked.user).ok_or(Status::NO_ACTION)?;
        if !sub.mode().contains(AccessMode::OWNER) {
            return self.unsubscribe(step, asked, topic);
        }
        step.answer(Status::OK);
        let members: Vec<UserNumber> = room.record.members().map(|sub| sub.user).collect();
        let on_me: Vec<SessionId> = members.iter().flat_map(|user| self.on_me_of(*user, None, None)).collect();
        // Who is attached and not on `me` hears of it there.
        let told: BTreeSet<SessionId> = on_me.iter().copied().chain([asked.session]).collect();
        let elsewhere: Vec<SessionId> =
            room.attached().keys().copied().filter(|session| !told.contains(session)).collect();
        let attached: Vec<SessionId> = room.attached().keys().copied().collect();
        for session in attached {
            self.drop_attached(step, topic, session);
        }
        let name = topic.name_for(asked.user);
        step.push(elsewhere, || super::presence::evicted(name.clone(), true, asked.ts));
        step.push(on_me, || text(self::on_me(name, PresWhat::Gone)));
        self.write(step, Write::DeleteTopic(topic.clone()));
        let off_at = self.topics.get_mut(topic).and_then(|room| {
            step.undo.push(Undo::TopicOnline(topic.clone(), room.online));
            step.undo.push(Undo::Deleted(topic.clone()));
            room.gone = true;
            room.online = false;
            room.off_at.take()
        });
        self.cancel(off_at, super::state::Due::TopicOff(topic.clone()));
        Ok(())
    }
}

/// The numbers of a request that there are.
///
/// # Errors
/// 400 when there is none, a range is none, begins above the last number, or the ranges hold too many.
fn clipped(asked_for: &[SeqRange], last: u64) -> Result<Ranges, Status> {
    if asked_for.is_empty() || asked_for.len() as u64 > MOST {
        return Err(Status::MALFORMED);
    }
    let mut ranges = Ranges::default();
    for range in asked_for {
        if !range.is_valid() || range.low > last {
            return Err(Status::MALFORMED);
        }
        let range = range.range();
        ranges.insert(range.start.max(1)..range.end.min(last + 1));
    }
    if ranges.is_empty() || asked_for.len() > 1 && ranges.count() > MOST {
        return Err(Status::MALFORMED);
    }
    Ok(ranges)
}
