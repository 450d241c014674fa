//! What never ends, or never comes.

use std::io::Read as _;
use std::sync::mpsc::channel;

use tieline_core::supervisor::DownCause;
use tieline_core::{Class, CloseReason};
use tieline_dial::ConnectError;

use super::super::{Adapter, Client as _, Gate, PATIENCE, Pbx, Peer, event, millis, names_to, setup};
use super::{FIN, TEXT, down, dribble, frame, last_close};

pub fn unfinished_message<A: Adapter>() {
    let (tell, code) = channel();
    let pbx = Pbx::raw(move |io, number| {
        let raw = io.try_clone().expect("a handle");
        let mut peer = Peer::accept(io);
        peer.log_in();
        if number > 0 {
            peer.say(event(1));
            peer.agree();
            return;
        }
        let head = frame(FIN | TEXT, &[b' '; 100_000]);
        let _ = tell.send(last_close(&dribble(&raw, &head[..10], b' ')));
    });
    let mut setup = setup();
    setup.session.ping_after = millis(20);
    setup.session.idle_timeout = millis(200);
    let (_client, mut events) = A::connect(&pbx.url, setup).expect("live");
    assert_eq!(down(&mut events), DownCause::Session(CloseReason::Silent));
    assert_eq!(code.recv_timeout(PATIENCE), Ok(Some(1001)));
    names_to(&mut events, "event 1");
}

/// A dial that ends at its deadline.
pub(in crate::adapter) fn never_open<A: Adapter>(url: &str) {
    let mut setup = setup();
    setup.options.policy.dial_timeout = millis(200);
    let error = A::connect(url, setup).expect_err("never open");
    assert!(matches!(error, ConnectError::Timeout), "{error:?}");
    assert_eq!(error.class(), Class::Retry);
}

/// Over TCP; [`tls`](crate::adapter::tls) has the same over TLS, which not every adapter is built with.
pub fn unfinished_handshake<A: Adapter>() {
    let end = Gate::new();
    let silent = Pbx::mute(&end);
    let slow = Pbx::raw(|io, _| drop(dribble(&io, b"HTTP/1.1 101 Switching Protocols\r\nX: ", b'x')));
    for pbx in [&silent, &slow] {
        never_open::<A>(&pbx.url);
    }
    end.open();
}

pub fn unfinished_login<A: Adapter>() {
    let (tell, code) = channel();
    let pbx = Pbx::raw(move |io, number| {
        let raw = io.try_clone().expect("a handle");
        let mut peer = Peer::accept(io);
        let head = frame(FIN | TEXT, &[b' '; 10_000]);
        // Silence, then a byte now and then.
        let seen = match number {
            0 => peer.close_code(),
            _ => last_close(&dribble(&raw, &head[..4], b' ')),
        };
        let _ = tell.send(seen);
    });
    for _ in 0..2 {
        let mut setup = setup();
        setup.session.login_timeout = millis(200);
        let error = A::connect(&pbx.url, setup).expect_err("never live");
        let ConnectError::GaveUp(cause) = error else { panic!("{error:?}") };
        assert_eq!(cause, DownCause::Session(CloseReason::LoginTimeout));
        assert_eq!(code.recv_timeout(PATIENCE), Ok(Some(1000)));
    }
}

pub fn unanswered_close<A: Adapter>() {
    let end = Gate::new();
    let held = end.clone();
    let (tell, code) = channel();
    let pbx = Pbx::raw(move |io, _| {
        let mut raw = io.try_clone().expect("a handle");
        let mut peer = Peer::accept(io);
        peer.log_in();
        let mut came = Vec::new();
        // How it ends is the client's business.
        drop(raw.read_to_end(&mut came));
        let _ = tell.send(last_close(&came));
        // Nor is this side ended.
        held.pass();
    });
    let mut setup = setup();
    setup.session.close_timeout = millis(100);
    setup.options.hangup_timeout = millis(100);
    let (client, mut events) = A::connect(&pbx.url, setup).expect("live");
    client.close();
    names_to(&mut events, "closed");
    assert_eq!(code.recv_timeout(PATIENCE), Ok(Some(1000)));
    end.open();
}
