//! Requests as they are written, and their answers.

use serde_json::{Value, json};
use tieline_core::RequestError;
use tieline_core::json::Raw;
use tieline_portsip_im::client::{History, Noting, Publish, Reply, Request, Subscribe, Subscribers};
use tieline_portsip_im::{AccessMode, Card, SeqRange, SetDesc, UserId};

use crate::harness::{GROUP, ME, Player};
use crate::{PEER, subscribe};

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
