//! One frame a write, towards a server that handles one frame a read.

mod common;

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Duration;

use bytes::Bytes;
use common::*;
use proptest::prelude::*;
use tieline_core::{CloseFrame, Frame, Instant};
use tieline_websocket::{Config, Endpoint, OpeningRequest, PreparedFrame};

const WAIT: u64 = 1000;

fn config() -> Config {
    let mut config = Config::default();
    config.one_frame_per_write = Some(Duration::from_millis(WAIT));
    config
}

fn paced() -> Endpoint {
    Endpoint::client_opened(&config(), SEED)
}

/// Writes once, vectored, and gives what was written.
fn write(endpoint: &mut Endpoint) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); 16];
    let used = endpoint.outgoing_slices(&mut slices);
    let bytes = slices[..used].iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>();
    endpoint.sent(bytes.len());
    bytes
}

/// The first bytes and payloads of the frames in one write.
fn frames(endpoint: &mut Endpoint) -> Vec<(u8, Vec<u8>)> {
    parse(&write(endpoint)).into_iter().map(|(first, _, payload)| (first, payload)).collect()
}

fn ping(endpoint: &mut Endpoint, now: Instant) {
    endpoint.send(now, Frame::Ping(Bytes::new())).unwrap();
}

#[test]
fn a_frame_goes_out_at_once_and_alone() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    ping(&mut endpoint, NOW);
    assert!(endpoint.wants_write());
    assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
    assert!(!endpoint.wants_write());
    assert_eq!(frames(&mut endpoint), []);
    assert!(endpoint.queued_bytes() > 0);
}

#[test]
fn the_next_goes_out_after_a_sign_of_life() {
    for life in [plain(PONG, b""), plain(FIN | TEXT, b"{}"), plain(FIN | BINARY, b"")] {
        let mut endpoint = paced();
        ping(&mut endpoint, NOW);
        ping(&mut endpoint, NOW);
        write(&mut endpoint);
        feed(&mut endpoint, &life);
        assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
    }
}

#[test]
fn the_next_goes_out_when_the_peer_stays_silent() {
    let mut endpoint = paced();
    endpoint.handle_timeout(after(500));
    ping(&mut endpoint, after(500));
    ping(&mut endpoint, after(500));
    write(&mut endpoint);
    assert_eq!(endpoint.poll_timeout(), Some(after(500 + WAIT)));
    endpoint.handle_timeout(after(499 + WAIT));
    assert!(!endpoint.wants_write());
    endpoint.handle_timeout(after(500 + WAIT));
    assert_eq!(endpoint.poll_timeout(), None);
    assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
}

#[test]
fn nothing_is_due_while_nothing_waits() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    write(&mut endpoint);
    assert_eq!(endpoint.poll_timeout(), None);
    ping(&mut endpoint, after(WAIT + 1));
    assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
}

#[test]
fn a_frame_that_is_written_in_part_is_finished_first_whatever_is_heard() {
    let mut endpoint = paced();
    endpoint.send(NOW, Frame::text("0123456789")).unwrap();
    ping(&mut endpoint, NOW);
    let mut bytes = endpoint.outgoing()[..3].to_vec();
    endpoint.sent(3);
    feed(&mut endpoint, &plain(PONG, b""));
    bytes.extend(write(&mut endpoint));
    assert_eq!(parse(&bytes), [(FIN | TEXT, true, b"0123456789".to_vec())]);
    assert!(!endpoint.wants_write(), "what was heard was heard before the frame was out");
}

#[test]
fn an_answer_to_a_ping_waits_for_its_turn() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    feed(&mut endpoint, &plain(PING, b"1"));
    assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
    assert!(!endpoint.wants_write());
    assert_eq!(endpoint.poll_timeout(), Some(after(WAIT)));
    feed(&mut endpoint, &plain(PING, b"2"));
    assert_eq!(frames(&mut endpoint), [(PONG, b"2".to_vec())]);
}

#[test]
fn a_close_frame_takes_the_place_of_what_waits() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    write(&mut endpoint);
    ping(&mut endpoint, NOW);
    ping(&mut endpoint, NOW);
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    assert!(!endpoint.wants_write() && !endpoint.wants_close());
    endpoint.handle_timeout(after(WAIT));
    assert_eq!(frames(&mut endpoint), [(CLOSE, vec![])]);
    endpoint.handle_eof(after(WAIT));
    assert!(endpoint.wants_close());
}

#[test]
fn a_frame_that_is_ready_is_not_taken_back_by_a_close_frame() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    let on_its_way = endpoint.outgoing().to_vec();
    endpoint.send(NOW, Frame::Close(None)).unwrap();
    endpoint.sent(on_its_way.len());
    endpoint.handle_timeout(after(WAIT));
    assert_eq!(frames(&mut endpoint), [(CLOSE, vec![])]);
}

