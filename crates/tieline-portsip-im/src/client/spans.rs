//! Which message numbers are held.

use alloc::vec::Vec;
use core::ops::Range;

/// A set of numbers as ranges: sorted, apart from each other, none empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<Range<u64>>);

impl Spans {
    /// Adds numbers.
    pub(super) fn insert(&mut self, mut add: Range<u64>) {
        if add.is_empty() {
            return;
        }
        // What touches the new range becomes one with it.
        let from = self.0.partition_point(|span| span.end < add.start);
        let to = self.0.partition_point(|span| span.start <= add.end);
        if let Some(first) = self.0.get(from).filter(|_| from < to) {
            add.start = add.start.min(first.start);
        }
        if let Some(last) = to.checked_sub(1).and_then(|last| self.0.get(last)).filter(|_| from < to) {
            add.end = add.end.max(last.end);
        }
        self.0.splice(from..to, [add]);
    }

    /// Takes numbers out.
    pub(super) fn remove(&mut self, gone: &Range<u64>) {
        if gone.is_empty() {
            return;
        }
        let mut kept = Vec::with_capacity(self.0.len());
        for span in &self.0 {
            let before = span.start..span.end.min(gone.start);
            let behind = span.start.max(gone.end)..span.end;
            kept.extend([before, behind].into_iter().filter(|part| !part.is_empty()));
        }
        self.0 = kept;
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let at = self.0.partition_point(|span| span.end <= number);
        self.0.get(at).is_some_and(|span| span.start <= number)
    }

    /// The numbers of `within` that are not held.
    pub(super) fn missing(&self, within: Range<u64>) -> Vec<Range<u64>> {
        let mut out = Vec::new();
        let mut from = within.start;
        let first = self.0.partition_point(|span| span.end <= within.start);
        for span in self.0.get(first..).unwrap_or_default() {
            if span.start >= within.end {
                break;
            }
            if from < span.start {
                out.push(from..span.start);
            }
            from = span.end;
        }
        if from < within.end {
            out.push(from..within.end);
        }
        out
    }

    /// The first run of numbers of `within` that are not held.
    pub(super) fn first_missing(&self, within: Range<u64>) -> Option<Range<u64>> {
        let at = self.0.partition_point(|span| span.end <= within.start);
        let span = self.0.get(at);
        let from = span.filter(|span| span.start <= within.start).map_or(within.start, |span| span.end);
        let next = self.0.get(at..).unwrap_or_default().iter().find(|span| span.start > from);
        let to = next.map_or(within.end, |span| span.start.min(within.end));
        (from < to).then_some(from..to)
    }

    /// The number after the highest; 0 when nothing is held.
    pub(super) fn end(&self) -> u64 {
        self.0.last().map_or(0, |span| span.end)
    }

    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "ranges are what is meant")]
mod tests {
    use super::Spans;

    fn spans(ranges: &[core::ops::Range<u64>]) -> Spans {
        let mut spans = Spans::default();
        ranges.iter().for_each(|range| spans.insert(range.clone()));
        spans
    }

    #[test]
    fn ranges_that_touch_or_overlap_become_one() {
        assert_eq!(spans(&[1..3, 5..7, 3..5]).ranges(), [1..7]);
        assert_eq!(spans(&[1..3, 5..7, 2..6]).ranges(), [1..7]);
        assert_eq!(spans(&[5..7, 1..3]).ranges(), [1..3, 5..7]);
        assert_eq!(spans(&[1..10, 2..3]).ranges(), [1..10]);
        assert_eq!(spans(&[4..4]).ranges(), []);
    }

    #[test]
    fn what_is_taken_out_is_no_longer_held() {
        let taken = |gone: core::ops::Range<u64>| {
            let mut held = spans(&[2..4, 6..9]);
            held.remove(&gone);
            held.ranges().to_vec()
        };
        assert_eq!(taken(0..2), [2..4, 6..9]);
        assert_eq!(taken(3..7), [2..3, 7..9]);
        assert_eq!(taken(7..8), [2..4, 6..7, 8..9]);
        assert_eq!(taken(0..20), []);
        assert_eq!(taken(7..7), [2..4, 6..9]);
    }

    #[test]
    fn what_is_missing_is_the_rest() {
        let held = spans(&[2..4, 6..8]);
        assert_eq!(held.missing(0..10), [0..2, 4..6, 8..10]);
        assert_eq!(held.missing(2..4), []);
        assert_eq!(held.missing(3..7), [4..6]);
        for from in 0..10 {
            for to in from..10 {
                assert_eq!(held.first_missing(from..to), held.missing(from..to).first().cloned(), "{from}..{to}");
            }
        }
    }

    #[test]
    fn a_number_is_held_when_a_range_has_it() {
        let held = spans(&[2..4, 6..8]);
        assert_eq!((0..10).filter(|n| held.contains(*n)).collect::<alloc::vec::Vec<_>>(), [2, 3, 6, 7]);
        assert_eq!((held.end(), Spans::default().end()), (8, 0));
    }
}
