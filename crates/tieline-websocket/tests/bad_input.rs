//! The matrix of bad input: what reaches an endpoint, in both roles. One test a row of `docs/bad-input.md`.

mod common;

use allocation_counter::measure;
use common::*;
use tieline_core::{Frame, MessageLimit, PeerMisbehaved, Text};
use tieline_testkit::bad_input::{Suite, assert_covered};
use tieline_websocket::{Config, Endpoint, EndpointError, OpeningError, OpeningRequest, Role};

const LIMIT: usize = 10_000;

/// An endpoint of each role, under [`LIMIT`].
fn endpoints() -> [Endpoint; 2] {
    let mut config = Config::default();
    config.message_bytes = LIMIT;
    [Endpoint::client_opened(&config, SEED), Endpoint::server(&config)]
}

/// A frame as the peer of an endpoint sends it.
fn frame(to: &Endpoint, first: u8, payload: &[u8]) -> Vec<u8> {
    if to.role() == Role::Server { masked(first, payload) } else { plain(first, payload) }
}

fn hear(endpoint: &mut Endpoint, first: u8, payload: &[u8]) -> Vec<Frame> {
    let bytes = frame(endpoint, first, payload);
    feed(endpoint, &bytes)
}

/// Whether a message arrives as if nothing had been before it.
fn goes_on(endpoint: &mut Endpoint) {
    assert!(endpoint.is_open());
    assert_eq!(hear(endpoint, FIN | TEXT, b"well"), [Frame::text("well")]);
}

fn ends(endpoint: &mut Endpoint, rule: PeerMisbehaved, code: u16) {
    assert_eq!(endpoint.failure().and_then(EndpointError::misbehaviour), Some(rule));
    let close = parse(&written(endpoint)).pop().expect("a close frame");
    assert_eq!((close.0, close.2), (CLOSE, code.to_be_bytes().to_vec()));
    assert!(endpoint.wants_close() && endpoint.poll_timeout().is_none());
    assert!(endpoint.heap_bytes() < 1024, "its buffers are given back");
}

#[test]
fn every_row_has_its_test() {
    assert_covered(Suite::WebSocket, include_str!("bad_input.rs"));
}

#[test]
fn invalid_utf8() {
    for mut endpoint in endpoints() {
        assert_eq!(hear(&mut endpoint, FIN | TEXT, b"a\xffb"), [Frame::BadText(b"a\xffb".as_slice().into())]);
        // A character that is cut by a fragment is whole again; one that is cut by the end is not.
        assert_eq!(hear(&mut endpoint, TEXT, b"\xc3"), []);
        assert_eq!(hear(&mut endpoint, FIN | CONTINUATION, b"\xbc"), [Frame::text("ü")]);
        assert_eq!(hear(&mut endpoint, FIN | TEXT, b"\xc3"), [Frame::BadText(b"\xc3".as_slice().into())]);
        goes_on(&mut endpoint);
    }
}

#[test]
fn binary_message() {
    for mut endpoint in endpoints() {
        assert_eq!(hear(&mut endpoint, FIN | BINARY, b"{}"), [Frame::Binary(b"{}".as_slice().into())]);
        goes_on(&mut endpoint);
    }
}

#[test]
fn flood_of_empty_messages() {
    for mut endpoint in endpoints() {
        let flood = frame(&endpoint, FIN | TEXT, b"").repeat(10_000);
        let mut rest = flood.as_slice();
        let seen = measure(|| {
            while !rest.is_empty() {
                let taken = endpoint.handle_bytes(NOW, rest);
                assert!(endpoint.handle_bytes(NOW, &rest[taken..]) == 0, "no more until somebody polls");
                assert!(std::iter::from_fn(|| endpoint.poll_frame()).count() <= 8);
                rest = &rest[taken..];
            }
        });
        assert!(seen.bytes_max < 3 * 8 * size_of::<Frame>() as u64, "{seen:?}");
        goes_on(&mut endpoint);
    }
}

