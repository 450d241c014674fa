//! Requests and their answers.

use serde_json::json;
use tieline_core::{Frame, Session};
use tieline_portsip_im::server::{Answer, ServerEvent};
use tieline_portsip_im::{AccessMode, ClientBody, Desc, Meta, Mode, Params, Status, Subscriber};

use crate::{GROUP, at, hear, open, request, sent};

#[test]
fn a_request_is_answered_once_with_its_id_and_topic() {
    let mut session = open();
    let id = request(&mut session, 1, &json!({"leave":{"id":"7","topic":GROUP,"unsub":true}}));
    assert!(session.respond(at(2), id, Status::OK));
    assert_eq!(
        sent(&mut session),
        [json!({"ctrl":{"id":"7","topic":GROUP,"code":200,"text":"ok","ts":"2024-10-24T01:06:38.926626Z"}})]
    );
    assert!(!session.respond(at(3), id, Status::OK));
    assert_eq!(sent(&mut session).len(), 0);
}

#[test]
fn an_answer_may_name_another_topic_and_hold_parameters() {
    let mut session = open();
    let id = request(&mut session, 1, &json!({"sub":{"id":"7","topic":"new"}}));
    let mut params = Params::default();
    params.tmpname = Some("new".into());
    let mut acs = tieline_portsip_im::Access::default();
    acs.mode = Some(Mode::from(AccessMode::FULL));
    params.acs = Some(acs);
    session.respond(at(2), id, Answer::status(Status::OK).with(&params).about(GROUP.into()));
    let answer = sent(&mut session).remove(0);
    assert_eq!(answer["ctrl"]["topic"], GROUP);
    assert_eq!(answer["ctrl"]["params"], json!({"acs":{"mode":"JRWPASDO"},"tmpname":"new"}));
}

#[test]
fn an_answer_may_have_parts() {
    let mut session = open();
    let id = request(&mut session, 1, &json!({"get":{"id":"7","topic":GROUP,"what":"desc sub"}}));
    let mut desc = Desc::default();
    desc.seq = Some(5);
    let mut meta = Meta::default();
    meta.desc = Some(desc.into());
    assert!(session.part(at(2), id, Answer::meta(meta)));
    let mut meta = Meta::default();
    meta.sub = Some(vec![Subscriber::default()]);
    assert!(session.respond(at(3), id, Answer::meta(meta)));
    let parts = sent(&mut session);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0]["meta"]["desc"], json!({"seq":5}));
    assert!(parts.iter().all(|part| part["meta"]["id"] == "7" && part["meta"]["topic"] == GROUP));
}

#[test]
fn a_published_message_is_answered_only_where_it_has_an_id_unless_it_is_refused() {
    let mut session = open();
    let publish = json!({"pub":{"topic":GROUP,"content":"x"}});
    let id = request(&mut session, 1, &publish);
    assert!(session.respond(at(1), id, Status::ACCEPTED));
    assert_eq!(sent(&mut session).len(), 0);
    let id = request(&mut session, 1, &publish);
    assert!(session.respond(at(1), id, Status::PERMISSION_DENIED));
    assert_eq!(sent(&mut session)[0]["ctrl"]["code"], 403);
}

#[test]
fn answers_go_out_in_the_order_in_which_they_are_given() {
    let mut session = open();
    let first = request(&mut session, 1, &json!({"sub":{"id":"1","topic":"me"}}));
    let second = request(&mut session, 1, &json!({"sub":{"id":"2","topic":GROUP}}));
    session.respond(at(1), second, Status::OK);
    session.respond(at(1), first, Status::OK);
    assert_eq!(
        sent(&mut session).iter().map(|m| m["ctrl"]["id"].clone()).collect::<Vec<_>>(),
        [json!("2"), json!("1")]
    );
}

#[test]
fn a_request_never_answered_is_answered_503_at_its_deadline() {
    let mut session = open();
    let id = request(&mut session, 0, &json!({"sub":{"id":"7","topic":GROUP}}));
    session.handle_timeout(at(9_999));
    assert_eq!(sent(&mut session).len(), 0);
    session.handle_timeout(at(10_000));
    let answer = sent(&mut session).remove(0);
    assert_eq!(answer["ctrl"]["code"], 503);
    assert_eq!((&answer["ctrl"]["id"], &answer["ctrl"]["text"]), (&json!("7"), &json!("service unavailable")));
    assert!(!session.respond(at(10_001), id, Status::OK));
}

#[test]
fn the_request_holds_the_message_and_its_frame() {
    let mut session = open();
    let text = r#"{"pub":{"id":"7","topic":"grpX","content":"x","later":1},"extra":{"attachments":["f"]}}"#;
    session.handle_input(at(1), Frame::text(text));
    let Some(ServerEvent::Request { message, raw, .. }) = session.poll_event() else { panic!("a request") };
    assert_eq!(raw, text);
    assert!(matches!(&message.body, ClientBody::Pub(publish) if publish.content.is_some()));
    assert_eq!(message.extra.and_then(|extra| extra.attachments), Some(vec!["f".into()]));
}

#[test]
fn notes_are_told_and_not_answered() {
    let mut session = open();
    hear(&mut session, 1, &json!({"note":{"topic":GROUP,"what":"read","seq":5}}));
    assert!(matches!(session.poll_event(), Some(ServerEvent::Note(note)) if note.seq == Some(5)));
    assert_eq!(sent(&mut session).len(), 0);
}
