//! The client session itself.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;

use bytes::Bytes;
use tieline_core::json::{DecodeError, DecodeErrorKind};
use tieline_core::{
    ClientSession, CloseReason, EventQueue, Frame, Instant, Malformed, MessageLimit, Outbox, Random, RequestError,
    RequestId, Seed, SendError, SendErrorKind, Sent, Session, Silence, SilenceDue, Text, earliest,
};

use super::command::{Confirmation, Reply, Request};
use super::config::ClientConfig;
use super::event::{ClientEvent, Noted, Received};
use super::flight::{Flight, Flights, Verdict, Waiting, wire_id};
use super::phase::Phase;
use crate::{ClientMessage, Command, Dialect, Response, ServerMessage, Subscriptions};

/// A client session of WSI on one line. See the [module](super).
pub struct WsiClient {
    config: ClientConfig,
    random: Random,
    phase: Phase,
    flights: Flights,
    /// What is in force, or will be once it is restored.
    desired: Subscriptions,
    next_request: u64,
    replies: VecDeque<(RequestId, Result<Reply, RequestError>)>,
    transmits: Outbox,
    events: EventQueue<ClientEvent>,
    closed: Option<CloseReason>,
    closed_taken: bool,
    silence: Silence,
    close_deadline: Option<Instant>,
}

