//! The client that follows the events.

use std::time::Duration;

use tieline_axeos::http::Auth;
use tieline_axeos::poller::{AxeosEvent, Cursor, Resume};
use tieline_axeos::{CallRequest, CallStatus};
use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_core::{Class, ExchangeFailureKind, RequestError, SendErrorKind, Sent};
use tieline_dial::{ClientError, ConnectError, Item};
use tieline_tls::{ServerTls, Trust};

use super::super::{Gate, Pbx, millis};
use super::{
    AxeosAdapter, AxeosItem, AxeosLine as _, AxeosPbx, Fault, answer, base, config, config_as, live, name, names_to,
};

const BROKEN: &str = "down: the connection broke before the answer was whole, after the request had been sent";

pub fn the_place_comes_first_then_the_lists_then_events_in_order<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = live::<A>(config(&pbx));
    pbx.await_poll();
    pbx.publish(3);
    assert_eq!(names_to(&mut line, "4"), ["2", "3", "4"]);
    pbx.await_poll();
    let asked = pbx.lines();
    assert_eq!(
        asked[..4],
        ["GET events?limit=1&timeout=0", "GET users?status=1", "GET phones?status=1", "GET events?last=1&timeout=30"]
    );
    assert_eq!(asked.last().map(String::as_str), Some("GET events?last=4&timeout=30"));
    assert_eq!(pbx.pbx.accepted(), 1, "one connection, kept alive");
    line.closer()();
    assert_eq!(names_to(&mut line, "closed"), ["closed"]);
    assert_eq!(line.next(), None);
}

pub fn a_lost_connection_is_a_gap_that_is_recovered_when_the_log_is_still_there<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = live::<A>(config(&pbx));
    pbx.await_poll();
    pbx.lose_polls();
    pbx.publish(2);
    assert_eq!(names_to(&mut line, "3"), [BROKEN, "live", "gap recovered", "2", "3"]);
}

pub fn a_restarted_server_is_told_by_resynced_whether_it_counts_anew_or_goes_on<A: AxeosAdapter>() {
    for first_seq in [1, 12] {
        let pbx = AxeosPbx::start();
        let mut line = live::<A>(config(&pbx));
        pbx.publish(10);
        names_to(&mut line, "11");
        pbx.await_poll();
        pbx.restart(first_seq);
        assert_eq!(names_to(&mut line, "lists 1 1"), [BROKEN, "live", "gap", "resynced", "lists 1 1"]);
        pbx.publish(2);
        let seqs = [first_seq + 1, first_seq + 2].map(|seq| seq.to_string());
        assert_eq!(names_to(&mut line, &seqs[1]), seqs);
    }
}

pub fn a_failed_answer_is_asked_for_again_from_the_same_place<A: AxeosAdapter>() {
    let ended = [answer("408 Late", "", ""), answer("504 Late", "", ""), answer("200 OK", "", "")];
    let failed = [
        answer("200 OK", "", "[{\"seq\":2,"),
        answer("500 Oops", "", "oops"),
        answer("502 Bad Gateway", "Connection: close\r\n", "<html>"),
        "220 smtp.example ESMTP\r\n".into(),
    ];
    let failed = failed.map(|said| (Fault::Say(said), true));
    let failed = failed.into_iter().chain([(Fault::Cut(0), true), (Fault::Cut(80), true)]);
    let ended = ended.map(|said| (Fault::Say(said), false));
    for (fault, is_told) in failed.chain(ended) {
        let pbx = AxeosPbx::start();
        pbx.faults([fault.clone()]);
        let mut line = live::<A>(config(&pbx));
        pbx.await_faults();
        pbx.publish(2);
        let mut names = names_to(&mut line, "3");
        if is_told {
            assert!(names.remove(0).starts_with("down: "), "{fault:?}");
            assert_eq!(names.drain(..2).collect::<Vec<_>>(), ["live", "gap recovered"], "{fault:?}");
        }
        assert_eq!(names, ["2", "3"], "{fault:?}");
    }
}

