//! `set` of subscriptions: the own mode, that of others, and the ownership of a group.

use tieline_core::Text;

use super::decide::{Asked, with_acs};
use super::presence::Change;
use super::record::{Subscription, TopicKey, UserNumber};
use super::state::Service;
use super::step::Step;
use super::subscribe::{left_with, p2p_mask};
use super::target::user_number;
use super::write::Write;
use crate::server::Answer;
use crate::{AccessMode, PresWhat, SetSub, Status, UserId};

/// The user whom a change is about; `None` when it is the asker.
///
/// # Errors
/// 400 when the name is none of a user.
pub(super) fn other(sub: &SetSub<Text>, own: UserNumber) -> Result<Option<UserNumber>, Status> {
    match sub.user.as_ref().map(UserId::as_str).filter(|user| !user.is_empty()) {
        None => Ok(None),
        Some(user) => user_number(user).map(|user| (user != own).then_some(user)).ok_or(Status::MALFORMED),
    }
}

impl Service {
    pub(super) fn set_sub(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        sub: &SetSub<Text>,
    ) -> Result<(), Status> {
        let mode = sub.mode.as_ref().map_or(Ok(None), |mode| mode.parse().map_err(|_| Status::MALFORMED))?;
        match other(sub, asked.user)? {
            None => self.set_own(step, asked, topic, mode.ok_or(Status::NOT_MODIFIED)?),
            Some(user) => self.set_other(step, asked, topic, user, mode),
        }
    }

    /// The asker's subscription, and what the asker would want from now on.
    ///
    /// # Errors
    /// 304 when that is wanted already, 403 where an owner would go or come by it, 404 for a stranger.
    fn changed_own(
        &self,
        asked: &Asked<'_>,
        topic: &TopicKey,
        want: AccessMode,
    ) -> Result<(Subscription, AccessMode), Status> {
        let sub = self.room(topic).and_then(|room| room.record.member(asked.user)).ok_or(Status::NOT_FOUND)?.clone();
        let want = if topic.is_p2p() { p2p_mask(want) } else { want };
        let owns = sub.mode().contains(AccessMode::OWNER);
        let keeps = want.contains(AccessMode::JOIN | AccessMode::OWNER);
        if owns && !keeps || !owns && want.contains(AccessMode::OWNER) {
            return Err(Status::PERMISSION_DENIED);
        }
        if want == sub.want {
            return Err(Status::NOT_MODIFIED);
        }
        Ok((sub, want))
    }

    /// Whether the asker's own mode can be changed so: what [`set_sub`](Self::set_sub) would say.
    pub(super) fn judge_own(&self, asked: &Asked<'_>, topic: &TopicKey, sub: &SetSub<Text>) -> Result<(), Status> {
        let mode = sub.mode.as_ref().map_or(Ok(None), |mode| mode.parse().map_err(|_| Status::MALFORMED))?;
        self.changed_own(asked, topic, mode.ok_or(Status::NOT_MODIFIED)?).map(drop)
    }

    fn set_own(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        want: AccessMode,
    ) -> Result<(), Status> {
        let (sub, want) = self.changed_own(asked, topic, want)?;
        let changed = Subscription { want, updated: asked.ts, ..sub.clone() };
        self.write(step, Write::Subscription { topic: topic.clone(), subscription: changed.clone() });
        let change = between(&sub, &changed);
        self.tell_subject(step, topic, asked.user, asked.user, &change);
        // Who is banned is not heard.
        if sub.given.contains(AccessMode::JOIN) {
            self.tell_sharers(step, topic, asked.user, asked.user, &change);
        }
        self.tell_presence_change(step, topic, asked.user, &sub, &changed);
        if !want.contains(AccessMode::JOIN) {
            self.evict(step, topic, asked.user, false, None, asked.ts);
            self.rest(asked.now, topic);
        }
        step.answer(Answer::status(Status::OK).with(&with_acs(&changed)));
        Ok(())
    }

    /// A user who no longer has presence takes a topic for offline, and one who has it again hears that it is online.
    pub(super) fn tell_presence_change(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        user: UserNumber,
        before: &Subscription,
        after: &Subscription,
    ) {
        let has = |sub: &Subscription| sub.mode().contains(AccessMode::PRESENCE);
        let (had, has) = (has(before), has(after));
        // In a conversation of two only who mutes it, and stays, hears of it.
        let in_p2p = topic.is_p2p() && !(had && after.mode().contains(AccessMode::JOIN) && before.given == after.given);
        if had == has || in_p2p || !self.is_online_for(topic, user) {
            return;
        }
        let what = if has { PresWhat::On } else { PresWhat::Off };
        self.tell_own(step, topic, user, what, None);
    }

    fn set_other(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        user: UserNumber,
        mode: Option<AccessMode>,
    ) -> Result<(), Status> {
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        let own = record.mode(asked.user);
        // Who left a conversation of two has no way back but by what is given.
        let known = record.subs.get(&user).filter(|sub| sub.is_live() || topic.is_p2p()).cloned();
        if !own.is_sharer() || topic.peer_of(asked.user).is_some_and(|peer| peer != user) {
            return Err(Status::PERMISSION_DENIED);
        }
        let gives_owner = mode.is_some_and(|mode| mode.contains(AccessMode::OWNER)) && !topic.is_p2p();
        if gives_owner {
            if !own.contains(AccessMode::OWNER) {
                return Err(Status::PERMISSION_DENIED);
            }
            return self.hand_over(step, asked, topic, known.ok_or(Status::NOT_FOUND)?);
        }
        match known {
            Some(sub) => self.change_given(step, asked, topic, own, sub, mode),
            None => self.invite(step, asked, topic, own, user, mode),
        }
    }

