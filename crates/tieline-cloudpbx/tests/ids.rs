//! What the numbers of the messages tell; and that nothing is ever dropped or delivered twice for their sake.

use std::time::Duration;

use proptest::prelude::*;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, IdNote, PushClient, Resume};
use tieline_cloudpbx::stream::Event;
use tieline_core::{ClientSession, Frame, Instant, Session};

const NOW: Instant = Instant::EPOCH;

fn start(resume: Option<Resume>) -> PushClient {
    PushClient::start(ClientConfig::default(), [7; 16], resume, NOW)
}

/// A message that says its own place in what was sent, whatever its number.
fn message(id: i64, place: usize) -> Frame {
    Frame::text(format!(r#"{{"id":{id},"channel":"pbx_X","text":{{"queue":{{"peer":"Q","calls":"{place}"}}}}}}"#))
}

#[derive(Default)]
struct Told {
    notes: Vec<IdNote>,
    places: Vec<u64>,
}

impl Told {
    fn take(&mut self, session: &mut PushClient) {
        while let Some(event) = session.poll_event() {
            match event {
                ClientEvent::Id(note) => self.notes.push(note),
                ClientEvent::Received(received) => match received.event {
                    Event::Queue(queue) => self.places.push(queue.calls.expect("numbered").0),
                    other => panic!("{other:?}"),
                },
                ClientEvent::Closed(_) | ClientEvent::Stale(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// The notes on these numbers, a millisecond apart, and on what is missing long after.
fn notes(ids: &[i64]) -> Vec<IdNote> {
    let (mut session, mut told) = (start(None), Told::default());
    for (place, id) in ids.iter().enumerate() {
        session.handle_input(Instant::from_millis(place as u64), message(*id, place));
    }
    session.handle_timeout(NOW + Duration::from_secs(10));
    told.take(&mut session);
    assert_eq!(told.places, (0..ids.len() as u64).collect::<Vec<_>>());
    told.notes
}

#[test]
fn numbers_in_order_tell_nothing() {
    assert_eq!(notes(&[386, 387, 388]), []);
}

#[test]
fn what_came_before_we_listened_is_not_missing() {
    assert_eq!(notes(&[386]), []);
}

#[test]
fn a_number_that_does_not_come_is_missing() {
    assert_eq!(notes(&[1, 2, 5]), [IdNote::Missing { first: 3, last: 4 }]);
}

#[test]
fn a_number_that_comes_late_is_an_inversion_and_not_missing() {
    assert_eq!(notes(&[100, 102, 101, 103]), [IdNote::Inverted { id: 101, highest: 102, was_missing: false }]);
    let around = [
        IdNote::Inverted { id: 102, highest: 104, was_missing: false },
        IdNote::Missing { first: 101, last: 101 },
        IdNote::Missing { first: 103, last: 103 },
    ];
    assert_eq!(notes(&[100, 104, 102, 105]), around);
}

#[test]
fn a_number_from_before_the_first_is_an_inversion() {
    assert_eq!(notes(&[386, 385, 387]), [IdNote::Inverted { id: 385, highest: 386, was_missing: false }]);
}

#[test]
fn a_number_that_comes_after_it_was_told_as_missing_is_found() {
    let (mut session, mut told) = (start(None), Told::default());
    session.handle_input(NOW, message(100, 0));
    session.handle_input(NOW, message(102, 1));
    session.handle_timeout(NOW + Duration::from_secs(3));
    session.handle_input(NOW + Duration::from_secs(4), message(101, 2));
    told.take(&mut session);
    let found = IdNote::Inverted { id: 101, highest: 102, was_missing: true };
    assert_eq!(told.notes, [IdNote::Missing { first: 101, last: 101 }, found]);
}

#[test]
fn a_number_that_was_there_is_repeated_and_its_message_delivered_again() {
    assert_eq!(notes(&[100, 101, 101, 102, 100]), [IdNote::Repeated { id: 101 }, IdNote::Repeated { id: 100 }]);
}

#[test]
fn a_drop_to_the_start_is_a_reset() {
    assert_eq!(notes(&[9000, 9001, 1, 2]), [IdNote::Reset { last: 9001, id: 1 }]);
    assert_eq!(notes(&[1, 2, 3, 1, 2]), [IdNote::Reset { last: 3, id: 1 }]);
}

#[test]
fn what_was_missing_before_a_reset_stays_missing() {
    assert_eq!(
        notes(&[9000, 9002, 1]),
        [IdNote::Missing { first: 9001, last: 9001 }, IdNote::Reset { last: 9002, id: 1 }]
    );
}

#[test]
fn after_a_reset_the_numbers_before_the_first_are_expected() {
    let late = IdNote::Inverted { id: 1, highest: 2, was_missing: false };
    assert_eq!(notes(&[9000, 2, 1, 3]), [IdNote::Reset { last: 9000, id: 2 }, late]);
}

#[test]
fn a_step_back_on_a_new_line_is_a_reset_however_small() {
    let mut session = start(None);
    session.handle_input(NOW, message(100, 0));
    session.handle_input(NOW, Frame::Eof);
    while session.poll_event().is_some() {}
    let (mut next, mut told) = (start(session.into_resume().ok()), Told::default());
    next.handle_input(NOW, message(90, 0));
    next.handle_timeout(NOW + Duration::from_secs(3));
    told.take(&mut next);
    assert_eq!(told.notes, [IdNote::Reset { last: 100, id: 90 }, IdNote::Missing { first: 1, last: 89 }]);
}

#[test]
fn what_is_missing_when_the_line_ends_is_told_before_the_end() {
    let (mut session, mut told) = (start(None), Told::default());
    session.handle_input(NOW, message(1, 0));
    session.handle_input(NOW, message(3, 1));
    session.handle_input(NOW, Frame::Eof);
    told.take(&mut session);
    assert_eq!(told.notes, [IdNote::Missing { first: 2, last: 2 }]);
}

#[test]
fn a_hole_is_told_in_time_even_when_nothing_comes() {
    let mut session = start(None);
    session.handle_input(NOW, message(1, 0));
    session.handle_input(NOW, message(3, 1));
    assert_eq!(session.poll_timeout(), Some(NOW + Duration::from_secs(3)));
}

#[test]
fn more_holes_than_are_remembered_are_told_early_and_not_forgotten() {
    let odd: Vec<i64> = (0..200).map(|n| 1 + 2 * n).collect();
    let missing: Vec<_> = (0..199).map(|n| IdNote::Missing { first: 2 + 2 * n, last: 2 + 2 * n }).collect();
    assert_eq!(notes(&odd), missing);
}

#[test]
fn numbers_at_the_ends_of_what_there_is_do_no_harm() {
    assert_eq!(notes(&[i64::MAX - 1, i64::MAX, 0]), [IdNote::Reset { last: i64::MAX, id: 0 }]);
    assert_eq!(notes(&[0, i64::MAX]), [IdNote::Missing { first: 1, last: i64::MAX - 1 }]);
}

/// What a server with several workers does to the numbers of 12,000 messages.
#[derive(Debug)]
struct Stream {
    /// The numbers as they arrive.
    ids: Vec<i64>,
    lost: Vec<i64>,
    swapped: Vec<i64>,
    reset_at: i64,
}

fn stream() -> impl Strategy<Value = Stream> {
    let places = prop::collection::btree_set(1..1000_i64, 0..20);
    (places.clone(), places, 2000..10_000_i64).prop_map(|(holes, swaps, reset_at)| {
        // Places are 12 numbers wide, so that what is done at one does not meet what is done at the next.
        let lost: Vec<i64> = holes.iter().map(|place| place * 12).filter(|id| *id < reset_at - 20).collect();
        let swapped: Vec<i64> = swaps.iter().map(|place| place * 12 + 6).filter(|id| *id < reset_at - 20).collect();
        let mut ids: Vec<i64> = (1..=reset_at).filter(|id| !lost.contains(id)).collect();
        for id in &swapped {
            let at = ids.binary_search(id).expect("there");
            ids.swap(at, at + 1);
        }
        ids.extend(1..=(12_000 - reset_at));
        Stream { ids, lost, swapped, reset_at }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_12_000_messages_none_is_dropped_or_delivered_twice_and_the_right_notes_are_raised(stream in stream()) {
        let (mut session, mut told) = (start(None), Told::default());
        for (place, id) in stream.ids.iter().enumerate() {
            let now = Instant::from_millis(place as u64);
            session.handle_timeout(now);
            session.handle_input(now, message(*id, place));
            told.take(&mut session);
        }
        session.handle_timeout(NOW + Duration::from_secs(60));
        told.take(&mut session);
        prop_assert_eq!(told.places, (0..stream.ids.len() as u64).collect::<Vec<_>>());

        let of = |pick: fn(&IdNote) -> Option<i64>| told.notes.iter().filter_map(pick).collect::<Vec<_>>();
        let missing = of(|note| match note { IdNote::Missing { first, last } if first == last => Some(*first), _ => None });
        let inverted = of(|note| match note { IdNote::Inverted { id, was_missing: false, .. } => Some(*id), _ => None });
        let reset = of(|note| match note { IdNote::Reset { last, id: 1 } => Some(*last), _ => None });
        prop_assert_eq!(&missing, &stream.lost);
        prop_assert_eq!(&inverted, &stream.swapped);
        prop_assert_eq!(&reset, &[stream.reset_at]);
        prop_assert_eq!(told.notes.len(), missing.len() + inverted.len() + 1);
    }

    #[test]
    fn whatever_the_numbers_are_every_message_is_delivered_once_and_in_order(
        ids in prop::collection::vec(prop_oneof![0..50_i64, 0..2000_i64, any::<i64>().prop_map(|id| id & i64::MAX)], 0..300),
        breaks in prop::collection::vec(0..300_usize, 0..3),
    ) {
        let (mut session, mut told) = (start(None), Told::default());
        for (place, id) in ids.iter().enumerate() {
            if breaks.contains(&place) {
                session.handle_input(NOW, Frame::Eof);
                told.take(&mut session);
                session = start(session.into_resume().ok());
            }
            session.handle_input(Instant::from_millis(100 * place as u64), message(*id, place));
            told.take(&mut session);
        }
        prop_assert_eq!(told.places, (0..ids.len() as u64).collect::<Vec<_>>());
    }
}
