//! A server session, and what a client makes it hear.

use serde_json::{Value, json};
use tieline_core::json::DecodeErrorKind;
use tieline_core::{CloseReason, Frame, Instant, Session};
use tieline_portsip_wsi::CommandError;
use tieline_portsip_wsi::server::{Phase, ServerConfig, ServerEvent, ServerRequestId, WsiServer};

pub(crate) const AUTH: &str = r#"{"command":"auth","username":"testuser","domain":"portsip.io","password":"111111"}"#;
pub(crate) const SUBSCRIBE: &str = r#"{"command":"subscribe","topics":["cdr_events"]}"#;

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn start() -> WsiServer {
    WsiServer::start(ServerConfig::default(), at(0))
}

pub(crate) fn open_with(config: ServerConfig) -> WsiServer {
    let mut session = WsiServer::start(config, at(0));
    hear(&mut session, AUTH);
    let id = asked(&mut session);
    assert!(session.accept(at(1), id));
    assert_eq!(answer(&mut session), json!({"status": 0}));
    session
}

pub(crate) fn open() -> WsiServer {
    open_with(ServerConfig::default())
}

pub(crate) fn hear(session: &mut WsiServer, text: &str) {
    session.handle_input(at(1), Frame::text(text));
}

/// The command that the owner is to answer.
pub(crate) fn asked(session: &mut WsiServer) -> ServerRequestId {
    match session.poll_event() {
        Some(
            ServerEvent::Login { id, .. } | ServerEvent::Subscribe { id, .. } | ServerEvent::Unsubscribe { id, .. },
        ) => id,
        other => panic!("{other:?}"),
    }
}

/// The only thing that is to be sent.
pub(crate) fn answer(session: &mut WsiServer) -> Value {
    let Some(Frame::Text(text)) = session.poll_transmit() else { panic!("no answer") };
    assert_eq!(session.poll_transmit(), None);
    serde_json::from_str(&text).expect("JSON")
}

/// Hears a message that the owner is not asked about, and gives why it was refused.
pub(crate) fn refused(session: &mut WsiServer, text: &str) -> String {
    hear(session, text);
    assert_eq!(session.poll_event(), None);
    let answer = answer(session);
    assert_eq!(answer["status"], -1);
    answer["error"].as_str().expect("words").to_owned()
}

/// Hears a message that cannot be read.
pub(crate) fn malformed(session: &mut WsiServer, text: &str) -> CommandError {
    hear(session, text);
    let Some(ServerEvent::Malformed { bytes, error, .. }) = session.poll_event() else { panic!("taken: {text:.80}") };
    assert_eq!(bytes, text.as_bytes(), "kept as it came");
    assert_eq!(answer(session), json!({"error": "malformed command", "status": -1}));
    error
}

pub(crate) fn kind(error: &CommandError) -> DecodeErrorKind {
    match error {
        CommandError::Decode(error) => error.kind,
        other => panic!("{other}"),
    }
}

/// Whether the session is as open as before whatever happened.
pub(crate) fn goes_on(session: &mut WsiServer) {
    assert_eq!(session.phase(), Phase::Open);
    hear(session, SUBSCRIBE);
    let id = asked(session);
    assert!(session.respond(at(2), id, Ok(())));
    assert_eq!(answer(session), json!({"status": 0}));
}

pub(crate) fn closes_with(session: &mut WsiServer, code: u16) {
    let last = std::iter::from_fn(|| session.poll_transmit()).last();
    assert!(matches!(&last, Some(Frame::Close(Some(close))) if close.code == code), "{last:?}");
}

pub(crate) fn ends_with(session: &mut WsiServer, reason: CloseReason) {
    let last = std::iter::from_fn(|| session.poll_event()).last();
    assert_eq!(last, Some(ServerEvent::Closed(reason)));
}

pub(crate) fn extensions(command: &str, count: usize) -> String {
    let names: Vec<String> = (0..count).map(|number| format!("\"{number}\"")).collect();
    format!(r#"{{"command":"{command}","topics":["extension_events"],"extensions":[{}]}}"#, names.join(","))
}
