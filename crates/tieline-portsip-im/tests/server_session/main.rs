//! The server session on virtual time, one behaviour a test.

mod bad;
mod life;
mod login;
mod requests;

use serde_json::{Value, json};
use tieline_core::{Frame, Instant, Session};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::server::{Accepted, ImServer, ServerConfig, ServerEvent, ServerRequestId};

const GROUP: &str = "grpf0NlkdDEQHs";
const ME: &str = "usr804252613548777777";
/// 2024-10-24T01:06:38.924626Z
const EPOCH: i64 = 1_729_731_998_924_626;

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn login() -> Value {
    let mut login = json!({"login":{"id":"login-1"}});
    let written = Credentials::access_token("101", "portsip.io", "TOKEN").to_login();
    login["login"]["scheme"] = written.scheme.into();
    login["login"]["secret"] = written.secret.map(|secret| secret.expose().to_owned()).into();
    login
}

fn start() -> ImServer {
    ImServer::start(ServerConfig::new(EPOCH), at(0))
}

fn hear(session: &mut ImServer, millis: u64, message: &Value) {
    session.handle_input(at(millis), Frame::text(message.to_string()));
}

fn sent(session: &mut ImServer) -> Vec<Value> {
    std::iter::from_fn(|| session.poll_transmit())
        .filter_map(|frame| match frame {
            Frame::Text(text) => Some(serde_json::from_str(&text).expect("JSON")),
            _ => None,
        })
        .collect()
}

fn events(session: &mut ImServer) -> Vec<ServerEvent> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn open_with(config: ServerConfig) -> ImServer {
    let mut session = ImServer::start(config, at(0));
    hear(&mut session, 0, &login());
    let Some(ServerEvent::Login { id, .. }) = session.poll_event() else { panic!("a login") };
    assert!(session.accept(at(0), id, Accepted::user(ME)));
    sent(&mut session);
    session
}

fn open() -> ImServer {
    open_with(ServerConfig::new(EPOCH))
}

/// Hears a request and gives its id.
fn request(session: &mut ImServer, millis: u64, message: &Value) -> ServerRequestId {
    hear(session, millis, message);
    match session.poll_event() {
        Some(ServerEvent::Request { id, .. }) => id,
        other => panic!("{other:?}"),
    }
}

/// The code, id and topic with which the session answers by itself.
fn answered(session: &mut ImServer, message: &Value) -> Value {
    hear(session, 1, message);
    let mut sent = sent(session);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(events(session).iter().all(|event| matches!(event, ServerEvent::Malformed { .. })));
    let ctrl = sent[0]["ctrl"].as_object_mut().expect("a ctrl");
    assert!(ctrl.remove("ts").is_some());
    Value::Object(ctrl.clone())
}
