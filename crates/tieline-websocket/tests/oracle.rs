//! Against tungstenite's own `WebSocket`, both ways.
//!
//! Deliberate differences, each asserted below:
//! - text that is not UTF-8: tungstenite fails, at the fragment that breaks it; we give out the whole as `BadText` and go on;
//! - a close code that must not be on the wire: tungstenite gives out a close frame with 1002, we fail with `CloseCode`;
//! - close code 1014: tungstenite treats it as such a code, we give it out.

mod common;
#[path = "common/pipe.rs"]
mod pipe;
#[path = "common/wire.rs"]
mod wire;

use common::*;
use pipe::{reading, writing};
use proptest::prelude::*;
use tieline_core::{CloseFrame, Frame};
use tieline_websocket::{Config, EndpointError, PreparedFrame, Role, Violation};
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::Frame as RawFrame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Error, Message};
use wire::*;

/// One thing that a peer sends.
#[derive(Clone, Debug)]
enum Sent {
    Text(String),
    Binary(Vec<u8>),
    /// A message in pieces, with a ping after each piece that has one.
    Pieces {
        text: bool,
        pieces: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..200),
        1 => prop::collection::vec(any::<u8>(), 0..5000),
        1 => (65_500_usize..65_600).prop_map(|length| vec![b'x'; length]),
    ]
}

