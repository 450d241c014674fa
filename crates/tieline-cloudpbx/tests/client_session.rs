//! The push client session, one behaviour each.

use std::time::Duration;

use bytes::Bytes;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, IdNote, Noted, Phase, PushClient, Received, Resume};
use tieline_cloudpbx::stream::{Event, State};
use tieline_core::json::DecodeErrorKind;
use tieline_core::{Class, ClientSession, CloseFrame, CloseReason, Frame, Instant, Session};

const NOW: Instant = Instant::EPOCH;

fn after(secs: u64) -> Instant {
    NOW + Duration::from_secs(secs)
}

fn client() -> PushClient {
    start(None)
}

fn start(resume: Option<Resume>) -> PushClient {
    PushClient::start(ClientConfig::default(), [7; 16], resume, NOW)
}

fn message(id: i64, text: &str) -> Frame {
    Frame::text(format!(r#"{{"id":{id},"channel":"pbx_X","text":{text}}}"#))
}

fn subscriber(id: i64, peer: &str, state: i64) -> Frame {
    message(id, &format!(r#"{{"subscriber":{{"peer":"{peer}","statusValue":{state}}}}}"#))
}

fn taken(session: &mut PushClient) -> Vec<ClientEvent> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn sent(session: &mut PushClient) -> Vec<Frame> {
    std::iter::from_fn(|| session.poll_transmit()).collect()
}

fn received(event: &ClientEvent) -> &Received {
    match event {
        ClientEvent::Received(received) => received,
        other => panic!("{other:?}"),
    }
}

/// Takes all that is left, so that the session can be resumed.
fn resume(mut session: PushClient) -> Resume {
    taken(&mut session);
    sent(&mut session);
    session.into_resume().expect("finished")
}

mod events {
    use super::*;

    #[test]
    fn the_session_is_live_from_the_beginning_and_says_nothing() {
        let mut session = client();
        assert_eq!(session.phase(), Phase::Live);
        assert!(sent(&mut session).is_empty() && taken(&mut session).is_empty());
    }

    #[test]
    fn an_event_comes_with_its_message_its_number_and_its_place() {
        let mut session = client();
        let frame = message(386, r#"{"queue":{"peer":"Q","calls":"1"},"subscriber":{"peer":"X-1","new":[1]}}"#);
        session.handle_input(after(3), frame.clone());
        let events = taken(&mut session);
        let [first, second] = &events[..] else { panic!("{events:?}") };
        let (first, second) = (received(first), received(second));
        assert_eq!((first.event.event_type(), second.event.event_type()), ("queue", "subscriber"));
        let origin = &second.origin;
        assert_eq!((origin.at, origin.id, origin.index, origin.repaired), (after(3), Some(386), 1, false));
        assert_eq!(Frame::Text(origin.raw().clone()), frame);
        assert_eq!(origin.body(), &r#"{"peer":"X-1","new":[1]}"#);
        assert_eq!(origin.field::<Vec<i64>>("new"), Ok(Some(vec![1])));
    }

    #[test]
    fn the_long_strings_of_an_event_are_slices_of_its_frame() {
        let mut session = client();
        session.handle_input(NOW, subscriber(1, "MojaCentrala-w-Gdansku-101", 1));
        let events = taken(&mut session);
        let Received { event: Event::Subscriber(subscriber), origin, .. } = received(&events[0]) else { panic!() };
        let peer = subscriber.peer.as_ref().expect("named");
        assert!(origin.raw().as_bytes().as_ptr_range().contains(&peer.as_bytes().as_ptr()));
        assert_eq!(subscriber.state, Some(State::IN_USE));
    }

    #[test]
    fn a_repaired_event_is_marked_and_its_fields_can_be_read() {
        let mut session = client();
        session.handle_input(NOW, message(1, r#"{"qmember":{"m_location":"SIP\M-1"}}"#));
        let events = taken(&mut session);
        let origin = &received(&events[0]).origin;
        assert!(origin.repaired);
        assert_eq!(origin.field::<String>("m_location"), Ok(Some(r"SIP\M-1".into())));
        assert!(origin.raw().contains(r#""SIP\M-1""#));
    }

    #[test]
    fn an_event_that_cannot_be_read_is_told_in_its_place_with_its_text() {
        let mut session = client();
        session.handle_input(NOW, message(1, r#"{"queue":{"calls":"many"},"subscriber":{"peer":"X-1"}}"#));
        let events = taken(&mut session);
        let [ClientEvent::Unreadable(bad), ClientEvent::Received(_)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(bad.error.event_type.as_deref(), Some("queue"));
        assert_eq!((bad.origin.body().as_str(), bad.origin.index), (r#"{"calls":"many"}"#, 0));
    }

    #[test]
    fn messages_that_cannot_be_read_are_told_with_their_bytes_and_end_nothing() {
        let mut session = client();
        session.handle_input(NOW, Frame::text("no json"));
        session.handle_input(NOW, Frame::BadText(Bytes::from_static(b"a\xff")));
        session.handle_input(NOW, Frame::Binary(Bytes::from_static(b"{}")));
        let told: Vec<_> = taken(&mut session)
            .into_iter()
            .map(|event| match event {
                ClientEvent::Malformed(malformed) => (malformed.bytes, malformed.error.kind),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                (Bytes::from_static(b"no json"), DecodeErrorKind::UnexpectedCharacter("a value")),
                (Bytes::from_static(b"a\xff"), DecodeErrorKind::NotUtf8),
                (Bytes::from_static(b"{}"), DecodeErrorKind::Binary),
            ]
        );
        assert_eq!(session.phase(), Phase::Live);
    }

    #[test]
    fn what_holds_no_event_is_noted() {
        let mut session = client();
        for (text, why) in [
            (r#"{"id":1}"#, Noted::Unknown),
            (r#"{"id":1,"text":{}}"#, Noted::Empty),
            (r#"{"id":-3,"text":{}}"#, Noted::Control(-3)),
        ] {
            session.handle_input(NOW, Frame::text(text));
            assert_eq!(taken(&mut session), [ClientEvent::Noted(why, text.into())]);
        }
    }

    #[test]
    fn the_ping_text_is_life_and_nothing_else() {
        let mut session = client();
        session.handle_input(after(10), Frame::text(r#"{"id":-1,"channel":"","text": }"#));
        assert!(taken(&mut session).is_empty());
        assert_eq!(session.poll_timeout(), Some(after(30)));
    }

    #[test]
    fn events_beyond_the_limit_of_a_message_are_counted() {
        let mut config = ClientConfig::default();
        config.events_per_message = 2;
        let mut session = PushClient::start(config, [7; 16], None, NOW);
        session.handle_input(NOW, message(1, r#"{"queue":[{},{},{},{},{}]}"#));
        let events = taken(&mut session);
        assert_eq!(events.len(), 3);
        assert!(matches!(events.last(), Some(ClientEvent::Noted(Noted::Omitted(3), _))));
    }

    #[test]
    fn a_message_with_many_events_does_not_end_a_session_with_a_small_queue() {
        let mut config = ClientConfig::default();
        config.limits.queued_events = 8;
        let mut session = PushClient::start(config, [7; 16], None, NOW);
        session.handle_input(NOW, message(1, &format!("{{\"queue\":[{}]}}", ["{}"; 100].join(","))));
        assert_eq!(session.phase(), Phase::Live);
        assert_eq!(taken(&mut session).len(), 5);
    }

    #[test]
    fn no_debug_output_shows_what_the_server_wrote() {
        let mut session = client();
        session.handle_input(NOW, subscriber(5, "hunter2", 1));
        session.handle_input(NOW, message(7, r#"{"queue":{"calls":"hunter2"}}"#));
        session.handle_input(NOW, Frame::text("hunter2"));
        session.handle_input(NOW, Frame::text(r#"{"hunter2":1}"#));
        let shown = format!("{session:?} {:?}", taken(&mut session));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

mod silence {
    use super::*;

    #[test]
    fn a_ping_goes_out_empty_when_nothing_was_heard() {
        let mut session = client();
        assert_eq!(session.poll_timeout(), Some(after(20)));
        session.handle_timeout(after(20));
        assert_eq!(sent(&mut session), [Frame::Ping(Bytes::new())]);
        assert_eq!(session.poll_timeout(), Some(after(40)));
    }

    #[test]
    fn any_frame_is_life() {
        for frame in [
            Frame::Pong(Bytes::new()),
            Frame::Pong(Bytes::from_static(b"other")),
            Frame::Ping(Bytes::new()),
            Frame::text("x"),
            Frame::Binary(Bytes::new()),
        ] {
            let mut session = client();
            session.handle_timeout(after(20));
            session.handle_input(after(49), frame);
            session.handle_timeout(after(50));
            assert_eq!(session.phase(), Phase::Live);
            assert_eq!(session.poll_timeout(), Some(after(69)));
        }
    }

    #[test]
    fn a_line_without_life_is_given_up_with_an_empty_close() {
        let mut session = client();
        for secs in [20, 40, 50] {
            session.handle_timeout(after(secs));
        }
        assert_eq!(sent(&mut session).last(), Some(&Frame::Close(None)));
        assert_eq!(taken(&mut session), [ClientEvent::Closed(CloseReason::Silent)]);
        assert_eq!(session.poll_timeout(), None);
    }

    #[test]
    fn silence_does_not_count_while_input_is_unwanted() {
        let mut config = ClientConfig::default();
        config.limits.queued_events = 2;
        let mut session = PushClient::start(config, [7; 16], None, NOW);
        session.handle_input(NOW, subscriber(1, "a", 1));
        session.handle_input(NOW, subscriber(4, "b", 1));
        assert!(!session.wants_input());
        assert_eq!(session.poll_timeout(), None);
        taken(&mut session);
        session.handle_timeout(after(1000));
        assert_eq!(session.phase(), Phase::Live);
        // The hole, and not before the ping.
        assert_eq!(session.poll_timeout(), Some(after(1003)));
    }

    #[test]
    fn silence_does_not_count_from_the_moment_the_end_of_a_hole_fills_the_events() {
        let mut config = ClientConfig::default();
        config.limits.queued_events = 2;
        let mut session = PushClient::start(config, [7; 16], None, NOW);
        session.handle_input(NOW, subscriber(1, "a", 1));
        taken(&mut session);
        session.handle_input(NOW, subscriber(4, "b", 1));
        while session.wants_input() {
            let deadline = session.poll_timeout().expect("a hole, or silence");
            session.handle_timeout(deadline);
            assert!(!matches!(session.phase(), Phase::Closed), "the hole comes first");
        }
        taken(&mut session);
        session.handle_timeout(after(1000));
        assert_eq!(session.phase(), Phase::Live);
        assert!(session.poll_timeout().expect("watching again") > after(1000));
    }

    #[test]
    fn events_that_nobody_takes_end_the_line_at_the_hard_limit() {
        let mut config = ClientConfig::default();
        config.limits.queued_events = 2;
        let mut session = PushClient::start(config, [7; 16], None, NOW);
        for id in 1..20 {
            session.handle_input(NOW, subscriber(id, "a", 1));
        }
        let events = taken(&mut session);
        assert_eq!(events.len(), 5);
        assert_eq!(events.last(), Some(&ClientEvent::Closed(CloseReason::Overflow)));
    }
}

mod the_end {
    use super::*;

    fn ended(frame: Frame) -> CloseReason {
        let mut session = client();
        session.handle_input(NOW, frame);
        match taken(&mut session).pop() {
            Some(ClientEvent::Closed(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn our_close_is_empty_and_the_end_of_the_stream_after_it_is_success() {
        for last in [Frame::Eof, Frame::Close(None), Frame::Close(Some(CloseFrame::new(1008, "")))] {
            let mut session = client();
            session.close(NOW);
            assert_eq!(sent(&mut session), [Frame::Close(None)]);
            session.handle_input(after(1), last);
            assert_eq!(taken(&mut session), [ClientEvent::Closed(CloseReason::Local)]);
        }
    }

    #[test]
    fn a_server_that_does_not_end_the_stream_cannot_hold_us() {
        let mut session = client();
        session.close(NOW);
        assert_eq!(session.poll_timeout(), Some(after(5)));
        session.handle_timeout(after(5));
        assert_eq!(taken(&mut session), [ClientEvent::Closed(CloseReason::Local)]);
    }

    #[test]
    fn the_end_of_the_stream_and_an_empty_close_are_losses() {
        assert_eq!(ended(Frame::Eof), CloseReason::Lost);
        assert_eq!(ended(Frame::Close(None)), CloseReason::Remote { code: None });
        assert_eq!(ended(Frame::Close(None)).class(), Class::Retry);
    }

    #[test]
    fn a_refusal_comes_as_a_close_with_a_status() {
        let reason = r#"{"http_status": 403, "explain":"Subscriber could not create channels."}"#;
        let reason = ended(Frame::Close(Some(CloseFrame::new(1008, reason))));
        let explain = "Subscriber could not create channels.".into();
        assert_eq!(reason, CloseReason::LoginRefused { status: 403, reason: explain });
        assert_eq!(reason.class(), Class::Reauthenticate);
    }

    #[test]
    fn a_refusal_that_was_cut_is_one_too() {
        let reason = ended(Frame::Close(Some(CloseFrame::new(1008, r#"{"http_status": 403, "explain":"Subsc"#))));
        assert_eq!(reason, CloseReason::LoginRefused { status: 403, reason: "".into() });
    }

    #[test]
    fn other_closes_are_losses() {
        for (code, reason) in
            [(1008, "go away"), (1008, r#"{"http_status": 500}"#), (1001, r#"{"http_status": 403}"#), (1008, "")]
        {
            let ended = ended(Frame::Close(Some(CloseFrame::new(code, reason))));
            assert_eq!((ended.class(), ended), (Class::Retry, CloseReason::Remote { code: Some(code) }), "{reason}");
        }
    }

    #[test]
    fn a_deleted_channel_ends_the_line_and_is_not_asked_for_again_for_a_minute() {
        let mut session = client();
        session.handle_input(NOW, Frame::text(r#"{"id":-2,"channel":"pbx_X","text":Channel deleted}"#));
        assert_eq!(sent(&mut session), [Frame::Close(None)]);
        assert_eq!(taken(&mut session), [ClientEvent::Closed(CloseReason::Deleted)]);
        assert_eq!(CloseReason::Deleted.class(), Class::RetryAfter(Duration::from_secs(60)));
    }

    #[test]
    fn what_comes_while_we_close_is_still_told_and_after_the_end_nothing_is() {
        let mut session = client();
        session.close(NOW);
        session.handle_input(NOW, subscriber(1, "a", 1));
        session.handle_input(NOW, Frame::Eof);
        session.handle_input(NOW, subscriber(2, "a", 1));
        assert_eq!(taken(&mut session).len(), 2);
        assert_eq!(sent(&mut session), [Frame::Close(None)]);
        assert!(session.is_finished());
    }
}

mod lines {
    use super::*;

    #[test]
    fn the_first_line_has_nothing_stale() {
        assert!(taken(&mut start(Some(Resume::default()))).is_empty());
    }

    #[test]
    fn every_state_is_stale_on_the_next_line_until_it_is_told_again() {
        let mut session = client();
        session.handle_input(
            NOW,
            message(
                1,
                r#"{"subscriber":[{"peer":"X-1"},{"peer":"X-2"}],"extstatus":{"exten":"1"},"queue":{"peer":"Q"},
                    "qmember":{"peer":"X-1","queue":"Q"},"cmember":{"channel":"SIP\/X-1","conference":"C","action":"add"}}"#,
            ),
        );
        session.handle_input(NOW, Frame::Eof);
        let mut next = start(Some(resume(session)));
        let Some(ClientEvent::Stale(stale)) = next.poll_event() else { panic!("first") };
        let names = |states: &mut dyn Iterator<Item = String>| states.collect::<Vec<_>>();
        let all =
            ["subscriber X-1", "subscriber X-2", "extension 1", "queue Q", "X-1 in queue Q", "SIP/X-1 in conference C"];
        assert_eq!(names(&mut stale.states.iter().map(ToString::to_string)), all);
        assert!(stale.complete);
        next.handle_input(NOW, subscriber(2, "X-1", 0));
        assert_eq!(names(&mut next.stale().map(ToString::to_string)), all[1..]);
    }

    #[test]
    fn what_was_stale_already_is_not_told_again_but_stays_stale() {
        let mut session = client();
        session.handle_input(NOW, subscriber(1, "X-1", 0));
        session.handle_input(NOW, Frame::Eof);
        let mut silent = start(Some(resume(session)));
        silent.handle_input(NOW, Frame::Eof);
        let mut third = start(Some(resume(silent)));
        assert!(taken(&mut third).is_empty());
        assert_eq!(third.stale().count(), 1);
    }

    #[test]
    fn a_member_who_left_a_conference_has_no_state() {
        let mut session = client();
        for action in ["add", "remove"] {
            let text = format!(r#"{{"cmember":{{"channel":"SIP\/X-1","conference":"C","action":"{action}"}}}}"#);
            session.handle_input(NOW, message(1, &text));
        }
        session.handle_input(NOW, Frame::Eof);
        let mut next = start(Some(resume(session)));
        let Some(ClientEvent::Stale(stale)) = next.poll_event() else { panic!("first") };
        assert!(stale.states.is_empty() && stale.complete);
    }

    #[test]
    fn states_beyond_the_limit_and_long_names_are_not_remembered_and_that_is_told() {
        let mut config = ClientConfig::default();
        config.limits.subscriptions = 3;
        for names in [vec!["a".into(), "b".into(), "c".into(), "d".into()], vec!["x".repeat(257)]] {
            let mut session = PushClient::start(config, [7; 16], None, NOW);
            for name in &names {
                session.handle_input(NOW, subscriber(1, name, 0));
            }
            session.handle_input(NOW, Frame::Eof);
            let mut next = start(Some(resume(session)));
            let Some(ClientEvent::Stale(stale)) = next.poll_event() else { panic!("first") };
            assert_eq!((stale.states.len(), stale.complete), (names.len() - 1, false));
        }
    }

    #[test]
    fn the_numbers_go_on_across_lines_so_that_it_is_told_what_was_missed() {
        let mut session = client();
        session.handle_input(NOW, message(100, "{}"));
        session.handle_input(NOW, Frame::Eof);
        let mut next = start(Some(resume(session)));
        next.handle_input(NOW, message(104, "{}"));
        next.handle_timeout(after(3));
        assert!(taken(&mut next).contains(&ClientEvent::Id(IdNote::Missing { first: 101, last: 103 })));
    }
}
