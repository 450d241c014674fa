//! The client session on virtual time, one behaviour a test.

mod harness;

use harness::{GROUP, ME, Player, TOKEN, at, config};
use serde_json::{Value, json};
use tieline_core::json::Raw;
use tieline_core::{
    ClientSession, CloseFrame, CloseReason, Frame, MessageLimit, RequestError, SendErrorKind, Sent, Session,
};
use tieline_portsip_im::client::{
    ClientEvent, History, LostCause, Noted, Noting, Phase, Publish, Reply, Request, Resume, Subscribe, Subscribers,
    SubscriptionLost,
};
use tieline_portsip_im::{AccessMode, Card, Credentials, Hi, SeqRange, SetDesc, Topic, UserId};

const PEER: &str = "usr804252613548703744";

fn subscribe(topic: &str) -> Request {
    Request::Subscribe(Subscribe::to(topic))
}

/// What a request is on the wire, without its id, which must be there.
fn wire(request: Request) -> Value {
    let mut player = Player::live();
    player.ask(request);
    let mut sent = player.one_sent();
    let body = sent.as_object_mut().and_then(|members| members.values_mut().next()).and_then(Value::as_object_mut);
    let id = body.and_then(|body| body.remove("id")).expect("an id");
    assert_eq!(id.as_str().map(str::len), Some(36), "{id}");
    sent
}

