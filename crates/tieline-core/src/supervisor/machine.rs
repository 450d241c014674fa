//! The supervisor itself.

use alloc::collections::{BTreeMap, VecDeque};
use core::fmt;

use super::backlog::Backlog;
use super::event::{DownCause, Gap, LineEvent, LineId, LineInput, LineOutput};
use super::phase::Phase;
use super::policy::Policy;
use super::{EventKind, Recovery, Supervised};
use crate::{
    Backoff, Class, CloseReason, EventQueue, Frame, Instant, MessageLimit, Random, RequestError, RequestId, SendError,
    SendErrorKind, Session, earliest,
};

/// Drives sessions of type `S` over one line after the other. See the [module](super).
///
/// A [`Session`] itself: its input and output carry the line they belong to.
pub struct Supervisor<S: Supervised> {
    base: S::Config,
    policy: Policy,
    random: Random,
    backoff: Backoff,
    phase: Phase,
    line: LineId,
    /// The session of the present line; `None` while there is none.
    session: Option<S>,
    /// The desired state while no session holds it.
    resume: Option<S::Resume>,
    /// When the present phase must have ended: the dial deadline, or the end of a wait.
    deadline: Option<Instant>,
    live_since: Option<Instant>,
    /// When the last frame of the present or latest line came, as far as that is known.
    heard: Instant,
    /// Whether frames may have waited unread before they came.
    backlog: Backlog,
    /// Why the present line ends, while its session is told that it does.
    broken: Option<CloseReason>,
    /// Since when events may be missing, and why.
    gap: Option<(Instant, DownCause)>,
    was_live: bool,
    /// Whether the application was told of a session's events, so that a loss can cost it some.
    told: bool,
    resync_due: bool,
    next_request: u64,
    pending: BTreeMap<RequestId, Pending<S::Reply>>,
    replies: VecDeque<(RequestId, Result<S::Reply, RequestError>)>,
    outputs: VecDeque<LineOutput>,
    events: EventQueue<LineEvent<S::Event>>,
    closed_taken: bool,
}

/// A request that the present session works on.
struct Pending<R> {
    id: RequestId,
    /// What it is answered with when the line is lost but the edit stays desired.
    deferred: Option<R>,
}

