//! From one day to another.

use core::fmt;
use core::time::Duration;

use tieline_core::supervisor::Gap;
use tieline_core::{Date, Instant};

use super::local_time::CivilTime;

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

    /// The days whose CDRs tell what a gap of the event stream missed; `None` beyond the years 0 to 9999.
    ///
    /// Lists go by days of the PBX's clock, which showed `shown` at `at`. `margin` is added on both sides: for the
    /// difference of the clocks, a change to or from daylight saving time in the gap, and, before it, for the longest
    /// call, since a CDR is listed by when its call began and written when it ended (both ASSUMED).
    ///
    /// ```
    /// use std::time::Duration;
    /// use tieline_cloudpbx::{CivilTime, DateRange};
    /// use tieline_core::supervisor::{DownCause, Gap};
    /// use tieline_core::{Date, Instant};
    ///
    /// let gap = Gap::new(Instant::from_millis(60_000), Instant::from_millis(90_000), DownCause::DialTimeout, false);
    /// let day = |day| Date::new(2021, 10, day).expect("a day");
    /// // The gap is told at its end, which is now; the PBX's clock shows half past midnight.
    /// let shown = CivilTime::new(day(2), 0, 30, 0).expect("a time");
    /// let days = DateRange::of_gap(&gap, gap.until, shown, Duration::from_secs(3600));
    /// assert_eq!(days, DateRange::new(day(1), day(2)));
    /// // `rest::Cdr::of(days)` asks for them.
    /// ```
    #[must_use]
    pub fn of_gap(gap: &Gap, at: Instant, shown: CivilTime, margin: Duration) -> Option<Self> {
        let seconds = |time: Instant| i64::try_from(time.since_epoch().as_secs()).ok();
        let margin = i64::try_from(margin.as_secs()).ok()?;
        // What the clock showed at the epoch, give or take the parts of seconds.
        let epoch = shown.unix_seconds_as_utc().checked_sub(seconds(at)?)?;
        let day = |time: Instant, margin: i64| {
            let second = epoch.checked_add(seconds(time)?)?.checked_add(margin)?;
            CivilTime::at_offset(second, 0).map(CivilTime::date)
        };
        Self::new(day(gap.since, margin.checked_add(1)?.checked_neg()?)?, day(gap.until, margin.checked_add(1)?)?)
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
