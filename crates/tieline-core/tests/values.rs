//! Time, randomness, secrets and queues.

use std::time::Duration;

use proptest::prelude::*;
use tieline_core::{Backoff, BackoffPolicy, EventQueue, Frame, Instant, Limits, Random, Secret, Text, Timestamp};

fn micros(raw: &str) -> Option<i64> {
    Timestamp::new(raw).unix_micros()
}

#[test]
fn timestamps_are_read_from_unix_seconds_and_rfc_3339() {
    assert_eq!(micros("1632668176"), Some(1_632_668_176_000_000));
    assert_eq!(micros("1632668176.5"), Some(1_632_668_176_500_000));
    assert_eq!(micros("0"), Some(0));
    assert_eq!(micros("2024-10-25T03:40:52.35514Z"), Some(1_729_827_652_355_140));
    assert_eq!(micros("2024-10-25T03:40:52Z"), Some(1_729_827_652_000_000));
    assert_eq!(micros("2024-10-25T05:40:52.123456789+02:00"), Some(1_729_827_652_123_456));
    assert_eq!(micros("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000));
}

#[test]
fn what_is_no_moment_has_no_microseconds_and_keeps_its_text() {
    for raw in [
        "",
        "soon",
        "-",
        "1.",
        ".5",
        "1632668176x",
        "99999999999999999999",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-10-25",
        "2024-10-25T03:40:52",
        "2024-10-25T03:40:52.Z",
        "2024-10-25T03:40:52.1234567890Z",
        "2024-10-2é",
        "2024-10-25T03:40:52+25:00",
        "2024-10-25T24:00:00Z",
    ] {
        assert_eq!(micros(raw), None, "{raw:?}");
        assert_eq!(Timestamp::new(raw).raw(), raw);
    }
    assert!(Timestamp::new("0").is_never());
}

#[test]
fn moments_are_written_in_rfc_3339_without_trailing_zeros() {
    let written = |micros| Timestamp::from_unix_micros(micros).raw().to_owned();
    assert_eq!(written(1_729_827_652_355_140), "2024-10-25T03:40:52.35514Z");
    assert_eq!(written(1_709_164_800_000_000), "2024-02-29T00:00:00Z");
    assert_eq!(written(-1), "1969-12-31T23:59:59.999999Z");
    assert_eq!(written(i64::MAX), "9999-12-31T23:59:59.999999Z");
    assert_eq!(written(i64::MIN), "0000-01-01T00:00:00Z");
}

proptest! {
    #[test]
    fn a_moment_written_is_the_moment_read(micros in -62_167_219_200_000_000i64..=253_402_300_799_999_999) {
        prop_assert_eq!(Timestamp::from_unix_micros(micros).unix_micros(), Some(micros));
    }
}

#[test]
fn secrets_print_redacted_and_compare_by_content() {
    let secret: Secret = "hunter2".into();
    assert_eq!(format!("{secret} {secret:?}"), "[redacted] [redacted]");
    assert!(secret.matches(&"hunter2".into()));
    assert!(!secret.matches(&"hunter3".into()));
}

#[test]
fn frames_print_kind_and_length_only() {
    assert_eq!(format!("{:?}", Frame::text("hunter2")), "Frame(text, 7 bytes)");
}

#[test]
fn slices_share_their_frame_and_detached_texts_do_not() {
    let frame = Text::from("sip:a-rather-long-name@pbx.example.com");
    let part = frame.slice_of(&frame[4..]);
    assert!(std::ptr::eq(part.as_ptr(), frame[4..].as_ptr()));
    assert!(!std::ptr::eq(part.detached().as_ptr(), part.as_ptr()));
    assert_eq!(frame.slice_of("elsewhere"), "elsewhere");
}

#[test]
fn a_short_slice_is_a_copy_and_equals_what_it_was_cut_from() {
    let frame = Text::from("sip:a-rather-long-name@pbx.example.com");
    let part = frame.slice_of(&frame[..4]);
    assert!(!std::ptr::eq(part.as_ptr(), frame.as_ptr()));
    assert_eq!((part.as_str(), part.to_bytes().as_ref()), ("sip:", &b"sip:"[..]));
    assert_eq!(part, Text::from_static("sip:"));
    assert_eq!(part.cmp(&frame), std::cmp::Ordering::Less);
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_purpose_gives_others() {
    let (mut a, mut b, mut c) = (Random::new([7; 16], 1), Random::new([7; 16], 1), Random::new([7; 16], 2));
    let (first, same, other) = (a.next_u64(), b.next_u64(), c.next_u64());
    assert_eq!(first, same);
    assert_ne!(first, other);
    assert_eq!(a.next_uuid().get_version_num(), 4);
}

#[test]
fn a_queue_is_high_at_its_soft_limit_and_full_at_twice_that() {
    let mut limits = Limits::default();
    limits.queued_events = 2;
    let mut queue = EventQueue::new(limits);
    for event in 0..2 {
        queue.push(event, 1).expect("room");
    }
    assert!(queue.is_high());
    queue.push(2, 1).expect("below the hard limit");
    queue.push(3, 1).expect("below the hard limit");
    assert!(queue.push(4, 1).is_err());
    assert_eq!(queue.pop(), Some(0));
}

proptest! {
    #[test]
    fn waits_stay_between_floor_and_cap(seed in any::<[u8; 16]>(), base in 1u64..10_000, cap in 1u64..100_000) {
        let policy = BackoffPolicy::new(
            Duration::from_millis(base), Duration::from_millis(cap), Duration::from_millis(1));
        let (mut backoff, mut random) = (Backoff::new(policy), Random::new(seed, 0));
        for attempt in 0..70u32 {
            let bound = policy.base.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(policy.cap);
            let wait = backoff.next_wait(&mut random);
            prop_assert!(wait >= policy.floor && wait <= bound.max(policy.floor));
        }
    }

    #[test]
    fn no_text_panics_the_timestamp(raw in any::<String>(), start in "[0-9T:.Z+-]{0,30}") {
        let _ = (micros(&raw), micros(&start));
    }

    #[test]
    fn instants_never_panic(a in any::<u64>(), b in any::<u64>()) {
        let (a, b) = (Instant::from_millis(a), Instant::from_millis(b));
        prop_assert_eq!(a.since(b).is_zero(), a <= b);
        prop_assert!(a + Duration::MAX >= a && a - Duration::MAX == Instant::EPOCH);
    }
}
