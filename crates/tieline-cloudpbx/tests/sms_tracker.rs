//! Waiting for the final state of a message, on time that is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tieline_cloudpbx::{SmsEnd, SmsState, SmsTracker, TrackerFull, TrackerLimits};
use tieline_core::{Instant, Text};

const ID: &str = "3421756012963258480";

fn at(seconds: u64) -> Instant {
    Instant::from_epoch(Duration::from_secs(seconds))
}

fn tracker() -> SmsTracker {
    let mut tracker = SmsTracker::new(TrackerLimits::default());
    tracker.stream_live(at(0));
    tracker
}

fn limited(waiting: usize, early: usize) -> SmsTracker {
    let mut tracker = SmsTracker::new(TrackerLimits { waiting, early, early_for: Duration::from_secs(60) });
    tracker.stream_live(at(0));
    tracker
}

/// The answer to a message sent at second 1 came; the wait ends at second 100.
fn answer(tracker: &mut SmsTracker, now: u64, id: &str) -> Result<(), TrackerFull> {
    tracker.answered(at(now), at(1), id, Some(SmsState::Queue), at(100))
}

fn ends(tracker: &mut SmsTracker) -> Vec<(String, SmsEnd)> {
    std::iter::from_fn(|| tracker.poll_outcome()).map(|outcome| (outcome.id.to_string(), outcome.end)).collect()
}

fn delivered(id: &str) -> (String, SmsEnd) {
    (id.to_owned(), SmsEnd::Final(SmsState::Delivered))
}

#[test]
fn a_final_state_ends_the_wait_and_others_do_not() {
    let mut tracker = tracker();
    answer(&mut tracker, 2, ID).expect("room");
    for state in [SmsState::Accepted, SmsState::Sent, SmsState::Renewal, SmsState::Other("NEW".into())] {
        tracker.observed(at(3), ID, state);
        assert_eq!(tracker.poll_outcome(), None);
    }
    tracker.observed(at(4), ID, SmsState::Delivered);
    let outcome = tracker.poll_outcome().expect("an outcome");
    assert_eq!((&*outcome.id, outcome.end, outcome.stream_was_lost), (ID, SmsEnd::Final(SmsState::Delivered), false));
    assert_eq!((tracker.poll_outcome(), tracker.waiting(), tracker.poll_timeout()), (None, 0, None));
}

#[test]
fn a_final_state_that_comes_before_the_answer_ends_the_wait_at_once() {
    let mut tracker = tracker();
    tracker.observed(at(2), ID, SmsState::Sent);
    tracker.observed(at(2), ID, SmsState::Delivered);
    // Late on its way; a final state stays.
    tracker.observed(at(3), ID, SmsState::Accepted);
    answer(&mut tracker, 4, ID).expect("room");
    assert_eq!(ends(&mut tracker), [delivered(ID)]);
}

#[test]
fn a_state_that_comes_before_the_answer_is_the_last_there_is_at_the_deadline() {
    let mut tracker = tracker();
    tracker.observed(at(2), ID, SmsState::Sent);
    answer(&mut tracker, 3, ID).expect("room");
    assert_eq!(tracker.poll_timeout(), Some(at(100)));
    tracker.handle_timeout(at(99));
    assert_eq!(ends(&mut tracker), []);
    tracker.handle_timeout(at(100));
    assert_eq!(ends(&mut tracker), [(ID.to_owned(), SmsEnd::Deadline(Some(SmsState::Sent)))]);
}

#[test]
fn the_answers_own_state_counts() {
    let mut tracker = tracker();
    tracker.observed(at(2), ID, SmsState::Sent);
    tracker.answered(at(3), at(1), ID, Some(SmsState::Rejected), at(100)).expect("room");
    tracker.answered(at(3), at(1), "2", None, at(4)).expect("room");
    tracker.answered(at(3), at(1), "3", Some(SmsState::Accepted), at(4)).expect("room");
    tracker.handle_timeout(at(4));
    assert_eq!(
        ends(&mut tracker),
        [
            (ID.to_owned(), SmsEnd::Final(SmsState::Rejected)),
            ("2".to_owned(), SmsEnd::Deadline(None)),
            ("3".to_owned(), SmsEnd::Deadline(Some(SmsState::Accepted))),
        ]
    );
}

#[test]
fn a_wait_that_is_over_when_it_begins_still_has_an_outcome() {
    let mut tracker = tracker();
    tracker.observed(at(98), ID, SmsState::Delivered);
    answer(&mut tracker, 100, ID).expect("room");
    answer(&mut tracker, 100, "2").expect("room");
    assert_eq!(ends(&mut tracker), [delivered(ID), ("2".to_owned(), SmsEnd::Deadline(Some(SmsState::Queue)))]);
}

#[test]
fn early_states_are_kept_for_a_while() {
    let mut tracker = tracker();
    tracker.observed(at(2), "1", SmsState::Delivered);
    tracker.observed(at(3), "2", SmsState::Delivered);
    assert_eq!(tracker.poll_timeout(), Some(at(62)));
    answer(&mut tracker, 62, "1").expect("room");
    answer(&mut tracker, 62, "2").expect("room");
    assert_eq!(ends(&mut tracker), [delivered("2")]);
}

