//! Lists of records, and asking for long ones.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tieline_cloudpbx::{CdrRecord, DateRange, Listed, Listing, ListingError, Part, RangeSplit, RecordingRecord, Rows};
use tieline_core::json::{DecodeErrorKind, Encode};
use tieline_core::{Date, Str, Text};

type Cdrs = Listing<CdrRecord<Text>>;

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn range(first: &str, last: &str) -> DateRange {
    DateRange::new(date(first), date(last)).expect("a range")
}

fn sources(list: &str) -> Vec<Result<Option<String>, DecodeErrorKind>> {
    Rows::<CdrRecord<Str<'_>>>::new(list)
        .map(|row| row.expect("an array").record.map(|cdr| cdr.src.map(|src| src.to_string())))
        .map(|row| row.map_err(|error| error.kind))
        .collect()
}

#[test]
fn a_bad_row_does_not_drop_the_others_and_keeps_its_text() {
    let text = Text::from("[{\"src\":\"101\"},\n {\"src\":{\"a\":1}}, null, [1], {\"src\":102}]");
    let list = Cdrs::decode(&text, 10).expect("a list");
    let read: Vec<_> = list.records().map(|record| record.src.as_deref().expect("a number")).collect();
    assert_eq!(read, ["101", "102"]);
    let bad: Vec<_> = list.rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!(bad.iter().map(|bad| &*bad.raw).collect::<Vec<_>>(), ["{\"src\":{\"a\":1}}", "null", "[1]"]);
    assert_eq!((bad[0].error.line, bad[0].error.column, bad[0].error.field), (2, 9, Some("src")));
    assert_eq!(list.to_json(), r#"[{"src":"101"},{"src":{"a":1}},null,[1],{"src":"102"}]"#);
}

#[test]
fn neither_debug_nor_display_shows_a_bad_row() {
    let list = Cdrs::decode(&Text::from(r#"[{"src":["600100200"]}]"#), 10).expect("a list");
    let bad = list.rows[0].as_ref().expect_err("no record");
    assert!(!format!("{bad} {bad:?}").contains("600100200"));
}

#[test]
fn rows_that_came_before_the_json_broke_are_given_and_nothing_follows_the_break() {
    let mut rows = Rows::<CdrRecord<Str<'_>>>::new(r#"[{"src":"101"},{"src":"SIP\M"},{"src":"102"}]"#);
    assert!(rows.next().expect("a row").expect("JSON").record.is_ok());
    let error = rows.next().expect("the break").expect_err("no JSON");
    assert_eq!((error.kind, error.column), (DecodeErrorKind::InvalidEscape, 27));
    assert!(rows.next().is_none() && rows.next().is_none());
}

#[test]
fn what_is_no_array_is_an_error() {
    for text in ["", "{}", "null", "OK", r#"{"error":"x"}"#, "[", "[{}", "[{}] x", "[{},]"] {
        assert!(matches!(Cdrs::decode(&Text::from(text), 10), Err(ListingError::Decode(_))), "{text:?}");
    }
    assert_eq!(sources("[]"), []);
    assert_eq!(sources(" [ {} ] "), [Ok(None)]);
}

#[test]
fn a_list_beyond_the_callers_limit_is_refused() {
    let text = Text::from("[{},{},{}]");
    assert_eq!(Cdrs::decode(&text, 2), Err(ListingError::TooMany { limit: 2 }));
    assert!(Cdrs::decode(&text, 3).is_ok());
}

#[test]
fn a_list_that_reaches_the_documented_most_is_said_to_be_truncated() {
    assert_eq!((CdrRecord::<Text>::CAP, RecordingRecord::<Text>::CAP), (10_000, 5_000));
    let list = |rows: usize| Text::from(format!("[{}]", vec!["{}"; rows].join(",")));
    assert_eq!(Cdrs::decode(&list(9_999), 20_000).expect("a list").truncated, None);
    let truncated = Cdrs::decode(&list(10_000), 20_000).expect("a list").truncated.expect("truncated");
    assert_eq!((truncated.rows, truncated.cap), (10_000, 10_000));
    let recordings = Listing::<RecordingRecord<Text>>::decode(&list(5_001), 20_000).expect("a list");
    assert_eq!(recordings.truncated.map(|truncated| (truncated.rows, truncated.cap)), Some((5_001, 5_000)));
}

#[test]
fn a_server_cuts_its_list_off_at_the_documented_most() {
    let list = Listing::new(std::iter::repeat_n(RecordingRecord::<Text>::default(), 6_000));
    assert_eq!(list.rows.len(), 5_000);
    assert!(list.truncated.is_some());
}

#[test]
fn a_range_has_both_its_ends_and_halves_without_overlap() {
    let week = range("2021-10-01", "2021-10-07");
    assert_eq!(week.days(), 7);
    assert_eq!(week.halves(), Some((range("2021-10-01", "2021-10-04"), range("2021-10-05", "2021-10-07"))));
    assert_eq!(DateRange::day(date("2021-10-01")).halves(), None);
    assert_eq!(DateRange::new(date("2021-10-02"), date("2021-10-01")), None);
    let (early, late) = DateRange::new(Date::MIN, Date::MAX).expect("a range").halves().expect("halves");
    assert_eq!(early.last().plus_days(1), Some(late.first()));
}

#[test]
fn a_range_is_split_until_no_part_is_capped() {
    let mut split = RangeSplit::new(range("2024-02-27", "2024-03-01"), 10);
    let mut steps = Vec::new();
    for rows in [10, 9, 12, 3, 10] {
        let part = split.next_range().expect("a range");
        steps.push((part.to_string(), split.answered(rows).expect("an answer")));
    }
    let expected = [
        ("2024-02-27 to 2024-03-01", Part::Split),
        ("2024-02-27 to 2024-02-28", Part::Whole),
        ("2024-02-29 to 2024-03-01", Part::Split),
        ("2024-02-29 to 2024-02-29", Part::Whole),
        ("2024-03-01 to 2024-03-01", Part::Overflow(date("2024-03-01"))),
    ];
    assert_eq!(steps, expected.map(|(range, part)| (range.to_owned(), part)));
    assert_eq!(split.next_range(), None);
    assert_eq!(split.overflowed(), [date("2024-03-01")]);
    assert!(split.short().is_empty());
}

#[test]
fn a_range_is_the_same_until_it_is_answered_and_an_answer_without_one_is_ignored() {
    let mut split = RangeSplit::of::<CdrRecord<&str>>(range("2021-10-01", "2021-10-01"));
    assert_eq!(split.next_range(), split.next_range());
    assert_eq!(split.answered(0), Some(Part::Whole));
    assert_eq!(split.answered(0), None);
    assert_eq!(split.next_range(), None);
}

#[test]
fn a_server_that_leaves_the_last_day_out_is_noticed() {
    let mut split = RangeSplit::new(range("2021-10-01", "2021-10-04"), 10);
    while let Some(part) = split.next_range() {
        // Four calls a day, the last day never told.
        split.answered((4 * (part.days() as usize - 1)).min(10));
    }
    assert_eq!(split.short(), [range("2021-10-01", "2021-10-04")]);
}

proptest! {
    #[test]
    fn every_record_is_had_once_unless_its_day_overflows(
        calls in prop::collection::btree_map(0..400i32, 0..30usize, 0..60),
        first in -1000..30_000i32,
        days in 1..400i32,
        cap in 1..40usize,
    ) {
        let day = |offset: i32| Date::from_days_since_epoch(first + offset).expect("a day");
        let calls: BTreeMap<Date, usize> = calls.into_iter().map(|(offset, count)| (day(offset), count)).collect();
        let whole = DateRange::new(day(0), day(days - 1)).expect("a range");
        let in_range = |range: DateRange| calls.range(range.first()..=range.last()).map(|(_, count)| count).sum::<usize>();
        let mut split = RangeSplit::new(whole, cap);
        let (mut had, mut next_day, mut asked) = (0, Some(whole.first()), 0);
        while let Some(range) = split.next_range() {
            asked += 1;
            let part = split.answered(in_range(range).min(cap)).expect("an answer");
            if part != Part::Split {
                prop_assert_eq!(Some(range.first()), next_day, "no day twice, none left out");
                next_day = range.last().plus_days(1);
                had += in_range(range).min(cap);
            }
        }
        prop_assert_eq!(next_day, whole.last().plus_days(1));
        prop_assert!(asked < 2 * days);
        let full_days = calls.range(whole.first()..=whole.last()).filter(|(_, count)| **count >= cap);
        prop_assert_eq!(split.overflowed(), full_days.map(|(day, _)| *day).collect::<Vec<_>>());
        let lost: usize = calls.range(whole.first()..=whole.last()).map(|(_, count)| count.saturating_sub(cap)).sum();
        prop_assert_eq!(had + lost, in_range(whole));
        prop_assert!(split.short().is_empty());
    }
}
