//! What was deleted of a topic, added up.

use alloc::collections::BTreeMap;

use super::ranges::Ranges;
use super::record::{Deletion, UserNumber};

/// The messages that are not seen any more: by anybody, and by each user who deleted for oneself.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    all: Sum,
    own: BTreeMap<UserNumber, Sum>,
}

/// The deletions of a user, or for everybody.
#[derive(Clone, Debug, Default)]
struct Sum {
    ranges: Ranges,
    deletions: usize,
}

impl Hidden {
    pub(super) fn of(deletions: &[Deletion]) -> Self {
        let mut hidden = Self::default();
        deletions.iter().for_each(|deletion| hidden.add(deletion));
        hidden
    }

    pub(super) fn add(&mut self, deletion: &Deletion) {
        let held = match deletion.user {
            None => &mut self.all,
            Some(user) => self.own.entry(user).or_default(),
        };
        held.ranges.extend(&deletion.ranges);
        held.deletions += 1;
    }

    fn sum(&self, user: Option<UserNumber>) -> Option<&Sum> {
        match user {
            None => Some(&self.all),
            Some(user) => self.own.get(&user),
        }
    }

    /// What a deletion for a user, or for everybody, hides that is not hidden yet.
    pub(super) fn new_for(&self, user: Option<UserNumber>, ranges: &Ranges) -> Ranges {
        let seen = ranges.without(&self.all.ranges);
        match user.and_then(|user| self.own.get(&user)) {
            Some(own) => seen.without(&own.ranges),
            None => seen,
        }
    }

    /// What a user still sees of some messages.
    pub(super) fn seen_of(&self, user: UserNumber, ranges: &Ranges) -> Ranges {
        self.new_for(Some(user), ranges)
    }

    /// How many deletions there are of a user, or for everybody.
    pub(super) fn deletions(&self, user: Option<UserNumber>) -> usize {
        self.sum(user).map_or(0, |sum| sum.deletions)
    }

    /// How many ranges apart are kept for a user, or for everybody, before and after a deletion.
    pub(super) fn spans_with(&self, user: Option<UserNumber>, ranges: &Ranges) -> (usize, usize) {
        let mut with = self.sum(user).map(|sum| sum.ranges.clone()).unwrap_or_default();
        let before = with.spans();
        with.extend(ranges);
        (before, with.spans())
    }
}
