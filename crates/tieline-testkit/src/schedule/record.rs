//! What was sent, what was told, and whether the one covers the other.

use std::collections::BTreeMap;
use std::time::Duration;

use tieline_core::Instant;
use tieline_core::supervisor::{DownCause, Gap};

/// What became of one event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) delivered: u32,
    /// Whether the client said of this very event that it is lost.
    pub(super) lost: bool,
}

/// What the application was told of its line, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Down,
    Live,
    /// A gap was told, and no snapshot yet. One that is recovered needs none.
    Gap {
        recovered: bool,
    },
    Resynced,
    Closed,
}

/// The account of one life.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) sent: BTreeMap<u64, Sent>,
    pub(super) gaps: Vec<Gap>,
    /// Gaps that were told as recovered, and what that means not looked at yet.
    promised: Vec<Gap>,
    stage: Stage,
    was_live: bool,
    pub(super) closed: u32,
    pub(super) accepted: usize,
    pub(super) replied: usize,
    pub(super) downs: usize,
}

impl Record {
    pub(super) const fn new() -> Self {
        Self {
            sent: BTreeMap::new(),
            gaps: Vec::new(),
            promised: Vec::new(),
            stage: Stage::Down,
            was_live: false,
            closed: 0,
            accepted: 0,
            replied: 0,
            downs: 0,
        }
    }

    /// Whether the application had a line once: what was sent before then was not for it.
    pub(super) const fn was_live(&self) -> bool {
        self.was_live
    }

    pub(super) fn live(&mut self) {
        assert!(self.stage == Stage::Down, "`Live` after {:?}", self.stage);
        self.stage = Stage::Live;
        self.was_live = true;
    }

    pub(super) fn gap(&mut self, gap: &Gap) {
        assert!(self.stage != Stage::Closed, "`Gap` after the end");
        assert!(gap.since <= gap.until, "{gap:?} ends before it begins");
        if let Some(before) = self.gaps.last() {
            assert!(before.until <= gap.until, "{gap:?} after {before:?}");
        }
        if self.stage != Stage::Down {
            self.stage = Stage::Gap { recovered: gap.recovered };
        }
        if gap.recovered {
            self.promised.push(gap.clone());
        }
        self.gaps.push(gap.clone());
    }

    pub(super) fn resynced(&mut self) {
        assert!(matches!(self.stage, Stage::Gap { .. }), "`Resynced` after {:?}", self.stage);
        self.stage = Stage::Resynced;
    }

    pub(super) fn snapshot(&self) {
        assert!(self.stage != Stage::Gap { recovered: false }, "a snapshot after a gap without `Resynced`");
    }

    pub(super) fn event(&mut self, mark: u64) {
        assert!(self.stage != Stage::Closed, "an event after the end");
        let sent = self.sent.get_mut(&mark).unwrap_or_else(|| panic!("event {mark} was never sent"));
        sent.delivered += 1;
    }

    pub(super) fn lost(&mut self, mark: u64) {
        if let Some(sent) = self.sent.get_mut(&mark) {
            sent.lost = true;
        }
    }

    pub(super) fn down(&mut self) {
        assert!(self.stage != Stage::Closed, "`Down` after the end");
        self.stage = Stage::Down;
        self.downs += 1;
    }

    pub(super) fn closed(&mut self, cause: Option<&DownCause>, by_owner: bool) {
        assert!(self.stage != Stage::Closed, "a second end");
        assert!(by_owner == cause.is_none(), "closed because of {cause:?}");
        self.stage = Stage::Closed;
        self.closed += 1;
    }

    /// Whether the time of an event lies in a gap that is not recovered: that of its whole way, from the server to where it
    /// would have been read.
    fn is_given_up(&self, at: Instant, latency: Duration) -> bool {
        let mut gaps = self.gaps.iter().filter(|gap| !gap.recovered);
        gaps.any(|gap| gap.since <= at + latency && at <= gap.until)
    }

    /// What a gap missed that is told as recovered is there once everything was taken that waited to be.
    pub(super) fn check_promises(&mut self, latency: Duration) {
        for gap in core::mem::take(&mut self.promised) {
            for (mark, Sent { at, delivered, lost }) in &self.sent {
                let is_missed = gap.since <= *at && *at + latency < gap.until;
                assert!(
                    !is_missed || *delivered > 0 || *lost || self.is_given_up(*at, latency),
                    "event {mark} of {at:?} is not there although {gap:?} says so"
                );
            }
        }
    }

    /// I11: each event was delivered, or told as lost, or its time lies in a gap that is not recovered.
    pub(super) fn check_coverage(&self, latency: Duration, until: Option<Instant>) {
        for (mark, Sent { at, delivered, lost }) in &self.sent {
            let after_the_end = until.is_some_and(|until| *at + latency >= until);
            assert!(
                *delivered > 0 || *lost || self.is_given_up(*at, latency) || after_the_end,
                "event {mark} of {at:?} was neither delivered nor told as missing; gaps: {:?}",
                self.gaps
            );
        }
    }
}
