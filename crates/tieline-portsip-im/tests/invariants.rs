//! The invariants of both sessions under any calls in any order.

use proptest::prelude::*;
use tieline_core::{ClientSession, Frame, Instant, RequestError, Session};
use tieline_portsip_im::client::{
    ClientConfig, ClientEvent, History, ImClient, Mark, Noting, Publish, Request, Resume, Subscribe, Subscribers,
};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::{AccessMode, Credentials, Meta, SeqRange, Status};
use tieline_testkit::schedule::{pass, pass_to_deadline, pass_to_end};

const SECRET: &str = "hunter2thetoken";
const TOPICS: [&str; 4] = ["grpA", "usr1", "me", "new"];

#[derive(Clone, Debug)]
enum Op {
    Hear(Frame),
    /// Answers one of the messages that were sent, with a code and a number.
    Answer(prop::sample::Index, u16, u64),
    /// Answers one of them with state.
    AnswerMeta(prop::sample::Index, u64),
    /// A message of a topic.
    Data(u8, u64),
    Wait(u16),
    ToDeadline,
    Ask(u8, u8),
    Respond(bool),
    Push,
    TakeOne,
    Take,
    Close,
}

fn frames() -> impl Strategy<Value = Frame> {
    let texts = prop::sample::select(vec![
        r#"{"ctrl":{"id":"x","code":200}}"#,
        r#"{"ctrl":{"topic":"grpA","params":{"unsub":true},"code":205,"text":"evicted"}}"#,
        r#"{"ctrl":{"code":205,"text":"server shutdown"}}"#,
        r#"{"pres":{"topic":"me","src":"grpA","what":"gone"}}"#,
        r#"{"pres":{"topic":"me","src":"usr1","what":"on"}}"#,
        r#"{"info":{"topic":"grpA","from":"usr1","what":"kp"}}"#,
        r#"{"meta":{"topic":"grpA","desc":{"seq":7}}}"#,
        r#"{"data":{"topic":"grpA","seq":18446744073709551615}}"#,
        r#"{"data":{"topic":"grpA","seq":18446744073709551614}}"#,
        r#"{"data":{"topic":"grpA","seq":0}}"#,
        r#"{"data":{"content":"hunter2thetoken"}}"#,
        r#"{"login":{"id":"1","scheme":"access_token","secret":"dUBkOmh1bnRlcjJ0aGV0b2tlbg=="}}"#,
        r#"{"login":{"id":"1","scheme":"access_token","secret":"hunter2thetoken"}}"#,
        r#"{"hi":{"id":"1","ver":"0.25"}}"#,
        r#"{"sub":{"id":"2","topic":"grpA"}}"#,
        r#"{"pub":{"topic":"grpA","content":"hunter2thetoken"}}"#,
        r#"{"get":{"id":"3","topic":"grpA","what":"desc sub data"}}"#,
        r#"{"del":{"id":"4","topic":"grpA"}}"#,
        r#"{"note":{"topic":"grpA","what":"kp"}}"#,
        r#"{"acc":{"id":"5","user":"new","secret":"hunter2thetoken"}}"#,
        r#"{"password":"hunter2thetoken" oops"#,
        "0",
        "1",
        "[]",
        "",
    ]);
    prop_oneof![
        8 => texts.prop_map(Frame::text),
        1 => any::<String>().prop_map(Frame::text),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::Binary(bytes.into())),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::BadText(bytes.into())),
        1 => Just(Frame::Ping(Default::default())),
        1 => Just(Frame::Pong(Default::default())),
    ]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let code = prop::sample::select(vec![200u16, 200, 202, 204, 208, 303, 304, 400, 403, 500, 503]);
    let op = prop_oneof![
        6 => frames().prop_map(Op::Hear),
        10 => (any::<prop::sample::Index>(), code, 0u64..12).prop_map(|(at, code, seq)| Op::Answer(at, code, seq)),
        4 => (any::<prop::sample::Index>(), 0u64..30).prop_map(|(at, seq)| Op::AnswerMeta(at, seq)),
        8 => (0u8..2, 0u64..30).prop_map(|(topic, seq)| Op::Data(topic, seq)),
        2 => any::<u16>().prop_map(Op::Wait),
        2 => Just(Op::ToDeadline),
        8 => (any::<u8>(), any::<u8>()).prop_map(|(what, topic)| Op::Ask(what, topic)),
        4 => any::<bool>().prop_map(Op::Respond),
        2 => Just(Op::Push),
        3 => Just(Op::TakeOne),
        2 => Just(Op::Take),
        1 => prop_oneof![Just(Op::Close), Just(Op::Hear(Frame::Eof)), Just(Op::Hear(Frame::Close(None)))],
    ];
    prop::collection::vec(op, 0..80)
}

