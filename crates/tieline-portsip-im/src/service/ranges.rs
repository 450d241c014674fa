//! Sets of message numbers.

use alloc::vec::Vec;
use core::ops::Range;

use crate::SeqRange;

/// A set of message numbers as ranges that rise and do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// The set of a range; empty when the range is.
    #[must_use]
    pub fn of(range: Range<u64>) -> Self {
        let mut set = Self::default();
        set.insert(range);
        set
    }

    /// The ranges, from the lowest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Range<u64>> {
        self.0.iter().cloned()
    }

    /// Whether there is no number in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers are in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// How many ranges it consists of.
    #[must_use]
    pub const fn spans(&self) -> usize {
        self.0.len()
    }

    /// Whether a number is in it.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.over(&(number..number.saturating_add(1))).iter().any(|range| range.contains(&number))
    }

    /// The ranges that have a number in common with one.
    fn over(&self, range: &Range<u64>) -> &[Range<u64>] {
        let first = self.0.partition_point(|held| held.end <= range.start);
        let last = self.0.partition_point(|held| held.start < range.end);
        self.0.get(first..last).unwrap_or_default()
    }

    /// Adds a range.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.0.partition_point(|held| held.end < range.start);
        let last = self.0.partition_point(|held| held.start <= range.end);
        let overlapped = self.0.get(first..last).unwrap_or_default();
        let start = overlapped.first().map_or(range.start, |held| held.start.min(range.start));
        let end = overlapped.last().map_or(range.end, |held| held.end.max(range.end));
        self.0.splice(first..last, core::iter::once(start..end));
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        other.iter().for_each(|range| self.insert(range));
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for range in self.iter() {
            let mut start = range.start;
            for hole in other.over(&range) {
                left.insert(start..hole.start.max(start));
                start = hole.end;
            }
            left.insert(start..range.end.max(start));
        }
        left
    }

    /// What is in both sets.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for range in self.iter() {
            for held in other.over(&range) {
                both.insert(range.start.max(held.start)..range.end.min(held.end));
            }
        }
        both
    }

    /// The `most` highest numbers of it.
    #[must_use]
    pub fn highest(&self, most: u64) -> Self {
        let mut left = most;
        let mut highest = Self::default();
        for range in self.iter().rev() {
            let take = left.min(range.end - range.start);
            highest.insert(range.end - take..range.end);
            left -= take;
        }
        highest
    }

    /// The ranges as the wire writes them: a single number without its end.
    #[must_use]
    pub fn to_wire(&self) -> Vec<SeqRange> {
        let one = |range: Range<u64>| {
            if range.end - range.start == 1 { SeqRange::single(range.start) } else { SeqRange::new(range) }
        };
        self.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::Ranges;

    fn of(ranges: &[(u64, u64)]) -> Ranges {
        let mut set = Ranges::default();
        ranges.iter().for_each(|(low, hi)| set.insert(*low..*hi));
        set
    }

    fn list(set: &Ranges) -> Vec<(u64, u64)> {
        set.iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn ranges_that_touch_or_overlap_become_one() {
        assert_eq!(list(&of(&[(4, 6), (1, 2), (2, 4)])), vec![(1, 6)]);
        assert_eq!(list(&of(&[(1, 10), (3, 4)])), vec![(1, 10)]);
        assert_eq!(list(&of(&[(1, 2), (3, 4)])), vec![(1, 2), (3, 4)]);
        assert_eq!(list(&of(&[(5, 5)])), vec![]);
    }

    #[test]
    fn holes_are_cut_out() {
        let all = of(&[(1, 10)]);
        assert_eq!(list(&all.without(&of(&[(2, 3), (5, 7), (9, 20)]))), vec![(1, 2), (3, 5), (7, 9)]);
        assert_eq!(list(&all.without(&of(&[(0, 20)]))), vec![]);
        assert_eq!(list(&all.without(&Ranges::default())), vec![(1, 10)]);
    }

    #[test]
    fn what_both_have_is_found() {
        assert_eq!(list(&of(&[(1, 5), (7, 9)]).within(&of(&[(3, 8)]))), vec![(3, 5), (7, 8)]);
    }

    #[test]
    fn the_highest_numbers_are_counted_from_the_end() {
        assert_eq!(list(&of(&[(1, 5), (7, 9)]).highest(3)), vec![(4, 5), (7, 9)]);
        assert_eq!(of(&[(1, 5), (7, 9)]).highest(100).count(), 6);
        assert!(of(&[(1, 5)]).highest(0).is_empty());
    }
}
