//! Coming and going: who is attached to what, and who counts as online.

use alloc::vec::Vec;

use tieline_core::{Instant, Text};

use super::decide::Asked;
use super::presence::{hears_presence, on_me, text};
use super::record::{Account, TopicKey, UserNumber, user_name};
use super::state::{Due, Service};
use super::step::{Lack, SessionId, Step, Undo};
use super::write::Write;
use crate::{AccessMode, Pres, PresWhat, Status};

impl Service {
    /// Attaches a session to a topic, and tells whom it concerns. Whether the topic came online by it, which all members
    /// with presence were told then.
    ///
    /// # Errors
    /// 422 when the session is attached to too many.
    pub(super) fn attach(&mut self, step: &mut Step, asked: &Asked<'_>, topic: &TopicKey) -> Result<bool, Status> {
        self.may_attach(asked.session)?;
        let Some(seat) = self.sessions.get_mut(&asked.session) else { return Err(Status::ATTACH_FIRST) };
        let Some(room) = self.topics.get_mut(topic) else { return Err(Status::TOPIC_NOT_FOUND) };
        let first_of_user = !room.has_attached(asked.user);
        seat.attached.insert(topic.clone());
        room.attach(asked.session, asked.user);
        let woken = !core::mem::replace(&mut room.online, true);
        let off_at = room.off_at.take();
        self.cancel(off_at, Due::TopicOff(topic.clone()));
        step.undo.push(Undo::Attached(topic.clone(), asked.session));
        step.undo.push(Undo::TopicOnline(topic.clone(), !woken));
        step.touch(topic);
        if first_of_user {
            self.tell_in(step, topic, asked.user, PresWhat::On, hears_presence);
        }
        if woken && !topic.is_p2p() {
            self.tell_members(step, topic, PresWhat::On);
        }
        Ok(woken)
    }

    /// Whether a session may be attached to one more topic.
    pub(super) fn may_attach(&self, session: SessionId) -> Result<(), Status> {
        let attached = self.sessions.get(&session).map_or(0, |seat| seat.attached.len());
        if attached < self.config.attached { Ok(()) } else { Err(Status::POLICY) }
    }

    /// Whether a user may have a part in one more topic; `None` for one that is new.
    pub(super) fn may_begin(&self, user: UserNumber, topic: Option<&TopicKey>) -> Result<(), Status> {
        self.has_room(user, topic, self.config.topics)
    }

    /// Whether others may give a user a part in one more topic: what they fill leaves room for what the user begins.
    pub(super) fn may_be_invited(&self, user: UserNumber, topic: &TopicKey) -> Result<(), Status> {
        self.has_room(user, Some(topic), self.config.topics / 2)
    }

    fn has_room(&self, user: UserNumber, topic: Option<&TopicKey>, most: usize) -> Result<(), Status> {
        let Some(person) = self.users.get(&user) else { return Ok(()) };
        // What was left is counted still.
        let counted = topic.is_some_and(|topic| person.topics.contains(topic));
        if counted || person.topics.len() < most { Ok(()) } else { Err(Status::POLICY) }
    }

    /// Detaches a session from a topic, and tells whom it concerns.
    pub(super) fn detach(&mut self, step: &mut Step, now: Instant, topic: &TopicKey, session: SessionId) {
        let user = self.room(topic).and_then(|room| room.attached().get(&session)).copied();
        self.drop_attached(step, topic, session);
        let Some(user) = user else { return };
        self.left(step, topic, user);
        self.rest(now, topic);
    }

    /// Detaches a session from a topic and tells nobody.
    pub(super) fn drop_attached(&mut self, step: &mut Step, topic: &TopicKey, session: SessionId) {
        if let Some(seat) = self.sessions.get_mut(&session) {
            seat.attached.remove(topic);
        }
        if let Some(user) = self.topics.get_mut(topic).and_then(|room| room.detach(session)) {
            step.undo.push(Undo::Detached(topic.clone(), session, user));
            step.touch(topic);
        }
    }

    /// Starts the time after which a topic without sessions counts as offline.
    pub(super) fn rest(&mut self, now: Instant, topic: &TopicKey) {
        let after = self.config.offline_after;
        let Some(room) = self.topics.get_mut(topic) else { return };
        if room.attached().is_empty() && room.online && room.off_at.is_none() {
            let at = now + after;
            room.off_at = Some(at);
            self.start_timer(at, Due::TopicOff(topic.clone()));
        }
    }

    pub(super) fn topic_offline(&mut self, step: &mut Step, topic: &TopicKey) {
        let Some(room) = self.topics.get_mut(topic) else { return };
        room.off_at = None;
        if !room.attached().is_empty() {
            return;
        }
        step.undo.push(Undo::TopicOnline(topic.clone(), room.online));
        room.online = false;
        if !topic.is_p2p() {
            self.tell_members(step, topic, PresWhat::Off);
        }
    }

    /// Who is attached to a group hears of a user who is not any more.
    pub(super) fn left(&self, step: &mut Step, topic: &TopicKey, user: UserNumber) {
        if self.room(topic).is_some_and(|room| !room.has_attached(user)) {
            self.tell_in(step, topic, user, PresWhat::Off, hears_presence);
        }
    }

