//! The wall clock of the PBX.

use alloc::string::{String, ToString as _};
use core::fmt;

use tieline_core::Date;

use super::wire_text;

/// The zone of the PBX's wall clock as a POSIX `TZ` string, so that no time zone database is needed. ASSUMED: the
/// document names none, and its samples agree with Warsaw.
pub const CLOCK_ZONE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

wire_text! {
    /// A time of the PBX's wall clock, `YYYY-MM-DD hh:mm:ss`, without a zone, kept as the wire wrote it.
    ///
    /// The samples of the document agree with the time of Warsaw. In the autumn night when the clocks are set back an
    /// hour occurs twice: [`CdrRecord::moment`](crate::CdrRecord::moment) tells which was meant, where it can.
    pub struct LocalTime<S>;
}

/// A day and a time of that day, on no particular clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime {
    date: Date,
    second_of_day: u32,
}

const DAY: i64 = 86_400;

impl CivilTime {
    /// A time; `None` when the clock has none such. There are no leap seconds.
    #[must_use]
    pub const fn new(date: Date, hour: u8, minute: u8, second: u8) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self { date, second_of_day: hour as u32 * 3600 + minute as u32 * 60 + second as u32 })
    }

    /// What a clock shows that is `utc_offset` seconds ahead of UTC, that many seconds after 1970 began in UTC. `None`
    /// beyond the years 0 to 9999.
    #[must_use]
    pub fn at_offset(unix_seconds: i64, utc_offset: i32) -> Option<Self> {
        let shown = unix_seconds.checked_add(i64::from(utc_offset))?;
        let date = Date::from_days_since_epoch(i32::try_from(shown.div_euclid(DAY)).ok()?)?;
        Some(Self { date, second_of_day: u32::try_from(shown.rem_euclid(DAY)).ok()? })
    }

    /// The Unix seconds of this time if the clock showed UTC; subtract the clock's offset from UTC to get the true ones.
    #[must_use]
    pub fn unix_seconds_as_utc(self) -> i64 {
        i64::from(self.date.days_since_epoch()) * DAY + i64::from(self.second_of_day)
    }

    /// The day.
    #[must_use]
    pub const fn date(self) -> Date {
        self.date
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        (self.second_of_day / 3600) as u8
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        (self.second_of_day / 60 % 60) as u8
    }

    /// The second, 0 to 59.
    #[must_use]
    pub const fn second(self) -> u8 {
        (self.second_of_day % 60) as u8
    }
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}:{:02}:{:02}", self.date, self.hour(), self.minute(), self.second())
    }
}

impl fmt::Debug for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<S: From<String>> From<CivilTime> for LocalTime<S> {
    fn from(time: CivilTime) -> Self {
        Self::new(time.to_string().into())
    }
}

impl<S: AsRef<str>> LocalTime<S> {
    /// Day and time; `None` when the text is not `YYYY-MM-DD hh:mm:ss` or no time of the calendar.
    #[must_use]
    pub fn civil(&self) -> Option<CivilTime> {
        let (date, time) = self.raw().trim_ascii().split_once([' ', 'T'])?;
        let two = |from: usize| {
            let digits = time.get(from..from + 2).filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<u8>().ok()
        };
        let colon = |at: usize| time.as_bytes().get(at) == Some(&b':');
        if time.len() != 8 || !colon(2) || !colon(5) {
            return None;
        }
        CivilTime::new(date.parse().ok()?, two(0)?, two(3)?, two(6)?)
    }
}
