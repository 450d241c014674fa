//! The matrix of bad input: what a hostile client does to the server session. One test a row of `docs/bad-input.md`.

mod bad_input_peer;

use allocation_counter::measure;
use bad_input_peer::{
    AUTH, SUBSCRIBE, answer, asked, at, closes_with, ends_with, extensions, goes_on, hear, kind, malformed, open,
    open_with, refused, start,
};
use serde_json::{Value, json};
use tieline_core::json::DecodeErrorKind;
use tieline_core::{CloseReason, Frame, Limits, MessageLimit, PeerMisbehaved, Session, Text};
use tieline_portsip_wsi::server::{Phase, ServerConfig, ServerEvent, WsiServer};
use tieline_portsip_wsi::{CommandError, Login, Topic};
use tieline_testkit::bad_input::{self, Suite, assert_covered};

#[test]
fn every_row_has_its_test() {
    assert_covered(Suite::Server, include_str!("bad_input_server.rs"));
}

#[test]
fn too_early() {
    let mut session = start();
    assert_eq!(refused(&mut session, SUBSCRIBE), "not authenticated");
    assert_eq!(refused(&mut session, r#"{"command":"unsubscribe"}"#), "not authenticated");
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    assert!(session.accept(at(1), id));
    assert_eq!(answer(&mut session), json!({"status": 0}));
    goes_on(&mut session);
}

#[test]
fn unknown_topic() {
    let mut session = open();
    hear(&mut session, r#"{"command":"subscribe","topics":["fax_events"]}"#);
    let Some(ServerEvent::Subscribe { id, subscription }) = session.poll_event() else { panic!("not asked") };
    assert_eq!(subscription.topics[0].topic, Topic::Other("fax_events".into()));
    session.respond(at(1), id, Err("unknown topic fax_events"));
    assert_eq!(answer(&mut session), json!({"error": "unknown topic fax_events", "status": -1}));
    assert!(session.subscriptions().is_empty());
    goes_on(&mut session);
}

#[test]
fn unknown_message() {
    let mut session = open();
    assert_eq!(refused(&mut session, r#"{"command":"dance","id":null,"topics":["cdr_events"]}"#), "unknown command");
    assert_eq!(refused(&mut session, r#"{"command":""}"#), "unknown command");
    goes_on(&mut session);
}

#[test]
fn foreign_answers() {
    let mut session = open();
    for text in [r#"{"status":0}"#, r#"{"error":"no","status":-1}"#, "{}", r#"{"event_type":"call_start"}"#] {
        assert_eq!(malformed(&mut session, text), CommandError::MissingField("command"));
    }
    goes_on(&mut session);
}

#[test]
fn second_login() {
    let mut session = open();
    assert_eq!(refused(&mut session, AUTH), "already authenticated");
    goes_on(&mut session);

    let mut session = start();
    hear(&mut session, AUTH);
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    assert_eq!(session.poll_event(), None, "the second waits for the outcome of the first");
    session.accept(at(1), id);
    let answers: Vec<_> = std::iter::from_fn(|| session.poll_transmit()).collect();
    let refusal = r#"{"error":"already authenticated","status":-1}"#;
    assert_eq!(answers, [Frame::text(r#"{"status":0}"#), Frame::text(refusal)]);
    goes_on(&mut session);
}

#[test]
fn refused_logins() {
    let mut session = start();
    for attempt in 1..=3 {
        hear(&mut session, AUTH);
        let id = asked(&mut session);
        session.reject(at(1), id, "name or password error");
        if attempt < 3 {
            assert_eq!(answer(&mut session), json!({"error": "name or password error", "status": -1}));
        }
    }
    closes_with(&mut session, 1008);
    ends_with(&mut session, CloseReason::LoginRefused { status: -1, reason: Text::new() });
}

#[test]
fn malformed_json() {
    let mut session = open();
    let CommandError::Decode(error) = malformed(&mut session, "{\"command\":\n\"auth\" oops}") else { panic!() };
    assert_eq!((error.line, error.column), (2, 8));
    for text in ["", " ", "{", "{\"a\":1}}", "{'a':1}", "[1,]", "nul", "\u{feff}{}", "[]", "0", "\"auth\""] {
        malformed(&mut session, text);
    }
    goes_on(&mut session);
}

#[test]
fn invalid_utf8() {
    let mut session = open();
    session.handle_input(at(1), Frame::BadText(b"{\"command\":\"\xff\"}".as_slice().into()));
    let Some(ServerEvent::Malformed { bytes, error, .. }) = session.poll_event() else { panic!("taken") };
    assert_eq!((bytes.as_ref(), kind(&error)), (b"{\"command\":\"\xff\"}".as_slice(), DecodeErrorKind::NotUtf8));
    assert_eq!(answer(&mut session)["status"], -1);
    goes_on(&mut session);
}

#[test]
fn binary_message() {
    let mut session = open();
    session.handle_input(at(1), Frame::Binary(SUBSCRIBE.into()));
    let Some(ServerEvent::Malformed { bytes, error, .. }) = session.poll_event() else { panic!("taken") };
    assert_eq!((bytes.as_ref(), kind(&error)), (SUBSCRIBE.as_bytes(), DecodeErrorKind::Binary));
    assert_eq!(answer(&mut session)["status"], -1);
    goes_on(&mut session);
}

#[test]
fn wrong_types() {
    let mut session = open();
    let wrong = [
        (r#"{"command":{}}"#, "command"),
        (r#"{"command":"auth","username":["u"]}"#, "username"),
        (r#"{"command":"auth","password":{}}"#, "password"),
        (r#"{"command":"subscribe","topics":"cdr_events"}"#, "topics"),
        (r#"{"command":"subscribe","topics":[1]}"#, "topics"),
        (r#"{"command":"subscribe","topics":[{"topic":"cdr_events","keys":{}}]}"#, "keys"),
        (r#"{"command":"subscribe","topics":["extension_events"],"extensions":"101"}"#, "extensions"),
        (r#"{"command":"subscribe","topics":["extension_events"],"extensions":[null]}"#, "extensions"),
    ];
    for (text, field) in wrong {
        let CommandError::Decode(error) = malformed(&mut session, text) else { panic!("{text}") };
        assert!(matches!(error.kind, DecodeErrorKind::WrongType { .. }), "{error}");
        assert_eq!(error.field, Some(field));
    }
    hear(&mut session, r#"{"command":"subscribe","topics":["extension_events"],"extensions":[101]}"#);
    assert!(matches!(session.poll_event(), Some(ServerEvent::Subscribe { subscription, .. })
        if subscription.extensions == ["101"]));
}

#[test]
fn huge_numbers() {
    let mut session = open();
    let digits = "9".repeat(400);
    assert_eq!(refused(&mut session, &format!(r#"{{"command":{digits}}}"#)), "unknown command");
    hear(&mut session, &format!(r#"{{"command":"dance","id":-{digits}e999}}"#));
    assert_eq!(answer(&mut session)["id"], format!("-{digits}e999"));
    hear(&mut session, &format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":[{digits}]}}"#));
    assert!(matches!(session.poll_event(), Some(ServerEvent::Subscribe { subscription, .. })
        if subscription.extensions == [digits]));
}

#[test]
fn control_characters() {
    let mut session = start();
    for raw in ['\0', '\u{1}', '\u{1f}', '\n'] {
        let error = malformed(&mut session, &format!("{{\"command\":\"au{raw}th\"}}"));
        assert_eq!(kind(&error), DecodeErrorKind::ControlCharacter);
    }
    malformed(&mut session, "\0");
    hear(&mut session, r#"{"command":"dance\u0000","id":"1\u001f\u007f"}"#);
    let Some(Frame::Text(text)) = session.poll_transmit() else { panic!("no answer") };
    assert!(!text.chars().any(|c| c < ' '), "{text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&answer["command"], &answer["id"]), (&json!("dance\0"), &json!("1\u{1f}\u{7f}")));
    hear(&mut session, r#"{"command":"auth","username":"root\u0000x","domain":"d","password":"p"}"#);
    assert!(matches!(session.poll_event(), Some(ServerEvent::Login { auth, .. })
        if auth.login == Login::Username { username: "root\0x".into(), domain: "d".into() }));
}

#[test]
fn nesting() {
    let mut session = open();
    for levels in [200, 200_000] {
        for deep in [bad_input::nested(levels), bad_input::nested_objects(levels)] {
            malformed(&mut session, &format!(r#"{{"command":"subscribe","topics":{deep}}}"#));
            malformed(&mut session, &format!(r#"{{"command":{deep}}}"#));
            malformed(&mut session, &deep);
            assert_eq!(refused(&mut session, &format!(r#"{{"x":{deep},"command":"dance"}}"#)), "unknown command");
        }
    }
    goes_on(&mut session);
}

#[test]
fn many_keys() {
    let mut session = open();
    let text = bad_input::many_keys(r#""command":"dance""#, 100_000);
    let frame = Frame::text(text.as_str());
    let seen = measure(|| session.handle_input(at(1), frame));
    assert!(seen.bytes_max < 4096, "{seen:?}");
    assert_eq!(answer(&mut session)["error"], "unknown command");
    goes_on(&mut session);
}

#[test]
fn duplicate_keys() {
    let mut session = open();
    let text = bad_input::repeated_key(r#""command":"subscribe""#, r#""topics":["cdr_events"]"#, 100_000);
    let frame = Frame::text(text.as_str());
    let seen = measure(|| session.handle_input(at(1), frame));
    assert!(seen.bytes_max < 4096, "{seen:?}");
    assert!(matches!(session.poll_event(), Some(ServerEvent::Subscribe { subscription, .. })
        if subscription.topics.len() == 1));
}

#[test]
fn empty_elements() {
    let mut session = open();
    let objects = bad_input::empty_objects(300_000);
    for list in ["topics", "extensions"] {
        let text = format!(r#"{{"command":"subscribe","{list}":{objects}}}"#);
        let seen = measure(|| {
            malformed(&mut session, &text);
        });
        assert!(seen.bytes_max < 48 * text.len() as u64, "{seen:?}");
    }
    goes_on(&mut session);
}

#[test]
fn names_over_the_limit() {
    let limit = Limits::default().subscriptions;
    let list = |count: usize| vec!["\"1\""; count].join(",");
    let mut session = open();
    let too_long = [
        extensions("subscribe", limit + 1),
        extensions("unsubscribe", limit + 1),
        format!(r#"{{"command":"subscribe","topics":[{}]}}"#, list(limit + 1)),
        format!(r#"{{"command":"subscribe","topics":[{{"topic":"cdr_events","keys":[{}]}}]}}"#, list(limit + 1)),
        format!(r#"{{"command":"unsubscribe","queues":[{}]}}"#, list(limit + 1)),
        format!(r#"{{"command":"unsubscribe","tenants":[{}]}}"#, list(limit + 1)),
    ];
    for text in too_long {
        assert_eq!(refused(&mut session, &text), "too many subscriptions");
    }
    // Each list is short enough, their product is not.
    let keys: Vec<String> = (0..limit).map(|number| format!("\"k{number}\"")).collect();
    let text = extensions("subscribe", limit);
    let topic = format!(r#"{{"topic":"extension_events","keys":[{}]}}"#, keys.join(","));
    hear(&mut session, &text.replace("\"extension_events\"", &topic));
    let id = asked(&mut session);
    let seen = measure(|| assert!(session.respond(at(1), id, Ok(()))));
    assert!(seen.bytes_max < 200 * limit as u64, "{seen:?}");
    assert_eq!(answer(&mut session)["error"], "too many subscriptions");
    assert!(session.subscriptions().is_empty());
    // An unsubscribe of as many names from as many mentions of one topic is work for its names only.
    hear(&mut session, &extensions("subscribe", limit));
    let id = asked(&mut session);
    session.respond(at(1), id, Ok(()));
    assert_eq!(answer(&mut session), json!({"status": 0}));
    let mentions = vec!["\"extension_events\""; limit].join(",");
    hear(&mut session, &extensions("unsubscribe", limit).replace("\"extension_events\"", &mentions));
    let id = asked(&mut session);
    session.respond(at(1), id, Ok(()));
    assert_eq!(answer(&mut session), json!({"status": 0}));
    assert!(session.subscriptions().is_empty());
    goes_on(&mut session);
}

#[test]
fn ten_thousand_subscriptions() {
    let limit = Limits::default().subscriptions;
    let subscribe = |session: &mut WsiServer, text: &str| {
        hear(session, text);
        let id = asked(session);
        session.respond(at(1), id, Ok(()));
        answer(session)
    };
    let one = |number: usize| {
        format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":["n{number}"]}}"#)
    };
    let mut at_once = open();
    assert_eq!(subscribe(&mut at_once, &extensions("subscribe", limit)), json!({"status": 0}));
    let mut one_by_one = open();
    let seen = measure(|| {
        for number in 0..limit {
            assert_eq!(subscribe(&mut one_by_one, &one(number)), json!({"status": 0}));
        }
    });
    // A name, its place in a tree and the parts of that tree which are not full.
    assert!(seen.bytes_current < 100 * limit as i64, "{seen:?}");
    for session in [&mut at_once, &mut one_by_one] {
        assert_eq!(subscribe(session, &one(limit))["error"], "too many subscriptions");
        assert_eq!(session.subscriptions().len(), limit);
        // What is held already is no more.
        let held = session.subscriptions().to_subscriptions()[0].extensions[17].clone();
        let again = format!(r#"{{"command":"subscribe","topics":["extension_events"],"extensions":["{held}"]}}"#);
        assert_eq!(subscribe(session, &again), json!({"status": 0}));
    }
}

#[test]
fn flood_of_commands() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let limits = config.limits;
    let flood = CloseReason::PeerMisbehaved(PeerMisbehaved::TooManyRequests);
    let large = extensions("subscribe", 1000);
    for (text, counted) in [(SUBSCRIBE, true), (large.as_str(), false)] {
        let mut session = open_with(config.clone());
        let mut open = 0;
        let seen = measure(|| {
            while session.wants_input() {
                hear(&mut session, text);
                drop(session.poll_event());
                open += 1;
            }
            while session.phase() == Phase::Open {
                hear(&mut session, text);
                drop(session.poll_event());
            }
        });
        assert_eq!(open == limits.in_flight, counted, "{open}");
        assert!(open <= limits.in_flight && open * text.len() < limits.queued_bytes + text.len());
        // A name of three digits and its string are twelve times what stands in the message.
        assert!(seen.bytes_max < 12 * (2 * limits.queued_bytes + 2 * text.len()) as u64 + 4096, "{seen:?}");
        closes_with(&mut session, 1008);
        assert_eq!(session.close_reason(), Some(&flood));
    }
    // What waits for the outcome of a login counts, too.
    let mut session = start();
    hear(&mut session, AUTH);
    while session.phase() == Phase::Greeting {
        hear(&mut session, SUBSCRIBE);
    }
    closes_with(&mut session, 1008);
    ends_with(&mut session, flood);
}

#[test]
fn flood_of_messages() {
    let mut config = ServerConfig::default();
    config.limits.queued_events = 100;
    config.limits.queued_bytes = 64 << 10;
    let limits = config.limits;
    for text in ["x", &"x".repeat(10_000)] {
        let mut session = open_with(config.clone());
        let mut unread = 0;
        let seen = measure(|| {
            while session.wants_input() {
                hear(&mut session, text);
                assert_eq!(answer(&mut session)["status"], -1);
                unread += 1;
            }
            while session.phase() == Phase::Open {
                hear(&mut session, text);
            }
        });
        assert!((5..=limits.queued_events).contains(&unread), "{unread}");
        let places = 2 * limits.queued_events * 3 * (size_of::<ServerEvent>() + size_of::<Frame>());
        let answers = 2 * limits.queued_events * 100;
        let most = 2 * limits.queued_bytes + 2 * text.len() + places + answers + 4096;
        assert!(seen.bytes_max < most as u64, "{seen:?}, {most}");
        closes_with(&mut session, 1013);
        ends_with(&mut session, CloseReason::Overflow);
    }
}

#[test]
fn flood_of_empty_messages() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let limit = config.limits.queued_bytes;
    let mut session = open_with(config);
    // The owner takes what it is told; the client does not take its answers.
    let seen = measure(|| {
        while session.phase() == Phase::Open {
            hear(&mut session, "");
            drop(session.poll_event());
        }
    });
    assert!(seen.bytes_max < 4 * limit as u64, "{seen:?}");
    assert_eq!(session.close_reason(), Some(&CloseReason::SlowPeer));
    closes_with(&mut session, 1013);
}

#[test]
fn flood_of_control_frames() {
    let mut session = open();
    let seen = measure(|| {
        for _ in 0..100_000 {
            session.handle_input(at(74_000), Frame::Ping(Default::default()));
            session.handle_input(at(74_000), Frame::Pong(Default::default()));
        }
    });
    assert_eq!(seen.bytes_max, 0);
    assert_eq!((session.poll_event(), session.poll_transmit()), (None, None));
    session.handle_timeout(at(80_000));
    goes_on(&mut session);
}

#[test]
fn message_over_the_limit_before_login() {
    let limits = Limits::default();
    let mut session = start();
    assert_eq!(session.message_limit(), MessageLimit::provisional(limits.message_bytes_before_login));
    hear(&mut session, AUTH);
    assert_eq!(session.message_limit(), MessageLimit::provisional(limits.message_bytes_before_login));
    let id = asked(&mut session);
    session.accept(at(1), id);
    assert_eq!(session.message_limit(), MessageLimit::settled(limits.message_bytes));
    session.handle_misbehaviour(PeerMisbehaved::MessageTooBig);
    ends_with(&mut session, CloseReason::PeerMisbehaved(PeerMisbehaved::MessageTooBig));
}

#[test]
fn unfinished_login() {
    let mut session = start();
    refused(&mut session, SUBSCRIBE);
    session.handle_input(at(29_999), Frame::Pong(Default::default()));
    session.handle_timeout(at(29_999));
    assert_eq!(session.phase(), Phase::Greeting);
    session.handle_timeout(at(30_000));
    closes_with(&mut session, 1008);
    ends_with(&mut session, CloseReason::LoginTimeout);
}

#[test]
fn peer_stops_reading() {
    let mut config = ServerConfig::default();
    config.limits.queued_bytes = 64 << 10;
    let limit = config.limits.queued_bytes;
    for event in [Text::from("{}"), Text::from(" ".repeat(10_000))] {
        let mut session = open_with(config.clone());
        let seen = measure(|| {
            while session.phase() == Phase::Open {
                session.push(at(1), event.clone());
            }
        });
        // The events are shared: places in a queue are all that they cost.
        assert!(seen.bytes_max < 3 * limit as u64 + 4096, "{seen:?}");
        closes_with(&mut session, 1013);
        ends_with(&mut session, CloseReason::SlowPeer);
    }
}

#[test]
fn unanswered_close() {
    let mut session = open();
    session.close(at(10));
    closes_with(&mut session, 1001);
    hear(&mut session, SUBSCRIBE);
    session.handle_timeout(at(5_009));
    assert_eq!(session.phase(), Phase::Closing);
    session.handle_timeout(at(5_010));
    ends_with(&mut session, CloseReason::Local);
}
