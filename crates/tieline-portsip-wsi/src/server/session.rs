//! The server session itself.

use alloc::collections::VecDeque;
use core::fmt;

use bytes::Bytes;
use tieline_core::json::{DecodeError, DecodeErrorKind};
use tieline_core::{
    CloseReason, EventQueue, Frame, Instant, MessageLimit, Outbox, PeerMisbehaved, Session, Silence, SilenceDue, Text,
    earliest,
};

use super::config::ServerConfig;
use super::dialect::Told;
use super::event::{ServerEvent, ServerRequestId};
use super::open::{Asked, Open, OpenCommands};
use super::phase::Phase;
use crate::{ClientMessage, Command, CommandError, Dialect, Subscriptions};

/// A server session of WSI on one line. See the [module](super).
pub struct WsiServer {
    config: ServerConfig,
    phase: Phase,
    told: Told,
    open: OpenCommands,
    /// What came while a login waited for its answer: commands are taken one after the other.
    held: VecDeque<Text>,
    held_bytes: usize,
    subscriptions: Subscriptions,
    refused_logins: u32,
    transmits: Outbox,
    events: EventQueue<ServerEvent>,
    closed: Option<CloseReason>,
    closed_taken: bool,
    silence: Silence,
    /// The login deadline, later that of the closing handshake.
    deadline: Option<Instant>,
}

