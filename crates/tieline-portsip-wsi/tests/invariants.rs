//! The invariants of both sessions under any calls in any order, and of the two joined on virtual time.

use proptest::prelude::*;
use tieline_core::{ClientSession, Frame, Instant, PeerMisbehaved, Session};
use tieline_portsip_wsi::client::{ClientConfig, ClientEvent, Request, WsiClient};
use tieline_portsip_wsi::server::{ServerConfig, ServerEvent, WsiServer};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};
use tieline_testkit::bad_input;
use tieline_testkit::schedule::{pass, pass_to_deadline, pass_to_end};

const SECRET: &str = "hunter2-the-password";

#[derive(Clone, Debug)]
enum Op {
    Hear(Frame),
    Wait(u16),
    ToDeadline,
    Subscribe(u8),
    Unsubscribe(u8),
    Answer(bool),
    Misbehave,
    Push,
    Take,
    Close,
}

fn frames() -> impl Strategy<Value = Frame> {
    let texts = prop::sample::select(vec![
        r#"{"status":0}"#,
        r#"{"error":"no","status":-1}"#,
        r#"{"command":"subscribe","id":"x","status":0}"#,
        r#"{"event_type":"call_start","caller":"sip:101@a","callee":"sip:102@a"}"#,
        r#"{"event_type":"queue_status","queue_number":"8001","agents":[]}"#,
        r#"{"event_type":"call_cdr","caller":5}"#,
        r#"{"event_type":"nobody_knows","x":[[[]]]}"#,
        r#"{"command":"auth","username":"u","domain":"d","password":"hunter2-the-password"}"#,
        r#"{"command":"auth","extension":"1","domain":"d","password":"hunter2-the-password"}"#,
        r#"{"command":"subscribe","topics":["extension_events","cdr_events"],"extensions":["101"]}"#,
        r#"{"command":"subscribe","topics":[{"topic":"queue_events","keys":["queue_status"]}],"queues":["8001"]}"#,
        r#"{"command":"unsubscribe"}"#,
        r#"{"command":"dance","password":"hunter2-the-password"}"#,
        r#"{"password":"hunter2-the-password" oops"#,
        "[]",
        "",
    ]);
    prop_oneof![
        8 => texts.prop_map(Frame::text),
        1 => any::<String>().prop_map(Frame::text),
        2 => bad_input().prop_map(Frame::text),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::Binary(bytes.into())),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::BadText(bytes.into())),
        1 => Just(Frame::Ping(Default::default())),
        1 => Just(Frame::Pong(Default::default())),
        1 => Just(Frame::Close(None)),
        1 => Just(Frame::Eof),
    ]
}

/// What the rows of the matrix of bad input are made of, smaller.
fn bad_input() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        (1usize..300).prop_map(bad_input::nested),
        (1usize..300).prop_map(bad_input::nested_objects),
        (1usize..3000).prop_map(bad_input::empty_objects),
        (1usize..400).prop_map(|digits| "9".repeat(digits)),
        Just("\"a\u{0}b\"".to_owned()),
        Just(r#""a\u0000b""#.to_owned()),
    ];
    let first = prop::sample::select(vec![
        r#""event_type":"queue_status","agents":"#,
        r#""event_type":"call_fail","fail_code":"#,
        r#""status":"#,
        r#""command":"subscribe","topics":"#,
        r#""command":"unsubscribe","topics":["extension_events"],"extensions":"#,
        r#""command":"dance","id":"#,
        r#""x":"#,
    ]);
    (first, value, 0usize..20, 0usize..20).prop_map(|(first, value, keys, times)| {
        let first = format!("{first}{value}");
        match times {
            0 => bad_input::many_keys(&first, keys),
            times => bad_input::repeated_key(&first, &first, times),
        }
    })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        10 => frames().prop_map(Op::Hear),
        2 => any::<u16>().prop_map(Op::Wait),
        2 => Just(Op::ToDeadline),
        3 => any::<u8>().prop_map(Op::Subscribe),
        2 => any::<u8>().prop_map(Op::Unsubscribe),
        4 => any::<bool>().prop_map(Op::Answer),
        1 => Just(Op::Misbehave),
        2 => Just(Op::Push),
        3 => Just(Op::Take),
        1 => Just(Op::Close),
    ];
    prop::collection::vec(op, 0..60)
}