fn request(what: u8, topic: u8) -> Request {
    let topic = TOPICS[usize::from(topic) % TOPICS.len()];
    match what % 12 {
        0..=2 => Request::Subscribe(Subscribe::to(topic)),
        3 => Request::Leave { topic: topic.into(), unsubscribe: what > 100 },
        4 => Request::Publish(Publish::text(topic, SECRET)),
        5 => Request::Publish(Publish::text(topic, "x").without_echo()),
        6 => Request::History(History::of(topic).since(u64::from(what) % 7).limit(3)),
        7 => Request::Subscribers(Subscribers::of(topic)),
        8 => Request::SetAccess { topic: topic.into(), user: None, mode: AccessMode::from_bits(what) },
        9 => {
            let ranges = vec![SeqRange { low: u64::from(what) % 3, hi: u64::from(what) % 5 }];
            Request::DeleteMessages { topic: topic.into(), ranges, hard: false }
        }
        10 => Request::DeleteTopic { topic: topic.into(), hard: false },
        _ => Request::Note { topic: topic.into(), what: Noting::Read(1) },
    }
}

/// The ids of what was sent and waits for an answer.
fn wire_ids(frames: &[Frame]) -> Vec<String> {
    frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Text(text) => serde_json::from_str::<serde_json::Value>(text).ok(),
            _ => None,
        })
        .filter_map(|message| {
            let body = message.as_object()?.values().find(|body| body.get("id").is_some())?;
            body["id"].as_str().map(str::to_owned)
        })
        .collect()
}

fn client(resume: bool) -> ImClient {
    let mut config = ClientConfig::new(Credentials::access_token("u", "d", SECRET));
    config.limits.queued_events = 8;
    config.limits.in_flight = 4;
    config.page = 4;
    config.refill_at_most = 20;
    let mut topics = Resume::to(["usr1", "me"]);
    topics.topics.insert("grpA".into(), Some(Mark::at(3)));
    ImClient::start(config, [7; 16], resume.then_some(topics), Instant::EPOCH)
}

struct Trace {
    lines: Vec<String>,
    ids: Vec<String>,
    accepted: usize,
    answered: usize,
    closed: usize,
    told: Vec<(String, u64)>,
}

impl Trace {
    fn event(&mut self, event: &ClientEvent) {
        assert_eq!(self.closed, 0, "an event after the last");
        self.closed += usize::from(matches!(event, ClientEvent::Closed(_)));
        if let ClientEvent::Received(received) = event
            && let (Some(topic), Some(seq)) = (received.message.topic(), received.seq())
        {
            self.told.push((topic.as_str().to_owned(), seq));
        }
        // What came before has numbers of another count.
        if let ClientEvent::NumbersReset(reset) = event {
            self.told.retain(|(topic, _)| topic != reset.topic.as_str());
        }
        self.lines.push(format!("{event:?}"));
    }

    fn take(&mut self, session: &mut ImClient) {
        while let Some(event) = session.poll_event() {
            self.event(&event);
        }
        while let Some(reply) = session.poll_reply() {
            self.answered += 1;
            self.lines.push(format!("{reply:?}"));
        }
        self.sent(session);
    }

    fn sent(&mut self, session: &mut ImClient) {
        let frames: Vec<_> = std::iter::from_fn(|| session.poll_transmit()).collect();
        self.ids.extend(wire_ids(&frames));
        self.lines.extend(frames.iter().map(|frame| format!("{frame:?}")));
    }
}

