//! Who is told what happened, and how it looks to them.

use alloc::vec::Vec;

use tieline_core::Text;
use tieline_core::json::Encode as _;

use super::record::{TopicKey, UserNumber, user_name};
use super::room::Room;
use super::state::Service;
use super::step::{SessionId, Step, wire_time};
use crate::{Access, AccessMode, Ctrl, Mode, Params, Pres, PresWhat, ServerMessage, Status, Topic, UserId};

/// A change of access: what is wanted and what is given, each as the wire writes it; `None` where nothing changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) want: Option<Text>,
    pub(super) given: Option<Text>,
    /// Whether it is for those who may approve to look at, wherever they are: somebody is new, or wants more than is
    /// given.
    pub(super) calls: bool,
}

impl Change {
    /// Of a subscription that is new.
    pub(super) fn begun(want: AccessMode, given: AccessMode) -> Self {
        Self { want: Some(plain(want)), given: Some(plain(given)), calls: true }
    }

    /// Of a subscription that ended.
    pub(super) fn ended() -> Self {
        Self { want: Some(Text::from_static("N")), given: Some(Text::from_static("N")), calls: false }
    }

    /// Of a subscription that was changed: the access before and after.
    pub(super) fn between(before: (AccessMode, AccessMode), after: (AccessMode, AccessMode)) -> Self {
        let calls = before.0.is_none() || !after.1.contains(after.0);
        Self { want: delta(before.0, after.0), given: delta(before.1, after.1), calls }
    }

    fn to_access(&self) -> Access<Text> {
        Access { want: self.want.clone().map(Mode::new), given: self.given.clone().map(Mode::new), mode: None }
    }
}

fn plain(mode: AccessMode) -> Text {
    alloc::format!("{mode}").as_str().into()
}

/// Signed letters; without a sign what was nothing before.
fn delta(before: AccessMode, after: AccessMode) -> Option<Text> {
    if before == after {
        None
    } else if before.is_none() {
        Some(plain(after))
    } else {
        Some(before.delta(after).as_str().into())
    }
}

/// A notice on a topic, or on `me`.
pub(super) fn notice(topic: Text, what: PresWhat<Text>) -> Pres<Text> {
    Pres { topic: Some(Topic::new(topic)), what: Some(what), ..Pres::default() }
}

/// A notice on `me` about a topic or user.
pub(super) fn on_me(src: Text, what: PresWhat<Text>) -> Pres<Text> {
    Pres { src: Some(Topic::new(src)), ..notice(Text::from_static("me"), what) }
}

pub(super) fn text(pres: Pres<Text>) -> Text {
    ServerMessage::Pres(pres).to_json().into()
}

fn named(user: UserNumber) -> Option<UserId<Text>> {
    Some(UserId::new(user_name(user)))
}

impl Service {
    /// The sessions of a user that are attached to `me`; without those that are attached to a topic, and one session.
    pub(super) fn on_me_of(&self, user: UserNumber, not_in: Option<&Room>, not: Option<SessionId>) -> Vec<SessionId> {
        let sessions = self.users.get(&user).map(|person| &person.me);
        let left_out = |session: &SessionId| {
            Some(*session) == not || not_in.is_some_and(|room| room.attached().contains_key(session))
        };
        sessions.into_iter().flatten().copied().filter(|session| !left_out(session)).collect()
    }

    /// Tells of a change of `subject`'s access that `actor` made: the subject, and those who may invite or approve. The
    /// session that made it is not told.
    pub(super) fn tell_access(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        subject: UserNumber,
        actor: UserNumber,
        change: &Change,
    ) {
        self.tell_subject(step, topic, subject, actor, change);
        self.tell_sharers(step, topic, subject, actor, change);
    }

    /// Tells of a change of a user's access the sessions of that user.
    pub(super) fn tell_subject(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        subject: UserNumber,
        actor: UserNumber,
        change: &Change,
    ) {
        let Some(room) = self.room(topic) else { return };
        let name = topic.name_for(subject);
        let attached: Vec<SessionId> =
            room.sessions_of(subject).filter(|session| Some(*session) != step.asker).collect();
        let pres = |of: Pres<Text>| text(Pres { dacs: Some(change.to_access()), ..of });
        step.push(attached, || pres(notice(name.clone(), PresWhat::Access)));
        let detached = self.on_me_of(subject, Some(room), step.asker);
        if actor == subject {
            step.push(detached, || pres(on_me(name, PresWhat::Access)));
        } else {
            push_access_on_me(step, detached, name, actor, change);
        }
    }

