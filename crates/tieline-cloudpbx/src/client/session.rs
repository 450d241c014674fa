//! The client session itself.

use core::convert::Infallible;
use core::fmt;

use bytes::Bytes;
use tieline_core::json::{DecodeError, DecodeErrorKind};
use tieline_core::{
    ClientSession, CloseFrame, CloseReason, EventQueue, Frame, Instant, Malformed, Outbox, RequestError, RequestId,
    Seed, SendError, Session, Silence, SilenceDue, Text, earliest,
};

use super::config::ClientConfig;
use super::event::{ClientEvent, Noted, Origin, Received, Unreadable};
use super::ids::{IdNote, Ids};
use super::known::Known;
use super::phase::Phase;
use crate::stream::{Control, Envelope, Message, Refusal, StateKey};

/// A client session of the event stream on one line. See the [module](super).
pub struct PushClient {
    config: ClientConfig,
    phase: Phase,
    ids: Ids,
    known: Known,
    transmits: Outbox,
    events: EventQueue<ClientEvent>,
    closed: Option<CloseReason>,
    closed_taken: bool,
    silence: Silence,
    close_deadline: Option<Instant>,
}

/// What is carried from one line to the next: the numbers heard of, and what has a state.
#[derive(Clone, Default)]
pub struct Resume {
    ids: Ids,
    known: Known,
}

// The names of what is known are the owner's affair.
impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume").finish_non_exhaustive()
    }
}

impl PushClient {
    /// Where the session is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What was told on an earlier line and not on this one yet: it may have changed.
    pub fn stale(&self) -> impl Iterator<Item = &StateKey<Text>> {
        self.known.stale()
    }

    pub(super) const fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    fn tell(&mut self, event: ClientEvent, bytes: usize) {
        if !self.is_over() && self.events.push(event, bytes).is_err() {
            self.say_goodbye();
            self.end(CloseReason::Overflow);
        }
    }

    /// Does something with the numbers. The notes are few: one a message, and those of the holes remembered.
    fn with_ids(&mut self, act: impl FnOnce(&mut Ids, &mut dyn FnMut(IdNote))) {
        let events = &mut self.events;
        act(&mut self.ids, &mut |note| events.push_always(ClientEvent::Id(note), 0));
    }

    fn handle_text(&mut self, now: Instant, text: Text) {
        let limits = &self.config.limits;
        let most = self.config.events_per_message.min(limits.queued_events / 2).max(1);
        match Message::decode_frame(&text, limits.depth, most) {
            Ok(Message::Events(envelope)) => self.handle_envelope(now, envelope, text),
            Ok(Message::Control(control)) => self.handle_control(control, text),
            Ok(Message::Other(_)) => self.note(Noted::Unknown, text),
            Err(error) => self.malformed(now, text.into_bytes(), error),
        }
    }

    fn handle_envelope(&mut self, now: Instant, envelope: Envelope<Text>, text: Text) {
        let Envelope { id, events, omitted, repaired, .. } = envelope;
        if let Some(id) = id {
            self.with_ids(|ids, tell| ids.observe(now, id, tell));
        }
        if events.is_empty() {
            return self.note(Noted::Empty, text);
        }
        // The events share the frame.
        let mut bytes = text.len();
        for (index, entry) in events.into_iter().enumerate() {
            let origin = Origin::new(now, (id, index), repaired, (text.clone(), entry.body));
            let event = match entry.event {
                Ok(event) => {
                    self.known.observe(&event, self.config.limits.subscriptions);
                    ClientEvent::Received(Received::new(event, origin))
                }
                Err(error) => ClientEvent::Unreadable(Unreadable::new(error, origin)),
            };
            self.tell(event, core::mem::take(&mut bytes));
        }
        if omitted > 0 {
            self.tell(ClientEvent::Noted(Noted::Omitted(omitted), text), 0);
        }
    }

    fn handle_control(&mut self, control: Control, text: Text) {
        match control {
            Control::Ping => {}
            Control::ChannelDeleted if self.phase == Phase::Live => {
                self.say_goodbye();
                self.end(CloseReason::Deleted);
            }
            Control::ChannelDeleted => {}
            Control::Other(id) => self.note(Noted::Control(id), text),
        }
    }

    fn note(&mut self, why: Noted, text: Text) {
        let bytes = text.len();
        self.tell(ClientEvent::Noted(why, text), bytes);
    }

