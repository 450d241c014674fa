//! Who hears of a message: looked for once, and again when somebody came, went or got other rights.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::presence::{on_me, text};
use super::record::{MessageRecord, Subscription, TopicKey, UserNumber, user_name};
use super::room::Room;
use super::state::Service;
use super::step::{SessionId, Step, data};
use crate::{AccessMode, Pres, PresWhat, UserId};

/// Who hears of a message in a topic, whoever wrote it.
#[derive(PartialEq, Eq)]
pub(super) struct Audience {
    /// The [changes of `me`](Service::me_changes) that it knows of.
    me_changes: u64,
    /// The attached readers, by how they see the topic.
    attached: Vec<(Option<UserNumber>, Vec<SessionId>)>,
    /// The readers with presence who are not attached and hear of it on `me`.
    on_me: Vec<(UserNumber, SessionId)>,
}

impl Service {
    /// Tells a message: to all attached readers, and on `me` to the readers with presence that are not attached.
    pub(super) fn tell_message(
        &mut self,
        step: &mut Step,
        topic: &TopicKey,
        message: &MessageRecord,
        noecho: Option<SessionId>,
    ) {
        let Some(audience) = self.audience(topic) else { return };
        for (viewers, readers) in &audience.attached {
            let to = readers.iter().copied().filter(|session| Some(*session) != noecho).collect();
            step.push(to, || data(&topic.name_for(viewers.unwrap_or_default()), message));
        }
        tell_on_me(step, topic, &audience.on_me, message);
    }

    fn audience(&mut self, topic: &TopicKey) -> Option<Arc<Audience>> {
        let room = self.room(topic)?;
        if let Some(known) = room.audience.as_ref().filter(|known| known.me_changes == self.me_changes) {
            debug_assert!(**known == self.find_audience(topic, room), "the audience of a topic changed unnoticed");
            return Some(Arc::clone(known));
        }
        let found = Arc::new(self.find_audience(topic, room));
        self.topics.get_mut(topic)?.audience = Some(Arc::clone(&found));
        Some(found)
    }

    fn find_audience(&self, topic: &TopicKey, room: &Room) -> Audience {
        let of_view = |viewers: Option<UserNumber>| {
            let reads = |user: UserNumber| {
                viewers.is_none_or(|viewer| viewer == user) && room.record.mode(user).contains(AccessMode::READ)
            };
            let readers = room.attached().iter().filter(|(_, user)| reads(**user));
            (viewers, readers.map(|(session, _)| *session).collect())
        };
        let hears = |sub: &&Subscription| sub.mode().contains(AccessMode::READ | AccessMode::PRESENCE);
        let on_me =
            room.record.members().filter(hears).flat_map(|sub| {
                self.on_me_of(sub.user, Some(room), None).into_iter().map(|session| (sub.user, session))
            });
        Audience { me_changes: self.me_changes, attached: views(topic).map(of_view).collect(), on_me: on_me.collect() }
    }
}

/// The author, elsewhere, and the others hear of a message in different words.
fn tell_on_me(step: &mut Step, topic: &TopicKey, on_me_there: &[(UserNumber, SessionId)], message: &MessageRecord) {
    let (own, others): (Vec<_>, Vec<_>) = on_me_there.iter().partition(|(user, _)| Some(*user) == message.from);
    for (to, by) in [(own, None), (others, message.from)] {
        // Of a conversation of two one is left, of others all see the same name.
        let Some((viewer, _)) = to.last().copied() else { continue };
        let sessions = to.iter().map(|(_, session)| *session).collect();
        step.push(sessions, || {
            let act = by.map(|user| UserId::new(user_name(user)));
            text(Pres { seq: Some(message.seq), act, ..on_me(topic.name_for(viewer), PresWhat::Message) })
        });
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
