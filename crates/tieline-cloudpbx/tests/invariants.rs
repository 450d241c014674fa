//! The invariants of both sessions under any calls in any order, and of the two joined on virtual time.

use std::time::Duration;

use proptest::prelude::*;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, PushClient, Resume};
use tieline_cloudpbx::server::{Publisher, PushServer, ServerConfig, ServerEvent};
use tieline_cloudpbx::stream::{Event, QueueCalls, Quoted, Refusal, StreamTarget};
use tieline_core::{ClientSession, CloseFrame, Frame, Instant, Session};
use tieline_testkit::schedule::{pass, pass_to_deadline, pass_to_end};

const SECRET: &str = "hunter2-the-key";

#[derive(Clone, Debug)]
enum Op {
    Hear(Frame),
    Wait(u16),
    ToDeadline,
    Accept,
    Reject,
    Push,
    Delete,
    Take,
    Close,
}

fn frames() -> impl Strategy<Value = Frame> {
    let texts = prop::sample::select(vec![
        r#"{"id":1,"channel":"pbx_X","text":{"subscriber":{"peer":"hunter2-the-key","statusValue":1}}}"#,
        r#"{"id":2,"channel":"pbx_X","text":{"queue":{"peer":"Q","calls":"hunter2-the-key"},"queue":{"peer":"R"}}}"#,
        r#"{"id":90,"channel":"pbx_X","text":{"qmember":{"peer":"a","queue":"Q","m_location":"SIP\Moja"}}}"#,
        r#"{"id":500,"channel":"pbx_X","text":"{\"cmember\":{\"conference\":\"C\",\"channel\":\"SIP/1\"}}"}"#,
        r#"{"id":7,"channel":"pbx_X","text":[[[{}]],5,"x",null,{"new":[[[]]]},{"extstatus":[{},{},{},{},{},{},{},{}]}]}"#,
        r#"{"id":9223372036854775807,"text":{"smsSendResponse":{"MsgId":1}}}"#,
        r#"{"id":0,"text":{}}"#,
        r#"{"id":-1,"channel":"","text": }"#,
        r#"{"id":-2,"channel":"pbx_X","text":Channel deleted}"#,
        r#"{"id":-9,"text":{}}"#,
        r#"{"key":"hunter2-the-key" oops"#,
        "[]",
        "",
    ]);
    let message =
        (0..40_i64).prop_map(|id| Frame::text(format!(r#"{{"id":{id},"text":{{"queue":{{"peer":"Q{id}"}}}}}}"#)));
    let reason = prop::sample::select(vec![
        "",
        r#"{"http_status": 403, "explain":"hunter2-the-key"}"#,
        r#"{"http_status": 403, "expl"#,
        r#"{"http_status": 500}"#,
    ]);
    prop_oneof![
        8 => texts.prop_map(Frame::text),
        8 => message,
        1 => any::<String>().prop_map(Frame::text),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::Binary(bytes.into())),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Frame::BadText(bytes.into())),
        1 => Just(Frame::Ping(Default::default())),
        1 => Just(Frame::Pong(Default::default())),
        1 => (1000..1015_u16, reason).prop_map(|(code, reason)| Frame::Close(Some(CloseFrame::new(code, reason)))),
        1 => Just(Frame::Close(None)),
        1 => Just(Frame::Eof),
    ]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => frames().prop_map(Op::Hear),
        2 => any::<u16>().prop_map(Op::Wait),
        3 => Just(Op::ToDeadline),
        2 => Just(Op::Accept),
        1 => Just(Op::Reject),
        4 => Just(Op::Push),
        1 => Just(Op::Delete),
        3 => Just(Op::Take),
        1 => Just(Op::Close),
    ];
    prop::collection::vec(op, 0..60)
}

fn client(resume: Option<Resume>, now: Instant) -> PushClient {
    let mut config = ClientConfig::default();
    config.limits.queued_events = 8;
    config.limits.subscriptions = 10;
    PushClient::start(config, [7; 16], resume, now)
}

