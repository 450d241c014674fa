//! `leave`, and the end of a subscription.

use tieline_core::Instant;

use super::decide::Asked;
use super::presence::{Change, hears_presence};
use super::record::{Subscription, TopicKey, UserNumber};
use super::state::Service;
use super::step::Step;
use super::target::Target;
use super::write::Write;
use crate::{AccessMode, PresWhat, Status};

impl Service {
    pub(super) fn leave(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        target: &Target,
        unsub: bool,
    ) -> Result<(), Status> {
        let not_there = if unsub { Status::ATTACH_FIRST } else { Status::NOT_JOINED };
        match target {
            Target::Me if !self.is_on_me(asked) => Err(not_there),
            Target::Me if unsub => Err(Status::PERMISSION_DENIED),
            Target::Me => {
                self.leave_me(step, asked.now, asked.session);
                step.answer(Status::OK);
                Ok(())
            }
            Target::Topic(topic) if self.is_attached(asked.session, topic) => {
                if unsub {
                    return self.unsubscribe(step, asked, topic);
                }
                step.answer(Status::OK);
                self.detach(step, asked.now, topic, asked.session);
                Ok(())
            }
            _ => Err(not_there),
        }
    }

    /// Ends the asker's own subscription.
    pub(super) fn unsubscribe(&mut self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey) -> Result<(), Status> {
        let sub = self.room(topic).and_then(|room| room.record.member(asked.user));
        let is_owner = sub.is_some_and(|sub| sub.mode().contains(AccessMode::OWNER));
        if is_owner {
            return Err(Status::PERMISSION_DENIED);
        }
        step.answer(Status::OK);
        self.end(step, asked.now, topic, asked.user, asked.user);
        Ok(())
    }

    /// Ends a subscription, as `actor` asked for: its sessions are detached, and everybody whom it concerns is told.
    pub(super) fn end(&mut self, step: &mut Step, now: Instant, topic: &TopicKey, user: UserNumber, actor: UserNumber) {
        let Some(sub) = self.room(topic).and_then(|room| room.record.member(user)).cloned() else { return };
        let ts = self.micros(now);
        let own = step.asker.filter(|_| user == actor);
        if let Some(peer) = topic.peer_of(user) {
            let hears = self.room(topic).is_some_and(|room| room.record.mode(peer).contains(AccessMode::PRESENCE));
            if hears && self.is_online_for(topic, peer) {
                self.tell_own(step, topic, peer, PresWhat::Off, None);
            }
        }
        let ended = Subscription { deleted: Some(ts), updated: ts, ..sub };
        self.write(step, Write::Subscription { topic: topic.clone(), subscription: ended });
        let was_here = self.room(topic).is_some_and(|room| room.has_attached(user));
        self.evict(step, topic, user, true, own, ts);
        self.tell_sharers(step, topic, user, actor, &Change::ended());
        // To who may share it tells that the user is no member; others with presence saw only who was here.
        let hears = |mode: AccessMode| mode.is_sharer() || was_here && hears_presence(mode);
        self.tell_in(step, topic, user, PresWhat::Off, hears);
        self.tell_own(step, topic, user, PresWhat::Gone, own);
        self.rest(now, topic);
    }
}