    /// The contacts of a user: who is in a conversation of two that neither left.
    fn contacts(&self, user: UserNumber) -> Vec<(TopicKey, UserNumber)> {
        let topics = self.users.get(&user).map(|person| &person.topics);
        let mutual = |topic: &TopicKey| {
            let peer = topic.peer_of(user)?;
            let room = self.room(topic)?;
            (room.record.member(user).is_some() && room.record.member(peer).is_some()).then_some(peer)
        };
        topics.into_iter().flatten().filter_map(|topic| Some((topic.clone(), mutual(topic)?))).collect()
    }

    /// Tells the contacts of a user who have presence something about the user.
    pub(super) fn tell_contacts(&self, step: &mut Step, user: UserNumber, pres: &Pres<Text>) {
        let hears = |(topic, peer): (TopicKey, UserNumber)| {
            self.room(&topic).is_some_and(|room| room.record.mode(peer).contains(AccessMode::PRESENCE)).then_some(peer)
        };
        let peers = self.contacts(user).into_iter().filter_map(hears);
        let to: Vec<SessionId> = peers.flat_map(|peer| self.on_me_of(peer, None, None)).collect();
        step.push(to, || text(pres.clone()));
    }

    /// Attaches a session to `me`: the contacts hear of the user, the session of its contacts and groups.
    pub(super) fn enter_me(&mut self, step: &mut Step, asked: &Asked<'_>) {
        let Some(seat) = self.sessions.get(&asked.session) else { return };
        let (agent, background) = (seat.agent.clone(), seat.background);
        let Some(person) = self.users.get_mut(&asked.user) else { return };
        let was_online = core::mem::replace(&mut person.online, true);
        step.undo.push(Undo::UserOnline(asked.user, was_online, person.agent.clone()));
        let first = person.me.is_empty();
        person.me.insert(asked.session);
        self.me_changes += 1;
        if first && !background {
            person.agent.clone_from(&agent);
        }
        let off_at = person.off_at.take();
        self.cancel(off_at, Due::UserOff(asked.user));
        step.undo.push(Undo::OnMe(asked.user, asked.session));
        if !was_online {
            let pres = Pres { ua: agent, ..on_me(user_name(asked.user), PresWhat::On) };
            self.tell_contacts(step, asked.user, &pres);
        }
        if first {
            for name in self.online_for(asked.user) {
                step.push(alloc::vec![asked.session], || text(on_me(name, PresWhat::On)));
            }
        }
    }

    /// The contacts and groups that are online, by the names that a user who has presence in them knows.
    fn online_for(&self, user: UserNumber) -> Vec<Text> {
        let topics = self.users.get(&user).map(|person| &person.topics);
        let is_online = |topic: &&TopicKey| {
            self.room(topic).is_some_and(|room| room.record.mode(user).contains(AccessMode::PRESENCE))
                && self.is_online_for(topic, user)
        };
        topics.into_iter().flatten().filter(is_online).map(|topic| topic.name_for(user)).collect()
    }

    /// Whether a topic is online, as a user sees it: of a conversation of two, whether the other one is.
    pub(super) fn is_online_for(&self, topic: &TopicKey, user: UserNumber) -> bool {
        let Some(room) = self.room(topic) else { return false };
        match topic.peer_of(user) {
            Some(peer) => {
                room.record.member(peer).is_some() && self.users.get(&peer).is_some_and(|person| person.online)
            }
            None => room.online,
        }
    }

    /// Detaches a session from `me`; when it was the last, the user counts as offline a while later.
    pub(super) fn leave_me(&mut self, step: &mut Step, now: Instant, session: SessionId) {
        let Some(user) = self.sessions.get(&session).map(|seat| seat.user) else { return };
        let Some(person) = self.users.get_mut(&user) else { return };
        if !person.me.remove(&session) {
            return;
        }
        self.me_changes += 1;
        step.undo.push(Undo::OffMe(user, session));
        match person.me.last().copied() {
            Some(left) => {
                let agent = self.sessions.get(&left).and_then(|seat| seat.agent.clone());
                if person.agent != agent && agent.is_some() {
                    person.agent = agent;
                    if person.agent_at.is_none() {
                        let at = now + self.config.agent_after;
                        person.agent_at = Some(at);
                        self.timers.insert((at, Due::Agent(user)));
                    }
                }
            }
            None => {
                let at = now + self.config.offline_after;
                person.off_at = Some(at);
                self.start_timer(at, Due::UserOff(user));
            }
        }
    }

    pub(super) fn agent_changed(&mut self, step: &mut Step, user: UserNumber) {
        let Some(person) = self.users.get_mut(&user) else { return };
        person.agent_at = None;
        if person.online {
            let pres = Pres { ua: person.agent.clone(), ..on_me(user_name(user), PresWhat::UserAgent) };
            self.tell_contacts(step, user, &pres);
        }
    }

    pub(super) fn user_offline(&mut self, step: &mut Step, now: Instant, user: UserNumber) {
        let seen = self.micros(now);
        let Some(person) = self.users.get_mut(&user) else { return };
        person.off_at = None;
        if !person.me.is_empty() {
            return;
        }
        let agent = person.agent.take();
        step.undo.push(Undo::UserOnline(user, person.online, agent.clone()));
        person.online = false;
        let account = Account { seen: Some(seen), agent: agent.clone(), ..person.account.clone() };
        let pres = Pres { ua: agent, ..on_me(user_name(user), PresWhat::Off) };
        self.tell_contacts(step, user, &pres);
        // What a commit that failed left in memory is not written.
        if !self.stale.contains(&Lack::User(user)) {
            self.write(step, Write::Account(account));
        }
    }
}
