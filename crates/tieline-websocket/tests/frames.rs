//! What comes in: frames to messages, and what is refused.

mod common;

use common::*;
use tieline_core::{CloseFrame, Frame};
use tieline_websocket::{EndpointError, Violation};

fn bytes(bytes: &'static [u8]) -> bytes::Bytes {
    bytes::Bytes::from_static(bytes)
}

#[test]
fn a_text_message_comes_out_whole() {
    assert_eq!(feed(&mut client(), &plain(FIN | TEXT, "Zażółć".as_bytes())), [Frame::text("Zażółć")]);
}

#[test]
fn a_masked_message_of_a_client_is_unmasked() {
    assert_eq!(feed(&mut server(), &masked(FIN | BINARY, b"\x00\x01\xff")), [Frame::Binary(bytes(b"\x00\x01\xff"))]);
}

#[test]
fn several_messages_in_one_read_come_out_in_order() {
    let input = [plain(FIN | TEXT, b"one"), plain(FIN | TEXT, b""), plain(FIN | TEXT, b"two")].concat();
    assert_eq!(feed(&mut client(), &input), [Frame::text("one"), Frame::text(""), Frame::text("two")]);
}

#[test]
fn every_length_format_is_read() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
        let payload = vec![b'x'; length];
        let got = feed(&mut server(), &masked(FIN | BINARY, &payload));
        assert_eq!(got, [Frame::Binary(payload.into())]);
    }
}

