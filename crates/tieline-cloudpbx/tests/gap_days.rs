//! Which days of CDRs tell what a gap missed.

use std::time::Duration;

use tieline_cloudpbx::{CivilTime, DateRange};
use tieline_core::supervisor::{DownCause, Gap};
use tieline_core::{Date, Instant};

const HOUR: u64 = 3600;

fn second(second: u64) -> Instant {
    Instant::EPOCH + Duration::from_secs(second)
}

fn days(since: u64, until: u64, margin: u64) -> Option<(String, String)> {
    let gap = Gap::new(second(since), second(until), DownCause::DialTimeout, false);
    // At second 100,000 the PBX's clock shows noon of 2 October.
    let noon = CivilTime::new(Date::new(2021, 10, 2)?, 12, 0, 0)?;
    let range = DateRange::of_gap(&gap, second(100_000), noon, Duration::from_secs(margin))?;
    Some((range.first().to_string(), range.last().to_string()))
}

#[test]
fn a_gap_within_a_day_is_that_day() {
    assert_eq!(days(100_000 - HOUR, 100_000, 60), Some(("2021-10-02".into(), "2021-10-02".into())));
}

#[test]
fn a_gap_over_midnight_is_both_days() {
    assert_eq!(days(100_000 - 13 * HOUR, 100_000, 60), Some(("2021-10-01".into(), "2021-10-02".into())));
}

#[test]
fn the_margin_reaches_into_the_days_around() {
    let gap = (100_000 - HOUR, 100_000);
    assert_eq!(days(gap.0, gap.1, 12 * HOUR), Some(("2021-10-01".into(), "2021-10-03".into())));
}

#[test]
fn a_gap_long_ago_is_counted_back_by_the_same_clock() {
    assert_eq!(days(0, 1, 0), Some(("2021-10-01".into(), "2021-10-01".into())));
}

#[test]
fn times_without_a_date_have_no_days() {
    assert_eq!(days(0, u64::MAX / 2, 0), None);
    assert_eq!(days(0, 1, u64::MAX), None);
}