pub fn a_poll_that_hangs_is_given_up_by_its_own_deadline<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    pbx.faults([Fault::Hang]);
    let mut config = config(&pbx);
    config.poller.wait = Duration::from_secs(1);
    config.poller.margin = millis(50);
    let mut line = live::<A>(config);
    pbx.await_faults();
    pbx.publish(1);
    let names = names_to(&mut line, "2");
    assert!(names[0].starts_with("down: no answer within the deadline"), "{names:?}");
    assert_eq!(names[1..], ["live", "gap recovered", "2"]);
}

pub fn a_server_that_closes_after_each_answer_loses_nothing<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    pbx.faults(vec![Fault::ThenClose; 5]);
    let mut line = live::<A>(config(&pbx));
    let mut events = Vec::new();
    for seq in 2..12 {
        pbx.publish(1);
        let names = names_to(&mut line, &seq.to_string());
        assert!(!names.iter().any(|name| name == "gap"), "{names:?}");
        events.extend(names.into_iter().filter_map(|name| name.parse::<u64>().ok()));
    }
    assert_eq!(events, Vec::from_iter(2..12));
}

pub fn a_refusal_ends_it_at_the_start_and_later<A: AxeosAdapter>() {
    for (status, class) in [(401, Class::Reauthenticate), (403, Class::Terminal), (404, Class::Terminal)] {
        let refused = move || answer(&format!("{status} No"), "", "");
        let strict = Pbx::raw(move |mut io, _| {
            use std::io::Write as _;
            while super::super::http::request(&mut io).is_some() {
                drop(io.write_all(refused().as_bytes()));
            }
        });
        let pbx = AxeosPbx::start();
        let mut setup = config(&pbx);
        setup.options.policy.retry_first = true;
        setup.http.base = base(&format!("http://127.0.0.1:{}", strict.port)).expect("an address");
        let error = A::follow(setup).expect_err("refused");
        let ConnectError::GaveUp(DownCause::Exchange(failure)) = &error else { panic!("{error:?}") };
        assert!(matches!(failure.kind, ExchangeFailureKind::Status { status: told, .. } if told == status));
        assert_eq!((error.class(), strict.accepted()), (class, 1));

        pbx.faults([Fault::Say(refused())]);
        let mut line = live::<A>(config(&pbx));
        let closed = format!("closed: the server answered {status}, after the request had been sent");
        assert_eq!(names_to(&mut line, &closed), ["gap", &closed]);
        assert_eq!(line.next(), None);
    }
}

pub fn a_server_that_says_when_to_retry_is_obeyed<A: AxeosAdapter>() {
    for (status, header) in [
        (429, "Retry-After: 3000\r\n"),
        (503, "Date: Sun, 06 Nov 1994 08:00:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:00 GMT\r\n"),
    ] {
        let pbx = AxeosPbx::start();
        pbx.faults([Fault::Say(answer(&format!("{status} Busy"), header, ""))]);
        let mut line = A::follow(config(&pbx)).expect("live");
        let (mut read_at, mut retry) = (None, None);
        while retry.is_none() {
            match line.next().expect("the line lives") {
                Item::Line(LineEvent::Session(AxeosEvent::Snapshot(lists))) => read_at = Some(lists.at),
                Item::Line(LineEvent::Down { retry_at, .. }) => retry = Some(retry_at),
                _ => {}
            }
        }
        let wait = retry.expect("a time").since(read_at.expect("lists"));
        assert!(wait >= Duration::from_secs(3000), "{wait:?}");
        line.closer()();
        assert_eq!(names_to(&mut line, "closed"), ["gap", "closed"]);
    }
}

pub fn an_answer_that_is_empty_at_once_does_not_spin<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    pbx.faults(vec![Fault::Say(answer("200 OK", "", "[]")); 1000]);
    let mut config = config(&pbx);
    config.poller.least_interval = Duration::from_secs(3600);
    let line = live::<A>(config);
    for _ in 0..20 {
        line.users().expect("users");
    }
    let polls = pbx.lines().iter().filter(|line| line.starts_with("GET events?last=")).count();
    assert_eq!(polls, 1);
}

