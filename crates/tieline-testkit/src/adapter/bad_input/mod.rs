//! The matrix of bad input: what a hostile server does to a client, over real sockets, with a server that writes its frames
//! by hand. One test a row of `docs/bad-input.md`; [`adapter_bad_input_tests!`](crate::adapter_bad_input_tests) lists them.

mod dribble;

pub mod deadlines;
pub mod floods;
pub mod frames;
pub mod memory;
pub mod messages;

use std::sync::mpsc::channel;

use tieline_core::supervisor::{DownCause, LineEvent};
use tieline_core::{CloseReason, PeerMisbehaved};
use tieline_portsip_wsi::client::ClientEvent;

use super::{Adapter, Client as _, Events, Item, PATIENCE, Pbx, event, names_to, number, setup};
pub(super) use dribble::dribble;
use dribble::last_close;

/// A `#[test]` of each row, and one that compares them with the matrix.
#[doc(hidden)]
#[macro_export]
macro_rules! adapter_bad_input_tests_of {
    ($adapter:ty, $($module:ident: [$($name:ident),* $(,)?])*) => {
        $($(
            #[test]
            fn $name() {
                $crate::adapter::bad_input::$module::$name::<$adapter>();
            }
        )*)*

        #[test]
        fn every_row_has_its_test() {
            $crate::bad_input::assert_rows(
                $crate::bad_input::Suite::ClientSockets,
                [$($(stringify!($name),)*)*],
            );
        }
    };
}

/// The rows of the matrix of bad input that every adapter passes, as `#[test]`s.
#[macro_export]
macro_rules! adapter_bad_input_tests {
    ($adapter:ty) => {
        $crate::adapter_bad_input_tests_of! {
            $adapter,
            messages: [
                unknown_message,
                foreign_answers,
                refused_logins,
                malformed_json,
                invalid_utf8,
                binary_message,
            ]
            floods: [
                flood_of_messages,
                flood_of_empty_messages,
                flood_of_control_frames,
                peer_stops_reading,
            ]
            frames: [
                empty_fragments,
                message_over_the_limit,
                fragments_over_the_limit,
                message_over_the_limit_before_login,
                broken_frame,
            ]
            deadlines: [
                unfinished_message,
                unfinished_handshake,
                unfinished_login,
                unanswered_close,
            ]
        }
    };
}

/// What floods may take of memory, as `#[test]`s, for an adapter whose lines can be driven by a thread of the test's own.
#[macro_export]
macro_rules! adapter_memory_tests {
    ($adapter:ty) => {
        $crate::adapter_tests_of! {
            $adapter,
            memory: [
                events_that_nobody_takes_stay_within_the_limit_of_bytes,
                empty_messages_that_nobody_takes_stay_within_the_limit_of_events,
                answers_to_pings_that_nobody_reads_take_next_to_nothing,
            ]
        }
    };
}

const CONTINUATION: u8 = 0x00;
const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const FIN: u8 = 0x80;

/// A frame of a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// What a live client tells of `bytes`, which it survives.
fn survived<A: Adapter>(bytes: Vec<u8>) -> Vec<ClientEvent> {
    let pbx = Pbx::start(move |mut peer, _| {
        peer.log_in();
        peer.say_bytes(&bytes);
        peer.say(event(1));
        peer.agree();
    });
    let (client, mut events) = A::connect(&pbx.url, setup()).expect("live");
    let mut told = Vec::new();
    loop {
        let item = events.next().expect("the line lives");
        if number(&item) == Some(1) {
            break;
        }
        match item {
            Item::Line(LineEvent::Live(_) | LineEvent::Session(ClientEvent::LoggedIn)) => {}
            Item::Line(LineEvent::Session(event)) => told.push(event),
            other => panic!("{other:?}"),
        }
    }
    client.close();
    assert_eq!(pbx.accepted(), 1);
    told
}

/// Sends `bytes` on a live line, which ends that line and not the next. Why it ended, and the close code that the server
/// saw.
fn fatal<A: Adapter>(bytes: Vec<u8>) -> (DownCause, Option<u16>) {
    let (tell, code) = channel();
    let pbx = Pbx::start(move |mut peer, number| {
        peer.log_in();
        if number == 0 {
            peer.say_bytes(&bytes);
            let _ = tell.send(peer.close_code());
            return;
        }
        peer.say(event(number));
        peer.agree();
    });
    let (client, mut events) = A::connect(&pbx.url, setup()).expect("live");
    let cause = down(&mut events);
    names_to(&mut events, "event 1");
    client.close();
    (cause, code.recv_timeout(PATIENCE).expect("told"))
}

/// Reads to the next loss of the line.
fn down(events: &mut impl Events) -> DownCause {
    loop {
        if let Item::Line(LineEvent::Down { cause, .. }) = events.next().expect("the line lives") {
            return cause;
        }
    }
}

fn misbehaved(rule: PeerMisbehaved) -> DownCause {
    DownCause::Session(CloseReason::PeerMisbehaved(rule))
}
