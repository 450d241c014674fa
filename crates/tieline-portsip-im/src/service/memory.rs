//! Everything that is kept, in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::ranges::Ranges;
use super::record::{Account, MessageRecord, TopicHead, TopicKey, TopicRecord, UserNumber, UserRecord};
use super::write::Write;

/// A store that lasts as long as the program, for a simulator and for tests; also what a store must do with each
/// [`Write`], written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    accounts: BTreeMap<UserNumber, Account>,
    topics: BTreeMap<TopicKey, Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    record: TopicRecord,
    messages: BTreeMap<u64, MessageRecord>,
}

impl Memory {
    /// A store that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps what was written.
    pub fn apply(&mut self, writes: &[Write]) {
        writes.iter().for_each(|write| self.apply_one(write));
    }

    fn apply_one(&mut self, write: &Write) {
        match write {
            Write::Account(account) => {
                self.accounts.insert(account.user, account.clone());
            }
            Write::DeleteTopic(topic) => {
                self.topics.remove(topic);
            }
            Write::Topic(head) => match self.topics.get_mut(&head.key) {
                Some(kept) => kept.record.apply(write),
                None => drop(self.topics.insert(head.key.clone(), Kept::new(head.clone()))),
            },
            Write::Subscription { topic, .. }
            | Write::Message { topic, .. }
            | Write::Marks { topic, .. }
            | Write::Deletion { topic, .. } => {
                let Some(kept) = self.topics.get_mut(topic) else { return };
                kept.record.apply(write);
                kept.keep_messages(write);
            }
        }
    }

    /// A user, with the topics in which the user has or had a subscription.
    #[must_use]
    pub fn user(&self, user: UserNumber) -> Option<UserRecord> {
        let account = self.accounts.get(&user)?.clone();
        let of_user = self.topics.iter().filter(|(_, kept)| kept.record.subs.contains_key(&user));
        let topics: BTreeSet<TopicKey> = of_user.map(|(key, _)| key.clone()).collect();
        Some(UserRecord { account, topics })
    }

    /// A topic without its messages.
    #[must_use]
    pub fn topic(&self, topic: &TopicKey) -> Option<TopicRecord> {
        Some(self.topics.get(topic)?.record.clone())
    }

    /// The messages of a topic with these numbers, the newest first.
    #[must_use]
    pub fn messages(&self, topic: &TopicKey, numbers: &Ranges) -> Vec<MessageRecord> {
        let Some(kept) = self.topics.get(topic) else { return Vec::new() };
        let ranges = numbers.iter().rev();
        ranges.flat_map(|range| kept.messages.range(range).rev()).map(|(_, message)| message.clone()).collect()
    }
}

impl Kept {
    const fn new(head: TopicHead) -> Self {
        Self { record: TopicRecord::new(head), messages: BTreeMap::new() }
    }

    fn keep_messages(&mut self, write: &Write) {
        match write {
            Write::Message { message, .. } => {
                self.messages.insert(message.seq, message.clone());
            }
            Write::Deletion { deletion, .. } if deletion.user.is_none() => {
                self.messages.retain(|seq, _| !deletion.ranges.contains(*seq));
            }
            _ => {}
        }
    }
}
