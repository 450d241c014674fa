//! The client session on virtual time, one behaviour a test.

use tieline_core::{ClientSession, CloseReason, Frame, Instant, RequestError, RequestId, SendErrorKind, Session, Text};
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Confirmation, Noted, Phase, Reply, Request, WsiClient};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};

const OK: &str = r#"{"status":0}"#;
const REFUSED: &str = r#"{"error":"name or password error","status":-1}"#;
const CALL: &str = r#"{"event_type":"call_start","caller":"sip:102@a","callee":"sip:103@a"}"#;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn start_with(config: ClientConfig) -> WsiClient {
    WsiClient::start(config, [7; 16], None, at(0))
}

fn config(dialect: Dialect) -> ClientConfig {
    ClientConfig::new(dialect, Auth::username("testuser", "portsip.io", "111111"))
}

fn sent(session: &mut WsiClient) -> Vec<serde_json::Value> {
    std::iter::from_fn(|| session.poll_transmit())
        .filter_map(|frame| match frame {
            Frame::Text(text) => Some(serde_json::from_str(&text).expect("JSON")),
            _ => None,
        })
        .collect()
}

fn events(session: &mut WsiClient) -> Vec<ClientEvent> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn hear(session: &mut WsiClient, millis: u64, text: &str) {
    session.handle_input(at(millis), Frame::text(text));
}

fn live(dialect: Dialect) -> WsiClient {
    let mut session = start_with(config(dialect));
    sent(&mut session);
    hear(&mut session, 1, OK);
    assert_eq!(events(&mut session), [ClientEvent::LoggedIn]);
    assert_eq!(session.phase(), Phase::Live);
    session
}

fn extensions() -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions(["102", "103"])
}

fn subscribe(session: &mut WsiClient, millis: u64, subscription: Subscription) -> RequestId {
    session.send(at(millis), Request::Subscribe(subscription)).expect("accepted")
}

