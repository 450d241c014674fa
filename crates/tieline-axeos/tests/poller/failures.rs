//! Exchanges that fail, and what is lost by it.

use tieline_core::supervisor::{LineEvent, Phase};
use tieline_core::{Class, ExchangeFailureKind, Instant, Session};

use crate::rig::{Rig, event, events, list, secs, status};
use crate::{BROKEN, config, live, rig};

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
