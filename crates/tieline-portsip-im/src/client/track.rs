//! What was received of one topic, and what is missing.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;

use super::resume::Mark;
use super::spans::Spans;
use crate::SeqRange;

/// So many runs of numbers are kept apart at most. Above it the oldest missing messages are given up.
const MAX_SPANS: usize = 256;
/// So many gaps are kept apart at most. Above it a new one becomes a part of the last.
const MAX_GAPS: usize = 64;

/// The numbers of one topic: which were delivered, and which gaps are being refilled.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Everything up to here was before the topic was followed; `None` until that is known.
    floor: Option<u64>,
    /// What above the floor was delivered, or given up and told.
    held: Spans,
    /// What came by itself although it is not above the floor.
    early: Spans,
    gaps: VecDeque<Gap>,
}

/// A gap that was told and is not closed.
#[derive(Debug)]
struct Gap {
    range: Range<u64>,
    lost: Vec<SeqRange>,
    failures: u32,
}

/// What a message is to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Of the time before the topic was followed.
    Before,
    /// Of before the floor, and delivered although.
    Repeated,
    /// Delivered already, or told as lost.
    Duplicate,
    /// To be delivered.
    New,
}

/// A gap that needs no more work.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClosedGap {
    pub(super) range: SeqRange,
    pub(super) lost: Vec<SeqRange>,
}

impl Track {
    /// Goes on from an earlier line.
    pub(super) fn resume(mark: Option<Mark>) -> Self {
        let mut track = Self::default();
        if let Some(mark) = mark {
            track.floor = Some(mark.floor);
            for range in &mark.held {
                track.held.insert(range.range());
            }
        }
        track
    }

    /// What a later line goes on from; `None` while nothing is known. What is lost of a gap that is not closed was not
    /// told yet, so it is missing still.
    pub(super) fn mark(&self) -> Option<Mark> {
        let mut held = self.held.clone();
        for lost in self.gaps.iter().flat_map(|gap| &gap.lost) {
            held.remove(&lost.range());
        }
        let held = held.ranges().iter().cloned().map(SeqRange::new).collect();
        Some(Mark { floor: self.floor?, held })
    }

    pub(super) const fn is_known(&self) -> bool {
        self.floor.is_some()
    }

    /// Follows the topic from the message after `last` on, unless it is followed already.
    pub(super) fn follow_after(&mut self, last: u64) {
        self.floor.get_or_insert(last);
    }

    /// The highest number that is known; 0 when none is.
    pub(super) fn highest(&self) -> u64 {
        self.end().saturating_sub(1)
    }

