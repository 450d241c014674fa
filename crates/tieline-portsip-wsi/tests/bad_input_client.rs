//! The matrix of bad input: what a hostile server does to the client session. One test a row of `docs/bad-input.md`.

use allocation_counter::measure;
use tieline_core::json::DecodeErrorKind;
use tieline_core::{ClientSession, CloseReason, Frame, Instant, Limits, MessageLimit, SendErrorKind, Session, Text};
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Malformed, Noted, Phase, Request, WsiClient};
use tieline_portsip_wsi::{Auth, Dialect, Event, Subscription, Subscriptions, Topic};
use tieline_testkit::bad_input::{self, Suite, assert_covered};

const OK: &str = r#"{"status":0}"#;
const REFUSED: &str = r#"{"error":"no","status":-1}"#;
const CALL: &str = r#"{"event_type":"call_start","caller":"sip:102@a","callee":"sip:103@a"}"#;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn config() -> ClientConfig {
    ClientConfig::new(Dialect::V16, Auth::username("testuser", "portsip.io", "111111"))
}

fn start(config: ClientConfig) -> WsiClient {
    let mut session = WsiClient::start(config, [7; 16], None, at(0));
    assert!(matches!(session.poll_transmit(), Some(Frame::Text(_))));
    session
}

fn live_with(config: ClientConfig) -> WsiClient {
    let mut session = start(config);
    hear(&mut session, OK);
    assert_eq!(session.poll_event(), Some(ClientEvent::LoggedIn));
    session
}

fn live() -> WsiClient {
    live_with(config())
}

fn hear(session: &mut WsiClient, text: &str) {
    session.handle_input(at(1), Frame::text(text));
}

/// Hears a message, and gives the only event of it.
fn told(session: &mut WsiClient, text: &str) -> ClientEvent {
    hear(session, text);
    let event = session.poll_event().expect("told");
    assert_eq!(session.poll_event(), None);
    event
}

fn malformed(session: &mut WsiClient, text: &str) -> Malformed {
    match told(session, text) {
        ClientEvent::Malformed(malformed) => {
            assert_eq!(malformed.bytes, text.as_bytes(), "kept as it came");
            malformed
        }
        other => panic!("{other:?}"),
    }
}

fn received(session: &mut WsiClient, text: &str) -> Event<Text> {
    match told(session, text) {
        ClientEvent::Received(received) => {
            assert_eq!(received.raw(), text);
            received.event
        }
        other => panic!("{other:?}"),
    }
}

/// Whether the session is as live as before whatever happened.
fn goes_on(session: &mut WsiClient) {
    assert_eq!(session.phase(), Phase::Live);
    let id = session.send(at(2), Request::Subscribe(Subscription::to(Topic::CdrEvents))).expect("accepted");
    assert!(matches!(session.poll_transmit(), Some(Frame::Text(_))));
    hear(session, OK);
    assert!(matches!(session.poll_reply(), Some((answered, Ok(_))) if answered == id));
}

fn closes_with(session: &mut WsiClient, code: u16) {
    let last = std::iter::from_fn(|| session.poll_transmit()).last();
    assert!(matches!(&last, Some(Frame::Close(Some(close))) if close.code == code), "{last:?}");
}

fn ends_with(session: &mut WsiClient, reason: CloseReason) {
    let last = std::iter::from_fn(|| session.poll_event()).last();
    assert_eq!(last, Some(ClientEvent::Closed(reason)));
}

/// What unread events may cost under `limits`, with one message more, as memory and not as wire bytes.
fn most(limits: &Limits, message: usize) -> u64 {
    // A queue that grew holds up to twice its length in places, and while it grows the former ones, too.
    let places = 2 * limits.queued_events * 3 * size_of::<(ClientEvent, usize)>();
    (2 * limits.queued_bytes + 64 * message + places + 4096) as u64
}

#[test]
fn every_row_has_its_test() {
    assert_covered(Suite::Client, include_str!("bad_input_client.rs"));
}

#[test]
fn too_early() {
    let mut session = start(config());
    assert!(matches!(received(&mut session, CALL), Event::CallStart(_)));
    assert_eq!(session.phase(), Phase::LoggingIn);
    assert_eq!(told(&mut session, OK), ClientEvent::LoggedIn);
    goes_on(&mut session);
}

#[test]
fn unknown_topic() {
    let mut session = live();
    let text = r#"{"event_type":"fax_received","fax":{"pages":[1,2]}}"#;
    let Event::Unknown(unknown) = received(&mut session, text) else { panic!("known") };
    assert_eq!((unknown.event_type.as_str(), unknown.body.as_json()), ("fax_received", text));
    goes_on(&mut session);
}

