//! The server session itself.

use alloc::collections::VecDeque;
use core::fmt;

use bytes::Bytes;
use tieline_core::json::{DecodeError, Encode as _};
use tieline_core::{
    CloseReason, EventQueue, Frame, Instant, MessageLimit, Outbox, PeerMisbehaved, Session, Silence, SilenceDue, Text,
    Timestamp, earliest,
};

use super::answer::{Accepted, Answer};
use super::config::ServerConfig;
use super::event::{ServerEvent, ServerRequestId};
use super::hello::Version;
use super::open::OpenRequests;
use super::phase::Phase;
use crate::{ServerMessage, Status};

/// A server session of IM on one line. See the [module](super).
pub struct ImServer {
    pub(super) config: ServerConfig,
    pub(super) phase: Phase,
    /// The version that the client told.
    pub(super) version: Option<Version>,
    /// The device that the client told.
    pub(super) device: Option<Text>,
    pub(super) open: OpenRequests,
    /// What came while a login waited for its answer.
    pub(super) held: VecDeque<Text>,
    pub(super) refused_logins: u32,
    transmits: Outbox,
    pub(super) events: EventQueue<ServerEvent>,
    closed: Option<CloseReason>,
    closed_taken: bool,
    silence: Silence,
    /// The login deadline, later that of the closing handshake.
    deadline: Option<Instant>,
    /// Whether the owner wants no input.
    owner_is_full: bool,
}

impl ImServer {
    /// Starts on a line that just opened.
    #[must_use]
    pub fn start(config: ServerConfig, now: Instant) -> Self {
        Self {
            phase: Phase::Greeting,
            version: None,
            device: None,
            open: OpenRequests::default(),
            held: VecDeque::new(),
            refused_logins: 0,
            transmits: Outbox::new(),
            events: EventQueue::new(config.limits),
            closed: None,
            closed_taken: false,
            silence: Silence::new(config.ping_after, config.idle_timeout, now),
            deadline: Some(now + config.login_timeout),
            owner_is_full: false,
            config,
        }
    }

    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the session ended; known at once, before its closing event is taken.
    #[must_use]
    pub const fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// The longest message that is taken now: small until the login is accepted.
    #[must_use]
    pub const fn message_limit(&self) -> MessageLimit {
        match self.phase {
            Phase::Greeting => MessageLimit::provisional(self.config.limits.message_bytes_before_login),
            _ => MessageLimit::settled(self.config.limits.message_bytes),
        }
    }

    /// Notes that the WebSocket ended the line because the client broke a rule, in the place of [`Frame::Eof`].
    pub fn handle_misbehaviour(&mut self, rule: PeerMisbehaved) {
        let ours = self.phase == Phase::Closing;
        self.end(if ours { CloseReason::Local } else { CloseReason::PeerMisbehaved(rule) });
    }

    /// Puts the clock: the time of day at [`Instant::EPOCH`] from now on, microseconds since 1970-01-01T00:00:00Z. For an
    /// owner whose time is not the system's.
    pub const fn put_clock(&mut self, epoch_unix_micros: i64) {
        self.config.epoch_unix_micros = epoch_unix_micros;
    }

