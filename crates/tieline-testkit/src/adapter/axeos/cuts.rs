//! Connections that are killed at every place of an answer.

use std::time::Duration;

use super::{AxeosAdapter, AxeosPbx, Fault, config, live, names_to};

pub fn wherever_an_answer_is_cut_what_is_delivered_and_gaps_cover_the_log_and_nothing_comes_twice<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = live::<A>(config(&pbx));
    let mut had = 1;
    // The answer to a poll with one event has fewer bytes: the last cuts are whole answers whose connection is closed.
    for cut in 0..160 {
        pbx.faults([Fault::Cut(cut)]);
        let last = pbx.publish(1 + cut % 2);
        let names = names_to(&mut line, &last.to_string());
        assert!(
            !names.iter().any(|name| name == "gap" || name == "resynced"),
            "cut at {cut}: the log holds everything"
        );
        let events: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
        assert_eq!(events, Vec::from_iter(had + 1..=last), "cut at {cut}");
        had = last;
    }
}

pub fn whenever_a_server_is_restarted_its_log_is_delivered_or_in_a_gap<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut config = config(&pbx);
    // A server that counts anew while nobody asks it is noticed by asking.
    config.poller.wait = Duration::from_secs(1);
    config.poller.probe_every = Duration::from_secs(1);
    let mut line = live::<A>(config);
    let mut last = 1;
    for round in 0_usize..12 {
        pbx.publish(round % 3);
        if round % 2 == 0 {
            pbx.await_poll();
        }
        let first_seq = if round % 4 < 2 { 1 } else { last + 100 };
        pbx.restart(first_seq);
        let names = names_to(&mut line, "lists 1 1");
        let at = names.iter().position(|name| name == "gap").expect("a gap");
        assert_eq!(names[at..], ["gap", "resynced", "lists 1 1"], "{names:?}");
        let before: Vec<u64> = names[..at].iter().filter_map(|name| name.parse().ok()).collect();
        assert!(before.iter().all(|seq| *seq > last) && before.is_sorted(), "{before:?} after {last}");
        pbx.await_poll();
        last = pbx.publish(1);
        let names = names_to(&mut line, &last.to_string());
        let events: Vec<u64> = names.iter().map(|name| name.parse().expect("an event")).collect();
        assert!(events == [first_seq + 1], "{names:?}");
    }
}