#[test]
fn unknown_message() {
    let mut session = live();
    for text in ["{}", "[]", "0", "null", "\"status\"", r#"{"command":"auth"}"#, r#"{"event_type":null}"#] {
        assert_eq!(told(&mut session, text), ClientEvent::Noted(Noted::Unknown, text.into()));
    }
    goes_on(&mut session);
}

#[test]
fn foreign_answers() {
    let mut session = live();
    for text in [OK, REFUSED, r#"{"command":"subscribe","id":"x","status":0}"#] {
        assert_eq!(told(&mut session, text), ClientEvent::Noted(Noted::ForeignAnswer, text.into()));
    }
    session.send(at(1), Request::Subscribe(Subscription::to(Topic::CdrEvents))).expect("accepted");
    let other = r#"{"command":"auth","status":-1}"#;
    assert_eq!(told(&mut session, other), ClientEvent::Noted(Noted::ForeignAnswer, other.into()));
    assert_eq!(session.poll_reply(), None);
    hear(&mut session, OK);
    assert!(matches!(session.poll_reply(), Some((_, Ok(_)))));
}

#[test]
fn second_login() {
    let mut session = live();
    let again = r#"{"command":"auth","status":0}"#;
    assert_eq!(told(&mut session, again), ClientEvent::Noted(Noted::ForeignAnswer, again.into()));
    goes_on(&mut session);
}

#[test]
fn refused_logins() {
    let mut session = start(config());
    hear(&mut session, REFUSED);
    closes_with(&mut session, 1000);
    ends_with(&mut session, CloseReason::LoginRefused { status: -1, reason: "no".into() });
}

#[test]
fn malformed_json() {
    let mut session = live();
    let error = malformed(&mut session, "{\"event_type\":\"call_start\",\n \"caller\" \"sip:102@a\"}").error;
    assert_eq!((error.line, error.column), (2, 11));
    for text in ["", " ", "{", "{\"a\":1}}", "{'a':1}", "[1,]", "nul", "\u{feff}{}", "{\"event_type\":\"call_start\""] {
        malformed(&mut session, text);
    }
    goes_on(&mut session);
}

#[test]
fn invalid_utf8() {
    let mut session = live();
    session.handle_input(at(1), Frame::BadText(b"{\"a\":\"\xff\"}".as_slice().into()));
    let Some(ClientEvent::Malformed(malformed)) = session.poll_event() else { panic!("taken") };
    assert_eq!(malformed.bytes, b"{\"a\":\"\xff\"}".as_slice());
    assert_eq!((malformed.error.kind, malformed.error.offset), (DecodeErrorKind::NotUtf8, 6));
    goes_on(&mut session);
}

#[test]
fn binary_message() {
    let mut session = live();
    session.handle_input(at(1), Frame::Binary(CALL.into()));
    let Some(ClientEvent::Malformed(malformed)) = session.poll_event() else { panic!("taken") };
    assert_eq!(malformed.bytes, CALL.as_bytes());
    assert_eq!(malformed.error.kind, DecodeErrorKind::Binary);
    goes_on(&mut session);
}