    fn change_given(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        own: AccessMode,
        sub: Subscription,
        mode: Option<AccessMode>,
    ) -> Result<(), Status> {
        let given = mode.ok_or(Status::NOT_MODIFIED)?;
        if !own.is_admin() || sub.mode().contains(AccessMode::OWNER) {
            return Err(Status::PERMISSION_DENIED);
        }
        let given = if topic.is_p2p() { p2p_mask(given) } else { given };
        if given == sub.given {
            return Err(Status::NOT_MODIFIED);
        }
        let user = sub.user;
        let changed = Subscription { given, updated: asked.ts, ..sub.clone() };
        self.write(step, Write::Subscription { topic: topic.clone(), subscription: changed.clone() });
        if sub.is_live() {
            let change = between(&sub, &changed);
            self.tell_access(step, topic, user, asked.user, &change);
            if !given.contains(AccessMode::JOIN) {
                self.ban(step, asked, topic, user, &change);
            }
            self.tell_presence_change(step, topic, user, &sub, &changed);
        }
        let params = crate::Params { user: Some(name(user)), ..with_acs(&changed) };
        step.answer(Answer::status(Status::OK).with(&params));
        Ok(())
    }

    /// Detaches the sessions of a user who may no longer be in a topic.
    fn ban(&mut self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey, user: UserNumber, change: &Change) {
        let mut to = self.on_me_of(user, None, None);
        to.retain(|session| self.is_attached(*session, topic));
        self.evict(step, topic, user, false, None, asked.ts);
        self.rest(asked.now, topic);
        if topic.is_p2p() {
            // A group's member hears on `me` that it is offline, a conversation's what became of the access.
            super::presence::push_access_on_me(step, to, topic.name_for(user), asked.user, change);
        }
    }

    /// Makes somebody a member, who need not ask.
    fn invite(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        own: AccessMode,
        user: UserNumber,
        mode: Option<AccessMode>,
    ) -> Result<(), Status> {
        // Whoever left a conversation of two comes back alone, and the PBX says who is in a channel.
        if !matches!(topic, TopicKey::Group(_)) {
            return Err(Status::PERMISSION_DENIED);
        }
        let record = &self.room(topic).ok_or(Status::ATTACH_FIRST)?.record;
        if record.members().count() >= self.config.members {
            return Err(Status::POLICY);
        }
        self.person(user).ok_or(Status::USER_NOT_FOUND)?;
        self.may_be_invited(user, topic)?;
        let mode = mode.unwrap_or(record.head.auth | AccessMode::JOIN);
        // Who may only invite gives no more than he has and an admin left to who was in the group before, and shuts nobody
        // out.
        let given = if own.is_admin() { mode } else { mode & own & left_with(record, user) };
        if !own.is_admin() && !given.contains(AccessMode::JOIN) {
            return Err(Status::PERMISSION_DENIED);
        }
        let subscription = Subscription::new(user, asked.ts, given & AccessMode::GROUP_DEFAULT, given);
        let params = crate::Params { user: Some(name(user)), ..with_acs(&subscription) };
        let change = Change::begun(subscription.want, subscription.given);
        self.write(step, Write::Subscription { topic: topic.clone(), subscription });
        step.answer(Answer::status(Status::OK).with(&params));
        self.tell_access(step, topic, user, asked.user, &change);
        let room = self.room(topic);
        if room.is_some_and(|room| room.online && room.record.mode(user).contains(AccessMode::PRESENCE)) {
            self.tell_own(step, topic, user, PresWhat::On, None);
        }
        Ok(())
    }

    /// Hands a group over, in one step as at PortSIP: the heir has every right, the old owner loses `A`, `D` and `O`. All
    /// sessions of the old owner are told, also the one that asked.
    fn hand_over(
        &mut self,
        step: &mut Step,
        asked: &Asked<'_>,
        topic: &TopicKey,
        heir: Subscription,
    ) -> Result<(), Status> {
        let old = self.room(topic).and_then(|room| room.record.member(asked.user)).ok_or(Status::NOT_FOUND)?.clone();
        if !heir.want.contains(AccessMode::JOIN) {
            return Err(Status::PERMISSION_DENIED);
        }
        let lost = AccessMode::APPROVE | AccessMode::DELETE | AccessMode::OWNER;
        let left = Subscription { want: old.want - lost, given: old.given - lost, updated: asked.ts, ..old.clone() };
        let full = AccessMode::FULL;
        let owner = Subscription { want: full, given: full, updated: asked.ts, ..heir.clone() };
        for subscription in [&left, &owner] {
            let subscription = subscription.clone();
            self.write(step, Write::Subscription { topic: topic.clone(), subscription });
        }
        let asker = step.asker.take();
        self.tell_subject(step, topic, asked.user, asked.user, &between(&old, &left));
        step.asker = asker;
        self.tell_sharers(step, topic, asked.user, asked.user, &between(&old, &left));
        self.tell_access(step, topic, heir.user, asked.user, &between(&heir, &owner));
        self.tell_presence_change(step, topic, heir.user, &heir, &owner);
        let params = crate::Params { user: Some(name(heir.user)), ..with_acs(&owner) };
        step.answer(Answer::status(Status::OK).with(&params));
        Ok(())
    }
}

fn between(before: &Subscription, after: &Subscription) -> Change {
    Change::between((before.want, before.given), (after.want, after.given))
}

fn name(user: UserNumber) -> UserId<alloc::string::String> {
    UserId::from_number(user)
}
