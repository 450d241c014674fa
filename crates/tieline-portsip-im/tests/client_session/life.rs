//! Signs of life, limits, and the end.

use serde_json::json;
use tieline_core::{ClientSession, CloseFrame, CloseReason, Frame, MessageLimit, RequestError, SendErrorKind, Session};
use tieline_portsip_im::Topic;
use tieline_portsip_im::client::{ClientEvent, Noted, Noting, Phase, Publish, Request, Resume};

use crate::harness::{GROUP, Player, TOKEN, at, config};
use crate::{PEER, closed, subscribe};

#[test]
fn what_is_no_message_is_told_and_the_session_goes_on() {
    let mut player = Player::live();
    player.hear_text("{");
    player.hear_text(r#"{"data":{"seq":"x"}}"#);
    player.session.handle_input(at(9), Frame::BadText(vec![0xFF].into()));
    player.session.handle_input(at(9), Frame::Binary(vec![0xFF].into()));
    let events = player.events();
    assert_eq!(events.iter().filter(|event| matches!(event, ClientEvent::Malformed(_))).count(), 4);
    player.hear_text(r#"{"pong":1}"#);
    assert!(matches!(player.events()[..], [ClientEvent::Noted(Noted::Unknown, _)]));
    assert_eq!(player.session.phase(), Phase::Live);
}

#[test]
fn a_binary_message_is_read_as_text_is() {
    let mut player = Player::live();
    player.session.handle_input(at(9), Frame::Binary(br#"{"pres":{"topic":"me","what":"on"}}"#.to_vec().into()));
    assert_eq!(player.story(), ["pres"]);
}

#[test]
fn the_answer_to_a_probe_of_the_line_is_only_a_sign_of_life() {
    let mut player = Player::live();
    player.hear_text("0");
    assert_eq!(player.events().len(), 0);
}

#[test]
fn silence_is_pinged_and_then_ends_the_session() {
    let mut player = Player::live();
    player.session.handle_timeout(at(20_001));
    assert!(matches!(player.frames()[..], [Frame::Ping(_)]));
    player.session.handle_input(at(20_002), Frame::Pong(Default::default()));
    player.session.handle_timeout(at(70_001));
    assert!(matches!(player.frames()[..], [Frame::Ping(_)]));
    player.session.handle_timeout(at(70_002));
    assert_eq!(closed(&mut player), CloseReason::Silent);
}

#[test]
fn silence_does_not_count_while_nobody_takes_events() {
    let mut config = config();
    config.limits.queued_events = 2;
    let mut player = Player::logged_in(config, None);
    for _ in 0..2 {
        player.hear(&json!({"pres":{"topic":"me","what":"on"}}));
    }
    assert!(!player.session.wants_input());
    assert_eq!(player.session.poll_timeout(), None);
    assert_eq!(player.events().len(), 2);
    player.session.handle_timeout(at(100_000));
    assert_eq!((player.frames().len(), player.session.poll_timeout()), (0, Some(at(120_000))));
}

#[test]
fn a_pending_request_keeps_input_wanted_up_to_the_hard_limit_and_then_fails() {
    let mut config = config();
    config.limits.queued_events = 2;
    let mut player = Player::logged_in(config, None);
    let id = player.ask(Request::Tags(GROUP.into()));
    for _ in 0..3 {
        player.hear(&json!({"pres":{"topic":"me","what":"on"}}));
        assert!(player.session.wants_input());
    }
    player.hear(&json!({"pres":{"topic":"me","what":"on"}}));
    assert!(!player.session.wants_input());
    assert_eq!(player.reply(id), Err(RequestError::Backpressure));
    player.hear(&json!({"pres":{"topic":"me","what":"on"}}));
    assert_eq!(closed(&mut player), CloseReason::Overflow);
}

#[test]
fn a_flood_of_messages_does_not_keep_the_session_from_becoming_live() {
    let mut config = config();
    config.limits.queued_events = 2;
    let mut player = Player::logged_in(config, Some(Resume::to([GROUP, PEER])));
    player.publish(GROUP, 1);
    player.publish(GROUP, 2);
    assert_eq!(player.session.phase(), Phase::Live);
    // What is still to be attached again is waited for.
    let subs = player.sent();
    player.events();
    player.ask(Request::Publish(Publish::text(PEER, "x")));
    assert_eq!(player.sent().len(), 0);
    for sub in subs {
        player.ctrl(sub["sub"]["id"].as_str().expect("an id"), json!({"params":{"seq":2}}), 200);
    }
    assert!(player.sent().iter().any(|message| message["pub"]["topic"] == PEER));
}

#[test]
fn closing_says_goodbye_fails_what_is_pending_and_ends_with_the_peer_or_at_its_deadline() {
    let mut player = Player::live();
    let id = player.ask(Request::Tags(GROUP.into()));
    player.sent();
    player.session.close(at(100));
    assert_eq!(player.reply(id), Err(RequestError::Closed));
    assert_eq!(player.frames(), [Frame::Close(Some(CloseFrame::new(1000, "")))]);
    assert_eq!(player.session.send(at(101), subscribe(GROUP)).expect_err("closing").kind, SendErrorKind::Closed);
    player.session.handle_timeout(at(5_100));
    assert_eq!(closed(&mut player), CloseReason::Local);
    assert!(player.session.is_finished());
}

#[test]
fn the_end_tells_who_ended_it() {
    let mut player = Player::live();
    player.session.handle_input(at(9), Frame::Close(Some(CloseFrame::new(1013, "later"))));
    assert_eq!(closed(&mut player), CloseReason::Remote { code: Some(1013) });
    let mut player = Player::live();
    player.session.handle_input(at(9), Frame::Eof);
    assert_eq!(closed(&mut player), CloseReason::Lost);
}

#[test]
fn nothing_printed_holds_a_token_or_a_message() {
    let mut player = Player::start(config(), None);
    player.hear(&json!({"data":{"topic":GROUP,"seq":1,"content":"very private"}}));
    let publish = Request::Publish(Publish::text(GROUP, "very private"));
    let (events, frames) = (player.events(), player.frames());
    let printed = format!("{:?} {events:?} {frames:?} {publish:?}", player.session);
    assert!(!printed.contains(TOKEN) && !printed.contains("private") && !printed.contains("ODA0MjUy"), "{printed}");
}

#[test]
fn the_frame_of_an_event_is_kept_whole() {
    let mut player = Player::live();
    let text = r#"{"data":{"topic":"grpX","seq":1,"content":1,"later":"kept"},"beside":7}"#;
    player.hear_text(text);
    let events = player.events();
    let [ClientEvent::Received(received)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(received.raw(), text);
    assert_eq!(received.field::<u64>("beside"), Ok(Some(7)));
    assert_eq!(received.message.topic(), Some(&Topic::new("grpX".into())));
}

#[test]
fn until_the_login_is_accepted_only_small_messages_are_taken() {
    let limits = config().limits;
    let player = Player::start(config(), None);
    assert_eq!(player.session.message_limit(), MessageLimit::provisional(limits.message_bytes_before_login));
    assert_eq!(Player::live().session.message_limit(), MessageLimit::settled(limits.message_bytes));
}

#[test]
fn what_nobody_writes_does_not_pile_up_without_bound() {
    let mut config = config();
    config.limits.queued_bytes = 10_000;
    let mut player = Player::following_with(config, GROUP, 0);
    let typing = || Request::Note { topic: GROUP.into(), what: Noting::Typing };
    let mut sent = 0;
    let refused = loop {
        match player.session.send(player.now, typing()) {
            Ok(_) => sent += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.kind, SendErrorKind::Full);
    assert!((100..400).contains(&sent), "{sent}");
    assert_eq!(player.frames().len(), sent);
    player.session.send(player.now, typing()).expect("there is room again");
}