#[test]
fn wrong_types() {
    let mut session = live();
    let wrong = |field: &str, value: &str| format!(r#"{{"event_type":"queue_status","{field}":{value}}}"#);
    for (field, value) in [("agents", "{}"), ("queue_number", "{}"), ("waiting_list", "\"none\""), ("time", "[1]")] {
        let error = malformed(&mut session, &wrong(field, value)).error;
        assert!(matches!(error.kind, DecodeErrorKind::WrongType { .. }), "{error}");
        assert_eq!(error.field, Some(field));
    }
    malformed(&mut session, r#"{"event_type":{"a":1}}"#);
    let answer = r#"{"status":{"code":0}}"#;
    assert_eq!(told(&mut session, answer), ClientEvent::Noted(Noted::Unknown, answer.into()));
    goes_on(&mut session);
}

#[test]
fn huge_numbers() {
    let mut session = live();
    let digits = "9".repeat(400);
    let error = malformed(&mut session, &format!(r#"{{"event_type":"call_fail","fail_code":{digits}}}"#)).error;
    assert_eq!((error.kind, error.field), (DecodeErrorKind::OutOfRange, Some("fail_code")));
    let text = format!(r#"{{"event_type":"call_start","caller":{digits},"time":-1e9999}}"#);
    let Event::CallStart(call) = received(&mut session, &text) else { panic!("another event") };
    assert_eq!(call.caller.as_deref(), Some(digits.as_str()));
    assert_eq!(call.time.expect("kept").unix_micros(), None);
    let answer = format!(r#"{{"status":{digits}}}"#);
    assert_eq!(told(&mut session, &answer), ClientEvent::Noted(Noted::Unknown, answer.as_str().into()));
    goes_on(&mut session);
}

#[test]
fn control_characters() {
    let mut session = live();
    for raw in ['\0', '\u{1}', '\u{1f}', '\n'] {
        let error = malformed(&mut session, &format!("{{\"event_type\":\"call_start\",\"caller\":\"a{raw}b\"}}")).error;
        assert_eq!(error.kind, DecodeErrorKind::ControlCharacter);
    }
    malformed(&mut session, "\0");
    let escaped = r#"{"event_type":"call_start","caller":"a\u0000b\u001f","callee":"\u007f"}"#;
    let Event::CallStart(call) = received(&mut session, escaped) else { panic!("another event") };
    assert_eq!(call.caller.as_deref(), Some("a\0b\u{1f}"));
    goes_on(&mut session);
}

#[test]
fn nesting() {
    let mut session = live();
    for levels in [200, 200_000] {
        for deep in [bad_input::nested(levels), bad_input::nested_objects(levels)] {
            let error = malformed(&mut session, &format!(r#"{{"event_type":"queue_status","agents":{deep}}}"#)).error;
            assert_eq!(error.field, Some("agents"));
            received(&mut session, &format!(r#"{{"event_type":"queue_status","x":{deep},"agents":[]}}"#));
            assert_eq!(told(&mut session, &deep), ClientEvent::Noted(Noted::Unknown, deep.as_str().into()));
            malformed(&mut session, &deep[..deep.len() - 1]);
        }
    }
    goes_on(&mut session);
}

#[test]
fn many_keys() {
    let mut session = live();
    let text = bad_input::many_keys(r#""event_type":"call_start","caller":"a""#, 100_000);
    let Event::CallStart(call) = received(&mut session, &text) else { panic!("another event") };
    assert_eq!(call.caller.as_deref(), Some("a"));
    let seen = measure(|| drop(received(&mut session, &text)));
    // The frame is copied for the test, and once more to compare.
    assert!(seen.bytes_max < 3 * text.len() as u64, "{seen:?}");
    goes_on(&mut session);
}

#[test]
fn duplicate_keys() {
    let mut session = live();
    let repeated = |member| bad_input::repeated_key(r#""event_type":"queue_status""#, member, 100_000);
    let text = repeated(r#""agents":[{"caller_number":"9"}]"#);
    let Event::QueueStatus(status) = received(&mut session, &text) else { panic!("another event") };
    assert_eq!(status.agents.expect("agents").len(), 1);
    let Event::CallStart(_) = received(&mut session, &repeated(r#""event_type":"call_start""#)) else {
        panic!("the last counts")
    };
    goes_on(&mut session);
}

#[test]
fn empty_elements() {
    let mut session = live();
    for list in ["agents", "waiting_list"] {
        let text = format!(r#"{{"event_type":"queue_status","{list}":{}}}"#, bad_input::empty_objects(300_000));
        let frame = Frame::text(text.as_str());
        let seen = measure(|| session.handle_input(at(1), frame));
        // And half as much again while a list was growing.
        assert!(seen.bytes_max < 48 * text.len() as u64 + 4096, "{seen:?} for {}", text.len());
        let Some(ClientEvent::Malformed(malformed)) = session.poll_event() else { panic!("taken") };
        assert_eq!((malformed.error.kind, malformed.error.field), (DecodeErrorKind::ListsTooLarge, Some(list)));
    }
    goes_on(&mut session);
}

#[test]
fn ten_thousand_subscriptions() {
    let mut desired = Subscriptions::new();
    let names = (0..10_000).map(|number| number.to_string());
    desired.apply(&Subscription::to(Topic::ExtensionEvents).and(Topic::CdrEvents).extensions(names));
    let mut session = WsiClient::start(config(), [7; 16], Some(desired), at(0));
    hear(&mut session, OK);
    assert_eq!(session.poll_event(), Some(ClientEvent::LoggedIn));
    for _ in 0..2 {
        assert_eq!(session.phase(), Phase::Restoring);
        assert!(
            matches!(told(&mut session, REFUSED), ClientEvent::SubscriptionLost(lost, _) if lost.topics.len() == 1)
        );
    }
    assert!(session.subscriptions().is_empty());
    assert_eq!(std::iter::from_fn(|| session.poll_transmit()).count(), 3, "the login, and a command a topic");
    goes_on(&mut session);
}

#[test]
fn flood_of_commands() {
    let mut session = live();
    let mut limit = 0;
    let refused = loop {
        match session.send(at(1), Request::Subscribe(Subscription::to(Topic::CdrEvents))) {
            Ok(_) => limit += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!((limit, refused.kind), (Limits::default().in_flight, SendErrorKind::Full));
    assert_eq!(std::iter::from_fn(|| session.poll_transmit()).count(), 1, "one at a time");
}

#[test]
fn flood_of_messages() {
    let mut config = config();
    config.limits.queued_events = 100;
    config.limits.queued_bytes = 64 << 10;
    let limits = config.limits;
    let list = r#"{"event_type":"queue_status","agents":[{},{},{},{},{},{},{},{}]}"#;
    let large = CALL.to_owned() + &" ".repeat(8000);
    for text in [CALL, list, &large, OK, "x"] {
        let mut session = live_with(config.clone());
        let mut unread = 0;
        let seen = measure(|| {
            while session.wants_input() {
                hear(&mut session, text);
                unread += 1;
            }
            while session.phase() == Phase::Live {
                hear(&mut session, text);
            }
        });
        assert!(unread <= limits.queued_events);
        assert!(unread > 5, "{unread}");
        assert!(seen.bytes_max < most(&limits, text.len()), "{seen:?}, {}", most(&limits, text.len()));
        closes_with(&mut session, 1008);
        ends_with(&mut session, CloseReason::Overflow);
    }
}

#[test]
fn flood_of_empty_messages() {
    let mut session = live();
    for _ in 0..Limits::default().queued_events {
        assert!(session.wants_input());
        hear(&mut session, "");
    }
    assert!(!session.wants_input());
    for _ in 0..Limits::default().queued_events {
        assert!(matches!(session.poll_event(), Some(ClientEvent::Malformed(_))));
    }
    goes_on(&mut session);
}

#[test]
fn flood_of_control_frames() {
    let mut session = live();
    let seen = measure(|| {
        for _ in 0..100_000 {
            session.handle_input(at(49_000), Frame::Ping(Default::default()));
            session.handle_input(at(49_000), Frame::Pong(Default::default()));
        }
    });
    assert_eq!(seen.bytes_max, 0);
    assert_eq!((session.poll_event(), session.poll_transmit()), (None, None));
    session.handle_timeout(at(60_000));
    goes_on(&mut session);
}

#[test]
fn message_over_the_limit_before_login() {
    let limits = Limits::default();
    let mut session = start(config());
    assert_eq!(session.message_limit(), MessageLimit::provisional(limits.message_bytes_before_login));
    hear(&mut session, OK);
    assert_eq!(session.message_limit(), MessageLimit::settled(limits.message_bytes));
}

#[test]
fn unfinished_login() {
    let mut session = start(config());
    session.handle_input(at(9_999), Frame::Pong(Default::default()));
    session.handle_timeout(at(9_999));
    assert_eq!(session.phase(), Phase::LoggingIn);
    session.handle_timeout(at(10_000));
    closes_with(&mut session, 1000);
    ends_with(&mut session, CloseReason::LoginTimeout);
}

#[test]
fn peer_stops_reading() {
    let mut config = config();
    config.limits.queued_bytes = 10_000;
    let mut session = live_with(config);
    let names = (0..1000).map(|number| number.to_string());
    let subscription = Subscription::to(Topic::ExtensionEvents).extensions(names);
    // Nobody takes what is to be sent; each is answered nevertheless.
    let mut asked = 0;
    while session.send(at(1), Request::Subscribe(subscription.clone())).is_ok() {
        asked += 1;
        hear(&mut session, OK);
        assert!(asked < 10, "no bound");
    }
    assert_eq!(std::iter::from_fn(|| session.poll_reply()).count(), asked, "each command has its answer");
    closes_with(&mut session, 1008);
    ends_with(&mut session, CloseReason::SlowPeer);
}

#[test]
fn unanswered_close() {
    let mut session = live();
    session.close(at(10));
    closes_with(&mut session, 1000);
    session.handle_input(at(4_000), Frame::Ping(Default::default()));
    session.handle_timeout(at(5_009));
    assert_eq!(session.phase(), Phase::Closing);
    session.handle_timeout(at(5_010));
    ends_with(&mut session, CloseReason::Local);
}
