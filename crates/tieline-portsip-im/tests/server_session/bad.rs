//! What cannot be read, or is not for a client to say.

use serde_json::json;
use tieline_core::{Frame, Session};
use tieline_portsip_im::server::{Phase, ServerEvent};

use crate::{GROUP, answered, at, events, open, sent, start};

#[test]
fn what_cannot_be_read_is_answered_400_without_id_and_the_session_goes_on() {
    let mut session = open();
    for text in ["{", "", "not json", "[]", "7", "{}", r#"{"sub":7}"#, r#"{"sub":{"id":"1","topic":["me"]}}"#] {
        session.handle_input(at(1), Frame::text(text));
        assert!(matches!(session.poll_event(), Some(ServerEvent::Malformed { .. })), "{text}");
        let mut answer = sent(&mut session).remove(0);
        answer["ctrl"].as_object_mut().expect("a ctrl").remove("ts");
        assert_eq!(answer, json!({"ctrl":{"code":400,"text":"malformed"}}), "{text}");
    }
    session.handle_input(at(1), Frame::BadText(vec![0xFF].into()));
    session.handle_input(at(1), Frame::Binary(vec![0xFF].into()));
    assert_eq!(events(&mut session).len(), 2);
    assert_eq!(session.phase(), Phase::Open);
}

#[test]
fn what_is_malformed_by_itself_is_refused_with_its_id() {
    let refused = [
        json!({"sub":{"id":"7","topic":""}}),
        json!({"get":{"id":"7","what":"desc"}}),
        json!({"sub":{"id":"7","topic":"new","set":{"sub":{"user":"usr1","mode":"J"}}}}),
        json!({"sub":{"id":"7","topic":"new","set":{"sub":{"mode":"XYZ"}}}}),
        json!({"get":{"id":"7","topic":GROUP,"what":""}}),
        json!({"get":{"id":"7","topic":GROUP,"what":"xyz"}}),
        json!({"get":{"id":"7","topic":GROUP,"what":"desc","desc":{"user":"usr1"}}}),
        json!({"get":{"id":"7","topic":GROUP,"what":"sub","sub":{"since":1}}}),
        json!({"get":{"id":"7","topic":GROUP,"what":"data","data":{"ims":"2024-01-03T07:38:56Z"}}}),
        json!({"set":{"id":"7","topic":GROUP}}),
        json!({"set":{"id":"7","topic":GROUP,"sub":{"mode":"+J"}}}),
        json!({"del":{"id":"7","topic":GROUP,"what":"INVALID"}}),
        json!({"del":{"id":"7","topic":GROUP}}),
        json!({"del":{"id":"7","topic":GROUP,"what":"msg","delseq":[]}}),
        json!({"del":{"id":"7","topic":GROUP,"what":"msg","delseq":[{}]}}),
        json!({"del":{"id":"7","topic":GROUP,"what":"msg","delseq":[{"low":5,"hi":2}]}}),
    ];
    let mut session = open();
    for message in refused {
        let answer = answered(&mut session, &message);
        assert_eq!((&answer["id"], &answer["code"]), (&json!("7"), &json!(400)), "{message}");
    }
}

#[test]
fn nobody_acts_on_behalf_of_others() {
    let mut session = open();
    for extra in [json!({"obo":"usr1"}), json!({"authlevel":"root"})] {
        let message = json!({"sub":{"id":"7","topic":GROUP},"extra":extra});
        assert_eq!(answered(&mut session, &message), json!({"code":403,"text":"permission denied"}));
    }
}

#[test]
fn the_probe_of_the_line_is_answered_in_every_phase() {
    for mut session in [start(), open()] {
        session.handle_input(at(1), Frame::text("1"));
        assert_eq!(session.poll_transmit(), Some(Frame::text("0")));
        session.handle_input(at(1), Frame::Binary(b"1".to_vec().into()));
        assert_eq!(session.poll_transmit(), Some(Frame::text("0")));
    }
}

#[test]
fn a_binary_message_is_read_as_text_is() {
    let mut session = open();
    session.handle_input(at(1), Frame::Binary(br#"{"sub":{"id":"1","topic":"me"}}"#.to_vec().into()));
    assert!(matches!(session.poll_event(), Some(ServerEvent::Request { .. })));
}