impl WsiClient {
    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The dialect spoken.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.config.dialect
    }

    /// What is in force, or will be once it is restored.
    #[must_use]
    pub const fn subscriptions(&self) -> &Subscriptions {
        &self.desired
    }

    /// The longest message that is taken now: small until the login is accepted.
    #[must_use]
    pub const fn message_limit(&self) -> MessageLimit {
        match self.phase {
            Phase::LoggingIn => MessageLimit::provisional(self.config.limits.message_bytes_before_login),
            _ => MessageLimit::settled(self.config.limits.message_bytes),
        }
    }

    pub(super) const fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    /// Writes a command and gives the id it went out with.
    fn transmit(&mut self, command: Command) -> Option<alloc::string::String> {
        let id = (self.config.dialect == Dialect::V22).then(|| wire_id(&mut self.random));
        let mut out = alloc::string::String::new();
        ClientMessage { id: id.clone(), command }.encode(self.config.dialect, &mut out);
        self.transmits.push(Frame::text(out));
        id
    }

    /// Sends the next request when none is in flight.
    fn advance(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Restoring | Phase::Live) || self.flights.current.is_some() {
            return;
        }
        // What is restored stands before what was asked meanwhile.
        if self.phase == Phase::Restoring && self.flights.waiting.front().is_none_or(|next| next.id.is_some()) {
            self.enter(Phase::Live);
        }
        if self.transmits.bytes() >= self.config.limits.queued_bytes {
            self.transmits.clear();
            self.say_goodbye(1008);
            return self.end(CloseReason::SlowPeer);
        }
        let Some(waiting) = self.flights.waiting.pop_front() else { return };
        let wire_id = self.transmit(waiting.request.command());
        self.flights.current = Some(Flight::Request { waiting, wire_id, deadline: now + self.config.grace });
    }

    fn log_in(&mut self, now: Instant) {
        let wire_id = self.transmit(Command::Auth(self.config.auth.clone()));
        self.flights.current = Some(Flight::Login { wire_id, deadline: now + self.config.login_timeout });
    }

    fn tell(&mut self, event: ClientEvent, bytes: usize) {
        if self.events.push(event, bytes).is_err() {
            self.say_goodbye(1008);
            self.end(CloseReason::Overflow);
        } else if self.events.is_full() {
            // No answer can be read any more: input is unwanted until the owner takes events.
            self.fail_requests(|_| RequestError::Backpressure);
        }
    }

    fn handle_text(&mut self, now: Instant, text: Text) {
        match Received::decode(now, text, self.config.limits.depth) {
            Ok((received, list_bytes)) => self.handle_event(now, received, list_bytes),
            Err((text, None)) => self.handle_eventless(now, text),
            Err((text, Some(error))) => self.malformed(now, text.into_bytes(), error),
        }
    }

    fn handle_event(&mut self, now: Instant, received: Box<Received>, list_bytes: usize) {
        let event_type = received.event.event_type();
        let confirmed = self.flights.current.as_ref().is_some_and(|f| f.is_confirmed_by(event_type, &self.desired));
        let bytes = received.raw().len().saturating_add(list_bytes).saturating_add(size_of::<Received>());
        self.tell(ClientEvent::Received(received), bytes);
        if confirmed && let Some(flight) = self.flights.give_up_waiting() {
            self.complete(now, flight, Ok(Confirmation::ByEvent));
        }
    }

    fn handle_eventless(&mut self, now: Instant, text: Text) {
        match ServerMessage::decode_eventless(&text, self.config.limits.depth) {
            Ok(ServerMessage::Response(response)) => self.handle_response(now, &response, text),
            Ok(_) => {
                let bytes = text.len();
                self.tell(ClientEvent::Noted(Noted::Unknown, text), bytes);
            }
            Err(error) => self.malformed(now, text.into_bytes(), error),
        }
    }

    fn handle_response(&mut self, now: Instant, response: &Response<Text>, text: Text) {
        let noted = match self.flights.judge(response) {
            Verdict::Match => {
                let result = if response.is_ok() {
                    Ok(Confirmation::Answered)
                } else {
                    let reason = response.error.as_ref().map(Text::detached).unwrap_or_default();
                    Err((response.status.unwrap_or_default(), reason))
                };
                if let Some(flight) = self.flights.current.take() {
                    self.complete(now, flight, result);
                }
                return;
            }
            Verdict::Late => Noted::LateAnswer,
            Verdict::Foreign => Noted::ForeignAnswer,
        };
        let bytes = text.len();
        self.tell(ClientEvent::Noted(noted, text), bytes);
    }

    /// Finishes the command that was in flight.
    fn complete(&mut self, now: Instant, flight: Flight, result: Result<Confirmation, (i64, Text)>) {
        match (flight, result) {
            (Flight::Login { .. }, Ok(_)) => {
                self.enter(Phase::Restoring);
                self.tell(ClientEvent::LoggedIn, 0);
            }
            (Flight::Login { .. }, Err((status, reason))) => {
                self.say_goodbye(1000);
                self.end(CloseReason::LoginRefused { status, reason });
            }
            (Flight::Request { waiting, .. }, Ok(confirmation)) => {
                if let Request::Subscribe(subscription) = &waiting.request {
                    self.desired.apply(subscription);
                }
                if let Some(id) = waiting.id {
                    self.replies.push_back((id, Ok(Reply { confirmation })));
                }
            }
            (Flight::Request { waiting, .. }, Err((status, reason))) => {
                let error = RequestError::Refused { status, reason };
                match (waiting.id, waiting.request) {
                    (Some(id), _) => self.replies.push_back((id, Err(error))),
                    (None, Request::Subscribe(subscription) | Request::Unsubscribe(subscription)) => {
                        self.desired.remove(&subscription);
                        self.tell(ClientEvent::SubscriptionLost(Box::new(subscription), error), 0);
                    }
                }
            }
        }
        self.advance(now);
    }

    fn malformed(&mut self, now: Instant, bytes: Bytes, error: DecodeError) {
        let weight = bytes.len();
        self.tell(ClientEvent::Malformed(Malformed::new(now, bytes, error)), weight);
    }

    fn say_goodbye(&mut self, code: u16) {
        self.transmits.push_close(code);
    }

    /// Answers every request of the owner with an error; `error` is told whether the request was sent.
    fn fail_requests(&mut self, error: impl Fn(Sent) -> RequestError) {
        if let Some(Flight::Request { waiting: Waiting { id: id @ Some(_), request }, .. }) = &mut self.flights.current
            && let Some(id) = id.take()
        {
            // It goes on as something the session wants by itself.
            if let Request::Subscribe(subscription) = request {
                self.desired.apply(subscription);
            }
            self.replies.push_back((id, Err(error(Sent::Maybe))));
        }
        let mut kept = VecDeque::new();
        for waiting in core::mem::take(&mut self.flights.waiting) {
            match waiting.id {
                Some(id) => {
                    if let Request::Subscribe(subscription) = &waiting.request {
                        self.desired.apply(subscription);
                    }
                    self.replies.push_back((id, Err(error(Sent::Nothing))));
                }
                None => kept.push_back(waiting),
            }
        }
        self.flights.waiting = kept;
    }

    fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        self.enter(Phase::Closed);
        let by_owner = reason == CloseReason::Local;
        self.fail_requests(|sent| if by_owner { RequestError::Closed } else { RequestError::Disconnected(sent) });
        self.flights.current = None;
        self.close_deadline = None;
        self.closed = Some(reason.clone());
        self.events.push_always(ClientEvent::Closed(reason), 0);
    }

    const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the silence counts: it may be ours.
    fn silence_counts(&self) -> bool {
        !self.is_over() && self.phase != Phase::Closing && self.wants_input()
    }
}

impl Session for WsiClient {
    type Input = Frame;
    type Transmit = Frame;
    type Event = ClientEvent;