impl WsiServer {
    /// Starts on a line that just opened.
    #[must_use]
    pub fn start(config: ServerConfig, now: Instant) -> Self {
        Self {
            phase: Phase::Greeting,
            told: Told::new(config.dialect),
            open: OpenCommands::default(),
            held: VecDeque::new(),
            held_bytes: 0,
            subscriptions: Subscriptions::default(),
            refused_logins: 0,
            transmits: Outbox::new(),
            events: EventQueue::new(config.limits),
            closed: None,
            closed_taken: false,
            silence: Silence::new(config.ping_after, config.idle_timeout, now),
            deadline: Some(now + config.login_timeout),
            config,
        }
    }

    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The dialect of the client, as far as it told: may change with its next command.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.told.dialect()
    }

    /// What the client is subscribed to.
    #[must_use]
    pub const fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
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

    /// Accepts a login. Returns whether `id` was a login that waited for this.
    pub fn accept(&mut self, now: Instant, id: ServerRequestId) -> bool {
        self.answer(now, id, Ok(()))
    }

    /// Rejects a login with the words that the client is told. Returns whether `id` was a login that waited for this.
    pub fn reject(&mut self, now: Instant, id: ServerRequestId, reason: &str) -> bool {
        self.answer(now, id, Err(Text::from(reason)))
    }

    /// Answers a subscribe or unsubscribe; `Err` holds the words that the client is told. What is accepted is in force
    /// when this returns. Returns whether `id` was a command that waited for this.
    pub fn respond(&mut self, now: Instant, id: ServerRequestId, answer: Result<(), &str>) -> bool {
        self.answer(now, id, answer.map_err(Text::from))
    }

    /// Sends an event that was encoded for the client's dialect. Shares the bytes: a fan-out encodes once. Dropped
    /// before the login and after the end.
    pub fn push(&mut self, now: Instant, event: Text) {
        if self.phase == Phase::Open {
            self.send(now, event);
        }
    }

    fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    fn send(&mut self, _now: Instant, text: Text) {
        if self.transmits.bytes() >= self.config.limits.queued_bytes {
            self.transmits.clear();
            self.say_goodbye(1013);
            return self.end(CloseReason::SlowPeer);
        }
        self.transmits.push(Frame::Text(text));
    }

    fn answer(&mut self, now: Instant, id: ServerRequestId, answer: Result<(), Text>) -> bool {
        let Some(open) = self.open.find(id) else { return false };
        match (&open.asked, &answer) {
            (Asked::Login, Ok(())) if self.phase == Phase::Greeting => {
                open.answer = Some(answer);
                self.enter(Phase::Open);
                self.deadline = None;
            }
            (Asked::Login, Err(_)) => {
                open.answer = Some(answer);
                self.refused_logins = self.refused_logins.saturating_add(1);
            }
            (Asked::Subscribe(subscription), Ok(())) => {
                let limit = self.config.limits.subscriptions;
                let within = self.subscriptions.apply_within(subscription, limit);
                open.answer = Some(within.map_err(|_| Text::from_static("too many subscriptions")));
            }
            (Asked::Unsubscribe(subscription), Ok(())) => {
                self.subscriptions.remove(subscription);
                open.answer = Some(answer);
            }
            _ => open.answer = Some(answer),
        }
        self.flush_answers(now);
        while !self.open.login_pending()
            && let Some(text) = self.held.pop_front()
        {
            self.held_bytes = self.held_bytes.saturating_sub(text.len());
            self.handle_text(now, &text);
        }
        true
    }

    /// Sends the answers whose turn has come.
    fn flush_answers(&mut self, now: Instant) {
        while let Some(open) = self.open.pop_answered() {
            let Some(answer) = &open.answer else { continue };
            let text = open.encode(self.dialect(), answer);
            self.send(now, Text::from(text));
        }
        if self.phase == Phase::Greeting && self.refused_logins >= self.config.login_attempts {
            self.say_goodbye(1008);
            self.end(CloseReason::LoginRefused { status: -1, reason: Text::new() });
        }
    }

    fn tell(&mut self, event: ServerEvent, bytes: usize) {
        if self.events.push(event, bytes).is_err() {
            self.say_goodbye(1013);
            self.end(CloseReason::Overflow);
        }
    }

    fn handle_text(&mut self, now: Instant, text: &Text) {
        if self.is_over() {
            return;
        }
        if self.is_overrun() {
            return self.too_many_requests();
        }
        if self.open.login_pending() {
            self.held_bytes = self.held_bytes.saturating_add(text.len());
            return self.held.push_back(text.clone());
        }
        let limits = self.config.limits;
        let message = match ClientMessage::decode_within(text, limits.depth) {
            Ok(message) => message,
            Err(error) => return self.malformed(now, text.to_bytes(), error),
        };
        self.told.learn(&message);
        let id = self.open.next_id();
        let deadline = now + self.config.answer_timeout;
        let bytes = text.len();
        let mut open =
            Open { id, asked: Asked::Nothing, name: None, wire_id: message.id, bytes, deadline, answer: None };
        let logged_in = self.phase == Phase::Open;
        let event = match message.command {
            Command::Auth(_) if logged_in => {
                open.name = Some("auth".into());
                open.answer = Some(Err(Text::from_static("already authenticated")));
                None
            }
            Command::Auth(auth) => {
                open.asked = Asked::Login;
                Some(ServerEvent::Login { id, auth, dialect: self.dialect() })
            }
            Command::Subscribe(ref list) | Command::Unsubscribe(ref list)
                if logged_in && list.longest_list() > limits.subscriptions =>
            {
                open.name = Some(message.command.name().into());
                open.answer = Some(Err(Text::from_static("too many subscriptions")));
                None
            }
            Command::Subscribe(subscription) if logged_in => {
                open.asked = Asked::Subscribe(subscription.clone());
                Some(ServerEvent::Subscribe { id, subscription })
            }
            Command::Unsubscribe(subscription) if logged_in => {
                open.asked = Asked::Unsubscribe(subscription.clone());
                Some(ServerEvent::Unsubscribe { id, subscription })
            }
            Command::Subscribe(_) | Command::Unsubscribe(_) => {
                open.name = Some(message.command.name().into());
                open.answer = Some(Err(Text::from_static("not authenticated")));
                None
            }
            Command::Other { command } => {
                open.name = Some(command);
                open.answer = Some(Err(Text::from_static("unknown command")));
                None
            }
        };
        self.open.push(open);
        if let Some(event) = event {
            self.tell(event, bytes);
        }
        self.flush_answers(now);
    }

    /// Answers a message that could not be read, in its turn, so that a client that counts answers stays in step.
    fn malformed(&mut self, now: Instant, bytes: Bytes, error: CommandError) {
        let id = self.open.next_id();
        let answer = Some(Err(Text::from_static("malformed command")));
        self.open.push(Open { id, asked: Asked::Nothing, name: None, wire_id: None, bytes: 0, deadline: now, answer });
        let weight = bytes.len();
        self.tell(ServerEvent::Malformed { bytes, error }, weight);
        self.flush_answers(now);
    }

    /// The commands that wait, and their bytes.
    fn load(&self) -> (usize, usize) {
        (self.open.len() + self.held.len(), self.open.bytes().saturating_add(self.held_bytes))
    }

    /// Whether twice as much waits as is read on for.
    fn is_overrun(&self) -> bool {
        let (commands, bytes) = self.load();
        let limits = &self.config.limits;
        commands >= limits.in_flight.saturating_mul(2) || bytes >= limits.queued_bytes.saturating_mul(2)
    }

    fn too_many_requests(&mut self) {
        self.say_goodbye(1008);
        self.end(CloseReason::PeerMisbehaved(PeerMisbehaved::TooManyRequests));
    }

    fn say_goodbye(&mut self, code: u16) {
        self.transmits.push_close(code);
    }

    fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        self.enter(Phase::Closed);
        self.drop_commands();
        self.deadline = None;
        self.closed = Some(reason.clone());
        self.events.push_always(ServerEvent::Closed(reason), 0);
    }

    fn drop_commands(&mut self) {
        self.open.clear();
        self.held.clear();
        self.held_bytes = 0;
    }

    fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether the silence counts: it may be ours.
    fn silence_counts(&self) -> bool {
        !self.is_over() && self.phase != Phase::Closing && self.wants_input()
    }
}

impl Session for WsiServer {
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
            Frame::Text(text) if self.phase != Phase::Closing => self.handle_text(now, &text),
            Frame::BadText(bytes) if self.phase != Phase::Closing => {
                let error = DecodeError::not_utf8(&bytes);
                self.malformed(now, bytes, error.into());
            }
            Frame::Binary(bytes) if self.phase != Phase::Closing => {
                let error = DecodeError::at(&bytes, 0, DecodeErrorKind::Binary);
                self.malformed(now, bytes, error.into());
            }
            Frame::Close(close) => self.end(CloseReason::Remote { code: close.map(|close| close.code) }),
            Frame::Eof => self.end(CloseReason::Lost),
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
            self.answer(now, id, Err(Text::from_static("no answer in time")));
        }
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
        let (commands, bytes) = self.load();
        let limits = &self.config.limits;
        !self.is_over() && !self.events.is_high() && commands < limits.in_flight && bytes < limits.queued_bytes
    }

    fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return;
        }
        self.enter(Phase::Closing);
        self.drop_commands();
        self.say_goodbye(1001);
        self.deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.transmits.is_empty()
    }
}

impl fmt::Debug for WsiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsiServer").field("phase", &self.phase).finish_non_exhaustive()
    }
}
