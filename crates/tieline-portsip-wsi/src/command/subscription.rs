//! What a subscribe or an unsubscribe names.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Topic;

/// Topics, and the extensions, queues or tenants whose events are meant.
///
/// Each list narrows the topics that it fits: extensions those of extensions and calls, queues those of queues, tenants
/// the `global_` ones. An empty list does not narrow.
///
/// ```
/// use tieline_portsip_wsi::{Subscription, Topic};
///
/// let calls = Subscription::to(Topic::ExtensionEvents).and(Topic::CdrEvents).extensions(["102", "103"]);
/// assert_eq!(calls.topics.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Subscription {
    /// The topics.
    pub topics: Vec<TopicSelection>,
    /// Numbers of extensions.
    pub extensions: Vec<String>,
    /// Numbers of queues.
    pub queues: Vec<String>,
    /// Ids of tenants; v22, for `global_` topics, which need them.
    pub tenants: Vec<String>,
}

/// One topic, in v12 with the event types of it that are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct TopicSelection {
    /// The topic.
    pub topic: Topic,
    /// The event types. Empty for all; always empty but in v12.
    pub keys: Vec<String>,
}

impl From<Topic> for TopicSelection {
    fn from(topic: Topic) -> Self {
        Self { topic, keys: Vec::new() }
    }
}

impl Subscription {
    /// The length of its longest list; the keys of all topics count as one.
    #[cfg(feature = "server")]
    pub(crate) fn longest_list(&self) -> usize {
        let keys = self.topics.iter().map(|selection| selection.keys.len()).sum();
        [self.topics.len(), keys, self.extensions.len(), self.queues.len(), self.tenants.len()]
            .into_iter()
            .fold(0, usize::max)
    }

    /// A topic, whole.
    #[must_use]
    pub fn to(topic: Topic) -> Self {
        Self { topics: [topic.into()].into(), ..Self::default() }
    }

    /// Nothing: as an unsubscribe it means everything.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One topic more.
    #[must_use]
    pub fn and(mut self, topic: Topic) -> Self {
        self.topics.push(topic.into());
        self
    }

    /// Only these event types of the topic named last; v12.
    #[must_use]
    pub fn keys<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        if let Some(last) = self.topics.last_mut() {
            last.keys.extend(keys.into_iter().map(Into::into));
        }
        self
    }

    /// Only the events of these extensions.
    #[must_use]
    pub fn extensions<N: Into<String>>(mut self, numbers: impl IntoIterator<Item = N>) -> Self {
        self.extensions.extend(numbers.into_iter().map(Into::into));
        self
    }

    /// Only the events of these queues.
    #[must_use]
    pub fn queues<N: Into<String>>(mut self, numbers: impl IntoIterator<Item = N>) -> Self {
        self.queues.extend(numbers.into_iter().map(Into::into));
        self
    }

    /// The events of these tenants, for `global_` topics.
    #[must_use]
    pub fn tenants<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.tenants.extend(ids.into_iter().map(Into::into));
        self
    }
}
