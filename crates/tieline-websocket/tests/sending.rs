//! What goes out.

mod common;

use std::io::IoSlice;

use bytes::Bytes;
use common::*;
use tieline_core::{CloseFrame, Frame};
use tieline_websocket::{Endpoint, NotSent, PreparedFrame};

fn slices(endpoint: &mut Endpoint) -> Vec<Vec<u8>> {
    let mut slices = [IoSlice::new(&[]); 16];
    let used = endpoint.outgoing_slices(&mut slices);
    slices[..used].iter().map(|slice| slice.to_vec()).collect()
}

#[test]
fn a_server_sends_without_mask_and_a_client_with_one() {
    let (mut server, mut client) = (server(), client());
    server.send(NOW, Frame::text("hi")).unwrap();
    client.send(NOW, Frame::text("hi")).unwrap();
    assert_eq!(written(&mut server), b"\x81\x02hi");
    let bytes = written(&mut client);
    assert_eq!(parse(&bytes), [(FIN | TEXT, true, b"hi".to_vec())]);
    assert_eq!(bytes.len(), 8);
}

#[test]
fn everything_queued_goes_out_in_one_write() {
    let mut endpoint = server();
    for _ in 0..16 {
        endpoint.send(NOW, Frame::text("x".repeat(400))).unwrap();
    }
    assert_eq!(endpoint.outgoing().len(), 16 * 404);
    assert_eq!(endpoint.queued_bytes(), 16 * 404);
}

#[test]
fn a_partial_write_goes_on_where_it_stopped() {
    let mut endpoint = server();
    let large = Bytes::from(vec![7; 5000]);
    endpoint.send(NOW, Frame::text("a")).unwrap();
    endpoint.send(NOW, Frame::Binary(large.clone())).unwrap();
    endpoint.send(NOW, Frame::text("b")).unwrap();
    let expected = [plain(FIN | TEXT, b"a"), plain(FIN | BINARY, &large), plain(FIN | TEXT, b"b")].concat();
    let mut got = Vec::new();
    while endpoint.wants_write() {
        let part: Vec<u8> = slices(&mut endpoint).concat().into_iter().take(997).collect();
        endpoint.sent(part.len());
        got.extend(part);
    }
    assert_eq!(got, expected);
    assert_eq!(endpoint.queued_bytes(), 0);
}

#[test]
fn a_large_payload_of_a_server_is_not_copied() {
    let mut endpoint = server();
    let payload = Bytes::from(vec![7; 5000]);
    endpoint.send(NOW, Frame::Binary(payload.clone())).unwrap();
    let mut parts = [IoSlice::new(&[]); 4];
    assert_eq!(endpoint.outgoing_slices(&mut parts), 2);
    assert_eq!(parts[1].as_ptr(), payload.as_ptr());
}

#[test]
fn a_prepared_frame_is_shared_when_large_and_equal_to_a_sent_one_always() {
    for length in [0, 5, 125, 126, 2047, 2048, 70_000] {
        let text = "x".repeat(length);
        let prepared = PreparedFrame::text(&text);
        let (mut one, mut other, mut masking) = (server(), server(), client());
        one.send_prepared(&prepared).unwrap();
        other.send(NOW, Frame::text(text.as_str())).unwrap();
        masking.send_prepared(&prepared).unwrap();
        let bytes = written(&mut one);
        assert_eq!(bytes, written(&mut other));
        assert_eq!(bytes.len(), prepared.frame_len());
        assert_eq!(parse(&written(&mut masking)), [(FIN | TEXT, true, text.into_bytes())]);
    }
    let prepared = PreparedFrame::binary(&[1; 4096]);
    let (mut one, mut other) = (server(), server());
    one.send_prepared(&prepared).unwrap();
    other.send_prepared(&prepared).unwrap();
    assert_eq!(one.outgoing().as_ptr(), other.outgoing().as_ptr());
}

#[test]
fn the_rest_of_a_frame_that_was_begun_elsewhere_goes_before_what_is_sent_then() {
    for text in ["hi".to_owned(), "x".repeat(400), "y".repeat(5000)] {
        let mut frame = Vec::new();
        PreparedFrame::append_text(&text, &mut frame);
        assert_eq!(frame, plain(FIN | TEXT, text.as_bytes()));
        for begun in [1, 2, 3, frame.len() - 1] {
            let mut endpoint = server();
            endpoint.send_rest(Bytes::copy_from_slice(&frame[begun..])).unwrap();
            endpoint.send(NOW, Frame::text("next")).unwrap();
            let whole = [&frame[..begun], &slices(&mut endpoint).concat()].concat();
            assert_eq!(whole, [frame.clone(), plain(FIN | TEXT, b"next")].concat());
        }
    }
    let mut endpoint = server();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    assert_eq!(endpoint.send_rest(Bytes::from_static(b"hi")), Err(NotSent::Closed));
}

#[test]
fn only_messages_can_be_prepared() {
    assert!(PreparedFrame::new(&Frame::text("hi")).is_some());
    assert!(PreparedFrame::new(&Frame::Binary(Bytes::from_static(b"hi"))).is_some());
    assert_eq!(PreparedFrame::new(&Frame::Ping(Bytes::new())), None);
    assert_eq!(PreparedFrame::new(&Frame::Close(None)), None);
}

