//! The push server session, one behaviour each.

use std::time::Duration;

use bytes::Bytes;
use tieline_cloudpbx::client::{ClientConfig, ClientEvent, PushClient};
use tieline_cloudpbx::server::{Phase, Publisher, PushServer, ServerConfig, ServerEvent};
use tieline_cloudpbx::stream::{Event, Refusal, StreamTarget, Subscriber};
use tieline_core::{ClientSession, CloseFrame, CloseReason, Frame, Instant, Session, Text};

const NOW: Instant = Instant::EPOCH;

fn after(secs: u64) -> Instant {
    NOW + Duration::from_secs(secs)
}

fn target() -> StreamTarget {
    StreamTarget::parse("/ws/pbx_MojaCentrala?pbxkey=MyExampleKey").expect("documented")
}

fn asking() -> PushServer {
    PushServer::start(ServerConfig::default(), target(), NOW)
}

fn open_with(config: ServerConfig) -> PushServer {
    let mut session = PushServer::start(config, target(), NOW);
    assert!(matches!(session.poll_event(), Some(ServerEvent::Opened(_))));
    assert!(session.accept(NOW));
    session
}

fn open() -> PushServer {
    open_with(ServerConfig::default())
}

fn sent(session: &mut PushServer) -> Vec<Frame> {
    std::iter::from_fn(|| session.poll_transmit()).collect()
}

