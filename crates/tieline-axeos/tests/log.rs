//! The event log.

use std::time::Duration;

use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogEvent, LogInput, WaiterId};
use tieline_axeos::{Batch, Entry, Event, Listing, Poll};
use tieline_core::{Instant, Session, Text};

fn log() -> EventLog {
    EventLog::new(LogConfig::default())
}

fn filled(events: u64) -> EventLog {
    let mut log = log();
    (0..events).for_each(|_| publish(&mut log));
    log
}

fn publish(log: &mut EventLog) {
    log.publish::<Text>(None, Event::UserListChanged);
}

fn ask(log: &mut EventLog, id: u64, last: Option<u64>, limit: Option<u64>, timeout: Option<u64>) {
    let mut poll = Poll::default();
    (poll.last, poll.limit, poll.timeout) = (last, limit, timeout);
    log.handle_input(Instant::EPOCH, LogInput::Poll(WaiterId(id), poll));
}

/// The numbers of an answer.
fn seqs(body: &Text) -> Vec<u64> {
    let batch: Batch = Listing::decode(body.clone(), 64).expect("JSON");
    assert_eq!(batch.bad().count(), 0);
    batch.values().map(|entry| entry.seq).collect()
}

fn answers(log: &mut EventLog) -> Vec<(u64, Vec<u64>)> {
    std::iter::from_fn(|| log.poll_transmit())
        .map(|answer| match answer {
            LogAnswer::Events(id, body) => (id.0, seqs(&body)),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_poll_is_answered_at_once_when_there_are_events_after_its_place() {
    let mut log = filled(3);
    ask(&mut log, 1, Some(1), None, Some(30));
    assert_eq!(answers(&mut log), [(1, vec![2, 3])]);
    assert_eq!(log.waiters(), 0);
}

#[test]
fn without_a_place_the_newest_events_are_answered() {
    let mut log = filled(5);
    ask(&mut log, 1, None, Some(1), Some(0));
    ask(&mut log, 2, None, Some(2), None);
    ask(&mut log, 3, None, None, None);
    assert_eq!(answers(&mut log), [(1, vec![5]), (2, vec![4, 5]), (3, vec![1, 2, 3, 4, 5])]);
}

#[test]
fn after_a_place_a_limit_gives_the_oldest_so_that_the_next_poll_goes_on() {
    let mut log = filled(5);
    ask(&mut log, 1, Some(1), Some(2), None);
    ask(&mut log, 2, Some(3), Some(2), None);
    assert_eq!(answers(&mut log), [(1, vec![2, 3]), (2, vec![4, 5])]);
}

#[test]
fn a_timeout_of_zero_is_answered_at_once() {
    let mut log = log();
    ask(&mut log, 1, None, None, Some(0));
    ask(&mut log, 2, Some(7), None, Some(0));
    assert_eq!(answers(&mut log), [(1, vec![]), (2, vec![])]);
}

#[test]
fn an_event_wakes_every_poll_that_waits_for_it() {
    let mut log = filled(2);
    ask(&mut log, 1, Some(2), None, Some(30));
    ask(&mut log, 2, Some(2), None, None);
    assert_eq!((answers(&mut log), log.waiters()), (vec![], 2));
    publish(&mut log);
    assert_eq!((answers(&mut log), log.waiters()), (vec![(1, vec![3]), (2, vec![3])], 0));
}

#[test]
fn an_event_right_before_or_after_a_poll_is_never_missed() {
    let mut log = log();
    publish(&mut log);
    ask(&mut log, 1, Some(0), None, Some(30));
    ask(&mut log, 2, Some(1), None, Some(30));
    publish(&mut log);
    publish(&mut log);
    // Whatever was logged until the answer is taken is in it.
    assert_eq!(answers(&mut log), [(1, vec![1, 2, 3]), (2, vec![2, 3])]);
}

#[test]
fn a_poll_whose_time_is_up_is_answered_empty() {
    let mut log = log();
    ask(&mut log, 1, Some(0), None, Some(10));
    ask(&mut log, 2, Some(0), None, None);
    assert_eq!(log.poll_timeout(), Some(Instant::EPOCH + Duration::from_secs(10)));
    log.handle_timeout(Instant::EPOCH + Duration::from_secs(10));
    assert_eq!(answers(&mut log), [(1, vec![])]);
    assert_eq!(log.poll_timeout(), Some(Instant::EPOCH + LogConfig::default().default_wait));
}

#[test]
fn nobody_waits_longer_than_allowed() {
    let mut log = log();
    ask(&mut log, 1, Some(0), None, Some(u64::MAX));
    assert_eq!(log.poll_timeout(), Some(Instant::EPOCH + LogConfig::default().longest_wait));
}

#[test]
fn who_goes_away_frees_the_place_and_gets_no_answer() {
    let mut log = filled(1);
    ask(&mut log, 1, Some(1), None, None);
    ask(&mut log, 2, Some(0), None, None);
    log.handle_input(Instant::EPOCH, LogInput::Gone(WaiterId(1)));
    log.handle_input(Instant::EPOCH, LogInput::Gone(WaiterId(2)));
    log.handle_input(Instant::EPOCH, LogInput::Gone(WaiterId(3)));
    publish(&mut log);
    assert_eq!((answers(&mut log), log.waiters(), log.poll_timeout()), (vec![], 0, None));
}

#[test]
fn a_place_above_the_newest_event_waits_for_the_events_after_it() {
    let mut log = filled(2);
    ask(&mut log, 1, Some(3), None, Some(30));
    publish(&mut log);
    assert_eq!(answers(&mut log), []);
    publish(&mut log);
    assert_eq!(answers(&mut log), [(1, vec![4])]);
    ask(&mut log, 2, Some(u64::MAX), None, Some(30));
    publish(&mut log);
    assert_eq!((answers(&mut log), log.waiters()), (vec![], 1));
}

#[test]
fn a_log_that_counts_from_zero_wakes_who_has_no_place() {
    let mut config = LogConfig::default();
    config.first_seq = 0;
    let mut log = EventLog::new(config);
    ask(&mut log, 1, Some(0), None, Some(30));
    ask(&mut log, 2, None, None, Some(30));
    publish(&mut log);
    assert_eq!(answers(&mut log), [(2, vec![0])]);
    publish(&mut log);
    assert_eq!(answers(&mut log), [(1, vec![1])]);
}

#[test]
fn the_oldest_events_are_dropped_by_number_and_by_bytes() {
    let mut config = LogConfig::default();
    config.events = 3;
    let mut log = EventLog::new(config);
    (0..10).for_each(|_| publish(&mut log));
    assert_eq!((log.oldest(), log.newest()), (Some(8), Some(10)));
    ask(&mut log, 1, Some(2), None, None);
    assert_eq!(answers(&mut log), [(1, vec![8, 9, 10])]);
    config.events = 1000;
    config.bytes = 100;
    let mut log = EventLog::new(config);
    (0..10).for_each(|_| publish(&mut log));
    assert_eq!((log.oldest(), log.newest()), (Some(9), Some(10)));
    config.bytes = 0;
    let mut log = EventLog::new(config);
    (0..10).for_each(|_| publish(&mut log));
    assert_eq!((log.oldest(), log.newest()), (Some(10), Some(10)), "the newest stays");
}

#[test]
fn an_answer_has_no_more_events_than_allowed() {
    let mut config = LogConfig::default();
    config.answer_events = 2;
    let mut log = EventLog::new(config);
    (0..5).for_each(|_| publish(&mut log));
    ask(&mut log, 1, Some(0), None, None);
    ask(&mut log, 2, None, Some(4), None);
    assert_eq!(answers(&mut log), [(1, vec![1, 2]), (2, vec![4, 5])]);
}

#[test]
fn one_poll_more_than_may_wait_is_told_that_the_server_is_busy() {
    let mut config = LogConfig::default();
    config.waiters = 1;
    let mut log = EventLog::new(config);
    ask(&mut log, 1, Some(0), None, None);
    ask(&mut log, 2, Some(0), None, None);
    assert_eq!(log.poll_transmit(), Some(LogAnswer::Busy(WaiterId(2))));
    ask(&mut log, 3, Some(0), None, Some(0));
    assert_eq!(answers(&mut log), [(3, vec![])], "who does not wait is served");
}

#[test]
fn the_same_answer_is_written_once() {
    let mut log = log();
    ask(&mut log, 1, Some(0), None, None);
    ask(&mut log, 2, Some(0), None, None);
    publish(&mut log);
    let bodies: Vec<_> = std::iter::from_fn(|| log.poll_transmit())
        .map(|answer| match answer {
            LogAnswer::Events(_, body) => body,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr());
}

#[test]
fn a_restart_counts_anew_and_drops_who_waits() {
    let mut log = filled(5);
    ask(&mut log, 1, Some(5), None, None);
    ask(&mut log, 2, Some(4), None, None);
    assert_eq!(log.restart(1), [WaiterId(2), WaiterId(1)]);
    assert_eq!((log.newest(), log.waiters(), log.poll_timeout()), (None, 0, None));
    publish(&mut log);
    assert_eq!((answers(&mut log), log.newest()), (vec![], Some(1)));
}

#[test]
fn an_unknown_event_gets_the_number_of_its_place() {
    let mut log = filled(4);
    let entry =
        Entry::decode_owned(r#"{"a":1,"seq":99,"event_type":"fax \u0022received\u0022","b":[{}]}"#).expect("JSON");
    assert_eq!(log.publish(None, entry.event), 5);
    ask(&mut log, 1, Some(4), None, None);
    let Some(LogAnswer::Events(_, body)) = log.poll_transmit() else { panic!("an answer") };
    assert_eq!(body, r#"[{"seq":5,"a":1,"event_type":"fax \u0022received\u0022","b":[{}]}]"#);
}

#[test]
fn closing_answers_who_waits_and_is_told_once() {
    let mut log = filled(1);
    ask(&mut log, 1, Some(1), None, None);
    log.close(Instant::EPOCH);
    log.close(Instant::EPOCH);
    assert!(!log.wants_input());
    publish(&mut log);
    ask(&mut log, 2, Some(0), None, None);
    assert_eq!(answers(&mut log), [(1, vec![])]);
    assert!(!log.is_finished());
    assert_eq!((log.poll_event(), log.poll_event()), (Some(LogEvent::Closed), None));
    assert!(log.is_finished());
}

#[test]
fn odd_parameters_are_named() {
    for (pairs, words) in [
        (vec![("last", "x")], "`last` must be a whole number, 0 or more"),
        (vec![("last", "")], "`last` must be a whole number, 0 or more"),
        (vec![("last", "-1")], "`last` must be a whole number, 0 or more"),
        (vec![("last", "+1")], "`last` must be a whole number, 0 or more"),
        (vec![("last", "99999999999999999999")], "`last` must be a whole number, 0 or more"),
        (vec![("limit", "0")], "`limit` must be a whole number, 1 or more"),
        (vec![("limit", "many")], "`limit` must be a whole number, 1 or more"),
        (vec![("timeout", "2.5")], "`timeout` must be a whole number of seconds, 0 or more"),
        (vec![("timeout", "1"), ("timeout", "soon")], "`timeout` must be a whole number of seconds, 0 or more"),
    ] {
        assert_eq!(Poll::from_pairs(pairs.clone()).expect_err("odd").to_string(), words, "{pairs:?}");
    }
    let poll = Poll::from_pairs([("last", "5"), ("what", "x"), ("timeout", "0"), ("last", "7")]).expect("fine");
    assert_eq!(poll, Poll::after(7, 0));
    assert_eq!(Poll::from_pairs(Poll::NEWEST.pairs().map(|(name, value)| (name, value.to_string()))), Ok(Poll::NEWEST));
}

#[test]
fn releasing_answers_who_waits_and_the_log_goes_on() {
    let mut log = filled(1);
    ask(&mut log, 1, Some(1), None, None);
    ask(&mut log, 2, Some(7), None, None);
    log.release();
    assert_eq!((answers(&mut log), log.waiters()), (vec![(1, vec![]), (2, vec![])], 0));
    ask(&mut log, 3, Some(1), None, None);
    publish(&mut log);
    assert_eq!(answers(&mut log), [(3, vec![2])]);
}