    /// Whether messages are missing that are asked for.
    pub(super) fn has_gaps(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Begins anew behind `last`: the numbers above it are other messages than before. What was missing is to be
    /// [abandoned](Self::abandon) first.
    pub(super) fn restart(&mut self, last: u64) {
        // What came early is of the new count already.
        let held = core::mem::take(&mut self.early);
        *self = Self { floor: Some(last), held, ..Self::default() };
    }

    /// The number after the highest that is known.
    fn end(&self) -> u64 {
        self.held.end().max(self.floor.map_or(0, |floor| floor.saturating_add(1)))
    }

    /// Takes note of a message that arrived by itself.
    pub(super) fn arrive(&mut self, seq: u64) -> Arrival {
        let floor = *self.floor.get_or_insert(seq.saturating_sub(1));
        if self.early.contains(seq) {
            Arrival::Repeated
        } else if seq <= floor || seq == u64::MAX {
            Arrival::Before
        } else if self.held.contains(seq) {
            Arrival::Duplicate
        } else {
            self.hold(seq);
            Arrival::New
        }
    }

    /// Takes note of a message of before the floor that was delivered, so that it is not delivered again.
    pub(super) fn deliver_early(&mut self, seq: u64) {
        if self.early.ranges().len() < MAX_SPANS {
            self.early.insert(seq..seq.saturating_add(1));
        }
    }

    /// Takes note of a message that needs no delivery: one's own, published without echo.
    pub(super) fn hold(&mut self, seq: u64) {
        if self.floor.is_some_and(|floor| seq > floor) {
            self.held.insert(seq..seq.saturating_add(1));
        }
        if self.held.ranges().len() > MAX_SPANS {
            self.give_up_oldest();
        }
    }

    fn give_up_oldest(&mut self) {
        let from = self.floor.unwrap_or_default().saturating_add(1);
        let Some(hole) = self.held.first_missing(from..self.held.end()) else { return };
        if !self.gaps.iter().any(|gap| gap.range.contains(&hole.start)) {
            self.gaps.push_front(Gap { range: hole.clone(), lost: Vec::new(), failures: 0 });
        }
        self.lose(hole);
    }

    /// Opens gaps for everything below `end` that is missing and in no gap yet. Of more than `most` missing messages
    /// in one gap only the newest are asked for; the others are lost at once.
    pub(super) fn open_gaps(&mut self, end: u64, most: u64) -> Vec<SeqRange> {
        let Some(floor) = self.floor else { return Vec::new() };
        let told = self.gaps.back().map_or(floor.saturating_add(1), |gap| gap.range.end);
        let mut opened = Vec::new();
        for hole in self.held.missing(told..end.max(told)) {
            opened.push(SeqRange::new(hole.clone()));
            let mut lost = Vec::new();
            if hole.end - hole.start > most {
                let given_up = hole.start..hole.end - most;
                self.held.insert(given_up.clone());
                lost.push(SeqRange::new(given_up));
            }
            let full = self.gaps.len() >= MAX_GAPS;
            match self.gaps.back_mut().filter(|_| full) {
                Some(last) => {
                    last.range.end = hole.end;
                    last.lost.extend(lost);
                }
                None => self.gaps.push_back(Gap { range: hole, lost, failures: 0 }),
            }
        }
        opened
    }

    /// Opens gaps up to a number that the server named as its last.
    pub(super) fn catch_up(&mut self, last: u64, most: u64) -> Vec<SeqRange> {
        self.open_gaps(last.saturating_add(1), most)
    }

    /// Opens gaps below the highest number that arrived.
    pub(super) fn look_back(&mut self, most: u64) -> Vec<SeqRange> {
        self.open_gaps(self.end(), most)
    }

    /// The messages to ask for next: at most `page` numbers, the oldest that are missing.
    pub(super) fn next_window(&self, page: u64) -> Option<Range<u64>> {
        let missing = self.gaps.iter().find_map(|gap| self.held.first_missing(gap.range.clone()))?;
        let end = missing.end.min(missing.start.saturating_add(page.max(1)));
        Some(missing.start..end)
    }

    /// Takes note of what an answer for `window` held, once that was [held](Self::hold). What is missing between the
    /// lowest and the highest that came does not exist any more; when nothing came, nothing of the window does.
    pub(super) fn answered(&mut self, window: Range<u64>, came: Option<(u64, u64)>) {
        let gone = came.map_or(window, |(low, high)| low..high.saturating_add(1));
        for hole in self.held.missing(gone) {
            self.lose(hole);
        }
    }

    /// Takes note of a window that was asked for in vain. After `tries` times its gap is given up.
    pub(super) fn failed(&mut self, window: &Range<u64>, tries: u32) {
        let Some(gap) = self.gaps.iter_mut().find(|gap| gap.range.contains(&window.start)) else { return };
        gap.failures += 1;
        if gap.failures < tries {
            return;
        }
        let range = gap.range.clone();
        for hole in self.held.missing(range) {
            self.lose(hole);
        }
    }

    /// Gives everything up that is missing.
    pub(super) fn abandon(&mut self) {
        let holes: Vec<_> = self.gaps.iter().flat_map(|gap| self.held.missing(gap.range.clone())).collect();
        for hole in holes {
            self.lose(hole);
        }
    }

    fn lose(&mut self, hole: Range<u64>) {
        self.held.insert(hole.clone());
        if let Some(gap) = self.gaps.iter_mut().find(|gap| gap.range.contains(&hole.start)) {
            gap.lost.push(hole.into());
        }
    }

    /// Takes the next gap in which nothing is missing.
    pub(super) fn close_gap(&mut self) -> Option<ClosedGap> {
        let at = self.gaps.iter().position(|gap| self.held.first_missing(gap.range.clone()).is_none())?;
        let mut gap = self.gaps.remove(at)?;
        gap.lost.sort_unstable();
        Some(ClosedGap { range: gap.range.into(), lost: gap.lost })
    }
}
