//! What was deleted of a topic, added up.

use alloc::collections::BTreeMap;

use super::ranges::Ranges;
use super::record::{Deletion, UserNumber};

/// The messages that are not seen any more: by anybody, and by each user who deleted for oneself.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    all: Ranges,
    own: BTreeMap<UserNumber, Ranges>,
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
        held.extend(&deletion.ranges);
    }

    /// What a deletion for a user, or for everybody, hides that is not hidden yet.
    pub(super) fn new_for(&self, user: Option<UserNumber>, ranges: &Ranges) -> Ranges {
        let seen = ranges.without(&self.all);
        match user.and_then(|user| self.own.get(&user)) {
            Some(own) => seen.without(own),
            None => seen,
        }
    }

    /// What a user still sees of some messages.
    pub(super) fn seen_of(&self, user: UserNumber, ranges: &Ranges) -> Ranges {
        self.new_for(Some(user), ranges)
    }

    /// How many ranges apart are kept for a user, or for everybody, before and after a deletion.
    pub(super) fn spans_with(&self, user: Option<UserNumber>, ranges: &Ranges) -> (usize, usize) {
        let held = match user {
            None => Some(&self.all),
            Some(user) => self.own.get(&user),
        };
        let mut with = held.cloned().unwrap_or_default();
        let before = with.spans();
        with.extend(ranges);
        (before, with.spans())
    }
}
