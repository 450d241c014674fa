//! What a peer may cost.

mod common;

use common::*;
use tieline_core::{Frame, MessageLimit, PeerMisbehaved};
use tieline_websocket::{Config, Endpoint, EndpointError, PreparedFrame};

fn limited(change: impl FnOnce(&mut Config)) -> Endpoint {
    let mut config = Config::default();
    change(&mut config);
    Endpoint::server(&config)
}

fn closes_with(endpoint: &mut Endpoint, code: u16) -> bool {
    parse(&written(endpoint)) == [(CLOSE, false, code.to_be_bytes().to_vec())]
}

#[test]
fn a_message_of_exactly_the_limit_passes_and_one_byte_more_closes_with_1009() {
    let mut endpoint = limited(|config| config.message_bytes = 100);
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, &[b'x'; 100])).len(), 1);
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, &[b'x'; 101])), [Frame::Eof]);
    assert_eq!(endpoint.failure(), Some(&EndpointError::MessageTooBig { limit: 100 }));
    assert_eq!(endpoint.failure().unwrap().misbehaviour(), Some(PeerMisbehaved::MessageTooBig));
    assert!(closes_with(&mut endpoint, 1009));
}

#[test]
fn fragments_count_together() {
    let mut endpoint = limited(|config| config.message_bytes = 100);
    assert_eq!(feed(&mut endpoint, &masked(TEXT, &[b'x'; 60])), []);
    assert_eq!(feed(&mut endpoint, &masked(FIN | CONTINUATION, &[b'x'; 41])), [Frame::Eof]);
    assert_eq!(endpoint.failure(), Some(&EndpointError::MessageTooBig { limit: 100 }));
}

#[test]
fn a_message_is_refused_by_its_header_before_its_payload_comes() {
    let mut endpoint = limited(|config| config.message_bytes = 100);
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, &[b'x'; 101])[..6]), [Frame::Eof]);
}

#[test]
fn the_limit_can_be_raised_after_a_login_and_lowered_again() {
    let mut endpoint = limited(|config| config.message_bytes = 10);
    endpoint.set_message_limit(MessageLimit::settled(1000));
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, &[b'x'; 900])).len(), 1);
    endpoint.set_message_limit(MessageLimit::settled(20));
    assert_eq!(feed(&mut endpoint, &masked(FIN | TEXT, &[b'x'; 21])), [Frame::Eof]);
}

#[test]
fn a_limit_lowered_within_a_fragmented_message_holds_from_the_next_frame_on() {
    let mut endpoint = server();
    assert_eq!(feed(&mut endpoint, &masked(TEXT, &[b'x'; 900])), []);
    endpoint.set_message_limit(MessageLimit::settled(20));
    assert_eq!(feed(&mut endpoint, &masked(FIN | CONTINUATION, b"x")), [Frame::Eof]);
}

#[test]
fn a_frame_over_its_own_limit_closes_with_1009() {
    let mut endpoint = limited(|config| config.frame_bytes = 50);
    assert_eq!(feed(&mut endpoint, &masked(TEXT, &[b'x'; 50])), []);
    assert_eq!(feed(&mut endpoint, &masked(FIN | CONTINUATION, &[b'x'; 51])), [Frame::Eof]);
    assert_eq!(endpoint.failure(), Some(&EndpointError::FrameTooBig { limit: 50 }));
    assert!(closes_with(&mut endpoint, 1009));
}

#[test]
fn endless_empty_fragments_close_with_1008() {
    let mut endpoint = limited(|config| config.fragments = 3);
    assert_eq!(feed(&mut endpoint, &masked(TEXT, b"")), []);
    assert_eq!(feed(&mut endpoint, &masked(CONTINUATION, b"")), []);
    assert_eq!(feed(&mut endpoint, &masked(CONTINUATION, b"")), []);
    assert_eq!(feed(&mut endpoint, &masked(FIN | CONTINUATION, b"")), [Frame::Eof]);
    assert_eq!(endpoint.failure(), Some(&EndpointError::TooManyFragments { limit: 3 }));
    assert!(closes_with(&mut endpoint, 1008));
}

