//! Whole messages that say the wrong things.

use std::sync::mpsc::channel;

use tieline_dial::ConnectError;
use tieline_portsip_wsi::client::{ClientEvent, Noted};

use super::super::{Adapter, OK, PATIENCE, Pbx, REFUSED, event, setup};
use super::{BINARY, FIN, TEXT, frame, survived};

pub fn unknown_message<A: Adapter>() {
    let told = survived::<A>(frame(FIN | TEXT, b"{}"));
    assert_eq!(told, [ClientEvent::Noted(Noted::Unknown, "{}".into())]);
}

pub fn foreign_answers<A: Adapter>() {
    let told = survived::<A>(frame(FIN | TEXT, OK.as_bytes()).repeat(2));
    assert_eq!(told, vec![ClientEvent::Noted(Noted::ForeignAnswer, OK.into()); 2]);
}

pub fn refused_logins<A: Adapter>() {
    let (tell, code) = channel();
    let pbx = Pbx::start(move |mut peer, _| {
        peer.heard();
        peer.say(REFUSED);
        let _ = tell.send(peer.close_code());
    });
    let mut setup = setup();
    setup.options.policy.retry_first = true;
    let error = A::connect(&pbx.url, setup).expect_err("refused");
    assert!(matches!(error, ConnectError::LoginRefused { status: -1, .. }), "{error:?}");
    assert_eq!(code.recv_timeout(PATIENCE), Ok(Some(1000)));
    assert_eq!(pbx.accepted(), 1);
}

/// The bytes of the one message that could not be read.
fn malformed<A: Adapter>(bytes: Vec<u8>) -> Vec<u8> {
    match survived::<A>(bytes).as_slice() {
        [ClientEvent::Malformed(malformed)] => malformed.bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

pub fn malformed_json<A: Adapter>() {
    assert_eq!(malformed::<A>(frame(FIN | TEXT, b"{\"event_type\":")), b"{\"event_type\":");
}

pub fn invalid_utf8<A: Adapter>() {
    assert_eq!(malformed::<A>(frame(FIN | TEXT, b"{\"a\":\"\xff\"}")), b"{\"a\":\"\xff\"}");
}

pub fn binary_message<A: Adapter>() {
    assert_eq!(malformed::<A>(frame(FIN | BINARY, event(0).as_bytes())), event(0).as_bytes());
}
