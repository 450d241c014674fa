//! What a decision writes, as plain data that a store keeps.

use super::record::{Account, Deletion, MessageRecord, Micros, Subscription, TopicHead, TopicKey, UserNumber};

/// One change of what is kept. The writes of a step are kept all or none, and in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// An account, new or changed.
    Account(Account),
    /// A topic, new or changed.
    Topic(TopicHead),
    /// A subscription, new, changed or ended.
    Subscription {
        /// Of which topic.
        topic: TopicKey,
        /// The subscription.
        subscription: Subscription,
    },
    /// A message. Its number and time become those of the topic's last message.
    Message {
        /// In which topic.
        topic: TopicKey,
        /// The message. No other of the topic ever had its number.
        message: MessageRecord,
    },
    /// Up to where a user read and received.
    Marks {
        /// In which topic.
        topic: TopicKey,
        /// Who.
        user: UserNumber,
        /// Up to which message read.
        read: u64,
        /// Up to which message received.
        recv: u64,
        /// When the subscription counts as changed.
        updated: Micros,
    },
    /// A deletion of messages. Its number becomes that of the topic's last deletion, and of those subscriptions that it
    /// concerns. For everybody, the messages themselves are erased.
    Deletion {
        /// In which topic.
        topic: TopicKey,
        /// The deletion.
        deletion: Deletion,
    },
    /// The end of a topic: its messages, subscriptions and deletions are erased.
    DeleteTopic(TopicKey),
}

impl Write {
    /// The topic that it is about; `None` for an account.
    #[must_use]
    pub const fn topic(&self) -> Option<&TopicKey> {
        match self {
            Self::Account(_) => None,
            Self::Topic(head) => Some(&head.key),
            Self::Subscription { topic, .. }
            | Self::Message { topic, .. }
            | Self::Marks { topic, .. }
            | Self::Deletion { topic, .. }
            | Self::DeleteTopic(topic) => Some(topic),
        }
    }
}