#[test]
fn early_states_are_bounded_and_the_oldest_goes() {
    let mut tracker = limited(10, 2);
    for id in ["1", "2", "1", "3"] {
        tracker.observed(at(2), id, SmsState::Delivered);
    }
    for id in ["1", "2", "3"] {
        answer(&mut tracker, 3, id).expect("room");
    }
    assert_eq!(ends(&mut tracker), [delivered("1"), delivered("3")]);
    let mut none = limited(10, 0);
    none.observed(at(2), "1", SmsState::Delivered);
    assert_eq!(none.poll_timeout(), None);
}

#[test]
fn states_with_impossible_ids_and_words_are_not_kept() {
    let mut tracker = tracker();
    tracker.observed(at(2), &"9".repeat(65), SmsState::Delivered);
    tracker.observed(at(2), "1", SmsState::Other("X".repeat(65).into()));
    assert_eq!(tracker.poll_timeout(), None);
}

#[test]
fn no_more_messages_are_waited_for_than_the_limit() {
    let mut tracker = limited(2, 10);
    answer(&mut tracker, 2, "1").expect("room");
    answer(&mut tracker, 2, "2").expect("room");
    answer(&mut tracker, 2, "2").expect("waited for already");
    assert_eq!(answer(&mut tracker, 2, "3"), Err(TrackerFull));
    tracker.observed(at(3), "1", SmsState::Failed);
    assert_eq!(answer(&mut tracker, 3, "3"), Err(TrackerFull), "the outcome was not taken");
    assert!(tracker.poll_outcome().is_some());
    answer(&mut tracker, 3, "3").expect("room");
}

#[test]
fn an_outcome_says_that_the_stream_was_away_meanwhile() {
    let lost = |tracker: &mut SmsTracker| {
        tracker.observed(at(50), ID, SmsState::Delivered);
        tracker.poll_outcome().expect("an outcome").stream_was_lost
    };
    let mut never_live = SmsTracker::new(TrackerLimits::default());
    answer(&mut never_live, 2, ID).expect("room");
    assert!(lost(&mut never_live));

    let mut during = tracker();
    answer(&mut during, 2, ID).expect("room");
    during.stream_lost();
    during.stream_live(at(3));
    assert!(lost(&mut during));

    // Sent at second 1, answered after the stream was back.
    let mut before_the_answer = tracker();
    before_the_answer.stream_lost();
    before_the_answer.stream_live(at(2));
    answer(&mut before_the_answer, 3, ID).expect("room");
    assert!(lost(&mut before_the_answer));

    let mut live_twice = tracker();
    live_twice.stream_live(at(2));
    answer(&mut live_twice, 3, ID).expect("room");
    assert!(!lost(&mut live_twice));
}

#[derive(Clone, Debug)]
enum Step {
    Answered(u8, u64),
    Observed(u8, SmsState<Text>),
    Tick,
    Lost,
    Live,
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        Just(SmsState::Sent),
        Just(SmsState::Delivered),
        Just(SmsState::Failed),
        Just(SmsState::Other(Text::from("NEW"))),
    ];
    prop_oneof![
        (0..6u8, 0..90u64).prop_map(|(id, wait)| Step::Answered(id, wait)),
        (0..6u8, state).prop_map(|(id, state)| Step::Observed(id, state)),
        Just(Step::Tick),
        Just(Step::Lost),
        Just(Step::Live),
    ]
}

proptest! {
    #[test]
    fn every_message_has_one_outcome_and_nothing_is_due_in_the_past(
        steps in prop::collection::vec((0..40u64, step()), 0..60),
    ) {
        let mut tracker = limited(4, 3);
        let mut open: BTreeMap<String, ()> = BTreeMap::new();
        let mut now = 1;
        let take = |tracker: &mut SmsTracker, open: &mut BTreeMap<String, ()>| {
            while let Some(outcome) = tracker.poll_outcome() {
                assert!(open.remove(&*outcome.id).is_some(), "an outcome nobody waits for");
            }
        };
        for (later, step) in steps {
            now += later;
            // A wait that is due ends before a new one of the same id begins.
            tracker.handle_timeout(at(now));
            take(&mut tracker, &mut open);
            match step {
                Step::Answered(id, wait) => {
                    let id = id.to_string();
                    if tracker.answered(at(now), at(now - 1), &id, Some(SmsState::Queue), at(now + wait)).is_ok() {
                        open.insert(id, ());
                    }
                }
                Step::Observed(id, state) => tracker.observed(at(now), &id.to_string(), state),
                Step::Tick => tracker.handle_timeout(at(now)),
                Step::Lost => tracker.stream_lost(),
                Step::Live => tracker.stream_live(at(now)),
            }
            take(&mut tracker, &mut open);
            prop_assert!(tracker.waiting() <= 4);
            prop_assert_eq!(tracker.waiting(), open.len());
            tracker.handle_timeout(at(now));
            prop_assert!(tracker.poll_timeout().is_none_or(|due| due > at(now)));
            take(&mut tracker, &mut open);
        }
        tracker.handle_timeout(at(now + 100));
        take(&mut tracker, &mut open);
        prop_assert!(open.is_empty());
        prop_assert_eq!(tracker.poll_timeout(), None);
    }
}
