//! Messages from outside: SMS, `WhatsApp` and the like, in external message channels.

use tieline_core::json::Raw;
use tieline_core::{Instant, Text};

use super::record::{MessageRecord, Micros, TopicHead, TopicKey, TopicRecord};
use super::room::Room;
use super::state::Service;
use super::step::{Decision, Step};
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
}
