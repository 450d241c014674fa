//! Which users and phones are known, and when their lists are to be read anew.

use alloc::collections::BTreeSet;
use core::time::Duration;

use tieline_core::{Instant, Text};

/// The most uuids remembered as unknown to a list.
const MOST_ASKED: usize = 1000;

/// One of the two lists.
#[derive(Debug, Default)]
pub(super) struct Known {
    uuids: BTreeSet<Text>,
    /// Unknown uuids that a reload was asked for already.
    asked: BTreeSet<Text>,
    /// When the list was last read because of an unknown uuid.
    latest: Option<Instant>,
    due: Option<Instant>,
}

impl Known {
    /// Takes the uuids of a list that was read.
    pub(super) fn set<'u>(&mut self, uuids: impl Iterator<Item = &'u Text>) {
        self.uuids = uuids.map(Text::detached).collect();
        self.asked.retain(|uuid| !self.uuids.contains(uuid));
        self.due = None;
    }

    /// The list changed: it is to be read at once.
    pub(super) fn changed(&mut self, now: Instant) {
        self.asked.clear();
        self.due = Some(now);
    }

    /// An event names `uuid`: if the list lacks it, it is to be read, once for each uuid and not too often.
    pub(super) fn names(&mut self, uuid: &Text, now: Instant, interval: Duration) {
        if self.uuids.contains(uuid) || self.asked.contains(uuid) {
            return;
        }
        if self.asked.len() >= MOST_ASKED {
            self.asked.clear();
        }
        self.asked.insert(uuid.detached());
        let at = self.latest.map_or(now, |latest| (latest + interval).max(now));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
        self.latest = Some(at);
    }

    /// The reload failed: it is to be tried again.
    pub(super) fn postpone(&mut self, until: Instant) {
        self.due = Some(until);
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}