fn subscription(pick: u8) -> Subscription {
    let topic = Topic::ALL[usize::from(pick) % Topic::ALL.len()].clone();
    match pick % 3 {
        0 => Subscription::default(),
        1 => Subscription::to(topic),
        _ => Subscription::to(topic).extensions(["101", "102"]).queues(["8001"]),
    }
}

fn client(dialect: Dialect) -> WsiClient {
    let mut config = ClientConfig::new(dialect, Auth::username("u", "d", SECRET));
    config.limits.queued_events = 8;
    config.limits.in_flight = 4;
    WsiClient::start(config, [7; 16], None, Instant::EPOCH)
}

fn run_client(dialect: Dialect, ops: &[Op]) -> Vec<String> {
    let mut session = client(dialect);
    let (mut now, mut trace) = (Instant::EPOCH, Vec::new());
    let (mut accepted, mut answered, mut closed) = (0, 0, 0);
    let take = |session: &mut WsiClient, trace: &mut Vec<String>, closed: &mut i32, answered: &mut i32| {
        while let Some(event) = session.poll_event() {
            assert_eq!(*closed, 0, "an event after the last");
            *closed += i32::from(matches!(event, ClientEvent::Closed(_)));
            trace.push(format!("{event:?}"));
        }
        while let Some(reply) = session.poll_reply() {
            *answered += 1;
            trace.push(format!("{reply:?}"));
        }
        while let Some(frame) = session.poll_transmit() {
            trace.push(format!("{frame:?}"));
        }
    };
    for op in ops.iter().chain([&Op::Close]) {
        match op {
            Op::Hear(frame) => session.handle_input(now, frame.clone()),
            Op::Wait(millis) => pass(&mut session, &mut now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut session, &mut now),
            Op::Subscribe(pick) => {
                accepted += i32::from(session.send(now, Request::Subscribe(subscription(*pick))).is_ok());
            }
            Op::Unsubscribe(pick) => {
                accepted += i32::from(session.send(now, Request::Unsubscribe(subscription(*pick))).is_ok());
            }
            Op::Take => take(&mut session, &mut trace, &mut closed, &mut answered),
            Op::Close => session.close(now),
            Op::Answer(_) | Op::Misbehave | Op::Push => {}
        }
    }
    pass_to_end(&mut session, &mut now);
    take(&mut session, &mut trace, &mut closed, &mut answered);
    session.handle_input(now, Frame::text("{\"status\":0}"));
    take(&mut session, &mut trace, &mut closed, &mut answered);
    assert_eq!((closed, answered), (1, accepted), "one end, one reply a command");
    assert!(session.is_finished() && !session.wants_input());
    assert!(session.into_resume().is_ok());
    trace
}

fn run_server(ops: &[Op]) -> Vec<String> {
    let mut config = ServerConfig::default();
    config.limits.queued_events = 8;
    config.limits.in_flight = 4;
    config.limits.queued_bytes = 2000;
    let mut session = WsiServer::start(config, Instant::EPOCH);
    let (mut now, mut trace, mut asked) = (Instant::EPOCH, Vec::new(), Vec::new());
    let mut closed = 0;
    let mut take = |session: &mut WsiServer, trace: &mut Vec<String>| {
        let mut ids = Vec::new();
        while let Some(event) = session.poll_event() {
            assert_eq!(closed, 0, "an event after the last");
            trace.push(format!("{event:?}"));
            match event {
                ServerEvent::Login { id, .. }
                | ServerEvent::Subscribe { id, .. }
                | ServerEvent::Unsubscribe { id, .. } => ids.push(id),
                ServerEvent::Closed(_) => closed += 1,
                _ => {}
            }
        }
        while let Some(frame) = session.poll_transmit() {
            trace.push(format!("{frame:?}"));
        }
        (ids, closed)
    };
    for op in ops.iter().chain([&Op::Close]) {
        match op {
            Op::Hear(frame) => session.handle_input(now, frame.clone()),
            Op::Wait(millis) => pass(&mut session, &mut now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut session, &mut now),
            Op::Answer(yes) => {
                asked.extend(take(&mut session, &mut trace).0);
                if let Some(id) = asked.pop() {
                    let answered = session.respond(now, id, if *yes { Ok(()) } else { Err("no") });
                    trace.push(format!("{answered}"));
                }
            }
            Op::Misbehave => session.handle_misbehaviour(PeerMisbehaved::MalformedFrame),
            Op::Push => session.push(now, "{\"event_type\":\"call_start\"}".into()),
            Op::Take => asked.extend(take(&mut session, &mut trace).0),
            Op::Close => session.close(now),
            Op::Subscribe(_) | Op::Unsubscribe(_) => {}
        }
    }
    pass_to_end(&mut session, &mut now);
    let (_, closed) = take(&mut session, &mut trace);
    assert_eq!(closed, 1, "one end");
    assert!(session.is_finished() && !session.wants_input());
    trace
}

