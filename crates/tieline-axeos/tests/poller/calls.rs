//! Calls and other commands beside the poll, and the end.

use tieline_axeos::poller::Command;
use tieline_axeos::{CallRequest, CallStatus};
use tieline_core::{
    ClientSession, ExchangeFailure, ExchangeFailureKind, Instant, RequestError, SendErrorKind, Sent, Session,
};

use crate::rig::{Rig, events, secs, status};
use crate::{BROKEN, call, config, live, rig};

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
