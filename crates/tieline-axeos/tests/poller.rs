//! The rules of the poller, one by one.

mod rig;

use rig::{Rig, event, events, list, secs, status};
use tieline_axeos::poller::{Command, Cursor, PollerConfig, Resume};
use tieline_axeos::{CallRequest, CallStatus};
use tieline_core::supervisor::{LineEvent, Phase};
use tieline_core::{
    Class, ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, RequestError, SendErrorKind, Sent, Session,
};

fn config() -> PollerConfig {
    PollerConfig::default()
}

fn live() -> Rig {
    Rig::live(config())
}

const BROKEN: ExchangeFailureKind = ExchangeFailureKind::Broken;

// Start.

#[test]
fn the_place_comes_first_then_the_lists_then_polls_from_the_place() {
    let mut rig = Rig::start(config(), None);
    assert_eq!(rig.poller.phase(), Phase::Dialing);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[10]);
    assert_eq!(rig.poller.phase(), Phase::Resuming);
    rig.lists();
    assert_eq!(rig.poller.phase(), Phase::Live);
    assert_eq!(rig.told(), ["live 1", "users and phones"]);
    assert_eq!(rig.asks(), ["after 10 within 30"]);
}

#[test]
fn a_first_try_that_fails_is_the_end() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.fail(BROKEN);
    assert_eq!(
        rig.told(),
        ["closed: the connection broke before the answer was whole, after the request had been sent"]
    );
    assert!(rig.poller.is_finished());
}