/// Client and server joined in memory; the line breaks after `cut` frames, if ever.
fn joined(dialect: Dialect, picks: &[u8], cut: Option<usize>) -> (Vec<ClientEvent>, usize) {
    let mut client = client(dialect);
    let mut server = WsiServer::start(ServerConfig::default(), Instant::EPOCH);
    let (mut frames, mut asked, mut replies) = (0, 0, 0);
    let mut events = Vec::new();
    let mut picks = picks.iter();
    for millis in 0..400 {
        let now = Instant::from_millis(millis);
        while let Some(frame) = client.poll_transmit() {
            frames += 1;
            if cut.is_none_or(|cut| frames <= cut) {
                server.handle_input(now, frame);
            }
        }
        while let Some(event) = server.poll_event() {
            if let ServerEvent::Login { id, .. }
            | ServerEvent::Subscribe { id, .. }
            | ServerEvent::Unsubscribe { id, .. } = event
            {
                server.respond(now, id, Ok(()));
            }
        }
        while let Some(frame) = server.poll_transmit() {
            frames += 1;
            if cut.is_none_or(|cut| frames <= cut) {
                client.handle_input(now, frame);
            }
        }
        if cut.is_some_and(|cut| frames > cut) {
            client.handle_input(now, Frame::Eof);
        }
        events.extend(std::iter::from_fn(|| client.poll_event()));
        replies += std::iter::from_fn(|| client.poll_reply()).count();
        if let Some(pick) = picks.next() {
            asked += usize::from(client.send(now, Request::Subscribe(subscription(*pick))).is_ok());
        }
    }
    client.close(Instant::from_millis(500));
    client.handle_input(Instant::from_millis(501), Frame::Eof);
    events.extend(std::iter::from_fn(|| client.poll_event()));
    replies += std::iter::from_fn(|| client.poll_reply()).count();
    assert_eq!(asked, replies);
    (events, frames)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_client_keeps_its_promises(ops in ops(), dialect in prop::sample::select(Dialect::ALL)) {
        let trace = run_client(dialect, &ops);
        prop_assert!(!trace.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace, &run_client(dialect, &ops), "same inputs, same outputs");
    }

    #[test]
    fn the_server_keeps_its_promises(ops in ops()) {
        let trace = run_server(&ops);
        prop_assert!(!trace.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace, &run_server(&ops), "same inputs, same outputs");
    }

    #[test]
    fn client_and_server_understand_each_other_wherever_the_line_breaks(
        picks in prop::collection::vec(any::<u8>(), 0..12),
        dialect in prop::sample::select(Dialect::ALL),
        cut in prop::option::of(0usize..20),
    ) {
        let (events, _) = joined(dialect, &picks, cut);
        let strange: Vec<_> = events
            .iter()
            .filter(|event| !matches!(event, ClientEvent::LoggedIn | ClientEvent::Closed(_)))
            .collect();
        prop_assert!(strange.is_empty(), "{:?}", strange);
        prop_assert!(matches!(events.last(), Some(ClientEvent::Closed(_))));
    }
}
