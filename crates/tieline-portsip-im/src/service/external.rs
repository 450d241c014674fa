//! Messages from outside: SMS, `WhatsApp` and the like, in external message channels.

use alloc::vec::Vec;

use tieline_core::json::Raw;
use tieline_core::{Instant, Text};

use super::record::{MessageRecord, TopicHead, TopicKey, TopicRecord};
use super::state::{Room, Service};
use super::step::{Decision, Lack, Step};
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
        let topic = TopicKey::External(alloc::format!("emc{channel}").as_str().into());
        let mut lacks: Vec<Lack> = self.stale.iter().cloned().collect();
        let lack = Lack::Topic(topic.clone());
        if !self.topics.contains_key(&topic) && !self.absent.contains(&lack) {
            lacks.push(lack);
        }
        if !lacks.is_empty() {
            return Decision::Lacks(lacks);
        }
        let ts = self.micros(now);
        let mut step = Step::new(None);
        if self.room(&topic).is_none() {
            let head = TopicHead::new(topic.clone(), ts, AccessMode::GROUP_DEFAULT);
            self.topics.insert(topic.clone(), Room::new(TopicRecord::new(head.clone())));
            self.write(&mut step, Write::Topic(head));
        }
        let seq = self.room(&topic).map_or(1, |room| room.record.head.seq + 1);
        let message = MessageRecord { seq, ts, from: None, head, content, reqid: None };
        self.write(&mut step, Write::Message { topic: topic.clone(), message: message.clone() });
        self.tell_message(&mut step, &topic, &message, None);
        self.made(step)
    }
}
