//! What the numbers of the messages tell.

use alloc::collections::VecDeque;
use core::time::Duration;

use tieline_core::Instant;

/// A step back of at most this many is two messages in the wrong order.
const INVERSION: i64 = 64;
/// A channel that starts over is first heard of at an id of at most this, unless its line was lost.
const NEAR_START: i64 = 16;
/// As many holes are remembered.
const HOLES: usize = 64;

/// What the number of a message, or the lack of one, tells. Numbers are never used to drop a message: each is delivered
/// as often as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdNote {
    /// The numbers start over: the channel was made anew, as after a restart of the server. What it held between is not
    /// known; numbers before `id` that do not follow are [`Missing`](Self::Missing) then.
    Reset {
        /// The highest number before.
        last: i64,
        /// The number of the message that follows.
        id: i64,
    },
    /// The message that follows comes late: the server numbers before it sends, and two messages may overtake each other.
    Inverted {
        /// Its number.
        id: i64,
        /// The highest number so far.
        highest: i64,
        /// Whether it had been told as missing.
        was_missing: bool,
    },
    /// The number of the message that follows was there before.
    Repeated {
        /// The number.
        id: i64,
    },
    /// These numbers did not come within [`hole_timeout`](super::ClientConfig::hole_timeout), or before the line was
    /// lost: most likely their messages are lost to this client.
    Missing {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
    },
}

/// Numbers that were left out.
#[derive(Clone, Copy, Debug)]
struct Hole {
    first: i64,
    last: i64,
    since: Instant,
    told: bool,
}

/// The numbers heard of, across lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// The first and the highest since the channel started over, or since we listen.
    heard: Option<(i64, i64)>,
    /// Whether nothing came on the present line yet.
    fresh_line: bool,
    holes: VecDeque<Hole>,
}

impl Ids {
    /// Takes the number of a message, and tells what it means.
    pub(super) fn observe(&mut self, now: Instant, id: i64, tell: &mut dyn FnMut(IdNote)) {
        let fresh_line = core::mem::take(&mut self.fresh_line);
        let Some((first, last)) = self.heard else {
            self.heard = Some((id, id));
            return;
        };
        if id > last {
            self.heard = Some((first, id));
            self.open_hole(now, last + 1, id - 1, tell);
        } else if let Some(was_missing) = self.fill(id) {
            tell(IdNote::Inverted { id, highest: last, was_missing });
        } else if fresh_line || is_reset(id, first, last) {
            self.forget_holes(tell);
            self.heard = Some((id.min(1), id));
            tell(IdNote::Reset { last, id });
            self.open_hole(now, 1, id - 1, tell);
        } else if id < first {
            tell(IdNote::Inverted { id, highest: last, was_missing: false });
        } else {
            tell(IdNote::Repeated { id });
        }
    }

    /// Tells the holes that nothing filled in time.
    pub(super) fn expire(&mut self, now: Instant, after: Duration, tell: &mut dyn FnMut(IdNote)) {
        for hole in self.holes.iter_mut().filter(|hole| !hole.told && hole.since + after <= now) {
            hole.told = true;
            tell(IdNote::Missing { first: hole.first, last: hole.last });
        }
    }

    /// When the next hole is told.
    pub(super) fn deadline(&self, after: Duration) -> Option<Instant> {
        self.holes.iter().filter(|hole| !hole.told).map(|hole| hole.since + after).min()
    }

    /// Starts the clocks of the holes anew: nothing could fill them meanwhile.
    pub(super) fn restart_clocks(&mut self, now: Instant) {
        for hole in &mut self.holes {
            hole.since = now;
        }
    }

    /// Notes that the line ended: what is missing stays missing.
    pub(super) fn end_line(&mut self, tell: &mut dyn FnMut(IdNote)) {
        self.forget_holes(tell);
        self.fresh_line = self.heard.is_some();
    }

    fn forget_holes(&mut self, tell: &mut dyn FnMut(IdNote)) {
        for hole in self.holes.drain(..).filter(|hole| !hole.told) {
            tell(IdNote::Missing { first: hole.first, last: hole.last });
        }
    }

    fn open_hole(&mut self, now: Instant, first: i64, last: i64, tell: &mut dyn FnMut(IdNote)) {
        if first > last {
            return;
        }
        self.keep(Hole { first, last, since: now, told: false });
        while self.holes.len() > HOLES {
            if let Some(oldest) = self.holes.pop_front().filter(|hole| !hole.told) {
                tell(IdNote::Missing { first: oldest.first, last: oldest.last });
            }
        }
    }

    fn keep(&mut self, hole: Hole) {
        if hole.first <= hole.last {
            self.holes.push_back(hole);
        }
    }

    /// Takes a number out of the hole it is missing in, and says whether that hole was told.
    fn fill(&mut self, id: i64) -> Option<bool> {
        let at = self.holes.iter().position(|hole| (hole.first..=hole.last).contains(&id))?;
        let hole = self.holes.remove(at)?;
        self.keep(Hole { last: id - 1, ..hole });
        self.keep(Hole { first: id + 1, ..hole });
        Some(hole.told)
    }
}

/// Whether a number that is not missing, and not higher than any before, starts the channel over.
const fn is_reset(id: i64, first: i64, highest: i64) -> bool {
    let back = highest.saturating_sub(id);
    let heard_before = id >= first;
    back > INVERSION || (id <= NEAR_START && (heard_before || back > NEAR_START))
}