fn run_client(resume: bool, ops: &[Op]) -> Trace {
    let mut session = client(resume);
    let mut now = Instant::EPOCH;
    let mut trace = Trace { lines: Vec::new(), ids: Vec::new(), accepted: 0, answered: 0, closed: 0, told: Vec::new() };
    let hear = |session: &mut ImClient, now, text: String| session.handle_input(now, Frame::text(text));
    for op in ops.iter().chain([&Op::Close]) {
        trace.sent(&mut session);
        match op {
            Op::Hear(frame) => session.handle_input(now, frame.clone()),
            Op::Answer(at, code, seq) if !trace.ids.is_empty() => {
                let id = trace.ids.remove(at.index(trace.ids.len()));
                let params = format!(r#"{{"seq":{seq},"count":{seq},"token":"{SECRET}"}}"#);
                hear(&mut session, now, format!(r#"{{"ctrl":{{"id":"{id}","params":{params},"code":{code}}}}}"#));
            }
            Op::AnswerMeta(at, seq) if !trace.ids.is_empty() => {
                let id = trace.ids[at.index(trace.ids.len())].clone();
                hear(&mut session, now, format!(r#"{{"meta":{{"id":"{id}","desc":{{"seq":{seq}}},"sub":[{{}}]}}}}"#));
            }
            Op::Data(topic, seq) => {
                let topic = TOPICS[usize::from(*topic)];
                hear(
                    &mut session,
                    now,
                    format!(r#"{{"data":{{"topic":"{topic}","seq":{seq},"content":"{SECRET}"}}}}"#),
                );
            }
            Op::Wait(millis) => pass(&mut session, &mut now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut session, &mut now),
            Op::Ask(what, topic) => {
                trace.accepted += usize::from(session.send(now, request(*what, *topic)).is_ok());
            }
            Op::TakeOne => {
                if let Some(event) = session.poll_event() {
                    trace.event(&event);
                }
            }
            Op::Take => trace.take(&mut session),
            Op::Close => session.close(now),
            _ => {}
        }
    }
    pass_to_end(&mut session, &mut now);
    trace.take(&mut session);
    session.handle_input(now, Frame::text(r#"{"ctrl":{"code":200}}"#));
    trace.take(&mut session);
    assert_eq!((trace.closed, trace.answered), (1, trace.accepted), "one end, one reply a request");
    assert!(session.is_finished() && !session.wants_input());
    let resumed = session.into_resume().expect("finished");
    let dropped = trace.lines.iter().any(|line| line.starts_with("SubscriptionLost"))
        || ops.iter().any(|op| matches!(op, Op::Ask(what, _) if matches!(request(*what, 0), Request::Leave { .. } | Request::DeleteTopic { .. })));
    if resume && !dropped {
        // A topic that was followed all the time: each message came once, and none comes again on the next line.
        let mark = resumed.topics["grpA"].as_ref().expect("a mark");
        let mut told: Vec<_> = trace.told.iter().filter(|(of, _)| of == "grpA").map(|(_, seq)| *seq).collect();
        told.retain(|seq| *seq > mark.floor && *seq < u64::MAX);
        assert!(told.iter().all(|seq| mark.held.iter().any(|range| range.range().contains(seq))), "{told:?} {mark:?}");
        let came = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), came, "a message came twice");
    }
    trace
}

fn run_server(ops: &[Op]) -> Vec<String> {
    let mut config = ServerConfig::new(0);
    config.limits.queued_events = 8;
    config.limits.in_flight = 4;
    config.limits.queued_bytes = 2000;
    let mut session = ImServer::start(config, Instant::EPOCH);
    let mut now = Instant::EPOCH;
    let (mut trace, mut asked, mut closed): (Vec<String>, Vec<(ServerRequestId, bool)>, usize) = Default::default();
    let mut take = |session: &mut ImServer, trace: &mut Vec<String>| {
        let mut ids = Vec::new();
        while let Some(event) = session.poll_event() {
            assert_eq!(closed, 0, "an event after the last");
            trace.push(format!("{event:?}"));
            match event {
                ServerEvent::Login { id, .. } => ids.push((id, true)),
                ServerEvent::Request { id, .. } => ids.push((id, false)),
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
            Op::Respond(yes) => {
                asked.extend(take(&mut session, &mut trace).0);
                if let Some((id, login)) = asked.pop() {
                    let answered = match (login, yes) {
                        (true, true) => session.accept(now, id, Accepted::user("usr1").with_token(SECRET)),
                        (true, false) => session.reject(now, id, Status::AUTHENTICATION_FAILED),
                        (false, true) => session.respond(now, id, Status::OK),
                        (false, false) => {
                            session.part(now, id, Answer::meta(Meta::default()))
                                && session.respond(now, id, Status::NO_CONTENT)
                        }
                    };
                    trace.push(format!("{answered}"));
                    assert!(!session.respond(now, id, Status::OK), "answered twice");
                }
            }
            Op::Push => session.push(now, "{\"data\":{\"content\":\"hunter2thetoken\"}}".into()),
            Op::Take | Op::TakeOne => asked.extend(take(&mut session, &mut trace).0),
            Op::Close => session.close(now),
            Op::Ask(..) | Op::Answer(..) | Op::AnswerMeta(..) | Op::Data(..) => {}
        }
    }
    pass_to_end(&mut session, &mut now);
    let (_, closed) = take(&mut session, &mut trace);
    assert_eq!(closed, 1, "one end");
    assert!(session.is_finished() && !session.wants_input());
    trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_client_keeps_its_promises(ops in ops(), resume in any::<bool>()) {
        let trace = run_client(resume, &ops);
        prop_assert!(!trace.lines.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace.lines, &run_client(resume, &ops).lines, "same inputs, same outputs");
    }

    #[test]
    fn the_server_keeps_its_promises(ops in ops()) {
        let trace = run_server(&ops);
        prop_assert!(!trace.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace, &run_server(&ops), "same inputs, same outputs");
    }

    #[test]
    fn whatever_comes_between_each_request_gets_its_own_answer(
        order in Just((0u64..6).collect::<Vec<_>>()).prop_shuffle(),
        noise in prop::collection::vec(prop::option::of(frames()), 6),
        lost in prop::collection::vec(any::<bool>(), 6),
    ) {
        let mut session = client(false);
        let login = wire_ids(&std::iter::from_fn(|| session.poll_transmit()).collect::<Vec<_>>()).remove(0);
        session.handle_input(Instant::EPOCH, Frame::text(format!(r#"{{"ctrl":{{"id":"{login}","code":200}}}}"#)));
        // Two at a time beyond the four that may be in flight would come back: four are enough to be out of order.
        let asked: Vec<_> = (0..4)
            .map(|n| session.send(Instant::EPOCH, Request::Publish(Publish::text(format!("usr{n}"), "x"))).expect("accepted"))
            .collect();
        let ids = wire_ids(&std::iter::from_fn(|| session.poll_transmit()).collect::<Vec<_>>());
        for (step, n) in order.iter().enumerate() {
            if let Some(frame) = &noise[step] {
                session.handle_input(Instant::EPOCH, frame.clone());
            }
            if let Some(id) = ids.get(*n as usize).filter(|_| !lost[*n as usize]) {
                let params = format!(r#"{{"seq":{}}}"#, n + 100);
                let text = format!(r#"{{"ctrl":{{"id":"{id}","params":{params},"code":202}}}}"#);
                session.handle_input(Instant::EPOCH, Frame::text(text));
            }
            while session.poll_event().is_some() {}
        }
        session.handle_timeout(Instant::from_millis(15_000));
        let mut replies: Vec<_> = std::iter::from_fn(|| session.poll_reply()).collect();
        replies.sort_by_key(|(id, _)| *id);
        prop_assert_eq!(replies.iter().map(|(id, _)| *id).collect::<Vec<_>>(), asked);
        for (n, (_, result)) in replies.into_iter().enumerate() {
            match result {
                Ok(tieline_portsip_im::client::Reply::Published(published)) => {
                    prop_assert!(!lost[n]);
                    prop_assert_eq!(published.seq, Some(n as u64 + 100));
                }
                other => {
                    prop_assert!(lost[n]);
                    prop_assert_eq!(other, Err(RequestError::Timeout));
                }
            }
        }
    }
}
