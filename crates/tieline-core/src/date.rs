//! A day of the calendar.

use core::fmt;
use core::str::FromStr;

/// A day of the Gregorian calendar, of the years 0 to 9999, in no particular time zone. Written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Why a text is no [`Date`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// Not four digits, two and two with hyphens between.
    #[error("a date is written YYYY-MM-DD")]
    Form,
    /// A day that the calendar does not have.
    #[error("the calendar has no such day")]
    NoSuchDay,
}

/// 1970-01-01 counted from 0000-03-01.
const EPOCH_FROM_MARCH: i32 = 719_468;
const DAYS_OF_ERA: i32 = 146_097;

impl Date {
    /// 0000-01-01.
    pub const MIN: Self = Self { year: 0, month: 1, day: 1 };
    /// 9999-12-31.
    pub const MAX: Self = Self { year: 9999, month: 12, day: 31 };

    /// A day; `None` when the calendar has none such. Months and days count from 1.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if year > 9999 || day < 1 || day > days { None } else { Some(Self { year, month, day }) }
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; negative before.
    #[must_use]
    pub const fn days_since_epoch(self) -> i32 {
        // Years counted from March, so that the leap day is the last; eras of 400 years.
        let month = self.month as i32;
        let year = self.year as i32 - (month < 3) as i32;
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + self.day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * DAYS_OF_ERA + day_of_era - EPOCH_FROM_MARCH
    }

    /// The day that many days after 1970-01-01; `None` beyond the years 0 to 9999.
    #[must_use]
    pub const fn from_days_since_epoch(days: i32) -> Option<Self> {
        let Some(days) = days.checked_add(EPOCH_FROM_MARCH) else { return None };
        let day_of_era = days.rem_euclid(DAYS_OF_ERA);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = days.div_euclid(DAYS_OF_ERA) * 400 + year_of_era + (month < 3) as i32;
        if year < 0 || year > 9999 { None } else { Self::new(year as u16, month as u8, day as u8) }
    }

    /// The day `days` later, or earlier when negative; `None` beyond the years 0 to 9999.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Option<Self> {
        match self.days_since_epoch().checked_add(days) {
            Some(days) => Self::from_days_since_epoch(days),
            None => None,
        }
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let number = |from: usize, to: usize| {
            let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<u16>().ok()
        };
        let hyphen = |at: usize| text.as_bytes().get(at) == Some(&b'-');
        let parts = (number(0, 4), number(5, 7), number(8, 10));
        let (Some(year), Some(month), Some(day)) = parts else { return Err(DateError::Form) };
        if text.len() != 10 || !hyphen(4) || !hyphen(7) {
            return Err(DateError::Form);
        }
        // Two digits each.
        Self::new(year, month as u8, day as u8).ok_or(DateError::NoSuchDay)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
