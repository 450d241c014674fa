//! Days of the calendar.

use proptest::prelude::*;
use tieline_core::{Date, DateError};

fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_date_is_read_and_printed_the_same() {
    for text in ["0000-01-01", "1970-01-01", "2021-10-07", "2024-02-29", "9999-12-31"] {
        assert_eq!(date(text).to_string(), text);
    }
    assert_eq!((date("2021-10-07").year(), date("2021-10-07").month(), date("2021-10-07").day()), (2021, 10, 7));
}

#[test]
fn what_is_not_written_as_a_date_is_refused() {
    for text in ["", "2021-10-7", "2021/10/07", "2021-10-07 ", " 2021-10-07", "20211007", "+021-10-07", "2021-1é-7"] {
        assert_eq!(text.parse::<Date>(), Err(DateError::Form), "{text:?}");
    }
}

#[test]
fn days_that_the_calendar_lacks_are_refused() {
    for text in ["2021-00-10", "2021-13-01", "2021-04-31", "2021-01-00", "2021-01-32"] {
        assert_eq!(text.parse::<Date>(), Err(DateError::NoSuchDay), "{text}");
    }
}

#[test]
fn every_fourth_year_leaps_but_for_three_of_four_centuries() {
    for (year, leap) in [(1900, false), (2000, true), (2023, false), (2024, true), (2100, false), (2400, true)] {
        assert_eq!(Date::new(year, 2, 29).is_some(), leap, "{year}");
        let march = Date::new(year, 3, 1).expect("a day");
        assert_eq!(march.plus_days(-1).expect("a day").day(), if leap { 29 } else { 28 }, "{year}");
    }
}

#[test]
fn days_are_counted_from_1970() {
    for (text, days) in [
        ("1970-01-01", 0),
        ("1969-12-31", -1),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("2024-02-29", 19_782),
        ("0000-01-01", -719_528),
        ("9999-12-31", 2_932_896),
    ] {
        assert_eq!(date(text).days_since_epoch(), days, "{text}");
        assert_eq!(Date::from_days_since_epoch(days), Some(date(text)));
    }
}

#[test]
fn arithmetic_ends_with_the_years_0_and_9999() {
    assert_eq!(Date::MAX.plus_days(1), None);
    assert_eq!(Date::MIN.plus_days(-1), None);
    assert_eq!(Date::MIN.plus_days(i32::MIN), None);
    assert_eq!(Date::MAX.plus_days(i32::MAX), None);
    assert_eq!(Date::from_days_since_epoch(i32::MAX), None);
    assert_eq!(Date::from_days_since_epoch(i32::MIN), None);
}

#[test]
fn every_day_of_ten_thousand_years_follows_the_one_before() {
    let mut day = Date::MIN;
    let mut count = 1;
    while let Some(next) = day.plus_days(1) {
        assert!(next > day);
        let same_month = (next.year(), next.month(), next.day()) == (day.year(), day.month(), day.day() + 1);
        assert!(same_month || next.day() == 1, "{day} {next}");
        (day, count) = (next, count + 1);
    }
    assert_eq!((day, count), (Date::MAX, 25 * 146_097));
}

proptest! {
    #[test]
    fn days_and_dates_are_inverse(days in -719_528..=2_932_896i32) {
        let day = Date::from_days_since_epoch(days).expect("within the years");
        prop_assert_eq!(day.days_since_epoch(), days);
        prop_assert_eq!(day.to_string().parse(), Ok(day));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = text.parse::<Date>();
    }
}