/// A PBX that is live, then holds a poll, and opens the gate when the client goes away.
fn holding(held: &Gate, gone: &Gate) -> Pbx {
    let (held, gone) = (held.clone(), gone.clone());
    Pbx::raw(move |mut io, _| {
        use std::io::Write as _;
        while let Some(asked) = super::super::http::request(&mut io) {
            let body = match asked.split_whitespace().nth(1).expect("a target") {
                target if target.ends_with("timeout=30") => {
                    held.open();
                    continue;
                }
                target if target.contains("events") => r#"[{"seq":1,"event_type":"user list changed"}]"#,
                target if target.contains("users") => super::USERS,
                _ => super::PHONES,
            };
            drop(io.write_all(answer("200 OK", "", body).as_bytes()));
        }
        gone.open();
    })
}

pub fn closing_drops_the_poll_that_waits_at_once<A: AxeosAdapter>() {
    let (held, gone) = (Gate::new(), Gate::new());
    let pbx = holding(&held, &gone);
    let mut setup = config(&AxeosPbx::start());
    setup.http.base = base(&format!("http://127.0.0.1:{}", pbx.port)).expect("an address");
    let mut line = live::<A>(setup);
    held.pass();
    line.closer()();
    gone.pass();
    assert_eq!(names_to(&mut line, "closed"), ["closed"]);
    assert_eq!(line.users().expect_err("closed"), ClientError::Closed);
}

pub fn dropping_both_ends_drops_the_poll_that_waits<A: AxeosAdapter>() {
    let (held, gone) = (Gate::new(), Gate::new());
    let pbx = holding(&held, &gone);
    let mut setup = config(&AxeosPbx::start());
    setup.http.base = base(&format!("http://127.0.0.1:{}", pbx.port)).expect("an address");
    let line = live::<A>(setup);
    held.pass();
    drop(line);
    gone.pass();
}

pub fn commands_go_beside_the_poll_that_waits<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = live::<A>(config(&pbx));
    pbx.await_poll();
    let reply = line.call(CallRequest::new("anna", "+4685550100").auto_answer()).expect("a reply");
    assert_eq!((reply.status, reply.unique_id.as_deref()), (Some(CallStatus::Success), Some("1.2")));
    assert_eq!(line.users().expect("users").body().as_str(), super::USERS);
    assert_eq!(line.phones().expect("phones").body().as_str(), super::PHONES);
    let asked = pbx.asked().into_iter().find(|asked| asked.line == "POST /apis/pbx/call").expect("a call");
    assert!(asked.text.ends_with("\r\n\r\nuser_name=anna&number=%2B4685550100&auto_answer=true"), "{asked:?}");
    pbx.publish(1);
    assert_eq!(names_to(&mut line, "2"), ["2"], "the poll waited all the time");
    let odd = line.call(CallRequest::new("anna", "tel:1")).expect_err("no number");
    assert!(matches!(odd, ClientError::NotSent(SendErrorKind::Invalid(_))), "{odd:?}");
}

pub fn a_call_is_posted_once_wherever_its_answer_breaks<A: AxeosAdapter>() {
    let cuts = [0, 1, 17, 60, 100];
    let pbx = AxeosPbx::start();
    pbx.break_calls(cuts.map(Fault::Cut));
    pbx.break_calls([Fault::Say(answer("503 Busy", "Retry-After: 0\r\n", ""))]);
    let mut line = live::<A>(config(&pbx));
    for cut in cuts {
        let error = line.call(CallRequest::new("anna", "101")).expect_err("half an answer");
        assert_eq!(error, ClientError::Failed(RequestError::Disconnected(Sent::All)), "cut at {cut}");
    }
    let error = line.call(CallRequest::new("anna", "101")).expect_err("refused");
    assert!(matches!(error, ClientError::Failed(RequestError::Refused { status: 503, .. })), "{error:?}");
    let posts = pbx.lines().iter().filter(|line| *line == "POST call").count();
    assert_eq!(posts, cuts.len() + 1);
    pbx.publish(1);
    assert_eq!(names_to(&mut line, "2"), ["2"], "the line is not lost by it");
}

pub fn without_a_line_no_call_is_made<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    pbx.faults([Fault::Say(answer("503 Busy", "Retry-After: 3000\r\n", ""))]);
    let mut line = live::<A>(config(&pbx));
    assert!(line.next().is_some_and(|item| name(&item).starts_with("down: ")));
    let error = line.call(CallRequest::new("anna", "101")).expect_err("no line");
    assert_eq!(error, ClientError::NotSent(SendErrorKind::NotConnected));
    assert!(!pbx.lines().contains(&"POST call".to_owned()));
}