    /// The time of day at `now`, as answers carry it.
    #[must_use]
    pub fn timestamp(&self, now: Instant) -> Timestamp<alloc::string::String> {
        let micros = i64::try_from(now.since_epoch().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_unix_micros(self.config.epoch_unix_micros.saturating_add(micros))
    }

    /// Accepts a login. Returns whether `id` was a login that waited for this.
    pub fn accept(&mut self, now: Instant, id: ServerRequestId, accepted: Accepted) -> bool {
        if self.phase != Phase::Greeting || !self.open.find(id).is_some_and(|open| open.is_login) {
            return false;
        }
        self.enter(Phase::Open);
        self.deadline = None;
        self.answer(now, id, accepted.answer());
        self.release(now);
        true
    }

    /// Rejects a login: [`Status::AUTHENTICATION_FAILED`], [`Status::UNKNOWN_SCHEME`] or another. Returns whether `id` was
    /// a login that waited for this.
    pub fn reject(&mut self, now: Instant, id: ServerRequestId, status: Status) -> bool {
        if !self.open.find(id).is_some_and(|open| open.is_login) {
            return false;
        }
        self.answer(now, id, Answer::status(status));
        self.login_refused();
        self.release(now);
        true
    }

    /// Sends a part of the answer to a request that is to be followed by others: one of several sections. The messages
    /// that a `get` asked for are [pushed](Self::push). Returns whether `id` waits for its answer.
    pub fn part(&mut self, now: Instant, id: ServerRequestId, part: impl Into<Answer>) -> bool {
        let Some(open) = self.open.find(id).filter(|open| !open.is_login) else { return false };
        let message = part.into().message(open.wire_id.as_deref(), open.topic.as_deref(), self.timestamp(now));
        self.send(message.to_json().into());
        true
    }

    /// Answers a request, wholly or with the last part. Returns whether `id` was a request that waited for this.
    pub fn respond(&mut self, now: Instant, id: ServerRequestId, answer: impl Into<Answer>) -> bool {
        self.open.find(id).is_some_and(|open| !open.is_login) && self.answer(now, id, answer.into())
    }

    /// Sends a message that is encoded already. Shares the bytes: a fan-out encodes once. Dropped before the login and
    /// after the end.
    pub fn push(&mut self, _now: Instant, message: Text) {
        if self.phase == Phase::Open {
            self.send(message);
        }
    }

    /// Sends a message to this client only; a `ctrl` without a time gets one. Dropped before the login and after the end.
    pub fn push_message(&mut self, now: Instant, mut message: ServerMessage<alloc::string::String>) {
        if let ServerMessage::Ctrl(ctrl) = &mut message {
            ctrl.ts.get_or_insert_with(|| self.timestamp(now));
        }
        self.push(now, message.to_json().into());
    }

    /// Ends the session as one whose peer does not read, close code 1013: for an owner that dropped something for it, as too
    /// much waits outside of the session.
    pub fn end_slow_peer(&mut self) {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return;
        }
        self.transmits.clear();
        self.say_goodbye(1013);
        self.end(CloseReason::SlowPeer);
    }

    /// About how many bytes wait to be sent: the session ends when they are more than `queued_bytes`.
    #[must_use]
    pub const fn queued_bytes(&self) -> usize {
        self.transmits.bytes()
    }

    /// Lets the owner say that it wants no input at present, for reasons of its own: until that is taken back the session
    /// wants none either, and the silence of a client that is not heard does not count.
    pub const fn hold_input(&mut self, full: bool) {
        self.owner_is_full = full;
        if full {
            self.silence.set_stalled(true);
        }
    }

    /// Gives the owner the whole time again to answer a request: it waits for the client itself, which is still taking what it was
    /// sent. Returns whether `id` waits for its answer.
    pub fn postpone(&mut self, now: Instant, id: ServerRequestId) -> bool {
        self.open.postpone(id, now + self.config.answer_timeout)
    }

    /// Whether a request or login waits for its answer: not once it was told at its deadline that there is none.
    #[must_use]
    pub fn awaits(&self, id: ServerRequestId) -> bool {
        self.open.find(id).is_some()
    }

    /// Tells the client that the server stops, and closes.
    pub fn shut_down(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Greeting | Phase::Open) {
            self.send_status(now, None, None, Status::SHUTDOWN);
        }
        self.close(now);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    pub(super) fn send(&mut self, text: Text) {
        if self.is_over() {
            return;
        }
        if self.transmits.bytes() >= self.config.limits.queued_bytes {
            self.transmits.clear();
            self.say_goodbye(1013);
            return self.end(CloseReason::SlowPeer);
        }
        self.transmits.push(Frame::Text(text));
    }

    pub(super) fn send_status(&mut self, now: Instant, id: Option<&str>, topic: Option<&str>, status: Status) {
        let message = Answer::status(status).message(id, topic, self.timestamp(now));
        self.send(message.to_json().into());
    }

    fn answer(&mut self, now: Instant, id: ServerRequestId, answer: Answer) -> bool {
        let Some(open) = self.open.take(id) else { return false };
        if !(open.quiet && answer.is_success()) {
            let message = answer.message(open.wire_id.as_deref(), open.topic.as_deref(), self.timestamp(now));
            self.send(message.to_json().into());
        }
        true
    }

    pub(super) fn login_refused(&mut self) {
        self.refused_logins = self.refused_logins.saturating_add(1);
        if self.phase == Phase::Greeting && self.refused_logins >= self.config.login_attempts {
            self.say_goodbye(1008);
            self.end(CloseReason::LoginRefused { status: 401, reason: Text::new() });
        }
    }

