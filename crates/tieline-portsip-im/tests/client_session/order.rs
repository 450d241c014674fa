//! Which request waits for which, and which come back.

use serde_json::json;
use tieline_core::json::Raw;
use tieline_core::{ClientSession, RequestError, SendErrorKind, Session};
use tieline_portsip_im::client::{ClientEvent, Noted, Publish, Reply, Request, Subscribe};
use tieline_portsip_im::{AccessMode, SeqRange};

use crate::harness::{GROUP, Player, config};
use crate::{PEER, subscribe};

#[test]
fn a_request_without_answer_fails_at_its_deadline_and_its_late_answer_is_noted() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::Publish(Publish::text(GROUP, "x")));
    let sent = player.one_sent();
    player.wait(15_000);
    player.session.handle_timeout(player.now);
    assert_eq!(player.reply(id), Err(RequestError::Timeout));
    player.ctrl(sent["pub"]["id"].as_str().expect("an id"), json!({"params":{"seq":1}}), 202);
    assert!(matches!(player.events()[..], [ClientEvent::Noted(Noted::UnmatchedAnswer, _)]));
}

#[test]
fn requests_of_a_topic_wait_for_the_subscribe_before_them_and_those_of_others_do_not() {
    let mut player = Player::live();
    let subscribed = player.ask(subscribe(GROUP));
    let published = player.ask(Request::Publish(Publish::text(GROUP, "x")));
    let other = player.ask(Request::Publish(Publish::text(PEER, "y")));
    let sent = player.sent();
    assert_eq!((sent.len(), &sent[1]["pub"]["topic"]), (2, &json!(PEER)));
    player.ctrl(sent[0]["sub"]["id"].as_str().expect("an id"), json!({"params":{"seq":0}}), 202);
    assert!(matches!(player.reply(subscribed), Ok(Reply::Subscribed(_))));
    player.answer("pub", json!({"params":{"seq":1}}), 202);
    assert!(matches!(player.reply(published), Ok(Reply::Published(_))));
    player.ctrl(sent[1]["pub"]["id"].as_str().expect("an id"), json!({"params":{"seq":1}}), 202);
    assert!(matches!(player.reply(other), Ok(Reply::Published(_))));
}

#[test]
fn a_subscribe_that_bans_oneself_attaches_to_nothing() {
    let mut player = Player::live();
    let id = player.ask(Request::Subscribe(Subscribe::to(GROUP).asking(AccessMode::READ)));
    player.answer("sub", json!({"params":{"acs":{"want":"R","given":"JRWPS","mode":"R"}}}), 200);
    assert!(matches!(player.reply(id), Ok(Reply::Subscribed(_))));
    assert_eq!(player.session.topics().count(), 0);
}

#[test]
fn requests_that_cannot_be_written_come_back() {
    let mut player = Player::live();
    let refused = [
        Request::Publish(Publish::text("", "x")),
        Request::Publish(Publish::text("me", "x")),
        Request::DeleteMessages { topic: GROUP.into(), ranges: Vec::new(), hard: false },
        Request::DeleteMessages { topic: GROUP.into(), ranges: vec![SeqRange { low: 5, hi: 2 }], hard: false },
    ];
    for request in refused {
        let error = player.session.send(player.now, request.clone()).expect_err("refused");
        assert!(matches!(error.kind, SendErrorKind::Invalid(_)));
        assert_eq!(error.command, request);
    }
    let mut publish = Publish::text(GROUP, "x");
    publish.head = Some(Raw::string("no object"));
    assert!(player.session.send(player.now, Request::Publish(publish)).is_err());
    assert_eq!(player.sent().len(), 0);
}

#[test]
fn more_requests_than_the_limit_come_back() {
    let mut config = config();
    config.limits.in_flight = 2;
    let mut player = Player::logged_in(config, None);
    for _ in 0..2 {
        player.ask(Request::Tags(GROUP.into()));
    }
    let error = player.session.send(player.now, subscribe(GROUP)).expect_err("full");
    assert_eq!(error.kind, SendErrorKind::Full);
}
