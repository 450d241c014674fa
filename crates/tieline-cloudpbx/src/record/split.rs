//! Asking for a long range of days although answers are capped.

use alloc::vec::Vec;

use tieline_core::Date;

use super::{DateRange, Listed};

/// Splits a range of days until no answer is capped. It only counts: ask for [`next_range`](Self::next_range), say how many records
/// came with [`answered`](Self::answered), go on until there is nothing next.
///
/// An answer of as many records as the cap may lack some, so its range is asked for again in two halves. A single day
/// cannot be split: that day is in [`overflowed`](Self::overflowed), and its further records cannot be had.
///
/// That the vendor's ranges include both ends is an assumption which no document confirms. If it were wrong, the halves
/// of a range would bring fewer records than the cap which the whole range reached: such ranges are in
/// [`short`](Self::short).
///
/// ```
/// use tieline_cloudpbx::{CdrRecord, DateRange, Part, RangeSplit};
///
/// let days = DateRange::new("2021-10-01".parse()?, "2021-10-04".parse()?).expect("in order");
/// let mut split = RangeSplit::of::<CdrRecord<&str>>(days);
/// let mut asked = Vec::new();
/// while let Some(part) = split.next_range() {
///     asked.push(part.to_string());
///     // As many as 5,000 calls on each of the days.
///     let rows = (part.days() as usize * 5_000).min(10_000);
///     split.answered(rows);
/// }
/// assert_eq!(asked[..3], ["2021-10-01 to 2021-10-04", "2021-10-01 to 2021-10-02", "2021-10-01 to 2021-10-01"]);
/// assert!(split.overflowed().is_empty());
/// # Ok::<(), tieline_core::DateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RangeSplit {
    cap: usize,
    /// The next on top.
    steps: Vec<Step>,
    /// Records of the answers that count.
    records: u64,
    overflowed: Vec<Date>,
    short: Vec<DateRange>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(DateRange),
    /// Both halves are done: they must have brought the cap since there were `before` records.
    Compare {
        whole: DateRange,
        before: u64,
    },
}

/// What an answer is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its records are all there are in the range.
    Whole,
    /// It may lack records: leave these away, they come again with the halves.
    Split,
    /// It is a day that reached the cap: take the records, and say that some may be missing.
    Overflow(Date),
}

impl RangeSplit {
    /// For a range of days and a cap of records an answer.
    #[must_use]
    pub fn new(range: DateRange, cap: usize) -> Self {
        Self {
            cap: cap.max(1),
            steps: [Step::Ask(range)].into(),
            records: 0,
            overflowed: Vec::new(),
            short: Vec::new(),
        }
    }

    /// For the documented cap of a list.
    #[must_use]
    pub fn of<T: Listed>(range: DateRange) -> Self {
        Self::new(range, T::CAP)
    }

    /// What is to be asked for; the same until it is [`answered`](Self::answered), so a failed call can be repeated.
    /// `None` when all is done.
    #[must_use]
    pub fn next_range(&self) -> Option<DateRange> {
        match self.steps.last() {
            Some(Step::Ask(range)) => Some(*range),
            _ => None,
        }
    }

    /// Takes the number of records that came, unreadable ones included. `None` when nothing was to be asked.
    pub fn answered(&mut self, records: usize) -> Option<Part> {
        let range = self.next_range()?;
        self.steps.pop();
        let part = match (records >= self.cap, range.halves()) {
            (true, Some((earlier, later))) => {
                self.steps.push(Step::Compare { whole: range, before: self.records });
                self.steps.extend([later, earlier].map(Step::Ask));
                return Some(Part::Split);
            }
            (true, None) => {
                self.overflowed.push(range.first());
                Part::Overflow(range.first())
            }
            (false, _) => Part::Whole,
        };
        self.records = self.records.saturating_add(records as u64);
        while let Some(Step::Compare { whole, before }) = self.steps.last().copied() {
            self.steps.pop();
            if self.records - before < self.cap as u64 {
                self.short.push(whole);
            }
        }
        Some(part)
    }

    /// The days that alone reached the cap.
    #[must_use]
    pub fn overflowed(&self) -> &[Date] {
        &self.overflowed
    }

    /// The ranges whose halves brought fewer records than the range had: some records are missing.
    #[must_use]
    pub fn short(&self) -> &[DateRange] {
        &self.short
    }
}
