//! Before the line is live.

use serde_json::json;
use tieline_core::{CloseReason, Session};
use tieline_portsip_im::client::{ClientEvent, Phase, Publish, Reply, Request};
use tieline_portsip_im::{Credentials, Hi};

use crate::closed;
use crate::harness::{GROUP, ME, Player, at, config};

#[test]
fn the_login_is_sent_first_as_the_document_shows_it() {
    let mut player = Player::start(config(), None);
    let login = player.one_sent();
    assert_eq!(login["login"]["scheme"], "access_token");
    assert_eq!(login["login"]["secret"], "ODA0MjUyNjEzNTQ4Nzc3Nzc3QHBvcnRzaXAuaW86VjFUQzhFUVdOMlpMSlE=");
    assert_eq!(login["login"]["id"].as_str().map(str::len), Some(36));
}

#[test]
fn the_answer_to_the_login_tells_who_one_is_and_holds_the_token_for_files() {
    let mut player = Player::start(config(), None);
    let id = player.one_sent()["login"]["id"].clone();
    player.hear(&json!({"ctrl":{"id":id,"code":200,"params":{"user":ME,"token":"dG9r","authlvl":"auth"}}}));
    let events = player.events();
    let [ClientEvent::LoggedIn(logged_in)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(logged_in.user.as_str(), ME);
    assert_eq!(logged_in.token.as_ref().map(|token| token.expose().as_str()), Some("dG9r"));
    assert!(!format!("{events:?}").contains("dG9r"));
    assert_eq!(player.session.phase(), Phase::Live);
}

#[test]
fn a_refused_login_ends_the_session_with_the_servers_words() {
    let mut player = Player::start(config(), None);
    let id = player.one_sent()["login"]["id"].clone();
    player.hear(&json!({"ctrl":{"id":id,"code":401,"text":"authentication failed"}}));
    let reason = CloseReason::LoginRefused { status: 401, reason: "authentication failed".into() };
    assert_eq!(closed(&mut player), reason);
}

#[test]
fn a_server_that_fails_at_the_login_is_tried_again_and_not_given_up() {
    let mut player = Player::start(config(), None);
    let id = player.one_sent()["login"]["id"].clone();
    player.hear(&json!({"ctrl":{"id":id,"code":503,"text":"service unavailable"}}));
    let reason = closed(&mut player);
    assert_eq!(reason, CloseReason::LoginUnavailable { status: 503 });
    assert_eq!(reason.class(), tieline_core::Class::Retry);
}

#[test]
fn a_login_without_answer_ends_the_session_at_its_deadline() {
    let mut player = Player::start(config(), None);
    player.session.handle_timeout(at(10_000));
    assert_eq!(closed(&mut player), CloseReason::LoginTimeout);
}

#[test]
fn where_a_hello_is_configured_it_comes_first_and_the_login_after_its_answer() {
    let mut config = config();
    let mut hello = Hi::default();
    hello.ver = Some("0.25".into());
    config.hello = Some(hello);
    config.credentials = Credentials::other("basic", "alice:pass");
    let mut player = Player::start(config, None);
    let hello = player.answer("hi", json!({"params":{"ver":"0.25"}}), 201);
    assert_eq!(hello["hi"]["ver"], "0.25");
    let login = player.answer("login", json!({"params":{"user":"usrX"}}), 200);
    assert_eq!(login["login"]["secret"], "YWxpY2U6cGFzcw==");
    assert_eq!(player.session.phase(), Phase::Live);
}

#[test]
fn requests_before_the_login_wait_for_it() {
    let mut player = Player::start(config(), None);
    let login = player.one_sent();
    let id = player.ask(Request::Publish(Publish::text(GROUP, "early")));
    assert_eq!(player.sent().len(), 0);
    player.ctrl(login["login"]["id"].as_str().expect("an id"), json!({}), 200);
    player.answer("pub", json!({"params":{"seq":1}}), 202);
    assert!(matches!(player.reply(id), Ok(Reply::Published(_))));
}