    fn handle_input(&mut self, now: Instant, input: Frame) {
        if self.is_over() {
            return;
        }
        self.silence.restart(now);
        match input {
            Frame::Text(text) => self.handle_text(now, text),
            Frame::BadText(bytes) => {
                let error = DecodeError::not_utf8(&bytes);
                self.malformed(now, bytes, error);
            }
            Frame::Binary(bytes) => {
                let error = DecodeError::at(&bytes, 0, DecodeErrorKind::Binary);
                self.malformed(now, bytes, error);
            }
            Frame::Close(_) | Frame::Eof if self.phase == Phase::Closing => self.end(CloseReason::Local),
            Frame::Close(close) => {
                self.end(CloseReason::Remote { code: close.map(|close| close.code) });
            }
            Frame::Eof => self.end(CloseReason::Lost),
            // The endpoint answers pings; any frame counts as life.
            _ => {}
        }
        self.silence.set_stalled(!self.wants_input());
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.silence.is_stalled() {
            self.silence.restart(now);
        }
        if self.close_deadline.is_some_and(|deadline| deadline <= now) {
            return self.end(CloseReason::Local);
        }
        let due = if self.silence_counts() { self.silence.due(now) } else { None };
        match due {
            Some(SilenceDue::GiveUp) => {
                self.say_goodbye(1001);
                return self.end(CloseReason::Silent);
            }
            Some(SilenceDue::Ping) => self.transmits.push(Frame::Ping(Bytes::from_static(b"tieline"))),
            None => {}
        }
        let unwanted = !self.wants_input();
        while self.flights.current.as_ref().is_some_and(|flight| flight.deadline() <= now) {
            match self.flights.give_up_waiting() {
                Some(Flight::Login { .. }) => {
                    self.say_goodbye(1000);
                    return self.end(CloseReason::LoginTimeout);
                }
                Some(flight) => self.complete(now, flight, Ok(Confirmation::Unconfirmed)),
                None => {}
            }
        }
        self.silence.set_stalled(!self.wants_input());
        // A request that was sent just now makes input wanted again.
        if unwanted && !self.silence.is_stalled() {
            self.silence.restart(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.transmits.pop()
    }

    fn poll_event(&mut self) -> Option<ClientEvent> {
        let event = self.events.pop();
        self.closed_taken |= matches!(event, Some(ClientEvent::Closed(_)));
        event
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let silence = self.silence_counts().then(|| self.silence.deadline());
        let flight = self.flights.current.as_ref().map(Flight::deadline);
        earliest(self.close_deadline, earliest(silence, flight))
    }

    fn wants_input(&self) -> bool {
        let answers_wanted = self.flights.current.is_some() && !self.events.is_full();
        !self.is_over() && (!self.events.is_high() || answers_wanted)
    }

    fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return;
        }
        self.enter(Phase::Closing);
        self.fail_requests(|_| RequestError::Closed);
        self.flights.current = None;
        self.say_goodbye(1000);
        self.close_deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.replies.is_empty() && self.transmits.is_empty()
    }
}

impl ClientSession for WsiClient {
    type Config = ClientConfig;
    type Command = Request;
    type Reply = Reply;
    /// What is subscribed to.
    type Resume = Subscriptions;

    fn start(config: ClientConfig, seed: Seed, resume: Option<Subscriptions>, now: Instant) -> Self {
        let desired = resume.unwrap_or_default();
        let mut flights = Flights::default();
        for subscription in desired.to_subscriptions() {
            flights.waiting.push_back(Waiting { id: None, request: Request::Subscribe(subscription) });
        }
        let mut session = Self {
            random: Random::new(seed, u64::from_le_bytes(*b"wsi-clnt")),
            phase: Phase::LoggingIn,
            flights,
            desired,
            next_request: 0,
            replies: VecDeque::new(),
            transmits: Outbox::new(),
            events: EventQueue::new(config.limits),
            closed: None,
            closed_taken: false,
            silence: Silence::new(config.ping_after, config.idle_timeout, now),
            close_deadline: None,
            config,
        };
        session.log_in(now);
        session
    }

    fn send(&mut self, now: Instant, request: Request) -> Result<RequestId, SendError<Request>> {
        let refusal = if matches!(self.phase, Phase::Closing | Phase::Closed) {
            Err(SendErrorKind::Closed)
        } else if self.flights.len() >= self.config.limits.in_flight {
            Err(SendErrorKind::Full)
        } else {
            request.check(self.config.dialect)
        };
        if let Err(kind) = refusal {
            return Err(SendError::new(request, kind));
        }
        // What is no longer wanted is not restored, whatever the server answers.
        if let Request::Unsubscribe(subscription) = &request {
            self.desired.remove(subscription);
        }
        let id = RequestId::new(self.next_request);
        self.next_request += 1;
        self.flights.waiting.push_back(Waiting { id: Some(id), request });
        self.advance(now);
        Ok(id)
    }

    fn poll_reply(&mut self) -> Option<(RequestId, Result<Reply, RequestError>)> {
        self.replies.pop_front()
    }

    fn into_resume(self) -> Result<Subscriptions, Self> {
        if self.is_finished() { Ok(self.desired) } else { Err(self) }
    }
}

impl fmt::Debug for WsiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsiClient")
            .field("dialect", &self.config.dialect)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