    /// Tells of a change of a user's access those others who may invite or approve.
    pub(super) fn tell_sharers(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        subject: UserNumber,
        actor: UserNumber,
        change: &Change,
    ) {
        let Some(room) = self.room(topic) else { return };
        let (mut own, mut others) = (Told::default(), Told::default());
        for sub in room.record.members().filter(|sub| sub.user != subject && sub.mode().is_sharer()) {
            let told = if sub.user == actor { &mut own } else { &mut others };
            if change.calls {
                told.detached.extend(self.on_me_of(sub.user, Some(room), step.asker));
            }
            told.viewer = Some(sub.user);
        }
        for (session, user) in room.attached().iter().filter(|(session, _)| Some(**session) != step.asker) {
            if *user != subject && room.record.mode(*user).is_sharer() {
                let told = if *user == actor { &mut own } else { &mut others };
                told.attached.push(*session);
            }
        }
        for (told, by) in [(others, Some(actor)), (own, None)] {
            let Some(viewer) = told.viewer else { continue };
            let name = topic.name_for(viewer);
            let pres = |of: Pres<Text>| text(Pres { dacs: Some(change.to_access()), ..of });
            let act = by.filter(|by| *by != subject).and_then(named);
            step.push(told.attached, || {
                let src = Some(Topic::new(user_name(subject)));
                pres(Pres { src, act, ..notice(name.clone(), PresWhat::Access) })
            });
            step.push(told.detached, || {
                pres(Pres { tgt: named(subject), act: by.and_then(named), ..on_me(name, PresWhat::Access) })
            });
        }
    }

    /// Tells in a group that a user came or went: the others who are attached and have presence, or some other right.
    pub(super) fn tell_in(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        subject: UserNumber,
        what: PresWhat<Text>,
        hears: impl Fn(AccessMode) -> bool,
    ) {
        let Some(room) = self.room(topic).filter(|_| !topic.is_p2p()) else { return };
        let hears = |session: SessionId, user: UserNumber| {
            Some(session) != step.asker && user != subject && hears(room.record.mode(user))
        };
        let attached = room.attached().iter().filter(|(session, user)| hears(**session, **user));
        let to = attached.map(|(session, _)| *session).collect();
        let src = Some(Topic::new(user_name(subject)));
        step.push(to, || text(Pres { src, ..notice(topic.name_for(subject), what) }));
    }

    /// Tells the members of a group who are on `me` and have presence that it came online or went offline.
    pub(super) fn tell_members(&self, step: &mut Step, topic: &TopicKey, what: PresWhat<Text>) {
        let Some(room) = self.room(topic) else { return };
        let hearing = room.record.members().filter(|sub| sub.mode().contains(AccessMode::PRESENCE));
        let to: Vec<SessionId> = hearing.flat_map(|sub| self.on_me_of(sub.user, None, None)).collect();
        step.push(to, || text(on_me(topic.name_for(0), what)));
    }

    /// Tells all sessions of a user that are on `me`, but one, about a topic.
    pub(super) fn tell_own(
        &self,
        step: &mut Step,
        topic: &TopicKey,
        user: UserNumber,
        what: PresWhat<Text>,
        not: Option<SessionId>,
    ) {
        let to = self.on_me_of(user, None, not);
        step.push(to, || text(on_me(topic.name_for(user), what)));
    }

    /// Detaches all sessions of a user from a topic and tells them so; the one that asks is left out where it is answered.
    pub(super) fn evict(
        &mut self,
        step: &mut Step,
        topic: &TopicKey,
        user: UserNumber,
        unsub: bool,
        not: Option<SessionId>,
        ts: super::record::Micros,
    ) {
        let Some(room) = self.room(topic) else { return };
        let sessions: Vec<SessionId> = room.sessions_of(user).collect();
        for session in &sessions {
            self.drop_attached(step, topic, *session);
        }
        let to: Vec<SessionId> = sessions.into_iter().filter(|session| Some(*session) != not).collect();
        step.push(to, || evicted(topic.name_for(user), unsub, ts));
    }
}

/// Tells sessions on `me` that somebody changed their access to a topic.
pub(super) fn push_access_on_me(step: &mut Step, to: Vec<SessionId>, name: Text, actor: UserNumber, change: &Change) {
    let dacs = Some(change.to_access());
    step.push(to, || text(Pres { act: named(actor), dacs, ..on_me(name, PresWhat::Access) }));
}

/// The notice that a session was detached.
pub(super) fn evicted(topic: Text, unsub: bool, ts: super::record::Micros) -> Text {
    let params = Params::<Text> { unsub: Some(unsub), ..Params::default() };
    let ctrl = Ctrl::<Text> {
        topic: Some(Topic::new(topic)),
        params: tieline_core::json::Raw::from_json(Text::from(params.to_json())).ok(),
        ts: Some(wire_time(ts)),
        ..Ctrl::of(Status::EVICTED)
    };
    ServerMessage::Ctrl(ctrl).to_json().into()
}

/// Who is told the same: sessions that are attached to the topic, and such that are only on `me`.
#[derive(Default)]
struct Told {
    attached: Vec<SessionId>,
    detached: Vec<SessionId>,
    viewer: Option<UserNumber>,
}

/// Whether a mode lets hear who comes and goes.
pub(super) const fn hears_presence(mode: AccessMode) -> bool {
    mode.contains(AccessMode::PRESENCE)
}