#[test]
fn a_length_that_is_longer_than_needed_is_accepted() {
    assert_eq!(feed(&mut client(), b"\x81\x7e\x00\x02hi"), [Frame::text("hi")]);
    assert_eq!(feed(&mut client(), b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi"), [Frame::text("hi")]);
}

#[test]
fn fragments_are_put_together_and_control_frames_between_them_come_first() {
    let input = [
        plain(TEXT, "Za\u{17c}".as_bytes().split_at(3).0),
        plain(PING, b"?"),
        plain(CONTINUATION, b""),
        plain(PONG, b"!"),
        plain(FIN | CONTINUATION, b"\xbc."),
    ]
    .concat();
    let expected = [Frame::Ping(bytes(b"?")), Frame::Pong(bytes(b"!")), Frame::text("Za\u{17c}.")];
    assert_eq!(feed(&mut client(), &input), expected);
}

#[test]
fn one_byte_at_a_time_gives_the_same() {
    let input = [
        masked(TEXT, b"first half, "),
        masked(PING, b"are you there?"),
        masked(FIN | CONTINUATION, b"second half"),
        masked(FIN | BINARY, &[7; 300]),
        masked(CLOSE, b"\x03\xe8bye"),
    ]
    .concat();
    let whole = feed(&mut server(), &input);
    let mut endpoint = server();
    let single: Vec<Frame> = input.iter().flat_map(|byte| feed(&mut endpoint, &[*byte])).collect();
    assert_eq!(single, whole);
    assert_eq!(whole.len(), 5);
}

#[test]
fn text_that_is_not_utf8_is_given_out_as_it_is_and_the_line_lives_on() {
    let mut endpoint = client();
    let input = [plain(FIN | TEXT, b"caf\xe9"), plain(FIN | TEXT, b"next")].concat();
    assert_eq!(feed(&mut endpoint, &input), [Frame::BadText(bytes(b"caf\xe9")), Frame::text("next")]);
    assert!(endpoint.is_open());
    assert_eq!(endpoint.failure(), None);
}

#[test]
fn every_violation_closes_with_its_code_and_its_name() {
    let cases: [(&[u8], Violation, u16); 10] = [
        (b"\xc1\x00", Violation::ReservedBits, 1002),
        (b"\xa1\x00", Violation::ReservedBits, 1002),
        (b"\x83\x00", Violation::ReservedOpcode(3), 1002),
        (b"\x8b\x00", Violation::ReservedOpcode(11), 1002),
        (b"\x09\x00", Violation::FragmentedControl, 1002),
        (b"\x89\x7e\x00\x7e", Violation::LongControl, 1002),
        (b"\x81\x80\x00\x00\x00\x00", Violation::Masked, 1002),
        (b"\x80\x00", Violation::UnexpectedContinuation, 1002),
        (b"\x01\x00\x81\x00", Violation::Interleaved, 1002),
        (b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", Violation::NegativeLength, 1002),
    ];
    for (input, expected, code) in cases {
        let mut endpoint = client();
        assert_eq!(feed(&mut endpoint, input), [Frame::Eof], "{expected}");
        assert_eq!(violation(&endpoint), Some(expected));
        assert_eq!(parse(&written(&mut endpoint)), [(CLOSE, true, code.to_be_bytes().to_vec())]);
        assert!(endpoint.is_finished());
    }
}

#[test]
fn a_server_refuses_frames_without_a_mask() {
    let mut endpoint = server();
    assert_eq!(feed(&mut endpoint, &plain(FIN | TEXT, b"hi")), [Frame::Eof]);
    assert_eq!(violation(&endpoint), Some(Violation::Unmasked));
    assert_eq!(parse(&written(&mut endpoint)), [(CLOSE, false, vec![0x03, 0xea])]);
}

#[test]
fn close_frames_with_half_a_code_a_forbidden_code_or_a_reason_that_is_no_text_are_refused() {
    let cases: [(&[u8], Violation, u16); 6] = [
        (b"\x03", Violation::CloseLength, 1002),
        (b"\x00\x00", Violation::CloseCode(0), 1002),
        (b"\x03\xed", Violation::CloseCode(1005), 1002),
        (b"\x03\xee", Violation::CloseCode(1006), 1002),
        (b"\x13\x88", Violation::CloseCode(5000), 1002),
        (b"\x03\xe8\xff", Violation::CloseReason, 1007),
    ];
    for (payload, expected, code) in cases {
        let mut endpoint = client();
        assert_eq!(feed(&mut endpoint, &plain(CLOSE, payload)), [Frame::Eof]);
        assert_eq!(violation(&endpoint), Some(expected));
        assert_eq!(endpoint.failure().and_then(EndpointError::close_code), Some(code));
        assert_eq!(parse(&written(&mut endpoint)), [(CLOSE, true, code.to_be_bytes().to_vec())]);
    }
}

#[test]
fn close_codes_of_the_registry_and_of_applications_are_given_out() {
    for code in [1000_u16, 1001, 1003, 1008, 1011, 1012, 1013, 1014, 3000, 4999] {
        let got = feed(&mut client(), &plain(CLOSE, &[&code.to_be_bytes()[..], b"why"].concat()));
        assert_eq!(got, [Frame::Close(Some(CloseFrame::new(code, "why"))), Frame::Eof]);
    }
}

#[test]
fn nothing_is_read_after_a_violation() {
    let mut endpoint = client();
    assert_eq!(feed(&mut endpoint, &[plain(0xf1, b""), plain(FIN | TEXT, b"late")].concat()), [Frame::Eof]);
    assert_eq!(feed(&mut endpoint, &plain(FIN | TEXT, b"later")), []);
}

#[test]
fn what_was_decoded_before_a_violation_is_given_out() {
    let mut endpoint = client();
    let input = [plain(FIN | TEXT, b"good"), plain(0xf1, b"")].concat();
    assert_eq!(feed(&mut endpoint, &input), [Frame::text("good"), Frame::Eof]);
}

#[test]
fn the_end_of_the_stream_comes_once_and_drops_half_a_message() {
    let mut endpoint = client();
    assert_eq!(feed(&mut endpoint, &plain(TEXT, b"half")), []);
    endpoint.handle_eof(NOW);
    endpoint.handle_eof(NOW);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert_eq!(endpoint.poll_frame(), None);
    assert_eq!(endpoint.failure(), None);
    assert!(endpoint.is_finished());
}
