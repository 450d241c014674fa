//! Before the client is logged in.

use serde_json::{Value, json};
use tieline_core::{CloseFrame, Frame, Session};
use tieline_portsip_im::server::{Accepted, ImServer, Phase, ServerEvent};
use tieline_portsip_im::{Credentials, Status};

use crate::{GROUP, ME, answered, at, events, hear, login, open, sent, start};

#[test]
fn an_accepted_login_is_answered_as_the_document_shows_it() {
    let mut session = start();
    hear(&mut session, 0, &login());
    let Some(ServerEvent::Login { id, credentials }) = session.poll_event() else { panic!("a login") };
    assert_eq!(credentials, Credentials::access_token("101", "portsip.io", "TOKEN"));
    assert!(session.accept(at(0), id, Accepted::user(ME).with_token("dG9r")));
    assert_eq!(
        sent(&mut session),
        [json!({"ctrl":{
            "id":"login-1","params":{"authlvl":"auth","token":"dG9r","user":ME},
            "code":200,"text":"ok","ts":"2024-10-24T01:06:38.924626Z"
        }})]
    );
    assert_eq!(session.phase(), Phase::Open);
    assert!(!session.accept(at(0), id, Accepted::user(ME)), "a login is answered once");
}

#[test]
fn a_rejected_login_leaves_the_session_usable_until_there_were_too_many() {
    let mut session = start();
    for attempt in 1..=3 {
        hear(&mut session, 0, &login());
        let Some(ServerEvent::Login { id, .. }) = session.poll_event() else { panic!("a login") };
        assert!(session.reject(at(0), id, Status::AUTHENTICATION_FAILED));
        let answer = session.poll_transmit();
        assert!(matches!(answer, Some(Frame::Text(text)) if text.contains("401") && text.contains("login-1")));
        assert_eq!(session.phase() == Phase::Closed, attempt == 3);
    }
    assert_eq!(session.poll_transmit(), Some(Frame::Close(Some(CloseFrame::new(1008, "")))));
}

#[test]
fn a_login_of_the_wrong_form_is_malformed() {
    let mut session = start();
    for login in [
        json!({"login":{"id":"1","scheme":"access_token","secret":"***"}}),
        json!({"login":{"id":"1","secret":"YQ=="}}),
    ] {
        assert_eq!(answered(&mut session, &login), json!({"id":"1","code":400,"text":"malformed"}));
    }
}

#[test]
fn a_second_login_is_a_conflict() {
    let mut session = open();
    let conflict = json!({"id":"login-1","code":409,"text":"already authenticated"});
    assert_eq!(answered(&mut session, &login()), conflict);
}

#[test]
fn a_client_that_says_hello_first_is_served() {
    let mut session = start();
    hear(&mut session, 0, &json!({"hi":{"id":"1","ver":"0.25","ua":"x"}}));
    assert!(matches!(session.poll_event(), Some(ServerEvent::Hello(hi)) if hi.ua.as_deref() == Some("x")));
    let answer = sent(&mut session).remove(0);
    assert_eq!((&answer["ctrl"]["code"], &answer["ctrl"]["params"]["ver"]), (&json!(201), &json!("0.25")));
    hear(&mut session, 0, &login());
    assert!(matches!(session.poll_event(), Some(ServerEvent::Login { .. })));
}

#[test]
fn versions_are_judged_once() {
    let hi = |ver: &str| json!({"hi":{"id":"1","ver":ver}});
    let mut session = start();
    let code = |session: &mut ImServer, message: &Value| {
        hear(session, 0, message);
        events(session);
        sent(session)[0]["ctrl"]["code"].clone()
    };
    assert_eq!(code(&mut session, &hi("INVALID VERSION STRING")), 400);
    assert_eq!(code(&mut session, &hi("0.1")), 505);
    assert_eq!(code(&mut session, &json!({"hi":{"id":"1"}})), 400);
    assert_eq!(code(&mut session, &hi("0.25")), 201);
    assert_eq!(code(&mut session, &hi("0.25")), 401, "a second one before the login");
    hear(&mut session, 0, &login());
    let Some(ServerEvent::Login { id, .. }) = session.poll_event() else { panic!("a login") };
    session.accept(at(0), id, Accepted::user(ME));
    sent(&mut session);
    assert_eq!(code(&mut session, &hi("0.25")), 201);
    assert_eq!(code(&mut session, &hi("0.24")), 409);
    assert_eq!(code(&mut session, &json!({"hi":{"id":"1","dev":"d"}})), 200);
}

#[test]
fn before_the_login_requests_are_refused_with_id_and_topic_and_notes_are_dropped() {
    let mut session = start();
    let refused = json!({"id":"7","topic":GROUP,"code":401,"text":"authentication required"});
    for kind in ["pub", "sub", "leave", "get", "set", "del"] {
        let mut message = json!({});
        message[kind] = json!({"id":"7","topic":GROUP});
        assert_eq!(answered(&mut session, &message), refused, "{kind}");
    }
    hear(&mut session, 1, &json!({"note":{"topic":GROUP,"what":"kp"}}));
    assert_eq!((sent(&mut session).len(), events(&mut session).len()), (0, 0));
}

#[test]
fn what_comes_while_a_login_is_judged_waits_for_it() {
    let mut session = start();
    hear(&mut session, 0, &login());
    hear(&mut session, 0, &json!({"sub":{"id":"2","topic":"me"}}));
    let Some(ServerEvent::Login { id, .. }) = session.poll_event() else { panic!("a login") };
    assert_eq!(session.poll_event(), None);
    session.accept(at(0), id, Accepted::user(ME));
    assert!(matches!(session.poll_event(), Some(ServerEvent::Request { .. })));
}
