//! What every driver does between the supervisor, which decides, and the stream: the bytes, the queues, the farewell.

mod connection;
mod farewell;
mod first;
mod line;
mod outlet;
mod transport;

use std::collections::HashMap;
use std::fmt;

use tieline_core::supervisor::{LineId, LineInput, LineOutput, Phase, Supervised, Supervisor};
use tieline_core::{CloseReason, Frame, Instant, MessageLimit, Random, RequestId, Session as _, earliest};
use tieline_websocket::EndpointError;

use crate::events::Sender;
use crate::{ClientError, ConnectError, Dialed, Options};
use farewell::{Farewell, Parting};
use line::{Line, Outcome};

pub(crate) use outlet::Outlet;
pub use outlet::TellPhase;
pub use transport::Transport;

/// How many messages a round takes: few, so that the application has its turn while they are in the processor's cache, and no
/// more than glibc's allocator keeps freed blocks of a size at hand, so that those of one round serve the next.
const BATCH: usize = 7;
/// Separates the pump's random numbers from others of the same seed.
const RANDOM_PURPOSE: u64 = u64::from_le_bytes(*b"tio-pump");

/// A line without a runtime: everything that a driver does but dialling and waiting.
///
/// The driver hands in commands and what its dials bring, calls [`round`](Self::round) and
/// [`handle_timeout`](Self::handle_timeout) until they had nothing to do, takes out [replies](Self::poll_reply), [dials](Self::poll_dial) and what became of the
/// [first line](Self::poll_first), and waits for its streams, its commands, its events to be taken, or the
/// [timeout](Self::poll_timeout).
///
/// `W` is whoever waits for the answer to a command, `T` who is told of phases.
pub struct Pump<S, Io, W, T>
where
    S: Supervised,
    S::Resume: Default,
{
    supervisor: Supervisor<S>,
    random: Random,
    options: Options,
    line: Line<Io, S::Credentials>,
    /// The line before, while it says goodbye: the next one waits for it.
    farewell: Option<Farewell<Io>>,
    next_dial: Option<LineId>,
    waiting: HashMap<RequestId, W>,
    outlet: Outlet<S::Event, T>,
}