fn confirmation(session: &mut WsiClient, id: RequestId) -> Confirmation {
    match session.poll_reply() {
        Some((answered, Ok(Reply { confirmation, .. }))) if answered == id => confirmation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_login_is_sent_first_as_the_document_shows_it() {
    let mut session = start_with(config(Dialect::V16));
    assert_eq!(
        sent(&mut session),
        [serde_json::json!({"command":"auth","username":"testuser","domain":"portsip.io","password":"111111"})]
    );
}

#[test]
fn commands_carry_an_id_in_v22_only() {
    let mut session = start_with(config(Dialect::V22));
    let id = sent(&mut session)[0]["id"].as_str().map(str::len);
    assert_eq!(id, Some(36));
    let mut session = start_with(config(Dialect::V16));
    assert_eq!(sent(&mut session)[0].get("id"), None);
}

#[test]
fn a_refused_login_ends_the_session_with_the_servers_words() {
    let mut session = start_with(config(Dialect::V16));
    hear(&mut session, 1, REFUSED);
    let reason = CloseReason::LoginRefused { status: -1, reason: "name or password error".into() };
    assert_eq!(events(&mut session), [ClientEvent::Closed(reason)]);
}

#[test]
fn a_login_without_answer_ends_the_session_at_its_deadline() {
    let mut session = start_with(config(Dialect::V16));
    session.handle_timeout(at(10_000));
    assert_eq!(events(&mut session), [ClientEvent::Closed(CloseReason::LoginTimeout)]);
}

#[test]
fn one_command_is_in_flight_at_a_time() {
    let mut session = live(Dialect::V16);
    let first = subscribe(&mut session, 2, extensions());
    let second = subscribe(&mut session, 2, Subscription::to(Topic::CdrEvents));
    assert_eq!(
        sent(&mut session),
        [serde_json::json!({"command":"subscribe","topics":["extension_events"],"extensions":["102","103"]})]
    );
    hear(&mut session, 3, OK);
    assert_eq!(confirmation(&mut session, first), Confirmation::Answered);
    assert_eq!(sent(&mut session), [serde_json::json!({"command":"subscribe","topics":["cdr_events"]})]);
    hear(&mut session, 4, OK);
    assert_eq!(confirmation(&mut session, second), Confirmation::Answered);
}

#[test]
fn commands_before_the_login_wait_for_it() {
    let mut session = start_with(config(Dialect::V16));
    sent(&mut session);
    let id = subscribe(&mut session, 0, extensions());
    assert_eq!(sent(&mut session).len(), 0);
    hear(&mut session, 1, OK);
    assert_eq!(sent(&mut session).len(), 1);
    hear(&mut session, 2, OK);
    assert_eq!(confirmation(&mut session, id), Confirmation::Answered);
}

#[test]
fn a_refused_subscribe_fails_and_is_not_kept() {
    let mut session = live(Dialect::V16);
    let id = subscribe(&mut session, 2, extensions());
    hear(&mut session, 3, r#"{"error":"permission denied","status":-1}"#);
    let error = RequestError::Refused { status: -1, reason: "permission denied".into() };
    assert_eq!(session.poll_reply(), Some((id, Err(error))));
    assert!(session.subscriptions().is_empty());
}

#[test]
fn a_subscribe_completes_by_the_first_event_of_its_topic() {
    let mut session = live(Dialect::V16);
    let id = subscribe(&mut session, 2, extensions());
    hear(&mut session, 3, CALL);
    assert_eq!(confirmation(&mut session, id), Confirmation::ByEvent);
    assert!(matches!(&events(&mut session)[..], [ClientEvent::Received(_)]));
}

#[test]
fn an_event_of_a_topic_that_was_subscribed_before_confirms_nothing() {
    let mut session = live(Dialect::V16);
    subscribe(&mut session, 2, extensions());
    hear(&mut session, 3, OK);
    session.poll_reply();
    let id = subscribe(&mut session, 4, Subscription::to(Topic::ExtensionEvents).extensions(["104"]));
    hear(&mut session, 5, CALL);
    assert_eq!(session.poll_reply(), None);
    hear(&mut session, 6, OK);
    assert_eq!(confirmation(&mut session, id), Confirmation::Answered);
}

#[test]
fn a_subscribe_that_nobody_answers_is_unconfirmed_after_the_grace_period() {
    let mut session = live(Dialect::V16);
    let id = subscribe(&mut session, 2, extensions());
    session.handle_timeout(at(3_001));
    assert_eq!(session.poll_reply(), None);
    session.handle_timeout(at(3_002));
    assert_eq!(confirmation(&mut session, id), Confirmation::Unconfirmed);
}

#[test]
fn a_late_answer_is_noted_and_never_taken_for_another_commands() {
    let mut session = live(Dialect::V16);
    subscribe(&mut session, 2, extensions());
    session.handle_timeout(at(3_002));
    session.poll_reply();
    let second = subscribe(&mut session, 3_003, Subscription::to(Topic::TrunkEvents));
    hear(&mut session, 3_004, OK);
    assert_eq!(session.poll_reply(), None);
    assert!(matches!(&events(&mut session)[..], [ClientEvent::Noted(Noted::LateAnswer, _)]));
    hear(&mut session, 3_005, REFUSED);
    assert!(matches!(session.poll_reply(), Some((id, Err(RequestError::Refused { .. }))) if id == second));
}

#[test]
fn an_answer_with_a_foreign_id_is_never_matched() {
    let mut session = live(Dialect::V22);
    let id = subscribe(&mut session, 2, extensions());
    let wire_id = sent(&mut session).pop().expect("sent")["id"].as_str().expect("an id").to_owned();
    hear(&mut session, 3, r#"{"command":"subscribe","id":"somebody else's","status":-1}"#);
    assert_eq!(session.poll_reply(), None);
    hear(&mut session, 4, &format!(r#"{{"command":"subscribe","id":"{wire_id}","status":0}}"#));
    assert_eq!(confirmation(&mut session, id), Confirmation::Answered);
}

#[test]
fn an_answer_that_nothing_waits_for_is_noted() {
    let mut session = live(Dialect::V16);
    hear(&mut session, 2, OK);
    assert!(matches!(&events(&mut session)[..], [ClientEvent::Noted(Noted::ForeignAnswer, _)]));
}

#[test]
fn an_extension_status_has_a_status_and_is_still_an_event() {
    let mut session = live(Dialect::V22);
    subscribe(&mut session, 2, Subscription::to(Topic::CdrEvents));
    hear(&mut session, 3, r#"{"event_type":"extension_status","status":[{"extension":"sip:101@a"}]}"#);
    assert_eq!(session.poll_reply(), None);
    let [ClientEvent::Received(received)] = &events(&mut session)[..] else { panic!() };
    assert_eq!(received.event.event_type(), "extension_status");
}

#[test]
fn what_cannot_be_read_is_told_with_its_bytes_and_the_session_lives() {
    let mut session = live(Dialect::V16);
    let frames = [
        Frame::text("{\"event_type\":\n oops}"),
        Frame::BadText(b"{\"a\":\"\xff\"}".as_slice().into()),
        Frame::Binary(CALL.into()),
    ];
    for frame in frames.clone() {
        session.handle_input(at(2), frame);
    }
    let told: Vec<_> = events(&mut session)
        .into_iter()
        .map(|event| match event {
            ClientEvent::Malformed(malformed) => (malformed.bytes, malformed.error.line, malformed.error.column),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told[0], ("{\"event_type\":\n oops}".into(), 2, 2));
    assert_eq!(told[1], (b"{\"a\":\"\xff\"}".as_slice().into(), 1, 7));
    assert_eq!(told[2].0, CALL);
    hear(&mut session, 3, CALL);
    assert_eq!(events(&mut session).len(), 1);
}

#[test]
fn unknown_events_and_foreign_json_pass_through() {
    let mut session = live(Dialect::V22);
    hear(&mut session, 2, r#"{"event_type":"parking_lot_full","lot":[1,2]}"#);
    hear(&mut session, 3, r#"{"hello":1}"#);
    let told = events(&mut session);
    let [ClientEvent::Received(received), ClientEvent::Noted(Noted::Unknown, raw)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(received.event.event_type(), "parking_lot_full");
    assert_eq!(received.field::<Vec<i64>>("lot").expect("readable"), Some(vec![1, 2]));
    assert_eq!(raw, r#"{"hello":1}"#);
}

#[test]
fn debug_of_what_is_told_shows_no_payload() {
    let mut session = live(Dialect::V16);
    hear(&mut session, 2, CALL);
    hear(&mut session, 3, "{sip:102");
    assert!(!format!("{:?} {session:?}", events(&mut session)).contains("102"));
}

#[test]
fn a_silent_line_is_pinged_and_given_up() {
    let mut session = live(Dialect::V16);
    session.handle_timeout(at(20_001));
    assert!(matches!(session.poll_transmit(), Some(Frame::Ping(_))));
    session.handle_input(at(20_100), Frame::Pong(Default::default()));
    session.handle_timeout(at(60_000));
    assert!(matches!(session.poll_transmit(), Some(Frame::Ping(_))));
    session.handle_timeout(at(70_100));
    assert_eq!(events(&mut session), [ClientEvent::Closed(CloseReason::Silent)]);
}

#[test]
fn the_silence_clocks_stand_still_while_the_application_does_not_read() {
    let mut config = config(Dialect::V16);
    config.limits.queued_events = 2;
    let mut session = start_with(config);
    hear(&mut session, 1, OK);
    hear(&mut session, 2, CALL);
    assert!(!session.wants_input());
    assert_eq!(session.poll_timeout(), None);
    session.handle_timeout(at(500_000));
    events(&mut session);
    assert!(session.wants_input());
    session.handle_timeout(at(900_000));
    assert_eq!(session.phase(), Phase::Live);
    assert!(session.poll_timeout().expect("watching again") > at(900_000));
}

#[test]
fn the_silence_clocks_stand_still_from_the_moment_a_request_is_given_up() {
    let mut config = config(Dialect::V16);
    config.limits.queued_events = 2;
    let mut session = start_with(config);
    hear(&mut session, 1, OK);
    subscribe(&mut session, 2, Subscription::to(Topic::TrunkEvents));
    hear(&mut session, 3, CALL);
    assert!(session.wants_input(), "the answer may be next");
    while session.wants_input() {
        let deadline = session.poll_timeout().expect("a request waits for its answer");
        session.handle_timeout(deadline);
        assert!(session.poll_timeout().is_none_or(|next| next > deadline));
    }
    events(&mut session);
    let later = at(900_000);
    session.handle_timeout(later);
    assert_eq!(session.phase(), Phase::Live);
    assert!(session.poll_timeout().expect("watching again") > later);
}

#[test]
fn events_left_unread_past_the_hard_limit_close_the_session() {
    let mut config = config(Dialect::V16);
    config.limits.queued_events = 2;
    let mut session = start_with(config);
    hear(&mut session, 1, OK);
    for millis in 2..10 {
        hear(&mut session, millis, CALL);
    }
    let told = events(&mut session);
    assert_eq!(told.len(), 5);
    assert_eq!(told.last(), Some(&ClientEvent::Closed(CloseReason::Overflow)));
}

#[test]
fn a_pending_request_keeps_input_wanted_and_fails_at_the_hard_limit() {
    let mut config = config(Dialect::V16);
    config.limits.queued_events = 2;
    let mut session = start_with(config);
    hear(&mut session, 1, OK);
    let id = subscribe(&mut session, 2, Subscription::to(Topic::TrunkEvents));
    hear(&mut session, 3, CALL);
    hear(&mut session, 4, CALL);
    assert!(session.wants_input(), "the answer may be next");
    hear(&mut session, 5, CALL);
    assert_eq!(session.poll_reply(), Some((id, Err(RequestError::Backpressure))));
    assert!(!session.wants_input());
}

#[test]
fn a_lost_line_fails_what_waits_and_keeps_what_is_desired() {
    let mut session = live(Dialect::V16);
    let sent_id = subscribe(&mut session, 2, extensions());
    let queued_id = subscribe(&mut session, 2, Subscription::to(Topic::CdrEvents));
    sent(&mut session);
    session.handle_input(at(3), Frame::Eof);
    let replies: Vec<_> = std::iter::from_fn(|| session.poll_reply()).collect();
    assert!(matches!(&replies[..], [(a, Err(RequestError::Disconnected(_))), (b, Err(RequestError::Disconnected(_)))]
        if *a == sent_id && *b == queued_id));
    assert_eq!(events(&mut session), [ClientEvent::Closed(CloseReason::Lost)]);
    let resume = session.into_resume().expect("finished and drained");

    let mut next = WsiClient::start(config(Dialect::V16), [8; 16], Some(resume), at(10));
    sent(&mut next);
    hear(&mut next, 11, OK);
    assert_eq!(next.phase(), Phase::Restoring);
    let mut topics = Vec::new();
    while next.phase() == Phase::Restoring {
        topics.extend(sent(&mut next).into_iter().map(|command| command["topics"].clone()));
        hear(&mut next, 12, OK);
    }
    assert_eq!(topics.len(), 2, "{topics:?}");
    assert_eq!(next.phase(), Phase::Live);
}

#[test]
fn a_subscription_that_is_refused_on_the_next_line_is_told_lost_and_forgotten() {
    let mut session = live(Dialect::V16);
    subscribe(&mut session, 2, extensions());
    session.handle_input(at(3), Frame::Eof);
    while session.poll_reply().is_some() || session.poll_event().is_some() || session.poll_transmit().is_some() {}
    let resume = session.into_resume().expect("finished and drained");
    let mut next = WsiClient::start(config(Dialect::V16), [8; 16], Some(resume), at(10));
    hear(&mut next, 11, OK);
    hear(&mut next, 12, REFUSED);
    assert!(events(&mut next).iter().any(|event| matches!(event, ClientEvent::SubscriptionLost(..))));
    assert_eq!(next.phase(), Phase::Live);
    assert!(next.subscriptions().is_empty());
}

#[test]
fn an_unsubscribe_is_not_restored_whatever_the_server_answers() {
    let mut session = live(Dialect::V16);
    subscribe(&mut session, 2, extensions());
    hear(&mut session, 3, OK);
    session.send(at(4), Request::Unsubscribe(extensions())).expect("accepted");
    hear(&mut session, 5, REFUSED);
    assert!(session.subscriptions().is_empty());
}

#[test]
fn closing_says_goodbye_and_ends_by_its_deadline() {
    let mut session = live(Dialect::V16);
    let id = subscribe(&mut session, 2, extensions());
    session.close(at(3));
    assert_eq!(session.poll_reply(), Some((id, Err(RequestError::Closed))));
    assert_eq!(session.send(at(3), Request::Subscribe(extensions())).expect_err("closing").kind, SendErrorKind::Closed);
    session.handle_timeout(at(5_003));
    assert_eq!(events(&mut session), [ClientEvent::Closed(CloseReason::Local)]);
    while session.poll_transmit().is_some() {}
    assert!(session.is_finished());
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn nothing_is_heard_after_the_end() {
    let mut session = live(Dialect::V16);
    session.handle_input(at(2), Frame::Close(None));
    hear(&mut session, 3, CALL);
    assert_eq!(events(&mut session), [ClientEvent::Closed(CloseReason::Remote { code: None })]);
}

#[test]
fn commands_that_a_dialect_has_no_words_for_come_back() {
    let mut session = live(Dialect::V16);
    let refused = |session: &mut WsiClient, subscription: Subscription| {
        session.send(at(2), Request::Subscribe(subscription)).expect_err("refused").kind
    };
    assert!(matches!(refused(&mut session, Subscription::to(Topic::GlobalCdrEvents)), SendErrorKind::Invalid(_)));
    assert!(matches!(refused(&mut session, extensions().tenants(["1"])), SendErrorKind::Invalid(_)));
    assert!(matches!(refused(&mut session, Subscription::default()), SendErrorKind::Invalid(_)));
}

#[test]
fn no_more_requests_wait_than_the_limit() {
    let mut config = config(Dialect::V16);
    config.limits.in_flight = 2;
    let mut session = start_with(config);
    hear(&mut session, 1, OK);
    subscribe(&mut session, 2, extensions());
    subscribe(&mut session, 2, extensions());
    let refused = session.send(at(2), Request::Subscribe(extensions())).expect_err("full");
    assert_eq!(refused.kind, SendErrorKind::Full);
}

#[test]
fn strings_of_events_are_slices_of_the_frame() {
    let mut session = live(Dialect::V16);
    let frame = Text::from(CALL);
    session.handle_input(at(2), Frame::Text(frame.clone()));
    let [ClientEvent::Received(received)] = &events(&mut session)[..] else { panic!() };
    assert!(std::ptr::eq(received.raw().as_ptr(), frame.as_ptr()));
    assert_eq!(received.at, at(2));
}
