//! Topics: what is told of them, and what the next line attaches again.

use serde_json::json;
use tieline_core::{Frame, RequestError, Sent, Session};
use tieline_portsip_im::client::{
    ClientEvent, LostCause, Phase, Publish, Reply, Request, Resume, Subscribe, SubscriptionLost,
};

use crate::harness::{GROUP, Player, config};
use crate::{PEER, subscribe};

#[test]
fn presence_notices_and_what_others_do_are_events() {
    let mut player = Player::live();
    player.hear(&json!({"pres":{"topic":"me","src":PEER,"what":"on"}}));
    player.hear(&json!({"info":{"topic":GROUP,"from":PEER,"what":"kp"}}));
    player.hear(&json!({"ctrl":{"code":205,"text":"server shutdown"}}));
    player.hear(&json!({"meta":{"topic":GROUP,"desc":{}}}));
    assert_eq!(player.story(), ["pres", "info", "ctrl", "meta"]);
}

#[test]
fn an_evicted_topic_is_lost_and_not_resumed() {
    let mut player = Player::following(GROUP, 0);
    player.hear(&json!({"ctrl":{"topic":GROUP,"params":{"unsub":true},"code":205,"text":"evicted"}}));
    let events = player.events();
    let [ClientEvent::Received(_), ClientEvent::SubscriptionLost(SubscriptionLost { topic, cause, .. })] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((topic.as_str(), cause), (GROUP, &LostCause::Evicted { unsubscribed: true }));
    assert_eq!(player.lose().topics.len(), 0);
}

#[test]
fn a_topic_that_is_gone_is_lost_wherever_it_is_told() {
    for gone in [json!({"topic":"me","src":GROUP,"what":"gone"}), json!({"topic":GROUP,"what":"gone"})] {
        let mut player = Player::following(GROUP, 0);
        player.hear(&json!({ "pres": gone }));
        let events = player.events();
        assert!(
            matches!(&events[..], [_, ClientEvent::SubscriptionLost(lost)] if lost.cause == LostCause::Gone),
            "{events:?}"
        );
    }
}

#[test]
fn a_deleted_topic_is_not_resumed() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::DeleteTopic { topic: GROUP.into(), hard: false });
    player.answer("del", json!({"topic":GROUP}), 200);
    assert!(matches!(player.reply(id), Ok(Reply::Done(_))));
    assert_eq!(player.lose().topics.len(), 0);
}

#[test]
fn topics_of_an_earlier_line_are_attached_again_before_the_session_is_live() {
    let mut player = Player::logged_in(config(), Some(Resume::to([GROUP, PEER])));
    let waiting = player.ask(Request::Publish(Publish::text(GROUP, "x")));
    assert_eq!(player.session.phase(), Phase::Restoring);
    let sent = player.sent();
    assert_eq!(sent.iter().map(|sub| sub["sub"]["topic"].clone()).collect::<Vec<_>>(), [json!(GROUP), json!(PEER)]);
    player.ctrl(sent[0]["sub"]["id"].as_str().expect("an id"), json!({"params":{"seq":1}}), 202);
    assert_eq!(player.session.phase(), Phase::Restoring);
    player.ctrl(sent[1]["sub"]["id"].as_str().expect("an id"), json!({"params":{"seq":1}}), 304);
    assert_eq!(player.session.phase(), Phase::Live);
    player.answer("pub", json!({"params":{"seq":2}}), 202);
    assert!(matches!(player.reply(waiting), Ok(Reply::Published(_))));
}

#[test]
fn a_topic_refused_on_the_next_line_is_told_and_the_session_goes_on() {
    let mut player = Player::logged_in(config(), Some(Resume::to([GROUP])));
    player.answer("sub", json!({}), 404);
    assert_eq!(player.session.phase(), Phase::Live);
    let events = player.events();
    let [ClientEvent::SubscriptionLost(lost)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(lost.cause, LostCause::Refused(RequestError::Refused { status: 404, reason: "text".into() }));
    assert_eq!(player.lose().topics.len(), 0);
}

#[test]
fn a_topic_that_is_locked_on_the_next_line_is_tried_again() {
    let mut player = Player::logged_in(config(), Some(Resume::to([GROUP])));
    player.answer("sub", json!({}), 503);
    player.answer("sub", json!({}), 503);
    player.answer("sub", json!({"params":{"seq":3}}), 200);
    assert_eq!((player.session.phase(), player.story().len()), (Phase::Live, 0));
}

#[test]
fn a_subscribe_that_the_line_did_not_outlive_stays_desired() {
    let mut player = Player::live();
    let id = player.ask(subscribe(GROUP));
    player.sent();
    player.session.handle_input(player.now, Frame::Eof);
    assert_eq!(player.reply(id), Err(RequestError::Disconnected(Sent::Maybe)));
    assert_eq!(player.lose().topics.keys().collect::<Vec<_>>(), [GROUP]);
}

#[test]
fn a_creation_that_the_line_did_not_outlive_is_not_repeated() {
    let mut player = Player::live();
    player.ask(Request::Subscribe(Subscribe::new_group(None)));
    assert_eq!(player.lose().topics.len(), 0);
}

#[test]
fn a_leave_that_the_line_did_not_outlive_is_not_undone() {
    let mut player = Player::following(GROUP, 0);
    player.ask(Request::Leave { topic: GROUP.into(), unsubscribe: false });
    assert_eq!(player.lose().topics.len(), 0);
}

#[test]
fn a_leave_that_is_refused_leaves_the_topic_desired() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::Leave { topic: GROUP.into(), unsubscribe: true });
    player.answer("leave", json!({}), 403);
    assert!(matches!(player.reply(id), Err(RequestError::Refused { status: 403, .. })));
    assert_eq!(player.lose().topics.len(), 1);
}