/// A text cut anywhere, within characters too.
fn text_pieces() -> impl Strategy<Value = Sent> {
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(control())), 0..5);
    ("\\PC{0,60}", cuts).prop_map(|(text, cuts)| {
        let mut places: Vec<(usize, _)> = cuts.into_iter().map(|(at, ping)| (at.index(text.len() + 1), ping)).collect();
        places.sort();
        let mut start = 0;
        let mut pieces = Vec::new();
        for (end, ping) in places {
            pieces.push((text.as_bytes()[start..end].to_vec(), ping));
            start = end;
        }
        pieces.push((text.as_bytes()[start..].to_vec(), None));
        Sent::Pieces { text: true, pieces }
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let binary = prop::collection::vec((payload(), prop::option::of(control())), 1..5);
    prop_oneof![
        4 => "\\PC{0,300}".prop_map(Sent::Text),
        3 => payload().prop_map(Sent::Binary),
        2 => text_pieces(),
        2 => binary.prop_map(|pieces| Sent::Pieces { text: false, pieces }),
        1 => control().prop_map(Sent::Ping),
        1 => control().prop_map(Sent::Pong),
    ]
}

fn close() -> impl Strategy<Value = Option<CloseFrame>> {
    let code = prop_oneof![Just(1000_u16), Just(1001), Just(1008), Just(1013), 3000_u16..5000];
    prop::option::of((code, "\\PC{0,30}").prop_map(|(code, reason)| CloseFrame::new(code, reason)))
}

/// The bytes that tungstenite sends for a conversation, and the frames it consists of.
fn encoded(role: tungstenite::protocol::Role, sent: &[Sent], close: &Option<CloseFrame>) -> (Vec<u8>, Vec<Frame>) {
    let mut socket = writing(role);
    let mut frames = Vec::new();
    let mut write = |message: Message| socket.write(message).unwrap();
    for sent in sent {
        match sent {
            Sent::Text(text) => {
                write(Message::text(text));
                frames.push(Frame::text(text.as_str()));
            }
            Sent::Binary(bytes) => {
                write(Message::binary(bytes.clone()));
                frames.push(Frame::Binary(bytes.clone().into()));
            }
            Sent::Ping(bytes) => {
                write(Message::Ping(bytes.clone().into()));
                frames.push(Frame::Ping(bytes.clone().into()));
            }
            Sent::Pong(bytes) => {
                write(Message::Pong(bytes.clone().into()));
                frames.push(Frame::Pong(bytes.clone().into()));
            }
            Sent::Pieces { text, pieces } => {
                let mut data = if *text { Data::Text } else { Data::Binary };
                for (at, (piece, ping)) in pieces.iter().enumerate() {
                    let last = at + 1 == pieces.len();
                    write(Message::Frame(RawFrame::message(piece.clone(), OpCode::Data(data), last)));
                    data = Data::Continue;
                    if let Some(ping) = ping.as_ref().filter(|_| !last) {
                        write(Message::Ping(ping.clone().into()));
                        frames.push(Frame::Ping(ping.clone().into()));
                    }
                }
                let whole: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
                frames.push(match text {
                    true => Frame::text(String::from_utf8(whole).unwrap()),
                    false => Frame::Binary(whole.into()),
                });
            }
        }
    }
    let closing = close.as_ref().map(|close| tungstenite::protocol::CloseFrame {
        code: close.code.into(),
        reason: close.reason.as_str().into(),
    });
    socket.close(closing).unwrap();
    frames.push(Frame::Close(close.clone()));
    frames.push(Frame::Eof);
    (std::mem::take(&mut socket.get_mut().written), frames)
}

fn theirs(role: Role) -> tungstenite::protocol::Role {
    match role {
        Role::Client => tungstenite::protocol::Role::Client,
        Role::Server => tungstenite::protocol::Role::Server,
    }
}

fn peer_of(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

/// A message of tungstenite as a frame of ours.
fn as_frame(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::text(text.as_str()),
        Message::Binary(bytes) => Frame::Binary(bytes),
        Message::Ping(bytes) => Frame::Ping(bytes),
        Message::Pong(bytes) => Frame::Pong(bytes),
        Message::Close(close) => {
            Frame::Close(close.map(|close| CloseFrame::new(close.code.into(), close.reason.as_str())))
        }
        Message::Frame(_) => unreachable!("never read"),
    }
}

/// What tungstenite reads up to the close frame or its error.
fn read_by_theirs(role: Role, bytes: &[u8], limit: usize) -> (Vec<Frame>, Option<Error>) {
    let mut socket = reading(theirs(role), bytes, limit);
    let mut frames = Vec::new();
    loop {
        match socket.read() {
            Ok(message) => {
                frames.push(as_frame(message));
                if let Some(Frame::Close(_)) = frames.last() {
                    return (frames, None);
                }
            }
            Err(error) => return (frames, Some(error)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_tungstenite_sends_is_read_whole_however_it_is_cut(
        role in role(), sent in prop::collection::vec(sent(), 0..8), close in close(), sizes in sizes(),
    ) {
        let (bytes, expected) = encoded(theirs(peer_of(role)), &sent, &close);
        let mut endpoint = endpoint(role, &Config::default());
        prop_assert_eq!(feed_in_pieces(&mut endpoint, &bytes, &sizes), expected);
        prop_assert_eq!(endpoint.failure(), None);
    }

    #[test]
    fn what_we_send_is_read_by_tungstenite_whole_however_it_is_written(
        role in role(), sent in prop::collection::vec(sent(), 0..8), close in close(),
        prepared in any::<bool>(), writes in prop::collection::vec(1_usize..3000, 1..20),
    ) {
        let (_, mut frames) = encoded(theirs(role), &sent, &close);
        frames.pop();
        let mut endpoint = endpoint(role, &Config::default());
        let mut bytes = Vec::new();
        let mut writes = writes.iter().cycle();
        for frame in &frames {
            match PreparedFrame::new(frame).filter(|_| prepared) {
                Some(prepared) => endpoint.send_prepared(&prepared).unwrap(),
                None => endpoint.send(NOW, frame.clone()).unwrap(),
            }
            let some: Vec<u8> = endpoint.outgoing().iter().copied().take(*writes.next().unwrap()).collect();
            endpoint.sent(some.len());
            bytes.extend(some);
        }
        bytes.extend(written(&mut endpoint));
        let (read, error) = read_by_theirs(peer_of(role), &bytes, usize::MAX);
        prop_assert!(error.is_none(), "{error:?}");
        prop_assert_eq!(read, frames);
    }

    #[test]
    fn good_and_bad_frames_are_judged_as_tungstenite_judges_them(
        (role, bytes) in role().prop_flat_map(|role| (Just(role), wire(role))), sizes in sizes(),
    ) {
        let mut endpoint = endpoint(role, &lenient_limits());
        let mut ours = feed_in_pieces(&mut endpoint, &bytes, &sizes);
        let failure = endpoint.failure().cloned();
        if failure.is_some() || matches!(ours.iter().rev().nth(1), Some(Frame::Close(_))) {
            prop_assert_eq!(ours.pop(), Some(Frame::Eof));
        }
        let (mut theirs, error) = read_by_theirs(role, &bytes, LIMIT);

        let bad_text = ours.iter().any(|frame| matches!(frame, Frame::BadText(_)));
        let bad_reason = failure == Some(EndpointError::Protocol(Violation::CloseReason));
        let bad_utf8 = matches!(error, Some(Error::Utf8(_)));
        prop_assert!(bad_utf8 || !bad_text, "{:?}", error);
        if bad_utf8 && (bad_text || !bad_reason) {
            // They stop at the first fragment that breaks it, we go on to the end of the message and beyond.
            prop_assert!(ours.starts_with(&theirs), "{:?} {:?}", ours, theirs);
            return Ok(());
        }
        if let Some(EndpointError::Protocol(Violation::CloseCode(_))) = failure {
            let replaced = CloseFrame::new(1002, "Protocol violation");
            prop_assert_eq!(theirs.pop(), Some(Frame::Close(Some(replaced))));
            prop_assert_eq!(ours, theirs);
            return Ok(());
        }
        if let (Some(Frame::Close(Some(our))), Some(Frame::Close(Some(their)))) = (ours.last(), theirs.last())
            && our.code == 1014
        {
            prop_assert_eq!(their.code, 1002);
            ours.pop();
            theirs.pop();
        }
        prop_assert_eq!(ours, theirs);
        let reset = matches!(error, Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)));
        let refused = error.is_some() && !reset;
        prop_assert_eq!(failure.is_some(), refused, "{:?} {:?}", failure, error);
    }
}
