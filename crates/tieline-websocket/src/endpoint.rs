//! The endpoint: handshakes, limits and deadlines around reader and writer.

use std::collections::VecDeque;
use std::fmt;
use std::io::IoSlice;
use std::time::Duration;

use bytes::Bytes;
use tieline_core::{CloseFrame, Frame, Instant, MessageLimit, Random, Seed, Text, earliest};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::assemble::{CONTROL_BYTES, Incoming, Reader};
use crate::close;
use crate::config::Config;
use crate::error::{EndpointError, NotSent, OpeningError};
use crate::opening::{Opened, Opening};
use crate::outgoing::Outgoing;
use crate::pacing::Pacing;
use crate::prepared::PreparedFrame;
use crate::request::OpeningRequest;

/// As many decoded frames wait at most; the rest waits as bytes with the caller, where it is smaller. Few, so that frames
/// are taken from memory that others gave back just now, and while they are in the processor's cache.
const FRAME_QUEUE: usize = 8;
/// A guess at the bytes of a frame, for how many of them a read may hold.
const FRAME_BYTES: usize = 256;
/// The places that an emptied frame queue keeps.
const IDLE_FRAMES: usize = 8;
/// Separates this crate's random numbers from others of the same seed.
const RANDOM_PURPOSE: u64 = 0x7765_6273_6f63_6b65;

/// Which side of the WebSocket an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The side that asked: masks what it sends.
    Client,
    /// The side that was asked: sends without masks, and ends the stream first.
    Server,
}

enum Phase {
    Opening(Box<Opening>),
    Open,
    /// Our close frame went, the peer's is awaited.
    Closing,
    /// Nothing more comes in; what is queued is still to be written.
    Ended,
}

/// One side of one WebSocket, without the socket. The crate's documentation shows how it is driven.
///
/// Any call may come at any time and in any order; after the end every input is ignored. The same seed and the same calls
/// give the same bytes.
pub struct Endpoint {
    role: Role,
    phase: Phase,
    reader: Reader,
    outgoing: Outgoing,
    frames: VecDeque<Frame>,
    /// Whether a frame must be polled before the next is read.
    provisional: bool,
    /// The payload of the latest ping that was not answered yet.
    pong: Option<Bytes>,
    /// How many bytes must be written until the last pong is out; the next one waits for that.
    pong_ahead: usize,
    /// Masks; only a client needs them.
    random: Option<Box<Random>>,
    subprotocol: Option<String>,
    failure: Option<Box<EndpointError>>,
    close_timeout: Duration,
    /// When the wait for the peer, or for the last bytes to be written, is over.
    deadline: Option<Instant>,
    /// The handshake is complete and the peer, a server, is to end the stream first.
    lingering: bool,
}

impl Endpoint {
    /// A client endpoint on a stream that just opened. Its request is queued in [`outgoing`](Self::outgoing).
    #[must_use]
    pub fn client(request: &OpeningRequest, config: &Config, seed: Seed, now: Instant) -> Self {
        let mut random = Box::new(Random::new(seed, RANDOM_PURPOSE));
        let (opening, bytes) = Opening::start(request, config, &mut random, now);
        let mut endpoint = Self::new(Role::Client, Phase::Opening(Box::new(opening)), Some(random), config);
        endpoint.outgoing.copy(bytes.expose().as_bytes());
        endpoint
    }

    /// A client endpoint on a stream whose opening handshake was done elsewhere.
    #[must_use]
    pub fn client_opened(config: &Config, seed: Seed) -> Self {
        Self::new(Role::Client, Phase::Open, Some(Box::new(Random::new(seed, RANDOM_PURPOSE))), config)
    }

    /// A server endpoint on a stream whose opening handshake an HTTP server did (see [`upgrade`](crate::upgrade)). What
    /// that server read beyond the request goes to [`handle_bytes`](Self::handle_bytes) first.
    #[must_use]
    pub fn server(config: &Config) -> Self {
        Self::new(Role::Server, Phase::Open, None, config)
    }

    fn new(role: Role, phase: Phase, random: Option<Box<Random>>, config: &Config) -> Self {
        Self {
            role,
            phase,
            reader: Reader::new(role, config),
            outgoing: Outgoing::new(config.one_frame_per_write.map(Pacing::new)),
            frames: VecDeque::new(),
            provisional: config.provisional,
            pong: None,
            pong_ahead: 0,
            random,
            subprotocol: None,
            failure: None,
            close_timeout: config.close_timeout,
            deadline: None,
            lingering: false,
        }
    }