/// Runs one line; its trace, and what the next is resumed with.
fn run_client(resume: Option<Resume>, ops: &[Op]) -> (Vec<String>, Resume) {
    let mut now = Instant::EPOCH;
    let mut session = client(resume, now);
    let (mut trace, mut closed) = (Vec::new(), 0);
    let take = |session: &mut PushClient, trace: &mut Vec<String>, closed: &mut i32| {
        while let Some(event) = session.poll_event() {
            assert_eq!(*closed, 0, "an event after the last");
            *closed += i32::from(matches!(event, ClientEvent::Closed(_)));
            trace.push(format!("{event:?}"));
        }
        while let Some(frame) = session.poll_transmit() {
            assert!(matches!(&frame, Frame::Ping(payload) if payload.is_empty()) || frame == Frame::Close(None));
            trace.push(format!("{frame:?}"));
        }
        assert!(session.poll_reply().is_none());
    };
    for op in ops.iter().chain([&Op::Close]) {
        match op {
            Op::Hear(frame) => session.handle_input(now, frame.clone()),
            Op::Wait(millis) => pass(&mut session, &mut now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut session, &mut now),
            Op::Take => take(&mut session, &mut trace, &mut closed),
            Op::Close => session.close(now),
            Op::Accept | Op::Reject | Op::Push | Op::Delete => {}
        }
    }
    pass_to_end(&mut session, &mut now);
    take(&mut session, &mut trace, &mut closed);
    session.handle_input(now, Frame::text(r#"{"id":1,"text":{"queue":{}}}"#));
    take(&mut session, &mut trace, &mut closed);
    assert_eq!(closed, 1, "one end");
    assert!(session.is_finished() && !session.wants_input());
    (trace, session.into_resume().expect("finished"))
}

fn run_server(ops: &[Op], silence: bool) -> Vec<String> {
    let mut config = ServerConfig::default();
    config.limits.queued_events = 8;
    config.limits.queued_bytes = 500;
    config.idle_timeout = silence.then_some(Duration::from_secs(40));
    let mut now = Instant::EPOCH;
    let mut session = PushServer::start(config, StreamTarget::new("X", SECRET), now);
    let mut channel = Publisher::new("pbx_X");
    let (mut trace, mut closed) = (Vec::new(), 0);
    let mut take = |session: &mut PushServer, trace: &mut Vec<String>| {
        while let Some(event) = session.poll_event() {
            assert_eq!(closed, 0, "an event after the last");
            closed += i32::from(matches!(event, ServerEvent::Closed(_)));
            trace.push(format!("{event:?}"));
        }
        while let Some(frame) = session.poll_transmit() {
            trace.push(format!("{frame:?}"));
        }
        closed
    };
    for op in ops.iter().chain([&Op::Close]) {
        match op {
            Op::Hear(frame) => session.handle_input(now, frame.clone()),
            Op::Wait(millis) => pass(&mut session, &mut now, (*millis).into()),
            Op::ToDeadline => pass_to_deadline(&mut session, &mut now),
            Op::Accept => trace.push(session.accept(now).to_string()),
            Op::Reject => trace.push(session.reject(&Refusal::new(403, "no")).to_string()),
            Op::Push => session.push(now, channel.publish::<&str>(&[Event::Queue(QueueCalls::default())])),
            Op::Delete => session.delete_channel(now),
            Op::Take => drop(take(&mut session, &mut trace)),
            Op::Close => session.close(now),
        }
    }
    pass_to_end(&mut session, &mut now);
    assert_eq!(take(&mut session, &mut trace), 1, "one end");
    session.push(now, channel.publish::<&str>(&[]));
    session.handle_input(now, Frame::text("late"));
    assert!(session.is_finished() && !session.wants_input());
    trace
}

/// A server with one channel and a client that comes again after each cut; what arrived, and what was told as missing.
fn joined(count: i64, cuts: &[i64], lost_on_the_way: usize) -> (Vec<i64>, Vec<i64>) {
    let mut channel = Publisher::new("pbx_X");
    let (mut arrived, mut missing, mut resume) = (Vec::new(), Vec::new(), None);
    let mut at = 0;
    for cut in cuts.iter().copied().chain([count]) {
        let mut server = PushServer::start(ServerConfig::default(), StreamTarget::new("X", SECRET), Instant::EPOCH);
        server.accept(Instant::EPOCH);
        let mut session = client(resume.take(), Instant::EPOCH);
        let mut collect = |session: &mut PushClient| {
            while let Some(event) = session.poll_event() {
                match event {
                    ClientEvent::Received(received) => arrived.push(received.origin.id.expect("numbered")),
                    ClientEvent::Id(note) => match note {
                        tieline_cloudpbx::client::IdNote::Missing { first, last } => missing.extend(first..=last),
                        other => panic!("{other:?}"),
                    },
                    ClientEvent::Stale(_) | ClientEvent::Closed(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        while at < cut {
            at += 1;
            let mut event = QueueCalls::default();
            (event.peer, event.calls) = (Some("Q"), Some(Quoted(1)));
            server.push(Instant::from_millis(at as u64), channel.publish(&[Event::Queue(event)]));
            while let Some(frame) = server.poll_transmit() {
                session.handle_input(Instant::from_millis(at as u64), frame);
            }
            collect(&mut session);
        }
        session.handle_input(Instant::from_millis(at as u64), Frame::Eof);
        collect(&mut session);
        resume = session.into_resume().ok();
        // While there is no line.
        if cut < count {
            for _ in 0..lost_on_the_way {
                channel.publish::<&str>(&[]);
            }
        }
    }
    (arrived, missing)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_client_keeps_its_promises_on_one_line_and_the_next(ops in ops(), more in ops()) {
        let (trace, resume) = run_client(None, &ops);
        let (next, _) = run_client(Some(resume.clone()), &more);
        prop_assert!(!trace.concat().contains(SECRET) && !next.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace, &run_client(None, &ops).0, "same inputs, same outputs");
        prop_assert_eq!(&next, &run_client(Some(resume), &more).0, "same inputs, same outputs");
    }

    #[test]
    fn the_server_keeps_its_promises(ops in ops(), silence in any::<bool>()) {
        let trace = run_server(&ops, silence);
        prop_assert!(!trace.concat().contains(SECRET), "a secret in Debug");
        prop_assert_eq!(&trace, &run_server(&ops, silence), "same inputs, same outputs");
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_arrived_and_what_was_told_as_missing_cover_everything_wherever_the_line_breaks(
        cuts in prop::collection::btree_set(1..200_i64, 0..4), lost in 0..5_usize,
    ) {
        let cuts: Vec<_> = cuts.into_iter().collect();
        let (arrived, mut missing) = joined(200, &cuts, lost);
        prop_assert!(arrived.iter().all(|id| !missing.contains(id)));
        missing.extend(&arrived);
        missing.sort_unstable();
        prop_assert_eq!(missing, (1..=(200 + (cuts.len() * lost) as i64)).collect::<Vec<_>>());
    }
}
