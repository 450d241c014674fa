//! The client session itself.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use tieline_core::json::{DecodeError, Encode as _};
use tieline_core::supervisor::Recovery;
use tieline_core::{
    ClientSession, CloseReason, EventQueue, Frame, Instant, MessageLimit, Outbox, Random, RequestError, RequestId,
    Seed, SendError, SendErrorKind, Session, Silence, SilenceDue, Text, earliest,
};

use super::command::Request;
use super::config::ClientConfig;
use super::event::ClientEvent;
use super::flight::{Collected, Flight, Job, Waiting};
use super::phase::Phase;
use super::reply::Reply;
use super::resume::Resume;
use super::track::Track;
use crate::{ClientBody, ClientMessage};

/// A client session of IM on one line. See the [module](super).
pub struct ImClient {
    pub(super) config: ClientConfig,
    random: Random,
    pub(super) phase: Phase,
    /// What is attached, or will be once it is restored.
    pub(super) topics: BTreeMap<Text, TopicState>,
    /// What is still to be attached again, with how often it was tried.
    pub(super) restore: VecDeque<(Text, u32)>,
    /// Topics that something is to be asked for.
    pub(super) todo: VecDeque<Text>,
    /// Whether messages that were published before the line, or since, are lost or may be.
    pub(super) incomplete: bool,
    pub(super) flights: Vec<Flight>,
    pub(super) waiting: VecDeque<Waiting>,
    next_request: u64,
    pub(super) replies: VecDeque<(RequestId, Result<Reply, RequestError>)>,
    pub(super) transmits: Outbox,
    pub(super) events: EventQueue<ClientEvent>,
    pub(super) closed: Option<CloseReason>,
    closed_taken: bool,
    /// The latest time that was told.
    pub(super) now: Instant,
    pub(super) silence: Silence,
    pub(super) close_deadline: Option<Instant>,
}

/// A topic that is desired.
#[derive(Debug, Default)]
pub(super) struct TopicState {
    pub(super) attached: bool,
    /// Whether the owner asked to leave it.
    pub(super) leaving: bool,
    pub(super) track: Track,
    /// How often the number of the last message was asked for in vain, while it is wanted.
    pub(super) probe: Option<u32>,
    pub(super) in_todo: bool,
    /// Messages whose numbers were received before, until it is known whether the numbers went back.
    pub(super) doubtful: Collected,
}

impl ImClient {
    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The topics that are attached, or will be once they are restored.
    pub fn topics(&self) -> impl Iterator<Item = &Text> {
        self.topics.keys()
    }

    /// The longest message that is taken now: small until the login is accepted.
    #[must_use]
    pub const fn message_limit(&self) -> MessageLimit {
        match self.phase {
            Phase::LoggingIn => MessageLimit::provisional(self.config.limits.message_bytes_before_login),
            _ => MessageLimit::settled(self.config.limits.message_bytes),
        }
    }

    /// Whether everything that was missed before the line came, as far as it is messages: presences and notes are kept by
    /// no server.
    pub(super) fn recovery(&self) -> Recovery {
        let is_asking =
            |flight: &Flight| matches!(flight.job, Job::Restore { .. } | Job::Probe { .. } | Job::Refill { .. });
        if self.incomplete {
            Recovery::Incomplete
        } else if !self.restore.is_empty()
            || self.flights.iter().any(is_asking)
            || self.topics.values().any(|topic| topic.probe.is_some() || topic.track.has_gaps())
        {
            Recovery::Pending
        } else {
            Recovery::Complete
        }
    }

    pub(super) const fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    /// Writes a message that is answered.
    pub(super) fn launch(
        &mut self,
        deadline: Instant,
        job: Job,
        message: impl FnOnce(String) -> ClientMessage<String>,
    ) {
        let wire_id = alloc::format!("{}", self.random.next_uuid());
        self.say(message(wire_id.clone()).to_json());
        self.flights.push(Flight { wire_id, deadline, job });
    }

    /// Writes a text.
    pub(super) fn say(&mut self, text: String) {
        self.transmits.push(Frame::text(text));
    }

    fn greet(&mut self, now: Instant) {
        let deadline = now + self.config.login_timeout;
        match self.config.hello.clone() {
            Some(hello) => {
                self.launch(deadline, Job::Hello, |id| ClientBody::Hi(crate::Hi { id: Some(id), ..hello }).into())
            }
            None => self.log_in(deadline),
        }
    }

    pub(super) fn log_in(&mut self, deadline: Instant) {
        let login = self.config.credentials.to_login();
        self.launch(deadline, Job::Login, |id| ClientBody::Login(crate::Login { id: Some(id), ..login }).into());
    }

    /// Whether an answer is awaited that input must not be stopped for.
    fn awaits_answer(&self) -> bool {
        self.flights.iter().any(|flight| !flight.job.rests())
    }

    /// Whether the silence counts: it may be ours.
    fn silence_counts(&self) -> bool {
        !self.is_over() && self.phase != Phase::Closing && self.wants_input()
    }

    /// Nothing could be heard while input was unwanted: silence and the deadlines of the session's own work begin now.
    fn start_clocks(&mut self, now: Instant) {
        self.silence.restart(now);
        let deadline = now + self.config.request_timeout;
        for flight in self.flights.iter_mut().filter(|flight| flight.job.rests()) {
            flight.deadline = deadline;
        }
    }

    /// The first deadline of what was sent; while input is unwanted the session's own work has none.
    fn flight_deadline(&self) -> Option<Instant> {
        let resting = !self.wants_input();
        let counts = |flight: &&Flight| !(resting && flight.job.rests());
        self.flights.iter().filter(counts).map(|flight| flight.deadline).min()
    }
}