#[test]
fn flood_of_control_frames() {
    for mut endpoint in endpoints() {
        let flood = [frame(&endpoint, PING, &[b'x'; 125]), frame(&endpoint, PONG, &[b'x'; 125])].concat();
        let seen = measure(|| {
            for _ in 0..10_000 {
                assert_eq!(feed(&mut endpoint, &flood).len(), 2);
                // The pump looks whether there is something to write; nothing can be written.
                assert!(!endpoint.outgoing().is_empty());
            }
        });
        assert!(seen.bytes_max < 4096, "{seen:?}");
        assert_eq!(parse(&written(&mut endpoint)).len(), 2, "the first answer, and that to the latest");
        // Within a message, too.
        assert_eq!(hear(&mut endpoint, TEXT, b"we"), []);
        assert_eq!(feed(&mut endpoint, &flood).len(), 2);
        assert_eq!(hear(&mut endpoint, FIN | CONTINUATION, b"ll"), [Frame::text("well")]);
        goes_on(&mut endpoint);
    }
}

#[test]
fn empty_fragments() {
    for mut endpoint in endpoints() {
        assert_eq!(hear(&mut endpoint, TEXT, b""), []);
        let fragment = frame(&endpoint, CONTINUATION, b"");
        let mut fragments = 1;
        let seen = measure(|| {
            while endpoint.is_open() {
                feed(&mut endpoint, &fragment);
                fragments += 1;
            }
        });
        assert_eq!(fragments, Config::default().fragments + 1);
        assert!(seen.bytes_max < 1024, "{seen:?}");
        ends(&mut endpoint, PeerMisbehaved::MessageTooBig, 1008);
    }
}

#[test]
fn message_over_the_limit() {
    for mut endpoint in endpoints() {
        assert_eq!(hear(&mut endpoint, FIN | TEXT, &[b'x'; LIMIT]).len(), 1);
        goes_on(&mut endpoint);
        let header = frame(&endpoint, FIN | TEXT, &vec![b'x'; LIMIT + 1]);
        let length = header.len() - LIMIT - 1;
        assert_eq!(feed(&mut endpoint, &header[..length]), [Frame::Eof]);
        ends(&mut endpoint, PeerMisbehaved::MessageTooBig, 1009);
    }
    for mut endpoint in endpoints() {
        let mask = if endpoint.role() == Role::Server { 0x80 } else { 0 };
        let mut announced = header(FIN | BINARY, u64::MAX >> 1, mask);
        announced.extend_from_slice(&MASK[..if mask == 0 { 0 } else { 4 }]);
        assert_eq!(feed(&mut endpoint, &announced), [Frame::Eof]);
        ends(&mut endpoint, PeerMisbehaved::MessageTooBig, 1009);
    }
}

#[test]
fn fragments_over_the_limit() {
    for mut endpoint in endpoints() {
        assert_eq!(hear(&mut endpoint, TEXT, b"xxxx"), []);
        let fragment = frame(&endpoint, CONTINUATION, b"xxxx");
        let mut sent = 4;
        let seen = measure(|| {
            while endpoint.is_open() {
                feed(&mut endpoint, &fragment);
                sent += 4;
            }
        });
        assert_eq!(sent, LIMIT + 4);
        // The buffer and, while it grows, the former one.
        assert!(seen.bytes_max < 3 * LIMIT as u64, "{seen:?}");
        ends(&mut endpoint, PeerMisbehaved::MessageTooBig, 1009);
    }
}