impl<S, Io, W, T> Pump<S, Io, W, T>
where
    S: Supervised,
    S::Resume: Default,
    Io: Transport,
    T: TellPhase,
{
    /// A line that tells `events` of itself. `resume` is what is desired from the first one on. `phase` is told
    /// each phase, the first one at once, and before the events that came with it can be taken.
    #[must_use]
    pub fn new(
        config: S::Config,
        resume: S::Resume,
        options: Options,
        events: Sender<S::Event>,
        phase: T,
        now: Instant,
    ) -> Self {
        let mut random = Random::new(options.seed(), RANDOM_PURPOSE);
        let mut pump = Self {
            supervisor: Supervisor::new(config, options.policy, random.next_seed(), resume, now),
            random,
            outlet: Outlet::new(events, options.overflow, phase),
            options,
            line: Line::Idle,
            farewell: None,
            next_dial: None,
            waiting: HashMap::new(),
        };
        pump.told();
        pump
    }

    /// Where the line is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.supervisor.phase()
    }

    /// Where the events go.
    #[must_use]
    pub const fn events(&self) -> &Sender<S::Event> {
        self.outlet.events()
    }

    /// The streams there are, at most two: of the line, and of the one before that says goodbye.
    pub fn transports(&mut self) -> impl Iterator<Item = &mut Io> {
        let line = self.line.connection().map(|connection| &mut connection.io);
        let farewell = self.farewell.as_mut().map(|farewell| &mut farewell.connection.io);
        line.into_iter().chain(farewell)
    }

    /// Sends a command; its answer comes out of [`poll_reply`](Self::poll_reply) with `waiter`.
    ///
    /// # Errors
    /// The waiter comes back with the reason when the command is not accepted.
    pub fn send(&mut self, now: Instant, command: S::Command, waiter: W) -> Result<(), (W, ClientError)> {
        match self.supervisor.send(now, command) {
            Ok(id) => {
                self.waiting.insert(id, waiter);
                Ok(())
            }
            Err(refused) => Err((waiter, refused.kind.into())),
        }
    }

    /// Closes the line, with the protocol's goodbye. Idempotent.
    pub fn close(&mut self, now: Instant) {
        if !matches!(self.phase(), Phase::Closing | Phase::Closed) {
            self.supervisor.close(now);
        }
    }

    /// The next answer, with whoever waits for it.
    pub fn poll_reply(&mut self) -> Option<(W, Result<S::Reply, ClientError>)> {
        while let Some((id, result)) = self.supervisor.poll_reply() {
            if let Some(waiter) = self.waiting.remove(&id) {
                return Some((waiter, result.map_err(ClientError::from)));
            }
        }
        None
    }

    /// The line to dial now, if any. What becomes of it goes to [`dialed`](Self::dialed).
    pub fn poll_dial(&mut self) -> Option<LineId> {
        if self.farewell.is_some() {
            return None;
        }
        let id = self.next_dial.take()?;
        self.line = Line::Dialing(id);
        Some(id)
    }

    /// Whether this dial is still wanted. One that is not is to be given up at once.
    #[must_use]
    pub fn is_dialing(&self, id: LineId) -> bool {
        matches!(self.line, Line::Dialing(own) if own == id)
    }

    /// Takes what a dial brought, or why it failed. One that is not wanted any more is dropped.
    pub fn dialed(&mut self, now: Instant, id: LineId, outcome: Result<Dialed<Io, S::Credentials>, ConnectError>) {
        if !self.is_dialing(id) {
            return;
        }
        match outcome {
            Ok(dialed) => self.line.begin(id, dialed, now, &self.options.websocket, &mut self.random),
            Err(error) => {
                self.line = Line::Idle;
                self.note_outcome(now, Outcome::Failed(id, error));
            }
        }
    }

    /// From now on [`poll_first`](Self::poll_first) tells what becomes of the first attempts. Events need not be taken
    /// until then: of lines that fail before one is live only the latest `Down` is told.
    pub fn await_first(&mut self) {
        self.outlet.await_first();
    }

    /// Once: whether the line was live, or why it ended before.
    pub fn poll_first(&mut self) -> Option<Result<(), ConnectError>> {
        self.outlet.poll_first()
    }

    /// When something is due by time alone.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let endpoint = self.line.endpoint().and_then(tieline_websocket::Endpoint::poll_timeout);
        let farewell = self.farewell.as_ref().map(|farewell| farewell.deadline);
        earliest(self.supervisor.poll_timeout(), earliest(endpoint, farewell))
    }

    /// Whether something is due by now.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.poll_timeout().is_some_and(|due| due <= now)
    }

    /// Whether all is over: the last event is told, and no stream is left.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.supervisor.is_finished() && self.farewell.is_none() && matches!(self.line, Line::Idle)
    }

    /// Reads, decides, writes, as far as nothing has to be waited for; whether anything was done, so that another round
    /// may have something to do. What is due is left to [`handle_timeout`](Self::handle_timeout).
    pub fn round(&mut self, now: Instant) -> bool {
        let (mut busy, outcome) = self.line.open(now);
        if let Some(outcome) = outcome {
            self.note_outcome(now, outcome);
        }
        busy |= self.take_input(now);
        busy |= self.take_outputs(now);
        // Last, so that all that this round queued goes out in one write.
        busy |= self.line.connection().is_some_and(connection::Connection::write);
        busy |= self.give_up_slow_peer(now);
        busy |= self.part(now);
        busy |= self.take_events(now);
        self.told();
        busy
    }

    /// Does what is due by now; whether anything is. To be called after a [`round`](Self::round) that could read what came: a
    /// driver that had to stand still (the process was stopped, a handler blocked its runtime) finds signs of life in its
    /// sockets, and would take a line for dead by the clock alone.
    pub fn handle_timeout(&mut self, now: Instant) -> bool {
        if !self.is_due(now) {
            return false;
        }
        if let Some(connection) = self.line.connection() {
            connection.endpoint.handle_timeout(now);
        }
        self.supervisor.handle_timeout(now);
        true
    }

    /// Sees to it that the phase is told.
    fn told(&mut self) {
        self.outlet.tell_phase(self.supervisor.phase());
    }

    fn note_outcome(&mut self, now: Instant, outcome: Outcome<S::Credentials>) {
        match outcome {
            Outcome::Opened(id, credentials) => {
                tracing::debug!(line = id.get(), "line open");
                self.supervisor.handle_input(now, LineInput::Opened(id, credentials));
                self.limit_messages();
            }
            Outcome::Failed(id, error) => {
                tracing::debug!(line = id.get(), %error, "line not opened");
                self.supervisor.handle_input(now, LineInput::Failed(id, error.failure()));
                self.outlet.not_opened(error);
            }
        }
    }

    /// Hands in what came, as long as the session wants it; what it does not want stays with the endpoint and, once
    /// that is full, with the peer.
    fn take_input(&mut self, now: Instant) -> bool {
        let (mut busy, mut read) = (false, false);
        let mut taken = 0;
        while taken < BATCH && self.supervisor.wants_input() {
            let Line::Open(id, connection) = &mut self.line else { break };
            let Some(frame) = connection.next_frame(now) else {
                // Once a round, so that other things have their turn; and what it brings is a sign of life at once.
                if read || !connection.read(now) {
                    return busy;
                }
                (busy, read) = (true, true);
                continue;
            };
            let failure = connection.endpoint.failure().filter(|_| frame == Frame::Eof);
            let input = match failure.and_then(EndpointError::misbehaviour) {
                Some(rule) => LineInput::Broken(*id, CloseReason::PeerMisbehaved(rule)),
                None => LineInput::Frame(*id, frame),
            };
            self.supervisor.handle_input(now, input);
            self.limit_messages();
            // At once, so that only a slow application fills the session's queue, never one large read.
            self.take_events(now);
            busy = true;
            taken += 1;
        }
        busy
    }

    /// Tells the WebSocket what the session takes now.
    fn limit_messages(&mut self) {
        let configured = MessageLimit::settled(self.options.websocket.message_bytes);
        if let Some(connection) = self.line.connection() {
            connection.endpoint.set_message_limit(self.supervisor.message_limit().unwrap_or(configured));
        }
    }

    /// Ends a line whose peer leaves more unread than the limit. Whether it did.
    fn give_up_slow_peer(&mut self, now: Instant) -> bool {
        let Line::Open(id, connection) = &self.line else { return false };
        let slow = connection.endpoint.queued_bytes() > self.options.policy.limits.queued_bytes;
        if slow {
            self.supervisor.handle_input(now, LineInput::Broken(*id, CloseReason::SlowPeer));
        }
        slow
    }

    fn take_outputs(&mut self, now: Instant) -> bool {
        let mut busy = false;
        while let Some(output) = self.supervisor.poll_transmit() {
            busy = true;
            match output {
                LineOutput::Dial(id) => self.next_dial = Some(id),
                LineOutput::Frame(id, frame) => self.line.send(id, now, frame),
                LineOutput::Hangup(id) => self.hang_up(id, now),
                _ => {}
            }
        }
        busy
    }

    fn hang_up(&mut self, id: LineId, now: Instant) {
        if self.next_dial == Some(id) {
            self.next_dial = None;
        }
        let Some(connection) = self.line.hang_up(id) else { return };
        if let Some(error) = connection.endpoint.failure() {
            tracing::warn!(line = id.get(), %error, "the WebSocket failed");
        }
        tracing::debug!(line = id.get(), "line hung up");
        self.farewell = Some(Farewell::new(connection, now + self.options.hangup_timeout));
    }

    fn part(&mut self, now: Instant) -> bool {
        match self.farewell.as_mut().map(|farewell| farewell.go_on(now)) {
            None | Some(Parting::Waiting) => false,
            Some(Parting::Busy) => true,
            Some(Parting::Over) => {
                self.farewell = None;
                true
            }
        }
    }

    fn take_events(&mut self, now: Instant) -> bool {
        self.outlet.take(&mut self.supervisor, Supervisor::phase, now)
    }
}

impl<S, Io, W, T> fmt::Debug for Pump<S, Io, W, T>
where
    S: Supervised,
    S::Resume: Default,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pump").field(&self.supervisor).finish()
    }
}
