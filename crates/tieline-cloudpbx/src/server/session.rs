//! The server session itself.

use core::fmt;

use bytes::Bytes;
use tieline_core::{CloseReason, EventQueue, Frame, Instant, Outbox, Session, Text, earliest};

use super::config::ServerConfig;
use super::event::ServerEvent;
use super::phase::Phase;
use super::publisher::channel_deleted;
use crate::stream::{Refusal, StreamTarget};

/// The close code for a client that does not read: try again later.
const TRY_AGAIN: u16 = 1013;

/// A server session of the event stream on one line. See the [module](super).
pub struct PushServer {
    config: ServerConfig,
    target: StreamTarget,
    phase: Phase,
    transmits: Outbox,
    events: EventQueue<ServerEvent>,
    closed: Option<CloseReason>,
    closed_taken: bool,
    heard: Instant,
    /// When something was last sent.
    spoke: Instant,
    stalled: bool,
    /// The deadline of the owner's answer, later that of the closing handshake.
    deadline: Option<Instant>,
}

impl PushServer {
    /// Starts on a line that was just opened for `target`; the first event asks whether to accept.
    #[must_use]
    pub fn start(config: ServerConfig, target: StreamTarget, now: Instant) -> Self {
        let mut events = EventQueue::new(config.limits);
        events.push_always(ServerEvent::Opened(target.clone()), 0);
        Self {
            target,
            phase: Phase::Asking,
            transmits: Outbox::new(),
            events,
            closed: None,
            closed_taken: false,
            heard: now,
            spoke: now,
            stalled: false,
            deadline: Some(now + config.answer_timeout),
            config,
        }
    }

    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What the client opened.
    #[must_use]
    pub const fn target(&self) -> &StreamTarget {
        &self.target
    }

    /// Why the session ended; known at once, before its closing event is taken.
    #[must_use]
    pub const fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// Accepts the client. Returns whether it waited for that.
    pub fn accept(&mut self, now: Instant) -> bool {
        let asked = self.phase == Phase::Asking;
        if asked {
            self.enter(Phase::Open);
            self.deadline = None;
            self.spoke = now;
        }
        asked
    }

    /// Rejects the client, by a close frame since the opening handshake is over. Returns whether it waited for that. An
    /// owner that knows before the handshake answers the HTTP request with the status instead.
    pub fn reject(&mut self, refusal: &Refusal) -> bool {
        let asked = self.phase == Phase::Asking;
        if asked {
            self.transmits.push(Frame::Close(Some(refusal.to_close())));
            self.end(CloseReason::LoginRefused { status: refusal.status, reason: refusal.explain.clone() });
        }
        asked
    }

    /// Sends a message that a [`Publisher`](super::Publisher) wrote. Shares the bytes: a fan-out encodes once. Dropped
    /// before the client is accepted and after the end.
    pub fn push(&mut self, now: Instant, message: Text) {
        if self.phase != Phase::Open {
            return;
        }
        if self.transmits.bytes() >= self.config.limits.queued_bytes {
            self.transmits.clear();
            self.transmits.push_close(TRY_AGAIN);
            return self.end(CloseReason::SlowPeer);
        }
        self.spoke = now;
        self.transmits.push(Frame::Text(message));
    }

    /// Notes that a message was sent at `at` which did not go through [`push`](Self::push): there is no need for a ping.
    pub fn note_sent(&mut self, at: Instant) {
        self.spoke = self.spoke.max(at);
    }

    /// Tells the client that its channel was deleted, and closes.
    pub fn delete_channel(&mut self, now: Instant) {
        if self.phase == Phase::Open {
            let message = channel_deleted(&self.target.channel());
            self.transmits.push(Frame::Text(message));
            self.close(now);
        }
    }

    fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    fn ignore(&mut self, frame: &Frame) {
        let event = ServerEvent::Ignored { kind: frame.kind(), bytes: frame.len() };
        if self.events.push(event, 0).is_err() {
            self.transmits.push(Frame::Close(None));
            self.end(CloseReason::Overflow);
        }
    }

    fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        self.enter(Phase::Closed);
        self.deadline = None;
        self.closed = Some(reason.clone());
        self.events.push_always(ServerEvent::Closed(reason), 0);
    }

    fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    fn is_talking(&self) -> bool {
        matches!(self.phase, Phase::Asking | Phase::Open)
    }

    fn ping_deadline(&self) -> Option<Instant> {
        self.config.ping_after.filter(|_| self.phase == Phase::Open).map(|after| self.spoke + after)
    }

    /// When to give up, unless the silence is ours.
    fn silence_deadline(&self) -> Option<Instant> {
        let counts = self.is_talking() && self.wants_input();
        self.config.idle_timeout.filter(|_| counts).map(|after| self.heard + after)
    }
}

impl Session for PushServer {
    type Input = Frame;
    type Transmit = Frame;
    type Event = ServerEvent;

    fn handle_input(&mut self, now: Instant, input: Frame) {
        if self.is_over() {
            return;
        }
        self.heard = now;
        match input {
            Frame::Close(_) | Frame::Eof if self.phase == Phase::Closing => self.end(CloseReason::Local),
            Frame::Close(close) => self.end(CloseReason::Remote { code: close.map(|close| close.code) }),
            Frame::Eof => self.end(CloseReason::Lost),
            Frame::Text(_) | Frame::BadText(_) | Frame::Binary(_) if self.is_talking() => self.ignore(&input),
            // The endpoint answers pings; any frame counts as life.
            _ => {}
        }
        self.stalled = !self.wants_input();
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.stalled {
            // Nothing could be heard while input was unwanted: the silence begins now.
            self.heard = now;
            self.stalled = !self.wants_input();
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            if self.phase == Phase::Closing {
                return self.end(CloseReason::Local);
            }
            self.reject(&Refusal::new(503, "No answer in time."));
            return;
        }
        if self.silence_deadline().is_some_and(|deadline| deadline <= now) {
            self.transmits.push(Frame::Close(None));
            return self.end(CloseReason::Silent);
        }
        if self.ping_deadline().is_some_and(|deadline| deadline <= now) {
            // One that does not read gets no more of them.
            if self.transmits.is_empty() {
                self.transmits.push(Frame::Ping(Bytes::new()));
            }
            self.spoke = now;
        }
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.transmits.pop()
    }

    fn poll_event(&mut self) -> Option<ServerEvent> {
        let event = self.events.pop();
        self.closed_taken |= matches!(event, Some(ServerEvent::Closed(_)));
        event
    }

    fn poll_timeout(&self) -> Option<Instant> {
        earliest(self.deadline, earliest(self.silence_deadline(), self.ping_deadline()))
    }

    fn wants_input(&self) -> bool {
        !self.is_over() && !self.events.is_high()
    }

    fn close(&mut self, now: Instant) {
        if !self.is_talking() {
            return;
        }
        self.enter(Phase::Closing);
        // Without a code, as the real server closes.
        self.transmits.push(Frame::Close(None));
        self.deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.transmits.is_empty()
    }
}

impl fmt::Debug for PushServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushServer").field("target", &self.target).field("phase", &self.phase).finish_non_exhaustive()
    }
}