    /// Takes bytes from the stream, cut anywhere, and says how many it took: all of them, unless 8 decoded frames wait
    /// to be polled, or a single one (or the end of the opening handshake to be seen) while the limit of messages is
    /// provisional. Then poll, and hand in the rest again.
    #[must_use = "the bytes that were not taken must be handed in again"]
    pub fn handle_bytes(&mut self, now: Instant, input: &[u8]) -> usize {
        self.outgoing.tick(now);
        let mut rest = input;
        if let Phase::Opening(opening) = &mut self.phase {
            match opening.read(now, &mut rest) {
                Ok(None) => {}
                Ok(Some(Opened(subprotocol))) => {
                    self.outgoing.heard();
                    self.subprotocol = subprotocol;
                    self.phase = Phase::Open;
                    if self.provisional {
                        return input.len() - rest.len();
                    }
                }
                Err(error) => self.fail(now, EndpointError::Opening(error)),
            }
        }
        while matches!(self.phase, Phase::Open | Phase::Closing) && !rest.is_empty() {
            if self.frames.len() >= if self.provisional { 1 } else { FRAME_QUEUE } {
                return input.len() - rest.len();
            }
            match self.reader.next(&mut rest) {
                Ok(None) => {}
                Ok(Some(incoming)) => {
                    if self.frames.capacity() == 0 {
                        self.frames.reserve((rest.len() / FRAME_BYTES).clamp(1, FRAME_QUEUE));
                    }
                    self.take(now, incoming);
                }
                Err(error) => self.fail(now, error),
            }
        }
        input.len()
    }