#[test]
fn a_first_try_that_fails_is_repeated_when_that_is_wished_and_is_no_gap() {
    let mut config = config();
    config.policy.retry_first = true;
    let mut rig = Rig::start(config, None);
    rig.asks();
    rig.events(&[10]);
    rig.asks();
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["newest"], "nobody had events before: the place is taken anew");
    rig.events(&[12]);
    rig.lists();
    assert_eq!(rig.told()[1..], ["live 2", "users and phones"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

// Polling.

#[test]
fn events_are_told_and_the_next_poll_follows_at_once() {
    let mut rig = live();
    rig.events(&[11, 12]);
    assert_eq!(rig.told(), ["11", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
    assert_eq!(rig.poller.cursor().map(Cursor::seq), Some(12));
}

#[test]
fn an_empty_answer_after_the_wait_is_followed_by_the_next_poll_at_once() {
    let mut rig = live();
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

#[test]
fn an_answer_that_is_empty_at_once_does_not_spin() {
    let mut rig = live();
    for _ in 0..5 {
        rig.json("[]");
        assert_eq!(rig.asks(), [""; 0]);
        assert_eq!(rig.pass_to_deadline(), secs(1));
        assert_eq!(rig.asks(), ["after 10 within 30"]);
    }
}

#[test]
fn the_deadline_of_a_poll_lies_beyond_the_wait_of_the_server() {
    let rig = live();
    assert_eq!(rig.poller.poll_timeout(), Some(rig.now + secs(45)));
}

#[test]
fn a_poll_without_answer_is_dropped_before_another_is_made() {
    let mut rig = live();
    assert_eq!(rig.pass_to_deadline(), secs(45));
    assert_eq!(rig.asks(), ["cancel 4"]);
    assert_eq!(rig.told(), ["down: no answer within the deadline, perhaps after the request had been sent"]);
    let late = rig.asked[3];
    rig.end(late, Ok(tieline_axeos::poller::Answer::Events(rig::batch(&events(&[11])))));
    assert_eq!(rig.told(), [""; 0], "an answer that comes too late is nobody's");
}

#[test]
fn an_answer_as_long_as_the_limit_is_followed_by_a_poll_that_does_not_wait() {
    let mut config = config();
    config.limit = Some(2);
    let mut rig = Rig::start(config, None);
    rig.asks();
    rig.events(&[10]);
    rig.lists();
    assert_eq!(rig.asks(), ["after 10 at most 2 within 30"]);
    rig.events(&[11, 12]);
    assert_eq!(rig.asks(), ["after 12 at most 2 within 0"]);
    rig.events(&[13]);
    assert_eq!(rig.asks(), ["after 13 at most 2 within 30"]);
}

// An empty log.

#[test]
fn the_first_events_of_an_empty_log_are_told_and_the_lists_are_read_anew() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    rig.told();
    assert_eq!(rig.asks(), ["all within 30"]);
    rig.events(&[1, 2]);
    assert_eq!(rig.told(), ["1", "2"]);
    rig.lists();
    assert_eq!(rig.told(), ["users", "phones"]);
    assert_eq!(rig.asks(), ["after 2 within 30"]);
}

#[test]
fn what_came_before_the_first_events_of_an_empty_log_is_a_gap_when_they_are_not_the_first() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    rig.told();
    rig.asks();
    rig.events(&[7]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones", "7"]);
    assert_eq!(rig.asks(), ["after 7 within 30"]);
}

// Duplicates and another count.

#[test]
fn an_old_number_is_a_duplicate_when_the_newest_event_is_not_older_than_the_place() {
    let mut rig = live();
    rig.wait(secs(5));
    rig.events(&[9, 10]);
    assert_eq!((rig.asks(), rig.told()), (vec!["newest".into()], vec![]));
    rig.events(&[10]);
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

#[test]
fn of_duplicates_among_new_events_only_the_new_ones_are_told_in_order() {
    let mut rig = live();
    rig.events(&[10, 12, 11, 12]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[12]);
    assert_eq!(rig.told(), ["11", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn an_old_number_is_another_count_when_the_newest_event_is_older_than_the_place() {
    let mut rig = live();
    let sure = rig.now;
    rig.wait(secs(5));
    rig.events(&[2]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[3]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[3]);
    rig.lists();
    let gap = rig.poller.poll_event();
    let Some(LineEvent::Gap(gap)) = gap else { panic!("{gap:?}") };
    assert_eq!((gap.since, gap.until, gap.recovered), (sure, rig.now, false));
    assert_eq!(rig.told(), ["resynced", "users and phones"]);
    assert_eq!(rig.asks(), ["after 3 within 30"]);
}

#[test]
fn answers_that_stay_empty_are_looked_into_now_and_then() {
    let mut rig = live();
    for _ in 0..2 {
        for _ in 0..2 {
            rig.wait(secs(30));
            rig.json("[]");
        }
        // A minute without proof.
        let asks = rig.asks();
        assert_eq!(asks.last().map(String::as_str), Some("newest"), "{asks:?}");
        rig.events(&[10]);
        assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
    }
    rig.wait(secs(30));
    rig.json("[]");
    rig.asks();
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[4]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[4]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones"]);
}

#[test]
fn another_event_of_the_same_number_is_another_count() {
    let mut rig = live();
    rig.wait(secs(30));
    rig.json("[]");
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks().last().map(String::as_str), Some("newest"));
    rig.json(&list(&[event(10, "b")]));
    assert_eq!(rig.asks(), ["newest"]);
}

#[test]
fn a_log_that_was_emptied_while_nothing_happened_is_no_gap() {
    let mut rig = live();
    rig.wait(secs(60));
    rig.json("[]");
    assert_eq!(rig.asks(), ["cancel 4"], "the deadline had passed");
    let mut rig = live();
    for _ in 0..2 {
        rig.wait(secs(30));
        rig.json("[]");
    }
    assert_eq!(rig.asks().last().map(String::as_str), Some("newest"));
    rig.json("[]");
    assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
}

// Skipped numbers.

#[test]
fn a_skipped_number_is_no_loss_while_the_last_event_is_still_in_the_log() {
    let mut rig = live();
    rig.events(&[13]);
    assert_eq!((rig.asks(), rig.told()), (vec!["after 9 within 0".into()], vec![]));
    rig.events(&[10, 13, 15]);
    assert_eq!(rig.told(), ["13", "15"]);
    assert_eq!(rig.asks(), ["after 15 within 30"]);
    rig.events(&[18]);
    assert_eq!(rig.told(), ["18"], "these numbers skip: it is not asked again each time");
}

#[test]
fn a_skipped_number_is_a_gap_when_the_last_event_was_dropped() {
    let mut rig = live();
    rig.events(&[13]);
    rig.asks();
    rig.events(&[12, 13]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[13]);
    rig.lists();
    assert_eq!(rig.told(), ["gap lost", "resynced", "users and phones"]);
    assert_eq!(rig.asks(), ["after 13 within 30"]);
}

// Bad events.

#[test]
fn a_bad_event_is_told_among_its_siblings_and_passed() {
    let mut rig = live();
    rig.json(&list(&[event(11, ""), r#"{"seq":12,"event_type":"api call","caller":1}"#.into(), event(13, "")]));
    assert_eq!(rig.told(), ["11", "bad 12", "13"]);
    rig.json(&list(&[r#"{"seq":14}"#.into()]));
    assert_eq!(rig.told(), ["bad 14"]);
    assert_eq!(rig.asks().last().map(String::as_str), Some("after 14 within 30"));
}

#[test]
fn an_element_without_a_number_is_told_once_and_holds_nothing_up() {
    let mut rig = live();
    rig.wait(secs(5));
    rig.json(r#"["x"]"#);
    assert_eq!((rig.told(), rig.asks()), (vec!["bad".into()], vec!["after 10 within 30".into()]));
    rig.json(r#"["x"]"#);
    assert_eq!((rig.told(), rig.pass_to_deadline()), (vec![], secs(1)), "again, at once: it does not spin");
    rig.asks();
    rig.json(&list(&["\"x\"".into(), event(11, ""), "\"y\"".into()]));
    assert_eq!(rig.told(), ["11", "bad"]);
    rig.json(&list(&["\"y\"".into(), event(12, "")]));
    assert_eq!(rig.told(), ["12"]);
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again_and_passed_in_the_end() {
    let unreadable = || ExchangeFailureKind::Unreadable { reason: "something".into() };
    let mut rig = live();
    rig.fail(unreadable());
    for _ in 0..4 {
        rig.pass_to_deadline();
        assert_eq!(rig.asks(), ["after 9 within 0"]);
        rig.fail(unreadable());
    }
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[12]);
    rig.lists();
    let told = rig.told();
    assert_eq!(told[5..], ["live 6", "gap lost", "resynced", "users and phones"], "{told:?}");
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn an_answer_beyond_the_limit_is_no_end() {
    let mut rig = live();
    rig.fail(ExchangeFailureKind::TooLong);
    assert_eq!(rig.told().len(), 1);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 9 within 0"]);
}

// Failures.

#[test]
fn after_a_failure_the_last_event_is_looked_for_and_found_the_gap_is_recovered() {
    let mut rig = live();
    let sure = rig.now;
    rig.wait(secs(3));
    rig.fail(BROKEN);
    assert_eq!(rig.poller.phase(), Phase::Waiting);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 9 within 0"]);
    rig.events(&[10, 11]);
    let told: Vec<_> = std::iter::from_fn(|| rig.poller.poll_event()).collect();
    assert_eq!(told.iter().map(rig::shown).skip(1).collect::<Vec<_>>(), ["live 2", "gap recovered", "11"]);
    let LineEvent::Gap(gap) = &told[2] else { panic!("{told:?}") };
    assert_eq!((gap.since, gap.until), (sure, rig.now));
    assert_eq!(rig.asks(), ["after 11 within 30"]);
}

#[test]
fn after_a_failure_the_last_event_is_looked_for_and_missing_the_place_is_taken_anew() {
    for answer in [events(&[12, 13]), "[]".into(), list(&[event(10, "b")])] {
        let mut rig = live();
        rig.fail(BROKEN);
        rig.pass_to_deadline();
        assert_eq!(rig.asks(), ["after 9 within 0"]);
        rig.json(&answer);
        assert_eq!(rig.asks(), ["newest"]);
        rig.events(&[10]);
        rig.lists();
        let told = rig.told();
        assert_eq!(told[2..], ["gap lost", "resynced", "users and phones"], "{told:?}");
        assert_eq!(rig.asks(), ["after 10 within 30"]);
    }
}

#[test]
fn a_server_that_will_not_look_behind_costs_the_place() {
    let mut rig = live();
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    rig.asks();
    rig.fail(status(400));
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[10]);
    rig.lists();
    rig.told();
    rig.events(&[13]);
    assert_eq!(rig.told(), ["13"], "whether that is a loss cannot be told");
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    assert_eq!(rig.asks().last().map(String::as_str), Some("newest"));
}

#[test]
fn a_failure_before_the_first_event_of_a_log_is_a_gap_that_is_not_recovered() {
    let mut rig = Rig::start(config(), None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    rig.told();
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["all within 30", "newest"]);
    rig.events(&[1]);
    rig.lists();
    assert_eq!(rig.told()[1..], ["live 2", "gap lost", "resynced", "users and phones"]);
}

#[test]
fn two_servers_behind_one_address_are_not_asked_as_fast_as_they_answer() {
    let mut rig = live();
    let begin = rig.now;
    let mut asked = 0;
    while rig.now < begin + secs(600) {
        let asks = rig.asks();
        asked += asks.len();
        match asks.last().map(String::as_str) {
            Some("users") => rig.users(rig::USERS),
            Some("phones") => rig.phones(rig::PHONES),
            // Each exchange comes to the other server.
            Some(_) => rig.events(if asked % 2 == 0 { &[5] } else { &[20] }),
            None => drop(rig.pass_to_deadline()),
        }
        rig.told();
    }
    assert!(asked < 3 * 600, "{asked} requests in 600 s");
}

#[test]
fn an_empty_log_and_a_slow_application_is_a_gap() {
    let mut config = config();
    config.policy.limits.queued_events = 1;
    let mut rig = Rig::start(config, None);
    rig.asks();
    rig.json("[]");
    rig.lists();
    assert_eq!(rig.asks(), [""; 0]);
    rig.wait(secs(5));
    rig.told();
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["newest"]);
}

#[test]
fn after_a_long_outage_the_lists_are_read_even_if_nothing_was_lost() {
    let mut rig = live();
    rig.fail(BROKEN);
    while rig.now < Instant::EPOCH + secs(1061) {
        rig.pass_to_deadline();
        if rig.asks().iter().any(|ask| ask == "after 9 within 0") && rig.now < Instant::EPOCH + secs(1061) {
            rig.fail(BROKEN);
        }
    }
    rig.told();
    rig.events(&[10, 11]);
    rig.lists();
    let told = rig.told();
    assert_eq!(told[1..], ["gap recovered", "resynced", "users and phones", "11"], "{told:?}");
}

#[test]
fn a_place_that_was_taken_anew_is_no_use_without_the_lists() {
    let mut rig = live();
    rig.fail(BROKEN);
    rig.pass_to_deadline();
    rig.asks();
    rig.json("[]");
    rig.asks();
    rig.events(&[20]);
    rig.asks();
    rig.fail(BROKEN);
    rig.told();
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 19 within 0"]);
    rig.events(&[20, 21]);
    rig.lists();
    assert_eq!(rig.told(), ["live 3", "gap lost", "resynced", "users and phones", "21"]);
}

#[test]
fn the_end_of_a_wait_by_a_proxy_is_no_loss_of_the_line() {
    for kind in [status(408), status(504), ExchangeFailureKind::Empty] {
        let mut rig = live();
        for _ in 0..3 {
            rig.wait(secs(20));
            rig.fail(kind.clone());
            assert_eq!(rig.asks(), ["after 9 within 0"], "the same place");
            rig.events(&[10]);
            assert_eq!(rig.pass_to_deadline(), secs(1));
            assert_eq!((rig.asks(), rig.told()), (vec!["after 10 within 30".into()], vec![]));
        }
    }
}

#[test]
fn a_wait_that_ends_at_once_does_not_spin_and_the_second_failure_is_a_loss() {
    let mut rig = live();
    rig.fail(status(504));
    assert_eq!(rig.asks(), [""; 0]);
    assert_eq!(rig.pass_to_deadline(), secs(1));
    rig.asks();
    rig.fail(status(504));
    assert_eq!(rig.told(), ["down: the server answered 504, after the request had been sent"]);
}

#[test]
fn failures_that_may_pass_are_waited_out_longer_and_longer() {
    for kind in [status(500), status(502), status(503), BROKEN, ExchangeFailureKind::Timeout] {
        let mut rig = live();
        rig.fail(kind.clone());
        let mut longest = secs(0);
        for _ in 0..12 {
            longest = longest.max(rig.pass_to_deadline());
            assert_eq!(rig.asks(), ["after 9 within 0"], "the same place");
            rig.fail(kind.clone());
        }
        assert!(longest > secs(8) && longest <= secs(30), "{longest:?}");
        assert!(rig.told().iter().all(|told| told.starts_with("down")));
    }
}

#[test]
fn a_refused_login_and_a_wrong_address_are_the_end() {
    for code in [401, 403, 404] {
        let mut rig = live();
        rig.fail(status(code));
        let closed = format!("closed: the server answered {code}, after the request had been sent");
        assert_eq!(rig.told(), ["gap lost", &closed], "what nobody will ask for any more is told");
        assert!(rig.poller.is_finished());
    }
}

#[test]
fn a_refused_login_is_tried_again_when_that_is_wished() {
    let mut config = config();
    config.policy.retry_refused_login = true;
    let mut rig = Rig::live(config);
    rig.fail(status(401));
    assert_eq!(rig.poller.phase(), Phase::Waiting);
}

#[test]
fn retry_after_is_obeyed_within_reason() {
    for (asked, waited) in [(secs(7), secs(7)), (secs(100_000), secs(3600))] {
        let mut rig = live();
        rig.fail(ExchangeFailureKind::Status { status: 429, class: Class::RetryAfter(asked) });
        assert_eq!(rig.pass_to_deadline(), waited);
    }
}

// Lists.

#[test]
fn list_changes_in_one_answer_make_one_reload_after_its_events() {
    let mut rig = live();
    rig.json(
        r#"[{"seq":11,"event_type":"user list changed"},{"seq":12,"event_type":"phone list changed"},
            {"seq":13,"event_type":"user list changed"},{"seq":14,"event_type":"call answered"}]"#,
    );
    assert_eq!(rig.told(), ["11", "12", "13", "14"]);
    rig.lists();
    assert_eq!(rig.told(), ["users", "phones"]);
    assert_eq!(rig.asks(), ["after 14 within 30"]);
}

#[test]
fn a_reload_that_fails_keeps_place_and_list_and_is_tried_again() {
    let mut rig = live();
    rig.json(r#"[{"seq":11,"event_type":"user list changed"}]"#);
    rig.told();
    assert_eq!(rig.asks(), ["users"]);
    rig.fail(status(500));
    assert_eq!((rig.asks(), rig.told()), (vec!["after 11 within 30".into()], vec![]));
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["users"]);
    rig.users(rig::USERS);
    assert_eq!((rig.told(), rig.asks()), (vec!["users".into()], vec!["after 11 within 30".into()]));
}

#[test]
fn an_unknown_uuid_asks_for_one_reload() {
    let mut rig = live();
    let call = |seq: u64, user: &str, phone: &str| {
        format!(
            r#"[{{"seq":{seq},"event_type":"api call","caller":{{"user_uuid":"{user}"}},"target":{{"phone_uuid":"{phone}"}}}}]"#
        )
    };
    rig.json(&call(11, "u1", "p1"));
    assert_eq!(rig.asks(), ["after 11 within 30"], "known ones");
    rig.json(&call(12, "u2", "p1"));
    assert_eq!(rig.asks(), ["users"]);
    rig.users(rig::USERS);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
    rig.json(&call(13, "u2", "p1"));
    assert_eq!(rig.asks(), ["after 13 within 30"], "it was asked for");
    rig.json(&call(14, "u3", "p2"));
    assert_eq!(rig.asks(), ["phones"], "the users were read a moment ago");
    rig.phones(rig::PHONES);
    assert_eq!(rig.asks(), ["after 14 within 30"]);
    rig.wait(secs(30));
    rig.json("[]");
    assert_eq!(rig.asks(), ["users"]);
}

// Back-pressure.

#[test]
fn nothing_is_asked_while_events_are_left_unread_and_the_place_stays() {
    let mut config = config();
    config.policy.limits.queued_events = 3;
    let mut rig = Rig::live(config);
    rig.events(&[11, 12, 13, 14]);
    assert!(!rig.poller.wants_input());
    assert_eq!((rig.asks(), rig.poller.poll_timeout()), (vec![], None));
    rig.wait(secs(300));
    assert_eq!(rig.asks(), [""; 0]);
    assert_eq!(rig.told(), ["11", "12", "13", "14"]);
    assert!(rig.poller.wants_input());
    rig.pass_to_deadline();
    assert_eq!(rig.asks(), ["after 13 within 0"], "after so long the log is looked at first");
    rig.events(&[14, 15]);
    assert_eq!((rig.told(), rig.asks()), (vec!["15".into()], vec!["after 15 within 30".into()]));
}

// Resuming.

#[test]
fn a_poller_goes_on_where_another_ended() {
    let mut rig = live();
    rig.events(&[11]);
    rig.poller.close(rig.now);
    let rig_poller = rig.poller.into_resume().expect_err("events are unread");
    rig.poller = rig_poller;
    assert_eq!(rig.told(), ["11", "closed"]);
    rig.asks();
    let resume = rig.poller.into_resume().expect("finished and drained");
    assert_eq!(resume.cursor.as_ref().map(Cursor::seq), Some(11));

    let mut rig = Rig::start(config(), Some(resume));
    assert_eq!(rig.asks(), ["after 10 within 0"]);
    rig.events(&[11, 12]);
    rig.lists();
    assert_eq!(rig.told(), ["live 1", "users and phones", "12"]);
    assert_eq!(rig.asks(), ["after 12 within 30"]);
}

#[test]
fn a_place_that_is_gone_when_a_poller_goes_on_is_a_gap() {
    let resume = Resume::at(Cursor::after(&event(11, "")).expect("a place"));
    let mut rig = Rig::start(config(), Some(resume));
    rig.asks();
    rig.events(&[15]);
    assert_eq!(rig.asks(), ["newest"]);
    rig.events(&[15]);
    rig.lists();
    let told: Vec<_> = std::iter::from_fn(|| rig.poller.poll_event()).collect();
    let LineEvent::Gap(gap) = &told[1] else { panic!("{told:?}") };
    assert_eq!((gap.since, gap.recovered), (Instant::EPOCH, false));
    assert_eq!(told.iter().map(rig::shown).skip(2).collect::<Vec<_>>(), ["resynced", "users and phones"]);
}

// Calls.

fn call() -> Command {
    Command::Call(CallRequest::new("anna", "+4685550100"))
}

#[test]
fn a_call_goes_out_beside_the_poll_and_is_answered() {
    let mut rig = live();
    let poll = rig.latest();
    let id = rig.poller.send(rig.now, call()).expect("accepted");
    assert_eq!(rig.asks(), ["call +4685550100"]);
    let reply = tieline_core::json::decode_with(r#"{"status":"success","unique_id":"1.2"}"#, &"".into(), 8);
    let reply: tieline_axeos::CallReply<tieline_core::Text> = reply.expect("a reply");
    let latest = rig.latest();
    rig.end(latest, Ok(tieline_axeos::poller::Answer::Call(reply)));
    let Some((answered, Ok(tieline_axeos::poller::Reply::Call(reply)))) = rig.poller.poll_reply() else {
        panic!("a reply")
    };
    assert_eq!((answered, reply.status), (id, Some(CallStatus::Success)));
    rig.end(poll, Ok(tieline_axeos::poller::Answer::Events(rig::batch(&events(&[11])))));
    assert_eq!(rig.told(), ["11"]);
}

#[test]
fn a_call_is_never_made_twice_and_its_failure_says_whether_it_may_have_been_made() {
    for (kind, sent, error) in [
        (BROKEN, Sent::Maybe, RequestError::Disconnected(Sent::Maybe)),
        (BROKEN, Sent::Nothing, RequestError::Disconnected(Sent::Nothing)),
        (status(503), Sent::All, RequestError::Refused { status: 503, reason: "".into() }),
        (ExchangeFailureKind::Empty, Sent::All, RequestError::Unreadable { reason: "it is empty".into() }),
    ] {
        let mut rig = live();
        let id = rig.poller.send(rig.now, call()).expect("accepted");
        rig.asks();
        let latest = rig.latest();
        rig.end(latest, Err(ExchangeFailure::new(kind, sent)));
        assert_eq!(rig.poller.poll_reply(), Some((id, Err(error))));
        assert_eq!((rig.asks(), rig.told()), (vec![], vec![]));
    }
}

#[test]
fn a_call_without_answer_is_given_up() {
    let mut rig = live();
    let mut poll = rig.latest();
    let id = rig.poller.send(rig.now, call()).expect("accepted");
    assert_eq!(rig.asks().last().map(String::as_str), Some("call +4685550100"));
    while rig.now < Instant::EPOCH + secs(1120) {
        rig.wait(secs(20));
        rig.end(poll, Ok(tieline_axeos::poller::Answer::Events(rig::batch("[]"))));
        poll = rig.latest();
    }
    assert_eq!(rig.poller.poll_reply(), Some((id, Err(RequestError::Timeout))));
    assert!(rig.asks().contains(&"cancel 5".into()));
    assert_eq!(rig.told(), [""; 0]);
}

#[test]
fn a_call_needs_a_line_and_a_number() {
    let refusal = |rig: &mut Rig, command| rig.poller.send(rig.now, command).expect_err("refused").kind;
    let mut rig = Rig::start(config(), None);
    assert_eq!(refusal(&mut rig, call()), SendErrorKind::NotConnected);
    let mut rig = live();
    let odd = Command::Call(CallRequest::new("anna", "tel:1"));
    assert!(matches!(refusal(&mut rig, odd), SendErrorKind::Invalid(_)));
    rig.fail(BROKEN);
    assert_eq!(refusal(&mut rig, call()), SendErrorKind::NotConnected);
    rig.poller.close(rig.now);
    assert_eq!(refusal(&mut rig, call()), SendErrorKind::Closed);
}

#[test]
fn lists_that_are_asked_for_come_as_replies_and_change_nothing() {
    use tieline_axeos::poller::{Answer, Reply};
    let mut rig = live();
    let poll = rig.latest();
    let ids = [Command::Users, Command::Phones].map(|list| rig.poller.send(rig.now, list).expect("accepted"));
    assert_eq!(rig.asks(), ["users", "phones"]);
    let [users, phones] = [rig.asked[rig.asked.len() - 2], rig.asked[rig.asked.len() - 1]];
    let listing = |json: &str| tieline_axeos::Listing::decode(json.into(), 64).expect("users");
    rig.end(users, Ok(Answer::Users(listing(rig::USERS))));
    rig.end(phones, Err(ExchangeFailure::new(status(503), Sent::All)));
    assert_eq!(rig.poller.poll_reply(), Some((ids[0], Ok(Reply::Users(listing(rig::USERS))))));
    let refused = RequestError::Refused { status: 503, reason: "".into() };
    assert_eq!(rig.poller.poll_reply(), Some((ids[1], Err(refused))));
    assert_eq!((rig.asks(), rig.told()), (vec![], vec![]));
    rig.end(poll, Ok(Answer::Events(rig::batch(&events(&[11])))));
    assert_eq!((rig.asks(), rig.told()), (vec!["after 11 within 30".to_owned()], vec!["11".to_owned()]));
}

#[test]
fn only_so_many_calls_are_in_flight() {
    let mut config = config();
    config.policy.limits.in_flight = 2;
    let mut rig = Rig::live(config);
    for _ in 0..2 {
        rig.poller.send(rig.now, call()).expect("accepted");
    }
    assert_eq!(rig.poller.send(rig.now, call()).expect_err("refused").kind, SendErrorKind::Full);
}

#[test]
fn closing_drops_what_is_in_flight_and_answers_the_calls() {
    let mut rig = live();
    let id = rig.poller.send(rig.now, call()).expect("accepted");
    rig.asks();
    rig.poller.close(rig.now);
    rig.poller.close(rig.now);
    assert_eq!(rig.asks(), ["cancel 4", "cancel 5"]);
    assert_eq!(rig.poller.poll_reply(), Some((id, Err(RequestError::Closed))));
    assert_eq!(rig.told(), ["closed"]);
    rig.events(&[11]);
    assert_eq!((rig.told(), rig.poller.poll_timeout(), rig.poller.is_finished()), (vec![], None, true));
}
