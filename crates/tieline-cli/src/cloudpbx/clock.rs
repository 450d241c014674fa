//! The wall clock of the PBX.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use tieline_cloudpbx::{CLOCK_ZONE, CivilTime, DateRange, InZone};
use tieline_core::Date;

use crate::args::Days;
use crate::exit::Exit;
use crate::failure::Failure;

/// The wall clock of the PBX: that of Warsaw.
#[derive(Clone, Debug)]
pub(super) struct PbxClock(TimeZone);

impl PbxClock {
    pub(super) fn new() -> Self {
        Self(TimeZone::posix(CLOCK_ZONE).unwrap_or(TimeZone::UTC))
    }

    /// What it shows.
    pub(super) fn shows(&self, unix_seconds: i64) -> Option<CivilTime> {
        let at = Timestamp::from_second(unix_seconds).ok()?;
        CivilTime::at_offset(unix_seconds, self.0.to_offset(at).seconds())
    }

    /// When it shows this.
    pub(super) fn when(&self, shown: CivilTime) -> InZone {
        self.offsets(shown).unwrap_or(InZone::Unknown)
    }

    fn offsets(&self, shown: CivilTime) -> Option<InZone> {
        let date = shown.date();
        let [month, day, hour, minute, second] =
            [date.month(), date.day(), shown.hour(), shown.minute(), shown.second()].map(u8::cast_signed);
        let shown = DateTime::new(date.year().try_into().ok()?, month, day, hour, minute, second, 0).ok()?;
        Some(match self.0.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => InZone::Once(offset.to_timestamp(shown).ok()?.as_second()),
            AmbiguousOffset::Fold { before, after } => InZone::Twice {
                earlier: before.to_timestamp(shown).ok()?.as_second(),
                later: after.to_timestamp(shown).ok()?.as_second(),
            },
            AmbiguousOffset::Gap { .. } => InZone::Unknown,
        })
    }

    fn today(&self) -> Date {
        self.shows(Timestamp::now().as_second()).map_or(Date::MAX, CivilTime::date)
    }

    /// The days that were asked for; `None` for what the server has as today.
    pub(super) fn days(&self, days: Days) -> Result<Option<DateRange>, Failure> {
        let Some(from) = days.from else { return Ok(None) };
        let to = days.to.unwrap_or_else(|| self.today().max(from));
        let range = DateRange::new(from, to);
        range.map(Some).ok_or_else(|| Failure::new(Exit::Usage, format!("--to {to} is before --from {from}")))
    }

    /// The same where a range is needed.
    pub(super) fn range(&self, days: Option<DateRange>) -> DateRange {
        days.unwrap_or_else(|| DateRange::day(self.today()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(day: &str, hour: u8) -> InZone {
        let shown = CivilTime::new(day.parse().expect("a date"), hour, 30, 0).expect("a time");
        PbxClock::new().when(shown)
    }

    #[test]
    fn a_local_time_is_one_moment_two_or_none() {
        assert_eq!(when("2026-07-01", 12), InZone::Once(1_782_901_800));
        assert_eq!(when("2026-10-25", 2), InZone::Twice { earlier: 1_792_888_200, later: 1_792_891_800 });
        assert_eq!(when("2026-03-29", 2), InZone::Unknown);
    }
}