fn closed(player: &mut Player) -> CloseReason {
    match player.events().pop() {
        Some(ClientEvent::Closed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

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

#[test]
fn requests_are_written_as_the_document_shows_them() {
    assert_eq!(wire(subscribe(PEER)), json!({"sub":{"topic":PEER}}));
    assert_eq!(wire(Request::Subscribe(Subscribe::new_group(None))), json!({"sub":{"topic":"new"}}));
    let leave = |unsubscribe| wire(Request::Leave { topic: GROUP.into(), unsubscribe });
    assert_eq!(leave(true), json!({"leave":{"topic":GROUP,"unsub":true}}));
    assert_eq!(leave(false), json!({"leave":{"topic":GROUP}}));
    let publish = Publish::text(PEER, "test test test");
    assert_eq!(wire(Request::Publish(publish)), json!({"pub":{"topic":PEER,"content":"test test test"}}));
    let desc = Request::Desc {
        topic: PEER.into(),
        ims: Some(tieline_core::Timestamp::new("2024-01-03T07:38:56.304Z".into())),
    };
    assert_eq!(wire(desc), json!({"get":{"desc":{"ims":"2024-01-03T07:38:56.304Z"},"topic":PEER,"what":"desc"}}));
    assert_eq!(wire(Request::Subscribers(Subscribers::of("me"))), json!({"get":{"topic":"me","what":"sub"}}));
    let history = History::of(PEER).before(10_000).limit(1000).since(0);
    assert_eq!(
        wire(Request::History(history)),
        json!({"get":{"data":{"before":10000,"limit":1000,"since":0},"topic":PEER,"what":"data"}})
    );
    let remove = Request::RemoveMember { topic: GROUP.into(), user: ME.into() };
    assert_eq!(wire(remove), json!({"del":{"topic":GROUP,"user":ME,"what":"sub"}}));
    let delete = Request::DeleteTopic { topic: GROUP.into(), hard: false };
    assert_eq!(wire(delete), json!({"del":{"topic":GROUP,"what":"topic"}}));
    let transfer = Request::TransferOwnership { topic: GROUP.into(), to: ME.into() };
    assert_eq!(wire(transfer), json!({"set":{"topic":GROUP,"sub":{"mode":"JRWPASDO","user":ME}}}));
    let mut desc = SetDesc::default();
    desc.public = Some(Raw::from_json(r#"{"fn":"My group"}"#.to_owned()).expect("JSON"));
    let set = Request::SetDesc { topic: GROUP.into(), desc };
    assert_eq!(wire(set), json!({"set":{"topic":GROUP,"desc":{"public":{"fn":"My group"}}}}));
}

#[test]
fn requests_beyond_the_document_are_written_as_tinode_takes_them() {
    let asking = Subscribe::to(GROUP).asking(AccessMode::GROUP_DEFAULT);
    assert_eq!(wire(Request::Subscribe(asking)), json!({"sub":{"topic":GROUP,"set":{"sub":{"mode":"JRWPS"}}}}));
    let ranges = vec![SeqRange::new(2..5), SeqRange::single(9)];
    let delete = Request::DeleteMessages { topic: GROUP.into(), ranges, hard: true };
    assert_eq!(
        wire(delete),
        json!({"del":{"topic":GROUP,"what":"msg","delseq":[{"low":2,"hi":5},{"low":9}],"hard":true}})
    );
    assert_eq!(
        wire(Request::Deletions(History::of(GROUP).limit(5))),
        json!({"get":{"topic":GROUP,"what":"del","del":{"limit":5}}})
    );
    let own = Request::SetAccess { topic: GROUP.into(), user: None, mode: AccessMode::NONE };
    assert_eq!(wire(own), json!({"set":{"topic":GROUP,"sub":{"mode":"N"}}}));
    assert_eq!(wire(Request::Tags("me".into())), json!({"get":{"topic":"me","what":"tags"}}));
    assert_eq!(wire(Request::Credentials), json!({"get":{"topic":"me","what":"cred"}}));
    let tags = Request::SetTags { topic: "me".into(), tags: vec!["a".into()] };
    assert_eq!(wire(tags), json!({"set":{"topic":"me","tags":["a"]}}));
}

#[test]
fn a_message_with_head_and_files_carries_them() {
    let mut publish = Publish::json(GROUP, Raw::from_json(r#"{"txt":"hi"}"#.to_owned()).expect("JSON")).without_echo();
    publish.head = Some(Raw::from_json(r#"{"mime":"text/x-drafty"}"#.to_owned()).expect("JSON"));
    publish.attachments = vec!["NDW4".into()];
    let mut player = Player::live();
    player.ask(Request::Publish(publish));
    let sent = player.one_sent();
    assert_eq!(sent["extra"], json!({"attachments":["NDW4"]}));
    assert_eq!(sent["pub"]["head"], json!({"mime":"text/x-drafty"}));
    assert_eq!(sent["pub"]["noecho"], true);
}

#[test]
fn notes_have_no_id_and_are_answered_at_once() {
    let notes = [
        (Noting::Typing, json!({"note":{"topic":GROUP,"what":"kp"}})),
        (Noting::Received(7), json!({"note":{"topic":GROUP,"what":"recv","seq":7}})),
        (Noting::Read(8), json!({"note":{"topic":GROUP,"what":"read","seq":8}})),
    ];
    for (what, expected) in notes {
        let mut player = Player::live();
        let id = player.ask(Request::Note { topic: GROUP.into(), what });
        assert_eq!(player.one_sent(), expected);
        assert_eq!(player.reply(id), Ok(Reply::Sent));
    }
}

#[test]
fn an_answer_is_found_by_its_id_whatever_comes_before_it() {
    let mut player = Player::following(GROUP, 0);
    let transfer = player.ask(Request::TransferOwnership { topic: GROUP.into(), to: PEER.into() });
    let publish = player.ask(Request::Publish(Publish::text(GROUP, "x")));
    let sent = player.sent();
    player.hear(&json!({"pres":{"topic":GROUP,"what":"acs","dacs":{"want":"-ADO","given":"-ADO"}}}));
    player.ctrl(sent[1]["pub"]["id"].as_str().expect("an id"), json!({"params":{"seq":1}}), 202);
    let acs = json!({"want":"JRWPASDO","given":"JRWPASDO","mode":"JRWPASDO"});
    player.ctrl(sent[0]["set"]["id"].as_str().expect("an id"), json!({"params":{"acs":acs,"user":PEER}}), 200);
    assert!(matches!(player.reply(publish), Ok(Reply::Published(published)) if published.seq == Some(1)));
    let Ok(Reply::Changed(changed)) = player.reply(transfer) else { panic!("changed") };
    assert_eq!(changed.access.and_then(|access| access.in_force()), Some(AccessMode::FULL));
    assert_eq!(changed.user, Some(UserId::new(PEER.into())));
    assert_eq!(player.story(), ["pres"]);
}

#[test]
fn an_answer_that_names_another_topic_is_still_the_answer() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::Leave { topic: GROUP.into(), unsubscribe: true });
    player.answer("leave", json!({"topic":"grp5XUxk__lpVY"}), 200);
    assert!(matches!(player.reply(id), Ok(Reply::Done(_))));
    assert_eq!(player.session.topics().count(), 0);
}

#[test]
fn a_refusal_holds_the_code_and_the_words() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::Publish(Publish::text(GROUP, "x")));
    player.answer("pub", json!({}), 403);
    assert_eq!(player.reply(id), Err(RequestError::Refused { status: 403, reason: "text".into() }));
}

#[test]
fn what_was_the_case_already_is_no_refusal() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::SetAccess { topic: GROUP.into(), user: None, mode: AccessMode::GROUP_DEFAULT });
    player.answer("set", json!({}), 304);
    assert!(matches!(player.reply(id), Ok(Reply::Changed(changed)) if !changed.changed));
    let id = player.ask(Request::Leave { topic: "grpOther".into(), unsubscribe: false });
    player.answer("leave", json!({}), 304);
    assert!(matches!(player.reply(id), Ok(Reply::Done(_))));
}

#[test]
fn sections_of_a_topic_come_as_what_they_are() {
    let mut player = Player::following(GROUP, 0);
    let ask = |player: &mut Player, request: Request, section: Value| {
        let id = player.ask(request);
        let sent = player.one_sent();
        let mut meta = section;
        meta["id"] = sent["get"]["id"].clone();
        player.hear(&json!({ "meta": meta }));
        player.reply(id).expect("an answer")
    };
    let desc = Request::Desc { topic: GROUP.into(), ims: None };
    let Reply::Desc(desc) = ask(&mut player, desc, json!({"desc":{"seq":5,"public":{"fn":"Room"}}})) else { panic!() };
    let card: Option<Card<String>> = desc.public.map(|p| tieline_core::json::decode(p.as_json()).expect("a card"));
    assert_eq!((desc.seq, card.and_then(|card| card.full_name)), (Some(5), Some("Room".into())));
    let Reply::Subscribers(subscribers) =
        ask(&mut player, Request::Subscribers(Subscribers::of(GROUP)), json!({"sub":[{"user":PEER}]}))
    else {
        panic!()
    };
    assert_eq!(subscribers[0].user, Some(UserId::new(PEER.into())));
    let deletions = Request::Deletions(History::of(GROUP));
    let Reply::Deletions(deletions) = ask(&mut player, deletions, json!({"del":{"clear":2,"delseq":[{"low":1}]}}))
    else {
        panic!()
    };
    assert_eq!((deletions.clear, deletions.delseq), (Some(2), Some(vec![SeqRange::single(1)])));
    let Reply::Tags(tags) = ask(&mut player, Request::Tags(GROUP.into()), json!({"tags":["a"]})) else { panic!() };
    assert_eq!(tags, ["a"]);
    let Reply::Credentials(creds) = ask(&mut player, Request::Credentials, json!({"cred":[{"meth":"tel"}]})) else {
        panic!()
    };
    assert_eq!(creds[0].meth.as_deref(), Some("tel"));
}

#[test]
fn no_content_is_an_empty_answer() {
    let mut player = Player::following(GROUP, 0);
    let id = player.ask(Request::Subscribers(Subscribers::of(GROUP)));
    player.answer("get", json!({"params":{"what":"sub"}}), 204);
    assert_eq!(player.reply(id), Ok(Reply::Subscribers(Vec::new())));
    let id = player.ask(Request::History(History::of(GROUP)));
    player.answer("get", json!({"params":{"what":"data"}}), 204);
    assert!(matches!(player.reply(id), Ok(Reply::History(page)) if page.messages.is_empty()));
}

#[test]
fn a_deletion_of_messages_gives_its_id() {
    let mut player = Player::following(GROUP, 9);
    let ranges = vec![SeqRange::new(1..3)];
    let id = player.ask(Request::DeleteMessages { topic: GROUP.into(), ranges, hard: false });
    player.answer("del", json!({"params":{"del":4}}), 200);
    assert_eq!(player.reply(id), Ok(Reply::Deleted { id: Some(4) }));
}

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
