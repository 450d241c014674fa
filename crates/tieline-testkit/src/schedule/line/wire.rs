//! One line: the bytes both ways, an endpoint at each end, and the server's session.

use std::time::Duration;

use tieline_core::supervisor::{LineId, LineInput};
use tieline_core::{CloseFrame, CloseReason, Frame, Instant, Seed, Session, Text, earliest};
use tieline_websocket::{Config, Endpoint, EndpointError};

use super::pipe::Pipe;
use super::protocol::Protocol;
use crate::schedule::Fault;

/// How long bytes take, and in what pieces they arrive.
type OnTheWay = (Duration, usize);

pub(super) struct Wire<P: Protocol> {
    pub(super) id: LineId,
    pub(super) server: P::Server,
    /// Whether the client has not hung up.
    pub(super) is_held: bool,
    near: Endpoint,
    far: Endpoint,
    up: Pipe,
    down: Pipe,
    black: bool,
    /// Whether the stream ended for the server.
    ended: bool,
    /// When the server has something to say.
    awake: Option<Instant>,
}

impl<P: Protocol> Wire<P> {
    pub(super) fn open(id: LineId, server: P::Server, seed: Seed) -> Self {
        let config = Config::default();
        Self {
            id,
            server,
            is_held: true,
            near: Endpoint::client_opened(&config, seed),
            far: Endpoint::server(&config),
            up: Pipe::default(),
            down: Pipe::default(),
            black: false,
            ended: false,
            awake: Some(Instant::EPOCH),
        }
    }

    pub(super) const fn is_black(&self) -> bool {
        self.black
    }

    /// Whether nobody knows of it any more.
    pub(super) fn is_over(&self) -> bool {
        !self.is_held && (self.ended || self.server.is_finished())
    }

    /// Nothing passes any more.
    pub(super) fn blacken(&mut self) {
        self.black = true;
        self.up.blacken();
        self.down.blacken();
    }

    /// The server says nothing more behind what is on its way.
    pub(super) fn mute(&mut self) {
        self.black = true;
        self.up.blacken();
        self.down.silence();
    }

    pub(super) fn cut(&mut self, now: Instant) {
        self.up.cut(now);
        self.down.cut(now);
        self.awake = Some(now);
    }

    pub(super) fn cut_after(&mut self, bytes: usize) {
        self.down.cut_after(Some(bytes + 1));
    }

    /// Does not break any more after so many bytes.
    pub(super) fn spare(&mut self) {
        self.down.cut_after(None);
    }

    pub(super) fn wake(&mut self, now: Instant) {
        self.awake = Some(now);
    }

    /// The client sends a frame.
    pub(super) fn send(&mut self, now: Instant, frame: Frame, way: OnTheWay) {
        // A frame behind the close frame is not sent.
        let _ = self.near.send(now, frame);
        self.flush_up(now, way);
    }

    fn flush_up(&mut self, now: Instant, (latency, piece): OnTheWay) {
        while self.near.wants_write() {
            let bytes = self.near.outgoing().to_vec();
            self.near.sent(bytes.len());
            self.up.write(now, latency, piece, &bytes);
        }
    }

    pub(super) fn hang_up(&mut self, now: Instant, latency: Duration) {
        self.is_held = false;
        self.up.end(now, latency);
        self.awake = Some(now);
    }

    /// What the client reads.
    pub(super) fn read<C>(&mut self, now: Instant, way: OnTheWay) -> Option<LineInput<C>> {
        loop {
            if let Some(frame) = self.near.poll_frame() {
                self.flush_up(now, way);
                let failure = self.near.failure().filter(|_| frame == Frame::Eof);
                return Some(match failure.and_then(EndpointError::misbehaviour) {
                    Some(rule) => LineInput::Broken(self.id, CloseReason::PeerMisbehaved(rule)),
                    None => LineInput::Frame(self.id, frame),
                });
            }
            let near = &mut self.near;
            if self.down.read(now, |bytes| near.handle_bytes(now, bytes)) {
                continue;
            }
            if !self.down.has_ended(now) || self.near.is_finished() {
                return None;
            }
            self.near.handle_eof(now);
        }
    }

