//! The wall clock of CloudPBX, which is that of Warsaw: the document's samples agree with it to the second.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tieline_cloudpbx::{CLOCK_ZONE, CivilTime};

#[derive(Clone, Debug)]
pub(crate) struct Warsaw(TimeZone);

impl Warsaw {
    pub(crate) fn new() -> Self {
        Self(TimeZone::posix(CLOCK_ZONE).unwrap_or(TimeZone::UTC))
    }

    /// What the clock shows that many seconds after 1970 began in UTC; `None` beyond the year 9999.
    pub(crate) fn shows(&self, unix_seconds: i64) -> Option<CivilTime> {
        let at = Timestamp::from_second(unix_seconds).ok()?;
        CivilTime::at_offset(unix_seconds, self.0.to_offset(at).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(unix_seconds: i64) -> String {
        Warsaw::new().shows(unix_seconds).expect("within the calendar").to_string()
    }

    #[test]
    fn the_samples_of_the_document_show_the_time_of_warsaw() {
        assert_eq!(shown(1_639_563_902), "2021-12-15 11:25:02");
        assert_eq!(shown(1_552_558_647), "2019-03-14 11:17:27");
    }

    #[test]
    fn the_clock_is_changed_twice_a_year() {
        // 2026-03-29 and 2026-10-25, at 01:00 UTC.
        assert_eq!(shown(1_774_745_999), "2026-03-29 01:59:59");
        assert_eq!(shown(1_774_746_000), "2026-03-29 03:00:00");
        assert_eq!(shown(1_792_889_999), "2026-10-25 02:59:59");
        assert_eq!(shown(1_792_890_000), "2026-10-25 02:00:00");
    }
}