    /// Takes what came while a login waited for its answer.
    fn release(&mut self, now: Instant) {
        while !self.open.login_pending()
            && let Some(text) = self.held.pop_front()
        {
            self.handle_text(now, text);
        }
    }

    pub(super) fn tell(&mut self, event: ServerEvent, bytes: usize) {
        if !self.is_over() && self.events.push(event, bytes).is_err() {
            self.say_goodbye(1013);
            self.end(CloseReason::Overflow);
        }
    }

    pub(super) fn malformed(&mut self, now: Instant, bytes: Bytes, error: Option<DecodeError>) {
        self.send_status(now, None, None, Status::MALFORMED);
        let weight = bytes.len();
        self.tell(ServerEvent::Malformed { bytes, error }, weight);
    }

    pub(super) fn misbehaved(&mut self, code: u16, rule: PeerMisbehaved) {
        self.say_goodbye(code);
        self.end(CloseReason::PeerMisbehaved(rule));
    }

    fn say_goodbye(&mut self, code: u16) {
        self.transmits.push_close(code);
    }

    pub(super) fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        self.enter(Phase::Closed);
        self.open.clear();
        self.held.clear();
        self.deadline = None;
        self.closed = Some(reason.clone());
        self.events.push_always(ServerEvent::Closed(reason), 0);
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether the silence counts: it may be ours.
    fn silence_counts(&self) -> bool {
        !self.is_over() && self.phase != Phase::Closing && self.wants_input()
    }
}

impl Session for ImServer {
    type Input = Frame;
    type Transmit = Frame;
    type Event = ServerEvent;

    fn handle_input(&mut self, now: Instant, input: Frame) {
        if self.is_over() {
            return;
        }
        self.silence.restart(now);
        match input {
            // After our close frame only the end is of interest.
            Frame::Close(_) | Frame::Eof if self.phase == Phase::Closing => self.end(CloseReason::Local),
            Frame::Close(close) => self.end(CloseReason::Remote { code: close.map(|close| close.code) }),
            Frame::Eof => self.end(CloseReason::Lost),
            _ if self.phase == Phase::Closing => {}
            Frame::Text(text) => self.handle_text(now, text),
            Frame::Binary(bytes) => match Text::from_utf8(bytes) {
                Ok(text) => self.handle_text(now, text),
                Err(bytes) => {
                    let error = DecodeError::not_utf8(&bytes);
                    self.malformed(now, bytes, Some(error));
                }
            },
            Frame::BadText(bytes) => {
                let error = DecodeError::not_utf8(&bytes);
                self.malformed(now, bytes, Some(error));
            }
            _ => {}
        }
        self.silence.set_stalled(!self.wants_input());
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.silence.is_stalled() {
            // Nothing could be heard while input was unwanted: the silence begins now.
            self.silence.restart(now);
            self.silence.set_stalled(!self.wants_input());
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            if self.phase == Phase::Closing {
                return self.end(CloseReason::Local);
            }
            self.say_goodbye(1008);
            return self.end(CloseReason::LoginTimeout);
        }
        while let Some(id) = self.open.overdue(now) {
            self.answer(now, id, Answer::status(Status::UNAVAILABLE));
        }
        self.release(now);
        let due = if self.silence_counts() { self.silence.due(now) } else { None };
        match due {
            Some(SilenceDue::GiveUp) => {
                self.say_goodbye(1001);
                self.end(CloseReason::Silent);
            }
            Some(SilenceDue::Ping) => self.transmits.push(Frame::Ping(Bytes::from_static(b"tieline"))),
            None => {}
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
        let silence = self.silence_counts().then(|| self.silence.deadline());
        earliest(self.deadline, earliest(silence, self.open.deadline()))
    }

    fn wants_input(&self) -> bool {
        let has_room = self.open.len() + self.held.len() < self.config.limits.in_flight;
        !self.is_over() && !self.owner_is_full && !self.events.is_high() && has_room
    }

    fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return;
        }
        self.enter(Phase::Closing);
        self.open.clear();
        self.held.clear();
        self.say_goodbye(1001);
        self.deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.transmits.is_empty()
    }
}

impl fmt::Debug for ImServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImServer").field("phase", &self.phase).finish_non_exhaustive()
    }
}
