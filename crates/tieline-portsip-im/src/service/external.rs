//! External message channels: SMS, `WhatsApp` and the like. What comes from outside, and who may use which.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use tieline_core::json::Raw;
use tieline_core::{Instant, Text};

use super::record::{MessageRecord, Micros, TopicHead, TopicKey, TopicRecord, UserNumber};
use super::room::Room;
use super::state::{Due, Service};
use super::step::{Decision, Lack, Step, Undo};
use super::write::Write;
use crate::AccessMode;

impl Service {
    /// A message came from outside for a channel, by the id that stands behind `emc`. It is kept and told like any other,
    /// `from` nobody.
    pub fn receive(
        &mut self,
        now: Instant,
        channel: &str,
        head: Option<Raw<Text>>,
        content: Option<Raw<Text>>,
    ) -> Decision {
        self.now = now;
        let topic = TopicKey::External(alloc::format!("emc{channel}").as_str().into());
        let mut lacks = self.stale.clone();
        self.lack_topic(&mut lacks, &topic);
        if !lacks.is_empty() {
            return Decision::Lacks(lacks.into_iter().collect());
        }
        let ts = self.micros(now);
        let mut step = Step::new(None);
        self.open_channel(&mut step, ts, &topic);
        let seq = self.room(&topic).map_or(1, |room| room.record.head.seq + 1);
        let message = MessageRecord { seq, ts, from: None, head, content, reqid: None };
        self.write(&mut step, Write::Message { topic: topic.clone(), message: message.clone() });
        self.tell_message(&mut step, &topic, &message, None);
        Decision::Made(self.made(step))
    }

    /// An external message channel exists from the first subscription or message on. Nobody owns it, and the PBX says who is
    /// in it.
    pub(super) fn open_channel(&mut self, step: &mut Step, ts: Micros, topic: &TopicKey) {
        if self.room(topic).is_none() {
            let head = TopicHead::new(topic.clone(), ts, AccessMode::GROUP_DEFAULT);
            self.topics.insert(topic.clone(), Room::new(TopicRecord::new(head.clone())));
            self.write(step, Write::Topic(head));
        }
    }

    /// From now on a user may use these external message channels, as [`Arrival::channels`](super::Arrival::channels) told
    /// them at the last login. The user's parts in others end, on all devices: they are detached and told so. Nothing for a
    /// user without an account.
    ///
    /// When the commit fails, a [timeout](Self::handle_timeout) tries it again.
    pub fn change_channels(&mut self, now: Instant, user: UserNumber, channels: &[Text]) -> Decision {
        self.now = now;
        let lacks = self.lacks_channels(user, channels);
        if !lacks.is_empty() {
            return Decision::Lacks(lacks.into_iter().collect());
        }
        let mut step = Step::new(None);
        self.put_channels(&mut step, now, user, channels);
        Decision::Made(self.made(step))
    }

    /// What must be loaded before the channels of a user are others.
    pub(super) fn lacks_channels(&self, user: UserNumber, channels: &[Text]) -> BTreeSet<Lack> {
        let mut lacks = self.lacks_arrival(user);
        for channel in self.lost_channels(user, |id| channels.iter().any(|channel| **channel == *id)) {
            self.lack_topic(&mut lacks, &channel);
        }
        lacks
    }

    /// The channels of a user are others: the parts in those that are lost end.
    pub(super) fn put_channels(&mut self, step: &mut Step, now: Instant, user: UserNumber, channels: &[Text]) {
        let Some(person) = self.users.get_mut(&user) else { return };
        person.channels = channels.iter().cloned().collect();
        self.part(step, now, user);
    }

    fn part(&mut self, step: &mut Step, now: Instant, user: UserNumber) {
        let Some(person) = self.users.get(&user) else { return };
        let mut lost = self.lost_channels(user, |id| person.channels.contains(id));
        lost.retain(|channel| self.room(channel).is_some_and(|room| room.record.member(user).is_some()));
        if !lost.is_empty() {
            step.undo.push(Undo::Parted(user));
        }
        lost.iter().for_each(|channel| self.end(step, now, channel, user, user));
    }

    /// The same once more, after a commit that failed: when what it touched is loaded again.
    pub(super) fn part_again(&mut self, step: &mut Step, now: Instant, user: UserNumber) {
        let Some(person) = self.users.get(&user) else { return };
        let lost = self.lost_channels(user, |id| person.channels.contains(id));
        let is_stale = |channel: &TopicKey| self.stale.contains(&Lack::Topic(channel.clone()));
        if self.stale.contains(&Lack::User(user)) || lost.iter().any(is_stale) {
            let after = self.config.offline_after.max(Duration::from_secs(1));
            self.start_timer(now + after, Due::Channels(user));
        } else {
            self.part(step, now, user);
        }
    }

    /// The channels that a user was in and may no longer be.
    fn lost_channels(&self, user: UserNumber, has: impl Fn(&str) -> bool) -> Vec<TopicKey> {
        let topics = self.users.get(&user).map(|person| &person.topics);
        let is_lost = |topic: &&TopicKey| match topic {
            TopicKey::External(name) => {
                let id = channel_of(name);
                !is_own(user, id) && !has(id)
            }
            _ => false,
        };
        topics.into_iter().flatten().filter(is_lost).cloned().collect()
    }

    /// Whether a user may use a channel: the own one, and those of the user's ring groups and queues.
    pub(super) fn may_use_channel(&self, user: UserNumber, name: &Text) -> bool {
        let id = channel_of(name);
        is_own(user, id) || self.person(user).is_some_and(|person| person.channels.contains(id))
    }
}

/// What stands behind `emc`.
fn channel_of(name: &Text) -> &str {
    name.strip_prefix("emc").unwrap_or_default()
}

/// Whether what stands behind `emc` is the user's number, as numbers are written.
fn is_own(user: UserNumber, id: &str) -> bool {
    *alloc::format!("{user}") == *id
}