fn closed(session: &mut PushServer) -> CloseReason {
    match std::iter::from_fn(|| session.poll_event()).last() {
        Some(ServerEvent::Closed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn idle(peer: &str) -> Event<&str> {
    let mut subscriber = Subscriber::default();
    subscriber.peer = Some(peer);
    Event::Subscriber(subscriber)
}

mod opening {
    use super::*;

    #[test]
    fn the_owner_is_asked_about_who_comes_and_for_what() {
        let mut session = asking();
        let Some(ServerEvent::Opened(target)) = session.poll_event() else { panic!("first") };
        assert_eq!((target.pbx_name(), target.key().expose().as_str()), ("MojaCentrala", "MyExampleKey"));
        assert_eq!(session.phase(), Phase::Asking);
    }

    #[test]
    fn a_client_is_accepted_once() {
        let mut session = asking();
        assert!(session.accept(NOW));
        assert!(!session.accept(NOW) && !session.reject(&Refusal::new(403, "")));
        assert_eq!(session.phase(), Phase::Open);
    }

    #[test]
    fn a_rejected_client_is_told_as_the_real_server_does() {
        let mut session = asking();
        assert!(session.reject(&Refusal::new(403, "Subscriber could not create channels.")));
        let words = r#"{"http_status": 403, "explain":"Subscriber could not create channels."}"#;
        assert_eq!(sent(&mut session), [Frame::Close(Some(CloseFrame::new(1008, words)))]);
        let reason = "Subscriber could not create channels.".into();
        assert_eq!(closed(&mut session), CloseReason::LoginRefused { status: 403, reason });
        assert!(session.is_finished());
    }

    #[test]
    fn our_client_understands_the_rejection() {
        let (mut session, mut client) = (asking(), PushClient::start(ClientConfig::default(), [7; 16], None, NOW));
        session.reject(&Refusal::new(404, "no \"such\" PBX"));
        for frame in sent(&mut session) {
            client.handle_input(NOW, frame);
        }
        let reason = CloseReason::LoginRefused { status: 404, reason: "no \"such\" PBX".into() };
        assert_eq!(client.poll_event(), Some(ClientEvent::Closed(reason)));
    }

    #[test]
    fn words_that_do_not_fit_a_close_frame_are_cut_and_the_rest_stays_json() {
        let close = Refusal::new(403, "ż\"".repeat(100)).to_close();
        assert!((120..=123).contains(&close.reason.len()), "{}", close.reason.len());
        assert!(Refusal::of_close(&close).is_some_and(|read| read.explain.starts_with("ż\"ż\"")));
        assert!(serde_json::from_str::<serde_json::Value>(&close.reason).is_ok());
    }

    #[test]
    fn an_owner_that_does_not_answer_rejects() {
        let mut session = asking();
        assert_eq!(session.poll_timeout(), Some(after(10)));
        session.handle_timeout(after(10));
        assert!(matches!(closed(&mut session), CloseReason::LoginRefused { status: 503, .. }));
        assert!(!session.accept(after(10)));
    }
}

mod pushing {
    use super::*;

    #[test]
    fn messages_are_numbered_from_one_and_sent_in_order() {
        let (mut session, mut channel) = (open(), Publisher::new(target().channel()));
        for peer in ["MojaCentrala-101", "MojaCentrala-102"] {
            session.push(NOW, channel.publish(&[idle(peer)]));
        }
        let expected = [(1, "101"), (2, "102")].map(|(id, number)| {
            Frame::text(format!(
                r#"{{"id":{id},"channel":"pbx_MojaCentrala","text":{{"subscriber":{{"peer":"MojaCentrala-{number}"}}}}}}"#
            ))
        });
        assert_eq!(sent(&mut session), expected);
        assert_eq!(channel.last_id(), 2);
    }

    #[test]
    fn a_message_is_shared_by_all_clients() {
        let message = Publisher::new("pbx_X").publish(&[idle("X-1")]);
        let (mut one, mut other) = (open(), open());
        one.push(NOW, message.clone());
        other.push(NOW, message.clone());
        for session in [&mut one, &mut other] {
            let Some(Frame::Text(text)) = session.poll_transmit() else { panic!("text") };
            assert_eq!(text.as_bytes().as_ptr(), message.as_bytes().as_ptr());
        }
    }

    #[test]
    fn a_channel_that_starts_over_numbers_from_one_again() {
        let mut channel = Publisher::new("pbx_X");
        channel.publish(&[idle("X-1")]);
        channel.restart();
        assert!(channel.publish(&[idle("X-1")]).starts_with(r#"{"id":1,"#));
    }

    #[test]
    fn nothing_is_sent_before_the_client_is_accepted_or_after_the_end() {
        let mut session = asking();
        session.push(NOW, Text::from("early"));
        session.accept(NOW);
        session.close(NOW);
        session.push(NOW, Text::from("late"));
        assert_eq!(sent(&mut session), [Frame::Close(None)]);
    }

    #[test]
    fn a_client_that_does_not_read_is_dropped() {
        let mut config = ServerConfig::default();
        config.limits.queued_bytes = 100;
        let mut session = open_with(config);
        for _ in 0..20 {
            session.push(NOW, Text::from("x".repeat(30)));
        }
        assert_eq!(closed(&mut session), CloseReason::SlowPeer);
        assert_eq!(sent(&mut session), [Frame::Close(Some(CloseFrame::new(1013, "")))]);
    }

    #[test]
    fn a_deleted_channel_is_told_in_the_words_of_the_real_server() {
        let mut session = open();
        session.delete_channel(NOW);
        let words = r#"{"id":-2,"channel":"pbx_MojaCentrala","text":Channel deleted}"#;
        assert_eq!(sent(&mut session), [Frame::text(words), Frame::Close(None)]);
        assert_eq!(session.phase(), Phase::Closing);
    }
}

mod clients {
    use super::*;

    #[test]
    fn what_a_client_says_is_ignored_and_told() {
        let mut session = open();
        session.handle_input(NOW, Frame::text("hello"));
        session.handle_input(NOW, Frame::Binary(Bytes::from_static(b"x")));
        session.handle_input(NOW, Frame::Pong(Bytes::new()));
        let told: Vec<_> = std::iter::from_fn(|| session.poll_event()).map(|event| format!("{event:?}")).collect();
        assert_eq!(told, [r#"Ignored { kind: "text", bytes: 5 }"#, r#"Ignored { kind: "binary", bytes: 1 }"#]);
        assert!(sent(&mut session).is_empty());
    }

    #[test]
    fn an_empty_ping_goes_out_when_nothing_was_sent_for_long() {
        let mut session = open();
        session.push(after(10), Text::from("x"));
        sent(&mut session);
        assert_eq!(session.poll_timeout(), Some(after(40)));
        session.handle_timeout(after(40));
        assert_eq!(sent(&mut session), [Frame::Ping(Bytes::new())]);
        assert_eq!(session.poll_timeout(), Some(after(70)));
    }

    #[test]
    fn what_was_sent_past_the_session_puts_the_ping_off_as_well() {
        let mut session = open();
        session.note_sent(after(10));
        session.note_sent(after(5));
        assert_eq!(session.poll_timeout(), Some(after(40)));
        session.handle_timeout(after(30));
        assert!(sent(&mut session).is_empty());
    }

    #[test]
    fn a_client_that_takes_nothing_gets_no_pings() {
        let mut session = open();
        session.push(NOW, Text::from("x"));
        for secs in [30, 60, 90] {
            session.handle_timeout(after(secs));
        }
        assert_eq!(sent(&mut session), [Frame::text("x")]);
    }

    #[test]
    fn pings_can_be_turned_off_and_silence_can_end_the_line() {
        let mut config = ServerConfig::default();
        config.ping_after = None;
        assert_eq!(open_with(config).poll_timeout(), None);
        config.idle_timeout = Some(Duration::from_secs(75));
        let mut session = open_with(config);
        session.handle_input(after(5), Frame::Pong(Bytes::new()));
        assert_eq!(session.poll_timeout(), Some(after(80)));
        session.handle_timeout(after(80));
        assert_eq!(closed(&mut session), CloseReason::Silent);
    }

    #[test]
    fn a_silent_client_stays_unless_told_otherwise() {
        let mut session = open();
        for minute in 1..100 {
            session.handle_timeout(after(60 * minute));
            sent(&mut session);
        }
        assert_eq!(session.phase(), Phase::Open);
    }

    #[test]
    fn a_client_that_talks_without_end_is_dropped_at_the_hard_limit() {
        let mut config = ServerConfig::default();
        config.limits.queued_events = 4;
        let mut session = open_with(config);
        for _ in 0..20 {
            session.handle_input(NOW, Frame::text("x"));
        }
        assert!(!session.wants_input());
        assert_eq!(closed(&mut session), CloseReason::Overflow);
    }

    #[test]
    fn the_owner_closes_without_a_code_and_the_client_may_answer_or_just_go() {
        for last in [Frame::Close(None), Frame::Eof] {
            let mut session = open();
            session.close(NOW);
            assert_eq!(sent(&mut session), [Frame::Close(None)]);
            session.handle_input(NOW, last);
            assert_eq!(closed(&mut session), CloseReason::Local);
        }
        let mut session = open();
        session.close(NOW);
        session.handle_timeout(after(5));
        assert_eq!(closed(&mut session), CloseReason::Local);
    }

    #[test]
    fn the_client_may_close_or_just_go() {
        let mut session = open();
        session.handle_input(NOW, Frame::Close(Some(CloseFrame::new(1000, ""))));
        assert_eq!(closed(&mut session), CloseReason::Remote { code: Some(1000) });
        let mut session = open();
        session.handle_input(NOW, Frame::Eof);
        assert_eq!(closed(&mut session), CloseReason::Lost);
    }

    #[test]
    fn the_key_never_prints() {
        let mut session = asking();
        let shown = format!("{session:?} {:?}", session.poll_event());
        assert!(!shown.contains("MyExampleKey"), "{shown}");
    }
}