#[test]
fn the_answer_to_a_close_frame_goes_out_at_once_as_that_is_a_sign_of_life() {
    let mut endpoint = paced();
    ping(&mut endpoint, NOW);
    write(&mut endpoint);
    ping(&mut endpoint, NOW);
    feed(&mut endpoint, &plain(CLOSE, b""));
    assert_eq!(frames(&mut endpoint), [(CLOSE, vec![])]);
}

#[test]
fn messages_go_out_in_their_turn_too() {
    let mut endpoint = paced();
    endpoint.send(NOW, Frame::text("a")).unwrap();
    endpoint.send_prepared(&PreparedFrame::text("b")).unwrap();
    assert_eq!(frames(&mut endpoint), [(FIN | TEXT, b"a".to_vec())]);
    endpoint.handle_timeout(after(WAIT));
    assert_eq!(frames(&mut endpoint), [(FIN | TEXT, b"b".to_vec())]);
}

#[test]
fn a_server_keeps_large_frames_whole_in_their_turn() {
    let mut endpoint = Endpoint::server(&config());
    let large = vec![7; 5000];
    endpoint.send(NOW, Frame::Binary(large.clone().into())).unwrap();
    endpoint.send_prepared(&PreparedFrame::binary(&large)).unwrap();
    assert_eq!(write(&mut endpoint), plain(FIN | BINARY, &large));
    endpoint.handle_timeout(after(WAIT));
    assert_eq!(write(&mut endpoint), plain(FIN | BINARY, &large));
}

#[test]
fn the_answer_to_the_opening_request_is_a_sign_of_life() {
    let request = OpeningRequest::new("pbx.example", "/ws").unwrap();
    let mut endpoint = Endpoint::client(&request, &config(), SEED, NOW);
    let asked = String::from_utf8(written(&mut endpoint)).unwrap();
    let key = asked.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    feed(&mut endpoint, answer.as_bytes());
    assert!(endpoint.is_open());
    ping(&mut endpoint, NOW);
    assert_eq!(frames(&mut endpoint), [(PING, vec![])]);
}

/// A server that takes all that one write brought, handles the first frame it holds, and answers a ping with an empty pong,
/// as nginx with push-stream does.
#[derive(Default)]
struct OneFrameARead {
    held: VecDeque<(u8, Vec<u8>)>,
    handled: Vec<u8>,
}

impl OneFrameARead {
    fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend(parse(bytes).into_iter().map(|(first, _, payload)| (first, payload)));
        let Some((first, _)) = self.held.pop_front() else { return Vec::new() };
        self.handled.push(first);
        if first == PING { plain(PONG, b"") } else { Vec::new() }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ping,
    PeerPings,
    PeerSpeaks,
    Time(u64),
    Write,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Ping),
        Just(Step::PeerPings),
        Just(Step::PeerSpeaks),
        (0..3 * WAIT).prop_map(Step::Time),
        Just(Step::Write),
    ];
    prop::collection::vec(step, 0..60)
}

/// Plays the steps and closes; the server, and the most frames that it ever was behind.
fn play(endpoint: &mut Endpoint, steps: &[Step]) -> (OneFrameARead, usize) {
    let (mut server, mut behind, mut millis) = (OneFrameARead::default(), 0, 0);
    let mut exchange = |endpoint: &mut Endpoint, now: Instant| {
        while endpoint.wants_write() {
            let answer = server.read(&write(endpoint));
            behind = behind.max(server.held.len());
            feed_at(endpoint, now, &answer);
        }
    };
    for step in steps {
        let now = after(millis);
        match step {
            Step::Ping => ping(endpoint, now),
            Step::PeerPings => drop(feed_at(endpoint, now, &plain(PING, b""))),
            Step::PeerSpeaks => drop(feed_at(endpoint, now, &plain(FIN | TEXT, b"{}"))),
            Step::Time(step) => {
                millis += step;
                endpoint.handle_timeout(after(millis));
            }
            Step::Write => exchange(endpoint, now),
        }
    }
    endpoint.send(after(millis), Frame::Close(Some(CloseFrame::new(1000, "")))).unwrap();
    exchange(endpoint, after(millis));
    millis += WAIT;
    endpoint.handle_timeout(after(millis));
    exchange(endpoint, after(millis));
    (server, behind)
}

proptest! {
    #[test]
    fn a_server_that_handles_one_frame_a_read_stays_in_step(steps in steps()) {
        let (server, behind) = play(&mut paced(), &steps);
        prop_assert_eq!(behind, 0);
        prop_assert_eq!(server.handled.last(), Some(&CLOSE));
    }
}

#[test]
fn without_turns_the_same_server_falls_behind() {
    let (server, behind) = play(&mut client(), &[Step::Ping, Step::PeerPings, Step::Write]);
    assert!(behind > 0);
    assert_ne!(server.handled.last(), Some(&CLOSE));
}