    fn malformed(&mut self, now: Instant, bytes: Bytes, error: DecodeError) {
        let weight = bytes.len();
        self.tell(ClientEvent::Malformed(Malformed::new(now, bytes, error)), weight);
    }

    /// The real server takes the code of a close frame for broken text: it is left out.
    fn say_goodbye(&mut self) {
        self.transmits.push(Frame::Close(None));
    }

    fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        self.enter(Phase::Closed);
        self.close_deadline = None;
        self.closed = Some(reason.clone());
        self.with_ids(Ids::end_line);
        self.events.push_always(ClientEvent::Closed(reason), 0);
    }

    const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the silence counts: it may be ours.
    fn silence_counts(&self) -> bool {
        self.phase == Phase::Live && self.wants_input()
    }

    /// When a hole has lasted too long, unless what would fill it is not read.
    fn hole_deadline(&self) -> Option<Instant> {
        if self.wants_input() { self.ids.deadline(self.config.hole_timeout) } else { None }
    }
}

/// Why the server closed. A refusal with a status from 500 on is the server's own trouble, and passes.
fn reason_of(close: Option<&CloseFrame>) -> CloseReason {
    match close.and_then(Refusal::of_close) {
        Some(Refusal { status: status @ 400..500, explain }) => CloseReason::LoginRefused { status, reason: explain },
        _ => CloseReason::Remote { code: close.map(|close| close.code) },
    }
}

impl Session for PushClient {
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
            Frame::Close(close) => self.end(reason_of(close.as_ref())),
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
            // Nothing could be heard while input was unwanted: the silence begins now.
            self.silence.restart(now);
            self.ids.restart_clocks(now);
        }
        if self.close_deadline.is_some_and(|deadline| deadline <= now) {
            return self.end(CloseReason::Local);
        }
        let due = if self.silence_counts() { self.silence.due(now) } else { None };
        match due {
            Some(SilenceDue::GiveUp) => {
                self.say_goodbye();
                return self.end(CloseReason::Silent);
            }
            // Empty: the real server drops the connection over a payload that is no text, and never echoes one.
            Some(SilenceDue::Ping) => self.transmits.push(Frame::Ping(Bytes::new())),
            None => {}
        }
        if self.hole_deadline().is_some_and(|deadline| deadline <= now) {
            let after = self.config.hole_timeout;
            self.with_ids(|ids, tell| ids.expire(now, after, tell));
        }
        self.silence.set_stalled(!self.wants_input());
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
        earliest(self.close_deadline, earliest(silence, self.hole_deadline()))
    }

    fn wants_input(&self) -> bool {
        !self.is_over() && !self.events.is_high()
    }

    fn close(&mut self, now: Instant) {
        if self.phase != Phase::Live {
            return;
        }
        self.enter(Phase::Closing);
        self.say_goodbye();
        self.close_deadline = Some(now + self.config.close_timeout);
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.transmits.is_empty()
    }
}

impl ClientSession for PushClient {
    type Config = ClientConfig;
    /// Nothing can be asked: the stream is read only.
    type Command = Infallible;
    type Reply = Infallible;
    type Resume = Resume;

    /// Starts on a line that just opened. Nothing here is random: the seed goes unused.
    fn start(config: ClientConfig, _: Seed, resume: Option<Resume>, now: Instant) -> Self {
        let Resume { ids, mut known } = resume.unwrap_or_default();
        let stale = known.expire();
        let mut session = Self {
            config,
            phase: Phase::Live,
            ids,
            known,
            transmits: Outbox::new(),
            events: EventQueue::new(config.limits),
            closed: None,
            closed_taken: false,
            silence: Silence::new(config.ping_after, config.idle_timeout, now),
            close_deadline: None,
        };
        if let Some(stale) = stale {
            session.events.push_always(ClientEvent::Stale(stale), 0);
        }
        session
    }

    fn send(&mut self, _: Instant, command: Infallible) -> Result<RequestId, SendError<Infallible>> {
        match command {}
    }

    fn poll_reply(&mut self) -> Option<(RequestId, Result<Infallible, RequestError>)> {
        None
    }

    fn into_resume(self) -> Result<Resume, Self> {
        if self.is_finished() { Ok(Resume { ids: self.ids, known: self.known }) } else { Err(self) }
    }
}

impl fmt::Debug for PushClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushClient").field("phase", &self.phase).finish_non_exhaustive()
    }
}