#[test]
fn a_ping_is_answered_and_reported() {
    let mut endpoint = server();
    assert_eq!(feed(&mut endpoint, &masked(PING, b"42")), [Frame::Ping(Bytes::from_static(b"42"))]);
    assert!(endpoint.wants_write());
    assert_eq!(written(&mut endpoint), plain(PONG, b"42"));
}

#[test]
fn of_several_pings_in_one_read_the_latest_is_answered() {
    let mut endpoint = server();
    feed(&mut endpoint, &[masked(PING, b"1"), masked(PING, b"2"), masked(PING, b"3")].concat());
    assert_eq!(written(&mut endpoint), plain(PONG, b"3"));
}

#[test]
fn the_next_pong_waits_until_the_last_byte_of_the_one_before_is_written() {
    let mut endpoint = server();
    feed(&mut endpoint, &masked(PING, b"1"));
    assert_eq!(endpoint.outgoing(), plain(PONG, b"1"));
    endpoint.sent(2);
    feed(&mut endpoint, &masked(PING, b"2"));
    assert_eq!(endpoint.outgoing(), b"1");
    endpoint.sent(1);
    assert_eq!(endpoint.outgoing(), plain(PONG, b"2"));
}

#[test]
fn frames_that_cannot_be_sent_are_refused_and_leave_no_byte() {
    let mut endpoint = server();
    let long = Bytes::from(vec![0; 126]);
    let refused =
        [Frame::Ping(long.clone()), Frame::Pong(long), Frame::BadText(Bytes::from_static(b"\xff")), Frame::Eof];
    for frame in refused {
        assert!(matches!(endpoint.send(NOW, frame), Err(NotSent::Invalid(_))));
    }
    assert_eq!(written(&mut endpoint), b"");
    assert!(endpoint.is_open());
}

#[test]
fn nothing_is_sent_after_a_close_frame() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::Close(Some(CloseFrame::new(1001, "going")))).unwrap();
    assert_eq!(endpoint.send(NOW, Frame::text("late")), Err(NotSent::Closed));
    assert_eq!(endpoint.send(NOW, Frame::Close(None)), Err(NotSent::Closed));
    assert_eq!(endpoint.send_prepared(&PreparedFrame::text("late")), Err(NotSent::Closed));
    assert_eq!(feed(&mut endpoint, &masked(PING, b"")), [Frame::Ping(Bytes::new())]);
    assert_eq!(written(&mut endpoint), plain(CLOSE, b"\x03\xe9going"));
}

#[test]
fn nothing_but_the_request_is_sent_before_the_opening() {
    let mut endpoint = opening();
    let before = endpoint.queued_bytes();
    assert_eq!(endpoint.send(NOW, Frame::text("early")), Err(NotSent::Opening));
    assert_eq!(endpoint.send_prepared(&PreparedFrame::text("early")), Err(NotSent::Opening));
    assert_eq!(endpoint.queued_bytes(), before);
}

#[test]
fn a_long_close_reason_is_cut_between_characters() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::Close(Some(CloseFrame::new(1000, "ż".repeat(100))))).unwrap();
    assert_eq!(written(&mut endpoint), plain(CLOSE, &[b"\x03\xe8", "ż".repeat(61).as_bytes()].concat()));
}

#[test]
fn a_close_code_that_must_not_be_on_the_wire_is_left_out() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 2000, 5000] {
        let mut endpoint = server();
        endpoint.send(NOW, Frame::Close(Some(CloseFrame::new(code, "no")))).unwrap();
        assert_eq!(written(&mut endpoint), plain(CLOSE, b""));
    }
}

#[test]
fn the_same_seed_masks_alike_and_another_seed_differently() {
    let bytes = |seed| {
        let mut endpoint = Endpoint::client_opened(&Default::default(), seed);
        endpoint.send(NOW, Frame::text("hello")).unwrap();
        endpoint.send(NOW, Frame::text("hello")).unwrap();
        written(&mut endpoint)
    };
    assert_eq!(bytes(SEED), bytes(SEED));
    assert_ne!(bytes(SEED), bytes([9; 16]));
    let both = bytes(SEED);
    assert_ne!(both[..11], both[11..], "each frame has its own mask");
}

#[test]
fn no_debug_output_shows_a_payload() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::text("hunter2")).unwrap();
    let shown = format!("{endpoint:?} {:?}", PreparedFrame::text("hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_ping_that_waits_for_its_answer_is_answered_before_the_close_frame() {
    let mut endpoint = server();
    feed(&mut endpoint, &masked(PING, b"1"));
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    assert_eq!(written(&mut endpoint), [plain(PONG, b"1"), plain(CLOSE, b"")].concat());
}

#[test]
fn a_reader_that_never_quite_keeps_up_does_not_make_the_written_bytes_pile_up() {
    let mut endpoint = server();
    let message = Frame::text("x".repeat(1000));
    endpoint.send(NOW, message.clone()).unwrap();
    for _ in 0..500 {
        endpoint.send(NOW, message.clone()).unwrap();
        let first = endpoint.outgoing().len().min(1004);
        endpoint.sent(first);
        endpoint.sent(1004 - first);
    }
    assert_eq!(endpoint.queued_bytes(), 1004);
    assert!(endpoint.heap_bytes() < 40_000, "{}", endpoint.heap_bytes());
}