impl<S: Supervised> Supervisor<S>
where
    S::Resume: Default,
{
    /// A supervisor that asks at once for its first line.
    ///
    /// `resume` is the desired state to begin with: what to subscribe to on the first line.
    #[must_use]
    pub fn new(base: S::Config, policy: Policy, seed: crate::Seed, resume: S::Resume, now: Instant) -> Self {
        let mut supervisor = Self {
            base,
            policy,
            random: Random::new(seed, u64::from_le_bytes(*b"supervis")),
            backoff: Backoff::new(policy.backoff),
            phase: Phase::Waiting,
            line: LineId(0),
            session: None,
            resume: Some(resume),
            deadline: None,
            live_since: None,
            heard: now,
            backlog: Backlog::default(),
            broken: None,
            gap: None,
            was_live: false,
            told: false,
            resync_due: false,
            next_request: 0,
            pending: BTreeMap::new(),
            replies: VecDeque::new(),
            outputs: VecDeque::new(),
            events: EventQueue::new(policy.limits),
            closed_taken: false,
        };
        supervisor.dial(now);
        supervisor
    }

    /// Where the line is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The present connection attempt or line.
    #[must_use]
    pub const fn line(&self) -> LineId {
        self.line
    }

    /// The session of the present line.
    #[must_use]
    pub const fn session(&self) -> Option<&S> {
        self.session.as_ref()
    }

    /// The longest message that the session of the present line takes now. To be asked after every input, and handed to
    /// the WebSocket; `None` leaves that as it is.
    #[must_use]
    pub fn message_limit(&self) -> Option<MessageLimit> {
        self.session.as_ref().and_then(Supervised::message_limit)
    }

    /// Accepts a command; its one reply comes from [`poll_reply`](Self::poll_reply). An edit of what is desired is
    /// also accepted without a line: it is noted, answered at once as deferred, and in force on the next line.
    ///
    /// # Errors
    /// [`SendError`] with the command: after the end, for a one-shot request without a line, or as the session
    /// refuses it.
    pub fn send(&mut self, now: Instant, command: S::Command) -> Result<RequestId, SendError<S::Command>> {
        if matches!(self.phase, Phase::Closing | Phase::Closed) {
            return Err(SendError::new(command, SendErrorKind::Closed));
        }
        let deferred = S::deferred_reply(&command);
        let id = RequestId::new(self.next_request);
        if let Some(session) = &mut self.session {
            let inner = session.send(now, command)?;
            self.pending.insert(inner, Pending { id, deferred });
            self.next_request += 1;
            self.pump(now);
            return Ok(id);
        }
        let Some(deferred) = deferred else {
            return Err(SendError::new(command, SendErrorKind::NotConnected));
        };
        S::edit(self.resume.get_or_insert_default(), &command);
        self.next_request += 1;
        self.replies.push_back((id, Ok(deferred)));
        Ok(id)
    }

    /// The next finished request. Never queued behind events.
    pub fn poll_reply(&mut self) -> Option<(RequestId, Result<S::Reply, RequestError>)> {
        self.replies.pop_front()
    }

    fn enter(&mut self, phase: Phase) {
        debug_assert!(self.phase.leads_to(phase), "{} does not lead to {phase}", self.phase);
        self.phase = phase;
    }

    fn tell(&mut self, event: LineEvent<S::Event>) {
        // Few a line, and no line is dialled while the queue is high.
        self.events.push_always(event, 0);
    }

    fn dial(&mut self, now: Instant) {
        self.enter(Phase::Dialing);
        self.line = LineId(self.line.0 + 1);
        self.deadline = Some(now + self.policy.dial_timeout);
        self.outputs.push_back(LineOutput::Dial(self.line));
    }

    fn opened(&mut self, now: Instant, credentials: S::Credentials) {
        self.enter(Phase::Resuming);
        self.deadline = None;
        let config = S::configure(&self.base, credentials);
        let seed = self.random.next_seed();
        self.session = Some(S::start(config, seed, self.resume.take(), now));
        self.heard = now;
        self.backlog = Backlog::default();
        self.pump(now);
    }

    fn handle_frame(&mut self, now: Instant, frame: Frame) {
        let Some(session) = &mut self.session else { return };
        let is_old = self.backlog.may_wait(now, session.wants_input());
        if frame != Frame::Eof && !is_old {
            self.heard = now;
        }
        session.handle_input(now, frame);
        if session.close_reason().is_none() {
            self.backlog.read(now, session.wants_input());
        }
        self.pump(now);
    }

    /// Looks at the session after anything happened to it.
    fn pump(&mut self, now: Instant) {
        let Some(session) = &mut self.session else { return };
        while let Some((inner, result)) = session.poll_reply() {
            if let Some(Pending { id, deferred }) = self.pending.remove(&inner) {
                let result = match (result, deferred) {
                    // The edit stays in the desired state, which the next line restores.
                    (Err(RequestError::Disconnected(_)), Some(deferred)) if self.policy.reconnect => Ok(deferred),
                    (result, _) => result,
                };
                self.replies.push_back((id, result));
            }
        }
        if let Some(reason) = session.close_reason().cloned() {
            self.session_ended(now, reason);
        } else if self.phase == Phase::Resuming && session.is_live() {
            self.now_live(now);
        } else if self.phase == Phase::Live {
            self.tell_gap(now);
        }
    }

    fn now_live(&mut self, now: Instant) {
        self.enter(Phase::Live);
        self.live_since = Some(now);
        self.was_live = true;
        self.tell(LineEvent::Live(self.line));
        self.tell_gap(now);
    }

    /// Tells what may have been missed, once it is known whether it comes after all.
    fn tell_gap(&mut self, now: Instant) {
        let Some(session) = self.session.as_ref().filter(|_| self.gap.is_some()) else { return };
        let recovered = match session.recovery() {
            Recovery::Pending => return,
            Recovery::Complete => true,
            Recovery::Incomplete => false,
        };
        if let Some((since, cause)) = self.gap.take() {
            self.resync_due = true;
            self.tell(LineEvent::Gap(Gap { since, until: now, cause, recovered }));
        }
    }

    fn session_ended(&mut self, now: Instant, reason: CloseReason) {
        let Some(mut session) = self.session.take() else { return };
        // The session saw no more than the end of the line; whoever reads it may know why.
        let reason = if reason == CloseReason::Lost { self.broken.take().unwrap_or(reason) } else { reason };
        while let Some(frame) = session.poll_transmit() {
            self.outputs.push_back(LineOutput::Frame(self.line, frame));
        }
        self.outputs.push_back(LineOutput::Hangup(self.line));
        while let Some(event) = session.poll_event() {
            self.tell_session(event);
        }
        self.resume = session.into_resume().ok();
        if self.live_since.is_some_and(|since| now.since(since) >= self.policy.stable_after) {
            self.backoff.reset();
        }
        self.live_since = None;
        self.resync_due = false;
        self.down(now, DownCause::Session(reason));
    }

    /// Queues what is left of an ended session; its closing event is told as `Down` or `Closed` instead.
    fn tell_session(&mut self, event: S::Event) {
        if let Some(event) = self.take_session(event) {
            self.tell(event);
        }
    }

    /// What the application is told of a session's event: nothing of the closing one, and that of a snapshot after a gap
    /// second.
    fn take_session(&mut self, event: S::Event) -> Option<LineEvent<S::Event>> {
        let kind = S::kind_of(&event);
        if kind == EventKind::Closed {
            return None;
        }
        if kind == EventKind::Snapshot && core::mem::take(&mut self.resync_due) {
            self.tell(LineEvent::Resynced);
        }
        self.told = true;
        Some(LineEvent::Session(event))
    }

    fn down(&mut self, now: Instant, cause: DownCause) {
        self.deadline = None;
        if self.phase == Phase::Closing {
            return self.end(now, None);
        }
        if (self.was_live || self.told) && self.gap.is_none() {
            self.gap = Some((self.heard, cause.clone()));
        }
        let never_worked = !self.was_live && !self.policy.retry_first;
        let wait = match cause.class() {
            Class::Terminal if !self.policy.retry_terminal => None,
            Class::Reauthenticate if !self.policy.retry_refused_login => None,
            _ if never_worked || !self.policy.reconnect => None,
            Class::RetryAfter(least) => Some(self.backoff.next_wait(&mut self.random).max(least)),
            _ => Some(self.backoff.next_wait(&mut self.random)),
        };
        let Some(wait) = wait else { return self.end(now, Some(cause)) };
        let retry_at = now + wait;
        self.enter(Phase::Waiting);
        self.deadline = Some(retry_at);
        self.tell(LineEvent::Down { cause, retry_at });
    }

    fn end(&mut self, now: Instant, cause: Option<DownCause>) {
        self.enter(Phase::Closed);
        self.deadline = None;
        for (_, Pending { id, .. }) in core::mem::take(&mut self.pending) {
            self.replies.push_back((id, Err(RequestError::Closed)));
        }
        // No line comes any more that would tell it.
        if let Some((since, cause)) = self.gap.take() {
            self.tell(LineEvent::Gap(Gap { since, until: now, cause, recovered: false }));
        }
        self.tell(LineEvent::Closed(cause));
    }
}

