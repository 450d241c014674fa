//! The client session over the WebSocket endpoint, towards a server that handles one frame a read.

use std::time::Duration;

use tieline_cloudpbx::client::{ClientConfig, PushClient};
use tieline_core::{ClientSession, Frame, Instant, Session};
use tieline_websocket::{Config, Endpoint};

const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const CLOSE: u8 = 0x88;

/// nginx with push-stream: of all that a read brought it handles the first frame, and keeps the rest for later reads. A ping
/// is answered with an empty pong, a close with the end of the stream.
#[derive(Default)]
struct Server {
    unread: Vec<u8>,
    handled: Vec<u8>,
    ended: bool,
}

impl Server {
    /// One write of the client is one read of the server.
    fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unread.extend_from_slice(bytes);
        // All frames of this client are short and masked: two bytes, the mask, the payload.
        let length = usize::from(self.unread[1] & 0x7f);
        let frame: Vec<u8> = self.unread.drain(..6 + length).collect();
        self.handled.push(frame[0]);
        assert!(frame[0] == PONG || length == 0, "a payload would be answered by dropping the connection");
        self.ended |= frame[0] == CLOSE;
        if frame[0] == PING { vec![PONG, 0] } else { Vec::new() }
    }
}

struct Client {
    session: PushClient,
    endpoint: Endpoint,
    server: Server,
    most_behind: usize,
}

impl Client {
    fn new() -> Self {
        let mut config = Config::default();
        config.one_frame_per_write = Some(Duration::from_secs(1));
        Self {
            session: PushClient::start(ClientConfig::default(), [7; 16], None, Instant::EPOCH),
            endpoint: Endpoint::client_opened(&config, [7; 16]),
            server: Server::default(),
            most_behind: 0,
        }
    }

    /// The server sends; the answers go out.
    fn hear(&mut self, now: Instant, bytes: &[u8]) {
        assert_eq!(self.endpoint.handle_bytes(now, bytes), bytes.len());
        self.pump(now);
    }

    fn pump(&mut self, now: Instant) {
        loop {
            while let Some(frame) = self.endpoint.poll_frame() {
                self.session.handle_input(now, frame);
            }
            while let Some(frame) = self.session.poll_transmit() {
                self.endpoint.send(now, frame).expect("open");
            }
            if !self.endpoint.wants_write() {
                return;
            }
            let bytes = self.endpoint.outgoing().to_vec();
            self.endpoint.sent(bytes.len());
            let answer = self.server.read(&bytes);
            self.most_behind = self.most_behind.max(self.server.unread.len());
            assert_eq!(self.endpoint.handle_bytes(now, &answer), answer.len());
            if self.server.ended {
                self.endpoint.handle_eof(now);
            }
        }
    }

    /// Lets time pass, deadline by deadline.
    fn run_until(&mut self, until: Instant) {
        loop {
            let due = [self.session.poll_timeout(), self.endpoint.poll_timeout()].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= until) else { return };
            self.session.handle_timeout(due);
            self.endpoint.handle_timeout(due);
            self.pump(due);
        }
    }
}

fn secs(secs: u64) -> Instant {
    Instant::EPOCH + Duration::from_secs(secs)
}

#[test]
fn an_hour_of_silence_pings_and_a_close_leave_the_server_in_step() {
    let mut client = Client::new();
    for minute in 0..60 {
        // Server pings come in bursts and at the very moments of our own.
        client.run_until(secs(60 * minute + 20));
        client.hear(secs(60 * minute + 20), &[PING, 0]);
        client.hear(secs(60 * minute + 20), &[PING, 0, PING, 0]);
        client.run_until(secs(60 * minute + 59));
    }
    client.session.close(secs(3600));
    client.hear(secs(3600), &[PING, 0]);
    client.run_until(secs(3610));
    assert_eq!(client.most_behind, 0);
    assert_eq!(client.server.handled.last(), Some(&CLOSE));
    assert!(client.server.handled.iter().filter(|first| **first == PING).count() > 60);
    assert!(client.session.poll_timeout().is_none(), "the end of the stream after our close is the end");
}

#[test]
fn a_ping_and_a_close_at_one_moment_go_out_in_two_writes_a_second_apart() {
    let mut client = Client::new();
    client.session.handle_timeout(secs(20));
    // Before the server answers.
    while let Some(frame) = client.session.poll_transmit() {
        client.endpoint.send(secs(20), frame).expect("open");
    }
    client.session.close(secs(20));
    assert_eq!(client.session.poll_transmit(), Some(Frame::Close(None)));
    let ping = client.endpoint.outgoing().to_vec();
    client.endpoint.send(secs(20), Frame::Close(None)).expect("open");
    client.endpoint.sent(ping.len());
    assert_eq!((ping[0], ping.len()), (PING, 6));
    assert!(client.endpoint.outgoing().is_empty());
    client.endpoint.handle_timeout(secs(21));
    assert_eq!(client.endpoint.outgoing()[0], CLOSE);
}