#[test]
fn message_over_the_limit_before_login() {
    let mut config = Config::default();
    config.message_bytes = 100;
    config.provisional = true;
    for endpoint in [|config: &Config| Endpoint::client_opened(config, SEED), Endpoint::server] {
        let mut early = endpoint(&config);
        assert_eq!(hear(&mut early, FIN | TEXT, &[b'x'; 101]), [Frame::Eof]);
        ends(&mut early, PeerMisbehaved::MessageTooBig, 1009);

        // What follows the login is judged by the limit after it, in whatever pieces both come.
        let mut endpoint = endpoint(&config);
        let long = Text::from("x".repeat(1000));
        let bytes = [frame(&endpoint, FIN | TEXT, b"login"), frame(&endpoint, FIN | TEXT, long.as_bytes())].concat();
        let taken = endpoint.handle_bytes(NOW, &bytes);
        assert_eq!(endpoint.poll_frame(), Some(Frame::text("login")));
        assert_eq!(endpoint.poll_frame(), None);
        endpoint.set_message_limit(MessageLimit::settled(LIMIT));
        assert_eq!(feed(&mut endpoint, &bytes[taken..]), [Frame::Text(long)]);
    }
    // Nor is anything read on the heels of the opening handshake before the limit is asked for.
    let mut endpoint = Endpoint::client(&OpeningRequest::new("pbx.example", "/ws").unwrap(), &config, SEED, NOW);
    let request = String::from_utf8(written(&mut endpoint)).unwrap();
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes();
    let head = answer.len();
    answer.extend(plain(FIN | TEXT, &[b'x'; 1000]));
    assert_eq!(endpoint.handle_bytes(NOW, &answer), head);
    endpoint.set_message_limit(MessageLimit::settled(LIMIT));
    assert_eq!(feed(&mut endpoint, &answer[head..]).len(), 1);
}

#[test]
fn broken_frame() {
    let bad: [(u8, usize); 9] = [
        (FIN | TEXT | 0x40, 0),
        (FIN | TEXT | 0x20, 0),
        (FIN | TEXT | 0x10, 0),
        (FIN | 0x03, 0),
        (FIN | 0x0b, 0),
        (PING & !FIN, 0),
        (PING, 126),
        (CLOSE, 1),
        (FIN | CONTINUATION, 0),
    ];
    for (first, length) in bad {
        for mut endpoint in endpoints() {
            assert_eq!(hear(&mut endpoint, first, &vec![0; length]), [Frame::Eof], "{first:x}");
            ends(&mut endpoint, PeerMisbehaved::MalformedFrame, 1002);
        }
    }
    for mut endpoint in endpoints() {
        let wrong = if endpoint.role() == Role::Server { plain(FIN | TEXT, b"") } else { masked(FIN | TEXT, b"") };
        assert_eq!(feed(&mut endpoint, &wrong), [Frame::Eof]);
        ends(&mut endpoint, PeerMisbehaved::MalformedFrame, 1002);
    }
}

#[test]
fn unfinished_handshake() {
    // Nothing at all.
    let mut silent = opening();
    silent.handle_timeout(after(9_999));
    assert!(silent.is_opening());
    silent.handle_timeout(after(10_000));
    assert_eq!(silent.failure(), Some(&EndpointError::Opening(OpeningError::Timeout)));

    // A byte now and then, for ever.
    let mut slow = opening();
    written(&mut slow);
    let answer = "HTTP/1.1 101 Switching Protocols\r\nX: ".to_owned() + &"x".repeat(1000);
    for (at, byte) in answer.bytes().enumerate() {
        assert_eq!(slow.poll_timeout().is_some(), slow.is_opening());
        feed_at(&mut slow, after(100 * at as u64), &[byte]);
        slow.handle_timeout(after(100 * at as u64));
    }
    assert_eq!(slow.failure(), Some(&EndpointError::Opening(OpeningError::Timeout)));
    assert_eq!(slow.failure().and_then(EndpointError::misbehaviour), None, "slow is not wrong");

    // As much as there is.
    let mut long = opening();
    let seen = measure(|| {
        while long.is_opening() {
            feed(&mut long, b"HTTP/1.1 101 Switching Protocols\r\n");
        }
    });
    assert_eq!(long.failure(), Some(&EndpointError::Opening(OpeningError::TooLarge)));
    assert!(seen.bytes_max < 3 * Config::default().opening_bytes as u64, "{seen:?}");
}

#[test]
fn unanswered_close() {
    for mut endpoint in endpoints() {
        endpoint.send(NOW, Frame::Close(None)).unwrap();
        written(&mut endpoint);
        assert_eq!(hear(&mut endpoint, FIN | TEXT, b"and another thing").len(), 1);
        endpoint.handle_timeout(after(4_999));
        assert!(!endpoint.wants_close());
        endpoint.handle_timeout(after(5_000));
        assert_eq!(endpoint.poll_frame(), Some(Frame::Eof));
        assert!(endpoint.is_finished());
        assert_eq!(endpoint.failure(), Some(&EndpointError::CloseTimeout));
    }
}
