//! Frames that are too long, too many, or none.

use std::sync::mpsc::channel;

use tieline_core::PeerMisbehaved;
use tieline_dial::ConnectError;

use super::super::{Adapter, OK, PATIENCE, Pbx, event, names_to, setup};
use super::{CONTINUATION, FIN, PING, TEXT, fatal, frame, misbehaved};

pub fn empty_fragments<A: Adapter>() {
    let bytes = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(4096)].concat();
    assert_eq!(fatal::<A>(bytes), (misbehaved(PeerMisbehaved::MessageTooBig), Some(1008)));
}

pub fn message_over_the_limit<A: Adapter>() {
    let mut message = frame(FIN | TEXT, &vec![b' '; (1 << 20) + 1]);
    // The header is enough.
    message.truncate(14);
    let (cause, code) = fatal::<A>(message);
    assert_eq!((&cause, code), (&misbehaved(PeerMisbehaved::MessageTooBig), Some(1009)));
    assert_eq!(cause.to_string(), "the peer broke the protocol: a message is longer than the limit");
}

pub fn fragments_over_the_limit<A: Adapter>() {
    let bytes = [frame(TEXT, b"x"), frame(CONTINUATION, &[b'x'; 1024]).repeat(1024)].concat();
    assert_eq!(fatal::<A>(bytes), (misbehaved(PeerMisbehaved::MessageTooBig), Some(1009)));
}

pub fn message_over_the_limit_before_login<A: Adapter>() {
    const LONG: usize = (16 << 10) + 1;
    let (tell, code) = channel();
    let pbx = Pbx::start(move |mut peer, _| {
        peer.heard();
        peer.say_bytes(&frame(FIN | TEXT, &[b' '; LONG]));
        let _ = tell.send(peer.close_code());
    });
    let error = A::connect(&pbx.url, setup()).expect_err("never live");
    let ConnectError::GaveUp(cause) = error else { panic!("{error:?}") };
    assert_eq!(cause, misbehaved(PeerMisbehaved::MessageTooBig));
    assert_eq!(code.recv_timeout(PATIENCE), Ok(Some(1009)));

    // On the heels of the answer, in one segment with it.
    let pbx = Pbx::start(|mut peer, _| {
        peer.heard();
        let event = event(0) + &" ".repeat(LONG);
        peer.say_bytes(&[frame(FIN | TEXT, OK.as_bytes()), frame(FIN | TEXT, event.as_bytes())].concat());
        peer.agree();
    });
    let (_client, mut events) = A::connect(&pbx.url, setup()).expect("live");
    assert_eq!(names_to(&mut events, "event 0"), ["live", "logged in", "event 0"]);
}

pub fn broken_frame<A: Adapter>() {
    let masked = [FIN | TEXT, 0x82, 0, 0, 0, 0, b'{', b'}'];
    for bytes in [frame(FIN | 0x03, b""), frame(FIN | TEXT | 0x40, b"{}"), frame(PING, &[0; 126]), masked.into()] {
        assert_eq!(fatal::<A>(bytes), (misbehaved(PeerMisbehaved::MalformedFrame), Some(1002)));
    }
}
