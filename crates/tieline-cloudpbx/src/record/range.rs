//! From one day to another.

use core::fmt;

use tieline_core::Date;

/// A range of days, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange {
    first: Date,
    last: Date,
}

impl DateRange {
    /// A range; `None` when `last` is before `first`.
    #[must_use]
    pub fn new(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// One day.
    #[must_use]
    pub const fn day(day: Date) -> Self {
        Self { first: day, last: day }
    }

    /// The first day.
    #[must_use]
    pub const fn first(self) -> Date {
        self.first
    }

    /// The last day, which is in the range.
    #[must_use]
    pub const fn last(self) -> Date {
        self.last
    }

    /// How many days, at least 1.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.last.days_since_epoch() - self.first.days_since_epoch() + 1
    }

    /// The earlier and the later half; `None` for a single day.
    #[must_use]
    pub fn halves(self) -> Option<(Self, Self)> {
        let middle = self.first.plus_days((self.days() - 1) / 2)?;
        let after = middle.plus_days(1).filter(|after| *after <= self.last)?;
        Some((Self { first: self.first, last: middle }, Self { first: after, last: self.last }))
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}
