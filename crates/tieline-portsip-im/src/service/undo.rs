//! A commit that fails: what was decided is taken back, and what others were told last is put right.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::record::{TopicKey, UserNumber};
use super::state::{Due, Service};
use super::step::{Lack, SessionId, Step, Undo};

/// What others were told last, of what a failed commit touched.
#[derive(Default)]
struct Told {
    /// Who is attached, sessions among them that are gone.
    attached: BTreeMap<TopicKey, BTreeMap<SessionId, UserNumber>>,
    users: BTreeSet<UserNumber>,
    /// Who lost channels.
    parted: BTreeSet<UserNumber>,
}

impl Service {
    /// A commit failed: takes back all steps that are not committed, whatever they wrote, given in the order in which they
    /// were made. Answer their askers [`Status::INTERNAL`](crate::Status::INTERNAL). What they touched is loaded again
    /// before the next decision; who went meanwhile, so that others take them for online, is told of by a
    /// [timeout](Self::handle_timeout), and what became of a user's channels is tried again by one.
    pub fn fail(&mut self, steps: Vec<Step>) {
        let mut told = Told::default();
        for step in steps.into_iter().rev() {
            self.settle(&step);
            for undo in step.undo.iter().rev() {
                self.take_back(undo, &mut told);
            }
            self.stale.extend(step.topics.iter().cloned().map(Lack::Topic));
            self.stale.extend(step.users.iter().copied().map(Lack::User));
        }
        self.put_right(told);
    }

    fn take_back(&mut self, undo: &Undo, told: &mut Told) {
        if let Undo::Attached(topic, _) | Undo::Detached(topic, ..) | Undo::TopicOnline(topic, _) = undo
            && !told.attached.contains_key(topic)
        {
            let attached = self.topics.get(topic).map(|room| room.attached().clone()).unwrap_or_default();
            told.attached.insert(topic.clone(), attached);
        }
        match undo {
            Undo::Opened(session, user) => {
                // It may have ended, or be another user's, since.
                if self.sessions.get(session).is_some_and(|seat| seat.user == *user) {
                    self.sessions.remove(session);
                    if let Some(person) = self.users.get_mut(user) {
                        person.sessions = person.sessions.saturating_sub(1);
                    }
                }
            }
            Undo::Attached(topic, session) => {
                told.attached.get_mut(topic).and_then(|attached| attached.remove(session));
                self.forget_attached(*session, topic);
                self.topics.get_mut(topic).and_then(|room| room.detach(*session));
            }
            Undo::Detached(topic, session, user) => {
                told.attached.get_mut(topic).and_then(|attached| attached.insert(*session, *user));
                // Who is gone is not attached again.
                if let Some(seat) = self.sessions.get_mut(session)
                    && let Some(room) = self.topics.get_mut(topic)
                {
                    seat.attached.insert(topic.clone());
                    room.attach(*session, *user);
                }
            }
            Undo::TopicOnline(topic, online) => {
                if let Some(room) = self.topics.get_mut(topic) {
                    room.online = *online;
                }
            }
            Undo::Parted(user) => {
                told.parted.insert(*user);
            }
            Undo::Deleted(topic) => {
                if let Some(room) = self.topics.get_mut(topic) {
                    room.gone = false;
                }
            }
            Undo::OnMe(user, session) => {
                self.me_changes += 1;
                told.users.insert(*user);
                self.users.get_mut(user).map(|person| person.me.remove(session));
            }
            Undo::OffMe(user, session) => {
                self.me_changes += 1;
                told.users.insert(*user);
                if self.sessions.contains_key(session) {
                    self.users.get_mut(user).map(|person| person.me.insert(*session));
                }
            }
            Undo::UserOnline(user, online, agent) => {
                told.users.insert(*user);
                if let Some(person) = self.users.get_mut(user) {
                    person.online = *online;
                    person.agent.clone_from(agent);
                }
            }
        }
    }

    /// Lets a timeout tell what is not as others were told.
    fn put_right(&mut self, told: Told) {
        let at = self.now + self.config.offline_after;
        for (topic, attached) in told.attached {
            let Some(room) = self.topics.get_mut(&topic) else { continue };
            let off_at = if room.attached().is_empty() { None } else { room.off_at.take() };
            let left: BTreeSet<UserNumber> = attached.into_values().filter(|user| !room.has_attached(*user)).collect();
            self.cancel(off_at, Due::TopicOff(topic.clone()));
            self.rest(self.now, &topic);
            for user in left {
                self.start_timer(at, Due::Left(topic.clone(), user));
            }
        }
        told.parted.into_iter().for_each(|user| self.start_timer(at, Due::Channels(user)));
        for user in told.users {
            let Some(person) = self.users.get_mut(&user) else { continue };
            let off_at = person.off_at.take();
            let goes = person.online && person.me.is_empty();
            person.off_at = goes.then_some(at);
            self.cancel(off_at, Due::UserOff(user));
            if goes {
                self.start_timer(at, Due::UserOff(user));
            }
        }
    }
}