    /// The server reads.
    pub(super) fn hear(&mut self, now: Instant) {
        loop {
            while let Some(frame) = self.far.poll_frame() {
                self.server.handle_input(now, frame);
            }
            let far = &mut self.far;
            if !self.up.read(now, |bytes| far.handle_bytes(now, bytes)) {
                break;
            }
        }
        if self.up.has_ended(now) && !self.ended {
            self.ended = true;
            self.far.handle_eof(now);
            while let Some(frame) = self.far.poll_frame() {
                self.server.handle_input(now, frame);
            }
        }
    }

    /// The server writes; the marks of what it sent are noted.
    pub(super) fn speak(
        &mut self,
        now: Instant,
        way: OnTheWay,
        (duplicate, reorder): (&mut bool, &mut bool),
        marks: &mut Vec<u64>,
    ) {
        self.awake = None;
        let mut frames: Vec<Frame> = std::iter::from_fn(|| self.server.poll_transmit()).collect();
        let mark = |frame: &Frame| if let Frame::Text(text) = frame { P::mark_of(text) } else { None };
        if *reorder && let Some(at) = frames.windows(2).position(|pair| pair.iter().all(|f| mark(f).is_some())) {
            frames.swap(at, at + 1);
            *reorder = false;
        }
        if *duplicate && let Some(at) = frames.iter().position(|frame| mark(frame).is_some()) {
            frames.insert(at, frames[at].clone());
            *duplicate = false;
        }
        for frame in frames {
            marks.extend(mark(&frame));
            let _ = self.far.send(now, frame);
        }
        self.flush_down(now, way);
    }

    fn flush_down(&mut self, now: Instant, (latency, piece): OnTheWay) {
        while self.far.wants_write() {
            let bytes = self.far.outgoing().to_vec();
            self.far.sent(bytes.len());
            if self.down.write(now, latency, piece, &bytes) {
                // What was written before arrives.
                self.down.end(now, latency);
                self.up.cut(now);
            }
        }
        if self.far.wants_close() || self.server.is_finished() {
            self.down.end(now, latency);
        }
    }

    pub(super) fn close_with(&mut self, now: Instant, code: u16, way: OnTheWay) {
        let _ = self.far.send(now, Frame::Close(Some(CloseFrame::new(code, ""))));
        self.flush_down(now, way);
    }

    /// The server says what it should not.
    pub(super) fn babble(&mut self, now: Instant, fault: Fault, unknown: &'static str, way: OnTheWay) {
        match fault {
            Fault::BadJson => {
                let _ = self.far.send(now, Frame::Text(Text::from_static("{\"broken\": [1, 2")));
            }
            Fault::Unknown => {
                let _ = self.far.send(now, Frame::Text(Text::from_static(unknown)));
            }
            // A frame with reserved bits and an opcode that there is not.
            _ => {
                self.down.write(now, way.0, way.1, &[0xff, 0x7f, 0x00]);
            }
        }
        self.flush_down(now, way);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for endpoint in [&mut self.near, &mut self.far] {
            if endpoint.poll_timeout().is_some_and(|due| due <= now) {
                endpoint.handle_timeout(now);
            }
        }
        if self.server.poll_timeout().is_some_and(|due| due <= now) {
            self.server.handle_timeout(now);
        }
    }

    /// When something is due at the server, or arrives on either side.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        // What arrived and is not wanted waits without a time.
        let arrival = self.down.due().filter(|due| *due > now);
        let near = if self.is_held { earliest(self.near.poll_timeout(), arrival) } else { None };
        let up = if self.ended { None } else { self.up.due() };
        let far = earliest(self.far.poll_timeout(), self.server.poll_timeout());
        earliest(self.awake, earliest(near, earliest(up, far)))
    }
}