    /// Notes that the stream ended, cleanly or not. Bytes that came before go to [`handle_bytes`](Self::handle_bytes)
    /// first.
    pub fn handle_eof(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Opening(opening) => {
                let error = opening.give_up(OpeningError::Eof);
                self.fail(now, EndpointError::Opening(error));
            }
            // Without a closing handshake nobody is there to read what is left.
            Phase::Open | Phase::Closing => {
                self.end();
                self.drop_outgoing();
            }
            Phase::Ended => self.lingering = false,
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.outgoing.tick(now);
        if self.phase_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        match &mut self.phase {
            Phase::Opening(opening) => {
                let error = opening.give_up(OpeningError::Timeout);
                self.fail(now, EndpointError::Opening(error));
            }
            Phase::Closing => {
                self.failure = Some(Box::new(EndpointError::CloseTimeout));
                self.end();
            }
            Phase::Open | Phase::Ended => {}
        }
        self.lingering = false;
        self.drop_outgoing();
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None` while nothing is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let waits = !self.outgoing.is_empty() && !self.outgoing.is_ready() || self.pong.is_some();
        earliest(self.phase_deadline(), self.outgoing.turn().filter(|_| waits))
    }

    fn phase_deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Opening(opening) => Some(opening.deadline()),
            Phase::Open => None,
            Phase::Closing => self.deadline,
            Phase::Ended => self.deadline.filter(|_| !self.wants_close()),
        }
    }

    /// The next frame that came in, in order. `Ping` has been answered already; `Close` is the peer's close frame, and is
    /// answered too; `Eof` comes exactly once and last, however the endpoint ended.
    pub fn poll_frame(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front();
        if self.frames.is_empty() && self.frames.capacity() > IDLE_FRAMES {
            self.frames = VecDeque::new();
        }
        frame
    }

    /// Queues a frame.
    ///
    /// `Close` begins the closing handshake, and is the last frame sent. A code that must not be on the wire (1005, 1006, …)
    /// is left out, with its reason; a reason of more than 123 bytes is cut. While the opening handshake lasts, `Close`
    /// gives up.
    ///
    /// # Errors
    /// [`NotSent`]: not open, closed, or a frame that cannot be sent (a control frame of more than 125 bytes, `BadText`,
    /// `Eof`).
    pub fn send(&mut self, now: Instant, frame: Frame) -> Result<(), NotSent> {
        self.outgoing.tick(now);
        match (&self.phase, &frame) {
            (Phase::Open, _) => {}
            (Phase::Opening(_), Frame::Close(_)) => {
                self.end();
                self.drop_outgoing();
                return Ok(());
            }
            (Phase::Opening(_), _) => return Err(NotSent::Opening),
            (Phase::Closing | Phase::Ended, _) => return Err(NotSent::Closed),
        }
        match frame {
            Frame::Text(text) => self.write(OpCode::Data(Data::Text), text.into_bytes()),
            Frame::Binary(bytes) => self.write(OpCode::Data(Data::Binary), bytes),
            Frame::Ping(bytes) if bytes.len() <= CONTROL_BYTES => self.write(OpCode::Control(Control::Ping), bytes),
            Frame::Pong(bytes) if bytes.len() <= CONTROL_BYTES => self.write(OpCode::Control(Control::Pong), bytes),
            Frame::Ping(_) | Frame::Pong(_) => return Err(NotSent::Invalid("a control frame holds at most 125 bytes")),
            Frame::Close(close) => {
                self.write_close(now, close.as_ref());
                self.phase = Phase::Closing;
            }
            Frame::BadText(_) => return Err(NotSent::Invalid("text must be UTF-8")),
            _ => return Err(NotSent::Invalid("this kind of frame is input only")),
        }
        Ok(())
    }

    /// Queues a frame that was encoded before. In the server role a large one is shared and not copied; in the client role
    /// it is masked like any other.
    ///
    /// # Errors
    /// [`NotSent`] when the endpoint is not open.
    pub fn send_prepared(&mut self, frame: &PreparedFrame) -> Result<(), NotSent> {
        match self.phase {
            Phase::Open => {}
            Phase::Opening(_) => return Err(NotSent::Opening),
            Phase::Closing | Phase::Ended => return Err(NotSent::Closed),
        }
        match &mut self.random {
            Some(random) => self.outgoing.masked_frame(frame.opcode(), frame.payload(), draw_mask(random)),
            None => self.outgoing.share(frame.bytes().clone()),
        }
        Ok(())
    }

    /// Queues the end of a frame whose beginning was written past this endpoint (see [`PreparedFrame::append_text`]).
    ///
    /// # Errors
    /// [`NotSent`] when the endpoint is not open.
    pub fn send_rest(&mut self, rest: Bytes) -> Result<(), NotSent> {
        match self.phase {
            Phase::Open => self.outgoing.share(rest),
            Phase::Opening(_) => return Err(NotSent::Opening),
            Phase::Closing | Phase::Ended => return Err(NotSent::Closed),
        }
        Ok(())
    }

    /// The next bytes to write; empty when there are none. Tell [`sent`](Self::sent) how many were written.
    pub fn outgoing(&mut self) -> &[u8] {
        self.write_pong();
        self.outgoing.first()
    }

    /// Points `slices` at all that is to be written, as far as they suffice, and says how many of them are used: for one
    /// vectored write. Tell [`sent`](Self::sent) how many bytes were written.
    pub fn outgoing_slices<'a>(&'a mut self, slices: &mut [IoSlice<'a>]) -> usize {
        self.write_pong();
        self.outgoing.slices(slices)
    }

    /// Notes that `bytes` of what is to be written were written.
    pub fn sent(&mut self, bytes: usize) {
        self.outgoing.sent(bytes);
        self.pong_ahead = self.pong_ahead.saturating_sub(bytes);
    }

    /// The bytes queued for writing. The endpoint does not bound them: who sends does.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.outgoing.len()
    }

    /// Whether [`outgoing`](Self::outgoing) has something to write.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.outgoing.is_ready() || (self.pong.is_some() && self.outgoing.is_free())
    }

    /// Changes the longest message taken, and whether that is provisional, from the next frame on.
    pub fn set_message_limit(&mut self, limit: MessageLimit) {
        self.reader.set_message_limit(limit.bytes);
        self.provisional = limit.provisional;
    }

    /// Whether the opening handshake still lasts.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        matches!(self.phase, Phase::Opening(_))
    }

    /// Whether frames can be sent: the opening handshake is over, and no close frame went either way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// The subprotocol that the server chose, in the client role.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Why the endpoint failed; `None` while it lives and after an orderly end.
    #[must_use]
    pub fn failure(&self) -> Option<&EndpointError> {
        self.failure.as_deref()
    }

    /// Whether the stream should be shut down now: all is written that will ever be, and nothing is waited for. A server
    /// comes here right after a complete closing handshake; a client waits for the server to end the stream first, within
    /// the closing deadline.
    #[must_use]
    pub fn wants_close(&self) -> bool {
        matches!(self.phase, Phase::Ended) && self.outgoing.is_empty() && !self.lingering
    }

    /// Whether it is all over: [`wants_close`](Self::wants_close), and every frame was polled.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.wants_close() && self.frames.is_empty()
    }

    /// The side this endpoint is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The bytes of heap held at the moment by buffers and queues; shared payloads that wait to be written are counted
    /// in full, frames that wait to be polled are too.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let opening = if let Phase::Opening(opening) = &self.phase { opening.heap_bytes() } else { 0 };
        opening
            + self.reader.heap_bytes()
            + self.outgoing.heap_bytes()
            + self.frames.capacity() * size_of::<Frame>()
            + self.frames.iter().map(Frame::len).sum::<usize>()
            + self.pong.as_ref().map_or(0, Bytes::len)
            + self.random.as_ref().map_or(0, |_| size_of::<Random>())
            + self.failure.as_ref().map_or(0, |_| size_of::<EndpointError>())
    }

    fn take(&mut self, now: Instant, incoming: Incoming) {
        self.outgoing.heard();
        let frame = match incoming {
            Incoming::Text(text) => Frame::Text(text),
            Incoming::BadText(bytes) => Frame::BadText(bytes),
            Incoming::Binary(bytes) => Frame::Binary(bytes),
            Incoming::Pong(bytes) => Frame::Pong(bytes),
            Incoming::Ping(bytes) => {
                // After our close frame nothing is sent; before it only the latest ping needs an answer.
                if self.is_open() {
                    self.pong = Some(bytes.clone());
                }
                Frame::Ping(bytes)
            }
            Incoming::Close(payload) => match close::parse(&payload) {
                Ok(close) => return self.take_close(now, close),
                Err(violation) => return self.fail(now, EndpointError::Protocol(violation)),
            },
        };
        self.frames.push_back(frame);
    }

    fn take_close(&mut self, now: Instant, close: Option<CloseFrame>) {
        if self.is_open() {
            self.pong = None;
            self.write_close(now, close.as_ref().map(|close| CloseFrame::new(close.code, Text::new())).as_ref());
        }
        self.frames.push_back(Frame::Close(close));
        self.lingering = self.role == Role::Client;
        self.end();
    }

    fn fail(&mut self, now: Instant, error: EndpointError) {
        match error.close_code() {
            Some(code) if self.is_open() => self.write_close(now, Some(&CloseFrame::new(code, Text::new()))),
            Some(_) => {}
            None => self.drop_outgoing(),
        }
        self.failure = Some(Box::new(error));
        self.end();
    }

    /// Nothing more comes in.
    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.reader.clear();
        self.frames.push_back(Frame::Eof);
    }

    fn drop_outgoing(&mut self) {
        self.outgoing.clear();
        self.pong = None;
        self.pong_ahead = 0;
    }

    fn write(&mut self, opcode: OpCode, payload: Bytes) {
        match &mut self.random {
            Some(random) => self.outgoing.masked_frame(opcode, &payload, draw_mask(random)),
            None => self.outgoing.plain_frame(opcode, payload),
        }
    }

    /// Answers the latest ping, unless the last answer is not written yet: a peer that pings and does not read costs one
    /// queued pong, not one a ping.
    fn write_pong(&mut self) {
        if self.pong_ahead == 0
            && self.outgoing.is_free()
            && let Some(payload) = self.pong.take()
        {
            self.write(OpCode::Control(Control::Pong), payload);
            self.pong_ahead = self.outgoing.len();
        }
    }

    /// Queues our close frame, the last one, and starts its deadline.
    fn write_close(&mut self, now: Instant, close: Option<&CloseFrame>) {
        // In turns an answer to a ping would hold the close frame up.
        if !self.outgoing.drop_waiting() {
            self.write_pong();
        }
        self.pong = None;
        self.write(OpCode::Control(Control::Close), close.map(close::encode).unwrap_or_default());
        self.deadline = Some(now + self.close_timeout);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Opening(_) => "opening",
            Phase::Open => "open",
            Phase::Closing => "closing",
            Phase::Ended => "ended",
        };
        f.debug_struct("Endpoint")
            .field("role", &self.role)
            .field("phase", &format_args!("{phase}"))
            .field("queued_bytes", &self.outgoing.len())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

fn draw_mask(random: &mut Random) -> [u8; 4] {
    random.next_u32().to_le_bytes()
}
