//! Arbitrary bytes, arbitrary cuts, arbitrary calls.

mod common;
#[path = "common/wire.rs"]
mod wire;

use std::time::Duration;

use bytes::Bytes;
use common::*;
use proptest::prelude::*;
use tieline_core::{CloseFrame, Frame, MessageLimit};
use tieline_websocket::{Config, Endpoint, PreparedFrame, Role};
use wire::*;

proptest! {
    #[test]
    fn how_bytes_are_cut_changes_nothing_that_comes_out(
        (role, bytes) in role().prop_flat_map(|role| (Just(role), wire(role))), sizes in sizes(), provisional: bool,
    ) {
        let mut config = lenient_limits();
        let mut whole = endpoint(role, &config);
        config.provisional = provisional;
        let mut cut = endpoint(role, &config);
        prop_assert_eq!(feed(&mut whole, &bytes), feed_in_pieces(&mut cut, &bytes, &sizes));
        prop_assert_eq!(whole.failure(), cut.failure());
        prop_assert_eq!(whole.is_open(), cut.is_open());
    }

    #[test]
    fn arbitrary_bytes_never_cost_more_than_the_limits(
        role in role(), http in any::<bool>(), frames in prop::collection::vec(wire_frame(Role::Server), 0..40),
        noise in prop::collection::vec(any::<u8>(), 0..3000), sizes in sizes(),
    ) {
        let mut endpoint = match http {
            true => opening(),
            false => endpoint(role, &lenient_limits()),
        };
        let start = if http { b"HTTP/1.1 ".to_vec() } else { frames.concat() };
        let mut bytes: &[u8] = &[start, noise].concat();
        let mut sizes = sizes.iter().cycle();
        let mut eofs = 0;
        let ceiling = if http { 40 << 10 } else { 2 * LIMIT + 2048 };
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at((*sizes.next().unwrap()).min(bytes.len()));
            eofs += feed(&mut endpoint, piece).iter().filter(|frame| **frame == Frame::Eof).count();
            prop_assert!(endpoint.heap_bytes() <= ceiling, "{}", endpoint.heap_bytes());
            endpoint.outgoing();
            prop_assert!(endpoint.queued_bytes() < 600, "{}", endpoint.queued_bytes());
            bytes = rest;
        }
        endpoint.handle_eof(NOW);
        eofs += std::iter::from_fn(|| endpoint.poll_frame()).filter(|frame| *frame == Frame::Eof).count();
        prop_assert_eq!(eofs, 1);
    }
}

/// One call on an endpoint.
#[derive(Clone, Debug)]
enum Call {
    Bytes(Vec<u8>),
    Send(u8, Vec<u8>),
    Prepared(String),
    Sent(usize),
    Time(u64),
    Poll,
    Limit(MessageLimit),
    Eof,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => prop_oneof![wire_frame(Role::Client), wire_frame(Role::Server)].prop_map(Call::Bytes),
        2 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Call::Bytes),
        6 => (0_u8..8, control()).prop_map(|(kind, payload)| Call::Send(kind, payload)),
        2 => "\\PC{0,40}".prop_map(Call::Prepared),
        6 => (0_usize..400).prop_map(Call::Sent),
        4 => (0_u64..4000).prop_map(Call::Time),
        6 => Just(Call::Poll),
        1 => (0_usize..300, any::<bool>()).prop_map(|(bytes, provisional)| Call::Limit(MessageLimit { bytes, provisional })),
        1 => Just(Call::Eof),
    ]
}

fn frame_of(kind: u8, payload: Vec<u8>) -> Frame {
    let bytes = Bytes::from(payload);
    match kind {
        0 => Frame::Text(String::from_utf8_lossy(&bytes).into_owned().into()),
        1 => Frame::Binary(bytes),
        2 => Frame::Ping(bytes),
        3 => Frame::Pong(bytes),
        4 => Frame::BadText(bytes),
        5 => Frame::Eof,
        6 => Frame::Close(None),
        _ => Frame::Close(Some(CloseFrame::new(bytes.len() as u16 * 40, String::from_utf8_lossy(&bytes).into_owned()))),
    }
}

/// Makes the calls and notes everything that comes out.
fn play(mut endpoint: Endpoint, calls: &[Call]) -> (Vec<u8>, Vec<Frame>, String) {
    let (mut bytes, mut frames, mut millis) = (Vec::new(), Vec::new(), 0);
    for call in calls {
        let now = after(millis);
        match call.clone() {
            Call::Bytes(input) => assert!(endpoint.handle_bytes(now, &input) <= input.len()),
            Call::Send(kind, payload) => {
                let open = endpoint.is_open();
                let result = endpoint.send(now, frame_of(kind, payload));
                assert!(open || result.is_err() || endpoint.is_finished() || !endpoint.is_opening());
            }
            Call::Prepared(text) => {
                assert_eq!(endpoint.send_prepared(&PreparedFrame::text(&text)).is_ok(), endpoint.is_open())
            }
            Call::Sent(count) => {
                let part: Vec<u8> = endpoint.outgoing().iter().copied().take(count).collect();
                endpoint.sent(part.len());
                bytes.extend(part);
            }
            Call::Time(step) => {
                millis += step;
                endpoint.handle_timeout(after(millis));
                assert!(endpoint.poll_timeout().is_none_or(|due| due > after(millis)));
            }
            Call::Poll => frames.extend(endpoint.poll_frame()),
            Call::Limit(limit) => endpoint.set_message_limit(limit),
            Call::Eof => endpoint.handle_eof(now),
        }
        assert!(frames.iter().rev().skip(1).all(|frame| *frame != Frame::Eof), "Eof comes last");
    }
    // Whatever happened before, it can be brought to its end.
    endpoint.handle_eof(after(millis));
    endpoint.handle_timeout(after(millis + 20_000));
    frames.extend(std::iter::from_fn(|| endpoint.poll_frame()));
    assert_eq!(frames.iter().filter(|frame| **frame == Frame::Eof).count(), 1);
    assert_eq!(frames.last(), Some(&Frame::Eof));
    assert!(endpoint.is_finished());
    (bytes, frames, format!("{:?}", endpoint.failure()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn calls_in_any_order_are_safe_end_in_one_eof_and_repeat_exactly(
        which in 0..5, calls in prop::collection::vec(call(), 0..60),
    ) {
        let mut paced = Config::default();
        paced.one_frame_per_write = Some(Duration::from_secs(1));
        let start = || match which {
            0 => opening(),
            1 => client(),
            2 => server(),
            3 => endpoint(Role::Client, &paced),
            _ => endpoint(Role::Server, &paced),
        };
        prop_assert_eq!(play(start(), &calls), play(start(), &calls));
    }
}