pub fn a_client_goes_on_where_another_was<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let mut line = live::<A>(config(&pbx));
    pbx.publish(1);
    let Some(Item::Line(LineEvent::Session(AxeosEvent::Received(received)))) = line.next() else { panic!("an event") };
    line.closer()();
    pbx.publish(2);
    let place = Cursor::after(received.raw()).expect("a place");
    let mut line = A::follow(config(&pbx).resume(Resume::at(place))).expect("live");
    assert_eq!(names_to(&mut line, "4"), ["live", "lists 1 1", "3", "4"]);
}

pub fn an_address_that_never_worked_is_an_error_at_once_and_waited_for_if_that_is_wished<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let mut setup = config(&pbx);
    setup.http.base = base(&address).expect("an address");
    let error = A::follow(setup).expect_err("nobody");
    assert!(error.class() == Class::Retry && error.to_string().contains(&address[7..]), "{error}");

    let slow = Pbx::raw(|io, _| drop(io));
    let mut setup = config(&pbx);
    setup.http.base = base(&format!("http://127.0.0.1:{}", slow.port)).expect("an address");
    let error = A::follow(setup.clone()).expect_err("it hangs up");
    assert_eq!((error.class(), slow.accepted()), (Class::Retry, 1));
    drop(slow);

    let up = Pbx::raw(|mut io, number| {
        use std::io::Write as _;
        while let Some(asked) = super::super::http::request(&mut io).filter(|_| number > 2) {
            let body = if asked.contains("users") { super::USERS } else { "[]" };
            drop(io.write_all(answer("200 OK", "", body).as_bytes()));
        }
    });
    setup.http.base = base(&format!("http://127.0.0.1:{}", up.port)).expect("an address");
    setup.options.policy.retry_first = true;
    let mut line = A::follow(setup).expect("live in the end");
    let first: Vec<String> = std::iter::from_fn(|| line.next()).take(3).map(|item| name(&item)).collect();
    assert!(first[0].starts_with("down: ") && first[1..] == ["live", "lists 1 0"], "the last failure only: {first:?}");
}

pub fn each_way_to_say_who_asks_is_on_the_wire_and_in_no_debug<A: AxeosAdapter>() {
    let ways = [
        (Auth::user("anna", "swordfish"), "authorization: Basic YW5uYTpzd29yZGZpc2g=\r\n"),
        (Auth::api_key("swordfish"), "authorization: Basic YXBpS2V5OnN3b3JkZmlzaA==\r\n"),
        (Auth::query_key("swordfish"), "key=swordfish"),
    ];
    for (auth, expected) in ways {
        let pbx = AxeosPbx::start();
        let config = config_as(&pbx, &auth);
        let printed = format!("{auth:?} {config:?}");
        let line = live::<A>(config);
        line.call(CallRequest::new("anna", "101")).expect("a reply");
        pbx.await_poll();
        let asked = pbx.asked();
        assert!(asked.iter().all(|asked| asked.text.contains(expected)), "{asked:#?}");
        let printed = format!("{printed} {line:?}");
        assert!(!printed.contains("swordfish") && !printed.contains("c3dvcmRmaXNo"), "{printed}");
    }
}

pub fn events_come_over_tls_under_a_pin<A: AxeosAdapter>() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let pbx = AxeosPbx::secure(&tls);
    let error = A::follow(config(&pbx).trust(Trust::System)).expect_err("a stranger");
    assert_eq!(error.class(), Class::Terminal);
    assert!(error.to_string().contains(&tls.pin().to_string()), "{error}");
    let mut line = live::<A>(config(&pbx).trust(Trust::Pins(vec![tls.pin()])));
    pbx.publish(500);
    let expected: Vec<String> = (2..=501).map(|seq: u64| seq.to_string()).collect();
    assert_eq!(names_to(&mut line, "501"), expected);
    line.call(CallRequest::new("anna", "101")).expect("a reply");
    line.closer()();
    let rest: Vec<AxeosItem> = std::iter::from_fn(|| line.next()).collect();
    assert_eq!(rest.iter().map(name).collect::<Vec<_>>(), ["closed"]);
}