#[test]
fn a_header_that_announces_much_allocates_nothing() {
    let mut endpoint = limited(|config| config.message_bytes = usize::MAX);
    let mut announced = header(FIN | BINARY, 1 << 30, 0x80);
    announced.extend(MASK);
    assert_eq!(feed(&mut endpoint, &announced), []);
    assert_eq!(endpoint.heap_bytes(), 0);
    assert_eq!(feed(&mut endpoint, &[0; 1000]), []);
    assert!(endpoint.heap_bytes() <= 2048, "{}", endpoint.heap_bytes());
}

#[test]
fn a_message_in_pieces_never_holds_more_than_twice_what_came() {
    let mut endpoint = server();
    let message = masked(FIN | BINARY, &[1; 100_000]);
    for (at, piece) in message.chunks(700).enumerate() {
        feed(&mut endpoint, piece);
        assert!(endpoint.heap_bytes() <= 2 * 700 * (at + 1) + 512);
    }
}

#[test]
fn at_most_8_frames_are_decoded_ahead_and_the_rest_is_left_with_the_caller() {
    let mut endpoint = server();
    let input = masked(FIN | TEXT, b"").repeat(100);
    let taken = endpoint.handle_bytes(NOW, &input);
    assert_eq!(taken, 8 * 6);
    assert_eq!(endpoint.handle_bytes(NOW, &input[taken..]), 0);
    assert_eq!(std::iter::from_fn(|| endpoint.poll_frame()).count(), 8);
    assert_eq!(endpoint.handle_bytes(NOW, &input[taken..]), 8 * 6);
}

#[test]
fn a_ping_flood_that_nobody_reads_queues_one_answer_and_remembers_one() {
    let mut endpoint = server();
    for number in 0..1000_u16 {
        feed(&mut endpoint, &masked(PING, &number.to_be_bytes()));
        // The pump looks for something to write after each read, but nothing can be written.
        assert_eq!(endpoint.outgoing(), plain(PONG, &[0, 0]));
    }
    assert_eq!(endpoint.queued_bytes(), 4);
    assert_eq!(written(&mut endpoint), [plain(PONG, &[0, 0]), plain(PONG, &999_u16.to_be_bytes())].concat());
}

#[test]
fn an_idle_connection_holds_next_to_nothing() {
    let mut client = client();
    let mut server = server();
    assert_eq!(server.heap_bytes(), 0);
    assert!(size_of::<Endpoint>() <= 512, "{}", size_of::<Endpoint>());

    let long = "x".repeat(100_000);
    for endpoint in [&mut client, &mut server] {
        endpoint.send(NOW, Frame::text(long.as_str())).unwrap();
        endpoint.send_prepared(&PreparedFrame::text(&long)).unwrap();
        endpoint.send(NOW, Frame::text("short")).unwrap();
        assert!(endpoint.heap_bytes() > 200_000);
        written(endpoint);
    }
    let (small, large) = (masked(FIN | TEXT, b"hi").repeat(80), masked(FIN | TEXT, long.as_bytes()));
    feed(&mut server, &small);
    for piece in large.chunks(1000) {
        feed(&mut server, piece);
    }
    assert!(server.heap_bytes() < 1024, "{}", server.heap_bytes());
    assert!(client.heap_bytes() < 1024, "{}", client.heap_bytes());
}

#[test]
fn an_endpoint_that_ended_gives_its_buffers_back() {
    let mut endpoint = server();
    feed(&mut endpoint, &masked(FIN | BINARY, &[0; 5000])[..4000]);
    assert!(endpoint.heap_bytes() >= 3900);
    endpoint.handle_eof(NOW);
    assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
    assert!(endpoint.heap_bytes() < 1024);
}