impl Session for ImClient {
    type Input = Frame;
    type Transmit = Frame;
    type Event = ClientEvent;

    fn handle_input(&mut self, now: Instant, input: Frame) {
        if self.is_over() {
            return;
        }
        self.now = now;
        self.silence.restart(now);
        match input {
            Frame::Close(_) | Frame::Eof if self.phase == Phase::Closing => self.end(CloseReason::Local),
            Frame::Close(close) => {
                self.end(CloseReason::Remote { code: close.map(|close| close.code) });
            }
            Frame::Eof => self.end(CloseReason::Lost),
            // After our close frame only the end is of interest.
            _ if self.phase == Phase::Closing => {}
            Frame::Text(text) => self.handle_text(now, text),
            Frame::Binary(bytes) => match Text::from_utf8(bytes) {
                Ok(text) => self.handle_text(now, text),
                Err(bytes) => {
                    let error = DecodeError::not_utf8(&bytes);
                    self.malformed(now, bytes, error);
                }
            },
            Frame::BadText(bytes) => {
                let error = DecodeError::not_utf8(&bytes);
                self.malformed(now, bytes, error);
            }
            // The endpoint answers pings; any frame counts as life.
            _ => {}
        }
        self.advance(now);
        self.silence.set_stalled(!self.wants_input());
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        self.now = now;
        if self.silence.is_stalled() {
            self.start_clocks(now);
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
        while self.flight_deadline().is_some_and(|deadline| deadline <= now) {
            self.time_out(now);
        }
        let unwanted = !self.wants_input();
        self.advance(now);
        self.silence.set_stalled(!self.wants_input());
        // A request that was sent just now makes input wanted again.
        if unwanted && !self.silence.is_stalled() {
            self.start_clocks(now);
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
        if self.is_over() {
            return None;
        }
        let silence = self.silence_counts().then(|| self.silence.deadline());
        // What had to wait until the owner takes events can go on at once.
        let work = self.can_work().then_some(self.now);
        earliest(work, earliest(self.close_deadline, earliest(silence, self.flight_deadline())))
    }

    fn wants_input(&self) -> bool {
        !self.is_over() && (!self.events.is_high() || (self.awaits_answer() && !self.events.is_full()))
    }

    fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return;
        }
        self.enter(Phase::Closing);
        self.fail_requests(|_| RequestError::Closed);
        self.flights.clear();
        self.restore.clear();
        self.todo.clear();
        self.say_goodbye(1000);
        self.close_deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.replies.is_empty() && self.transmits.is_empty()
    }
}

impl ClientSession for ImClient {
    type Config = ClientConfig;
    type Command = Request;
    type Reply = Reply;
    /// What is attached, and what was received of it.
    type Resume = Resume;

    fn start(config: ClientConfig, seed: Seed, resume: Option<Resume>, now: Instant) -> Self {
        let topics = resume.unwrap_or_default().topics;
        // Of a topic that nothing is known of nobody can tell what was missed.
        let incomplete = topics.values().any(Option::is_none);
        let restore = topics.keys().map(|topic| (topic.clone(), 0)).collect();
        let state = |mark| TopicState { track: Track::resume(mark), ..TopicState::default() };
        let mut session = Self {
            random: Random::new(seed, u64::from_le_bytes(*b"im-clien")),
            phase: Phase::LoggingIn,
            topics: topics.into_iter().map(|(topic, mark)| (topic, state(mark))).collect(),
            restore,
            incomplete,
            todo: VecDeque::new(),
            flights: Vec::new(),
            waiting: VecDeque::new(),
            next_request: 0,
            replies: VecDeque::new(),
            transmits: Outbox::new(),
            events: EventQueue::new(config.limits),
            closed: None,
            closed_taken: false,
            now,
            silence: Silence::new(config.ping_after, config.idle_timeout, now),
            close_deadline: None,
            config,
        };
        session.greet(now);
        session
    }

    fn send(&mut self, now: Instant, request: Request) -> Result<RequestId, SendError<Request>> {
        let of_owner = |flight: &&Flight| matches!(flight.job, Job::Owner { .. });
        let in_flight = self.waiting.len() + self.flights.iter().filter(of_owner).count();
        let refusal = if matches!(self.phase, Phase::Closing | Phase::Closed) {
            Err(SendErrorKind::Closed)
        } else if in_flight >= self.config.limits.in_flight || self.transmits.bytes() >= self.config.limits.queued_bytes
        {
            Err(SendErrorKind::Full)
        } else {
            request.check()
        };
        if let Err(kind) = refusal {
            return Err(SendError::new(request, kind));
        }
        // What is no longer wanted is not restored, whatever becomes of the line.
        if let Request::Leave { topic, .. } = &request
            && let Some(state) = self.topics.get_mut(topic.as_str())
        {
            state.leaving = true;
        }
        let id = RequestId::new(self.next_request);
        self.next_request += 1;
        self.waiting.push_back(Waiting { id, request });
        self.advance(now);
        Ok(id)
    }

    fn poll_reply(&mut self) -> Option<(RequestId, Result<Reply, RequestError>)> {
        self.replies.pop_front()
    }

    fn into_resume(self) -> Result<Resume, Self> {
        if !self.is_finished() {
            return Err(self);
        }
        let desired = self.topics.into_iter().filter(|(_, state)| !state.leaving);
        Ok(Resume { topics: desired.map(|(topic, state)| (topic, state.track.mark())).collect() })
    }
}

impl fmt::Debug for ImClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImClient")
            .field("phase", &self.phase)
            .field("topics", &self.topics.len())
            .finish_non_exhaustive()
    }
}
