//! How it ends.

mod common;

use bytes::Bytes;
use common::*;
use tieline_core::{CloseFrame, Frame, MessageLimit};
use tieline_websocket::EndpointError;

#[test]
fn the_peers_close_is_answered_with_its_code_and_ends_the_input() {
    let mut endpoint = server();
    let input = [masked(CLOSE, b"\x03\xe9bye"), masked(FIN | TEXT, b"late")].concat();
    assert_eq!(feed(&mut endpoint, &input), [Frame::Close(Some(CloseFrame::new(1001, "bye"))), Frame::Eof]);
    assert_eq!(written(&mut endpoint), plain(CLOSE, b"\x03\xe9"));
    assert_eq!(endpoint.failure(), None);
}

#[test]
fn a_close_without_code_is_answered_without_code() {
    let mut endpoint = server();
    assert_eq!(feed(&mut endpoint, &masked(CLOSE, b"")), [Frame::Close(None), Frame::Eof]);
    assert_eq!(written(&mut endpoint), plain(CLOSE, b""));
}

#[test]
fn a_server_ends_the_stream_once_its_answer_is_written() {
    let mut endpoint = server();
    feed(&mut endpoint, &masked(CLOSE, b""));
    assert!(!endpoint.wants_close());
    written(&mut endpoint);
    assert!(endpoint.wants_close());
    assert!(endpoint.is_finished());
    assert_eq!(endpoint.poll_timeout(), None);
}

#[test]
fn a_client_waits_for_the_server_to_end_the_stream() {
    let mut endpoint = client();
    feed(&mut endpoint, &plain(CLOSE, b""));
    written(&mut endpoint);
    assert!(!endpoint.wants_close());
    endpoint.handle_eof(NOW);
    assert!(endpoint.is_finished());
}

#[test]
fn a_client_does_not_wait_beyond_the_deadline() {
    let mut endpoint = client();
    feed(&mut endpoint, &plain(CLOSE, b""));
    written(&mut endpoint);
    assert_eq!(endpoint.poll_timeout(), Some(after(5000)));
    endpoint.handle_timeout(after(4999));
    assert!(!endpoint.wants_close());
    endpoint.handle_timeout(after(5000));
    assert!(endpoint.wants_close());
    assert_eq!(endpoint.poll_timeout(), None);
    assert_eq!(endpoint.failure(), None);
}

#[test]
fn messages_on_their_way_when_we_close_are_still_given_out() {
    let mut endpoint = client();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    assert_eq!(feed(&mut endpoint, &plain(FIN | TEXT, b"last words")), [Frame::text("last words")]);
    assert_eq!(feed(&mut endpoint, &plain(CLOSE, b"")), [Frame::Close(None), Frame::Eof]);
    assert_eq!(parse(&written(&mut endpoint)).len(), 1, "the answer to our close is not answered again");
}

#[test]
fn a_close_that_is_not_answered_ends_by_the_deadline() {
    let mut endpoint = server();
    endpoint.send(after(1000), Frame::Close(None)).unwrap();
    written(&mut endpoint);
    assert_eq!(endpoint.poll_timeout(), Some(after(6000)));
    endpoint.handle_timeout(after(6000));
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert_eq!(endpoint.failure(), Some(&EndpointError::CloseTimeout));
    assert!(endpoint.is_finished());
}

#[test]
fn an_end_of_stream_in_answer_to_our_close_is_no_failure() {
    let mut endpoint = client();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    written(&mut endpoint);
    endpoint.handle_eof(NOW);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert_eq!(endpoint.failure(), None);
    assert!(endpoint.is_finished());
}

#[test]
fn a_peer_that_does_not_read_cannot_hold_the_end_up() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::Binary(Bytes::from(vec![0; 100_000]))).unwrap();
    feed(&mut endpoint, &masked(CLOSE, b""));
    assert!(!endpoint.wants_close());
    endpoint.handle_timeout(after(5000));
    assert!(endpoint.wants_close());
    assert_eq!(endpoint.queued_bytes(), 0);
}

#[test]
fn what_was_queued_before_a_violation_is_written_before_the_close_frame() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::text("reply")).unwrap();
    feed(&mut endpoint, b"\xf1\x80\x00\x00\x00\x00");
    assert_eq!(written(&mut endpoint), [plain(FIN | TEXT, b"reply"), plain(CLOSE, b"\x03\xea")].concat());
    assert!(endpoint.is_finished());
}

#[test]
fn a_violation_after_our_close_sends_no_second_close() {
    let mut endpoint = server();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    feed(&mut endpoint, &plain(FIN | TEXT, b""));
    assert_eq!(written(&mut endpoint), plain(CLOSE, b""));
    assert!(endpoint.wants_close());
}

#[test]
fn giving_up_while_opening_ends_at_once() {
    let mut endpoint = opening();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert!(endpoint.is_finished());
    assert_eq!(endpoint.outgoing(), b"");
    assert_eq!(endpoint.failure(), None);
}

#[test]
fn after_the_end_every_call_is_ignored() {
    let mut endpoint = server();
    endpoint.handle_eof(NOW);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, b"late")), []);
    endpoint.handle_eof(NOW);
    endpoint.handle_timeout(after(1_000_000));
    endpoint.sent(10_000);
    endpoint.set_message_limit(MessageLimit::settled(1));
    assert!(endpoint.send(NOW, Frame::text("late")).is_err());
    assert_eq!(endpoint.poll_frame(), None);
    assert_eq!(endpoint.outgoing(), b"");
    assert_eq!(endpoint.poll_timeout(), None);
    assert!(endpoint.is_finished());
}

#[test]
fn an_open_line_has_no_timeout_of_its_own() {
    let mut endpoint = client();
    assert_eq!(endpoint.poll_timeout(), None);
    endpoint.handle_timeout(after(1_000_000));
    assert!(endpoint.is_open());
}