impl<S: Supervised> Session for Supervisor<S>
where
    S::Resume: Default,
{
    type Input = LineInput<S::Credentials>;
    type Transmit = LineOutput;
    type Event = LineEvent<S::Event>;

    fn handle_input(&mut self, now: Instant, input: Self::Input) {
        match input {
            LineInput::Opened(line, credentials) if line == self.line && self.phase == Phase::Dialing => {
                self.opened(now, credentials);
            }
            // A line nobody wants any more.
            LineInput::Opened(line, _) if line != self.line || self.session.is_none() => {
                self.outputs.push_back(LineOutput::Hangup(line));
            }
            LineInput::Failed(line, failure) if line == self.line && self.phase == Phase::Dialing => {
                self.down(now, DownCause::Connect(failure));
            }
            LineInput::Frame(line, frame) if line == self.line => self.handle_frame(now, frame),
            LineInput::Broken(line, reason) if line == self.line => {
                self.broken = Some(reason);
                self.handle_frame(now, Frame::Eof);
                self.broken = None;
            }
            LineInput::Opened(..) | LineInput::Failed(..) | LineInput::Frame(..) | LineInput::Broken(..) => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Some(session) = &mut self.session {
            self.backlog.may_wait(now, session.wants_input());
            session.handle_timeout(now);
            self.pump(now);
        }
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        match self.phase {
            Phase::Dialing => {
                self.outputs.push_back(LineOutput::Hangup(self.line));
                self.down(now, DownCause::DialTimeout);
            }
            Phase::Waiting if !self.events.is_high() => self.dial(now),
            _ => {}
        }
    }

    fn poll_transmit(&mut self) -> Option<LineOutput> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        let frame = self.session.as_mut()?.poll_transmit()?;
        Some(LineOutput::Frame(self.line, frame))
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        let event = self.events.pop();
        if let Some(LineEvent::Closed(_)) = event {
            self.closed_taken = true;
        }
        if event.is_some() {
            return event;
        }
        // What a session says before it is live is held back in it, so that `Live` and `Gap` come first.
        if self.phase == Phase::Resuming {
            return None;
        }
        let event = self.session.as_mut()?.poll_event()?;
        let event = self.take_session(event)?;
        if self.events.is_empty() {
            return Some(event);
        }
        self.tell(event);
        self.events.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        // A wait goes on until the application has taken what it was told before.
        let own = if self.phase == Phase::Waiting && self.events.is_high() { None } else { self.deadline };
        earliest(own, self.session.as_ref().and_then(Session::poll_timeout))
    }

    fn wants_input(&self) -> bool {
        self.session.as_ref().is_some_and(Session::wants_input)
    }

    fn close(&mut self, now: Instant) {
        match self.phase {
            Phase::Dialing => {
                self.outputs.push_back(LineOutput::Hangup(self.line));
                self.end(now, None);
            }
            Phase::Waiting => self.end(now, None),
            Phase::Resuming | Phase::Live => {
                self.enter(Phase::Closing);
                if let Some(session) = &mut self.session {
                    session.close(now);
                }
                self.pump(now);
            }
            Phase::Closing | Phase::Closed => {}
        }
    }

    fn is_finished(&self) -> bool {
        self.closed_taken && self.replies.is_empty() && self.outputs.is_empty()
    }
}

impl<S: Supervised> fmt::Debug for Supervisor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("phase", &self.phase).field("line", &self.line).finish_non_exhaustive()
    }
}
