//! What a later line goes on from.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use tieline_core::Text;

use crate::SeqRange;

/// The topics to be attached to, each with what was received of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resume {
    /// By name. Without a mark nothing is known of the topic yet.
    pub topics: BTreeMap<Text, Option<Mark>>,
}

impl Resume {
    /// Topics to begin with.
    pub fn to(topics: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        Self { topics: topics.into_iter().map(|topic| (topic.into(), None)).collect() }
    }
}

/// What was received of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// Up to here nothing is asked for: the last message before the topic was followed.
    pub floor: u64,
    /// What was delivered above it, or told as lost: ranges in order, apart from each other.
    pub held: Vec<SeqRange>,
}

impl Mark {
    /// Everything up to this number was received: what comes after it is asked for on the next line.
    #[must_use]
    pub const fn at(seq: u64) -> Self {
        Self { floor: seq, held: Vec::new() }
    }

    /// The highest number up to which nothing is missing.
    #[must_use]
    pub fn low_water(&self) -> u64 {
        match self.held.first() {
            Some(first) if first.low <= self.floor.saturating_add(1) => first.range().end.saturating_sub(1),
            _ => self.floor,
        }
        .max(self.floor)
    }
}
