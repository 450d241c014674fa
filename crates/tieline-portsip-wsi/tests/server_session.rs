//! The server session on virtual time, one behaviour a test.

use tieline_core::{CloseReason, Frame, Instant, PeerMisbehaved, Session, Text};
use tieline_portsip_wsi::Dialect;
use tieline_portsip_wsi::server::{Phase, ServerConfig, ServerEvent, ServerRequestId, WsiServer};

const AUTH: &str = r#"{"command":"auth","username":"testuser","domain":"portsip.io","password":"111111"}"#;
const SUBSCRIBE: &str = r#"{"command":"subscribe","topics":["extension_events"],"extensions":["102","103"]}"#;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn start() -> WsiServer {
    WsiServer::start(ServerConfig::default(), at(0))
}

fn hear(session: &mut WsiServer, text: &str) {
    session.handle_input(at(1), Frame::text(text));
}

fn sent(session: &mut WsiServer) -> Vec<String> {
    std::iter::from_fn(|| session.poll_transmit())
        .filter_map(|frame| match frame {
            Frame::Text(text) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}

fn asked(session: &mut WsiServer) -> ServerRequestId {
    match session.poll_event() {
        Some(
            ServerEvent::Login { id, .. } | ServerEvent::Subscribe { id, .. } | ServerEvent::Unsubscribe { id, .. },
        ) => id,
        other => panic!("{other:?}"),
    }
}

fn open() -> WsiServer {
    let mut session = start();
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    assert!(session.accept(at(1), id));
    assert_eq!(sent(&mut session), [r#"{"status":0}"#]);
    session
}

fn dialect_of(command: &str) -> Dialect {
    let mut session = start();
    hear(&mut session, command);
    session.dialect()
}

#[test]
fn a_login_is_asked_about_and_answered_as_the_document_shows() {
    let mut session = start();
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    assert!(session.reject(at(1), id, "name or password error"));
    assert!(!session.reject(at(1), id, "again"), "answered once");
    let answer: serde_json::Value = serde_json::from_str(&sent(&mut session)[0]).expect("JSON");
    assert_eq!(answer, serde_json::json!({"error":"name or password error","status":-1}));
    assert_eq!(session.phase(), Phase::Greeting);
}

#[test]
fn answers_carry_command_and_id_in_v22_or_when_the_command_had_an_id() {
    let mut session = start();
    hear(&mut session, r#"{"command":"auth","extension_number":"101","password":"p","domain":"test.io"}"#);
    let id = asked(&mut session);
    session.accept(at(1), id);
    let answer: serde_json::Value = serde_json::from_str(&sent(&mut session)[0]).expect("JSON");
    assert_eq!(answer, serde_json::json!({"command":"auth","status":0}));

    let mut config = ServerConfig::default();
    config.dialect = Some(Dialect::V16);
    let mut session = WsiServer::start(config, at(0));
    hear(&mut session, r#"{"command":"auth","id":"2","username":"u","domain":"d","password":"p"}"#);
    let id = asked(&mut session);
    session.reject(at(1), id, "access_token , username , domain or password error");
    let answer: serde_json::Value = serde_json::from_str(&sent(&mut session)[0]).expect("JSON");
    assert_eq!(
        answer,
        serde_json::json!({"command":"auth","error":"access_token , username , domain or password error","id":"2","status":-1})
    );
}

#[test]
fn the_dialect_is_told_from_what_the_client_says() {
    assert_eq!(dialect_of(AUTH), Dialect::V16);
    assert_eq!(dialect_of(r#"{"command":"auth","extension":"101","domain":"d","password":"p"}"#), Dialect::V12);
    assert_eq!(dialect_of(r#"{"command":"auth","name":"tenant","password":"p"}"#), Dialect::V12);
    assert_eq!(dialect_of(r#"{"command":"auth","username":"admin","password":"p"}"#), Dialect::V22);
    assert_eq!(dialect_of(r#"{"command":"auth","extension_number":"1","domain":"d","password":"p"}"#), Dialect::V22);
}

#[test]
fn a_topic_may_tell_the_dialect_better_than_the_login() {
    let mut session = open();
    hear(&mut session, r#"{"command":"subscribe","topics":[{"topic":"cdr_events","keys":["call_cdr"]}]}"#);
    assert_eq!(session.dialect(), Dialect::V12);
    let mut session = open();
    hear(&mut session, r#"{"command":"subscribe","topics":["queue_management_events"]}"#);
    assert_eq!(session.dialect(), Dialect::V22);
}

#[test]
fn commands_before_the_login_are_refused() {
    let mut session = start();
    hear(&mut session, SUBSCRIBE);
    let answer: serde_json::Value = serde_json::from_str(&sent(&mut session)[0]).expect("JSON");
    assert_eq!(answer, serde_json::json!({"error":"not authenticated","status":-1}));
    assert_eq!(session.poll_event(), None);
}

#[test]
fn commands_that_follow_a_login_at_once_wait_for_its_outcome() {
    let mut session = start();
    hear(&mut session, AUTH);
    hear(&mut session, SUBSCRIBE);
    let login = asked(&mut session);
    assert_eq!(session.poll_event(), None);
    session.accept(at(2), login);
    let subscribe = asked(&mut session);
    session.respond(at(3), subscribe, Ok(()));
    assert_eq!(sent(&mut session), [r#"{"status":0}"#, r#"{"status":0}"#]);
}

#[test]
fn answers_leave_in_the_order_of_the_commands() {
    let mut session = open();
    hear(&mut session, SUBSCRIBE);
    hear(&mut session, r#"{"command":"subscribe","topics":["trunk_events"]}"#);
    let (first, second) = (asked(&mut session), asked(&mut session));
    session.respond(at(2), second, Err("permission denied"));
    assert_eq!(sent(&mut session).len(), 0);
    session.respond(at(3), first, Ok(()));
    let answers = sent(&mut session);
    assert_eq!(answers[0], r#"{"status":0}"#);
    assert!(answers[1].contains("permission denied"));
}

#[test]
fn a_subscription_is_in_force_once_accepted_and_gone_once_unsubscribed() {
    let mut session = open();
    hear(&mut session, SUBSCRIBE);
    assert!(session.subscriptions().is_empty());
    let id = asked(&mut session);
    session.respond(at(2), id, Ok(()));
    assert!(!session.subscriptions().is_empty());
    hear(&mut session, r#"{"command":"unsubscribe"}"#);
    let id = asked(&mut session);
    session.respond(at(3), id, Ok(()));
    assert!(session.subscriptions().is_empty());
}

#[test]
fn what_the_owner_does_not_answer_is_answered_at_its_deadline() {
    let mut session = open();
    hear(&mut session, SUBSCRIBE);
    let id = asked(&mut session);
    session.handle_timeout(at(10_001));
    let answer: serde_json::Value = serde_json::from_str(&sent(&mut session)[0]).expect("JSON");
    assert_eq!(answer["status"], -1);
    assert!(!session.respond(at(10_002), id, Ok(())), "too late");
    assert!(session.subscriptions().is_empty());
}

#[test]
fn what_cannot_be_read_is_told_answered_and_survived() {
    let mut session = open();
    hear(&mut session, "{\"command\":");
    session.handle_input(at(1), Frame::BadText(b"\xff".as_slice().into()));
    session.handle_input(at(1), Frame::Binary(SUBSCRIBE.into()));
    for bytes in [b"{\"command\":".as_slice(), b"\xff", SUBSCRIBE.as_bytes()] {
        assert!(matches!(session.poll_event(), Some(ServerEvent::Malformed { bytes: kept, .. }) if kept == bytes));
    }
    assert_eq!(sent(&mut session).len(), 3);
    hear(&mut session, SUBSCRIBE);
    asked(&mut session);
}

#[test]
fn an_unknown_command_is_refused() {
    let mut session = open();
    hear(&mut session, r#"{"command":"dance"}"#);
    assert!(sent(&mut session)[0].contains("unknown command"));
}

#[test]
fn a_second_login_is_refused() {
    let mut session = open();
    hear(&mut session, AUTH);
    assert!(sent(&mut session)[0].contains("already authenticated"));
    assert_eq!(session.poll_event(), None);
}

#[test]
fn too_many_refused_logins_close_the_line() {
    let mut session = start();
    for _ in 0..3 {
        hear(&mut session, AUTH);
        let id = asked(&mut session);
        session.reject(at(1), id, "name or password error");
    }
    assert!(matches!(session.close_reason(), Some(CloseReason::LoginRefused { .. })));
}

#[test]
fn a_client_that_never_logs_in_is_closed() {
    let mut session = start();
    session.handle_timeout(at(30_000));
    assert_eq!(session.close_reason(), Some(&CloseReason::LoginTimeout));
}

#[test]
fn events_are_pushed_to_open_sessions_only_and_share_their_bytes() {
    let event = Text::from(r#"{"event_type":"call_start"}"#);
    let mut session = start();
    session.push(at(1), event.clone());
    assert_eq!(session.poll_transmit(), None);
    let mut session = open();
    session.push(at(1), event.clone());
    let Some(Frame::Text(pushed)) = session.poll_transmit() else { panic!() };
    assert!(std::ptr::eq(pushed.as_ptr(), event.as_ptr()));
}

#[test]
fn a_client_that_does_not_read_is_closed_at_the_limit() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 100;
    let mut session = WsiServer::start(config, at(0));
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    session.accept(at(1), id);
    for _ in 0..10 {
        session.push(at(2), Text::from("x".repeat(30)));
    }
    assert_eq!(session.close_reason(), Some(&CloseReason::SlowPeer));
    assert!(matches!(session.poll_transmit(), Some(Frame::Close(Some(close))) if close.code == 1013));
}

#[test]
fn a_flood_of_commands_is_first_not_read_and_then_closed() {
    let mut config = ServerConfig::default();
    config.limits.in_flight = 4;
    let mut session = WsiServer::start(config, at(0));
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    session.accept(at(1), id);
    for _ in 0..4 {
        assert!(session.wants_input());
        hear(&mut session, SUBSCRIBE);
    }
    assert!(!session.wants_input());
    for _ in 0..5 {
        hear(&mut session, SUBSCRIBE);
    }
    let flood = CloseReason::PeerMisbehaved(PeerMisbehaved::TooManyRequests);
    assert_eq!(session.close_reason(), Some(&flood));
}

#[test]
fn more_subscriptions_than_the_limit_are_refused() {
    let mut config = ServerConfig::default();
    config.limits.subscriptions = 3;
    let mut session = WsiServer::start(config, at(0));
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    session.accept(at(1), id);
    for (names, answer) in [(r#""1","2""#, "\"status\":0"), (r#""2","3","4""#, "too many subscriptions")] {
        hear(
            &mut session,
            &format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":[{names}]}}"#),
        );
        let id = asked(&mut session);
        session.respond(at(2), id, Ok(()));
        assert!(sent(&mut session).pop().expect("an answer").contains(answer));
        assert_eq!(session.subscriptions().len(), 2);
    }
}

#[test]
fn a_silent_client_is_pinged_and_given_up() {
    let mut session = open();
    session.handle_timeout(at(30_001));
    assert!(matches!(session.poll_transmit(), Some(Frame::Ping(_))));
    session.handle_timeout(at(75_001));
    assert_eq!(session.close_reason(), Some(&CloseReason::Silent));
}

#[test]
fn debug_shows_no_password() {
    let mut session = start();
    hear(&mut session, AUTH);
    hear(&mut session, r#"{"password":"111111" oops"#);
    let told: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    assert!(!format!("{told:?} {session:?}").contains("111111"));
}
