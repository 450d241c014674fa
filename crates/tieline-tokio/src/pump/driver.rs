//! The pump itself.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tieline_core::supervisor::{DownCause, LineEvent, LineId, LineInput, LineOutput, Phase, Supervised, Supervisor};
use tieline_core::{CloseReason, Frame, Instant, MessageLimit, Random, RequestId, Session as _, earliest};
use tieline_websocket::EndpointError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Sleep;

use super::client::{Client, ClientError, Order};
use super::events::{self, Events, Sender};
use super::farewell::Farewell;
use super::line::{Line, Outcome};
use super::options::{Options, Overflow};
use crate::{Clock, ConnectError, Dialer};

/// How many rounds one poll does before other tasks have their turn.
const ROUNDS: usize = 32;
/// Separates the pump's random numbers from others of the same seed.
const RANDOM_PURPOSE: u64 = u64::from_le_bytes(*b"tio-pump");

/// A line over whatever `dialer` opens: its commands, its events, and the driver that does the work.
///
/// `resume` is what is desired from the first line on. Nothing happens until the driver is polled; it must be polled
/// within a tokio runtime with its time driver on. The clock starts now.
pub fn open<S, D>(
    dialer: D,
    config: S::Config,
    resume: S::Resume,
    options: Options,
) -> (Client<S>, Events<S::Event>, Driver<S, D>)
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    let clock = Clock::start();
    let mut random = Random::new(options.seed(), RANDOM_PURPOSE);
    let mut options = options;
    // What the session takes is asked before a frame is read.
    options.websocket.provisional = true;
    let (orders, taken) = mpsc::channel(options.commands.max(1));
    let (sender, events) = events::channel(options.events, clock);
    let supervisor = Supervisor::new(config, options.policy, random.next_seed(), resume, clock.now());
    let (phase, phases) = watch::channel(supervisor.phase());
    let inner = Inner {
        supervisor,
        clock,
        random,
        dialer: Arc::new(dialer),
        options,
        line: Line::Idle,
        farewell: None,
        next_dial: None,
        orders: taken,
        clients_left: true,
        waiting: HashMap::new(),
        events: sender,
        overflowed: false,
        phase: PhaseTeller(phase),
        timer: None,
        first: None,
        last_error: None,
    };
    (Client { orders, phase: phases, clock }, events, Driver(Box::new(inner)))
}

/// The future that does the work of a line: spawn it, or await it beside other things. It ends when the line does.
///
/// Dropped early it drops the connection without a goodbye: commands that wait fail with
/// [`ClientError::Closed`], [`Events`] end.
#[must_use = "nothing happens until the driver is polled"]
pub struct Driver<S, D>(Box<Inner<S, D>>)
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>;

/// Resolves when a line is live for the first time, or has ended before; made by [`Driver::first_live`].
#[must_use = "futures do nothing unless awaited"]
pub struct FirstLive(oneshot::Receiver<Result<(), ConnectError>>);

impl Future for FirstLive {
    type Output = Result<(), ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx).map(|outcome| outcome.unwrap_or(Err(ConnectError::Closed)))
    }
}

impl fmt::Debug for FirstLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstLive")
    }
}

struct Inner<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    supervisor: Supervisor<S>,
    clock: Clock,
    random: Random,
    dialer: Arc<D>,
    options: Options,
    line: Line<D::Io, S::Credentials>,
    /// The line before, while it says goodbye: the next one waits for it.
    farewell: Option<Farewell<D::Io>>,
    next_dial: Option<LineId>,
    orders: mpsc::Receiver<Order<S>>,
    clients_left: bool,
    waiting: HashMap<RequestId, oneshot::Sender<Result<S::Reply, ClientError>>>,
    events: Sender<S::Event>,
    /// The application was too slow, and this ends the line.
    overflowed: bool,
    phase: PhaseTeller,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
    first: Option<oneshot::Sender<Result<(), ConnectError>>>,
    /// The error of the latest attempt to open a line.
    last_error: Option<ConnectError>,
}

/// Tells the last phase also when the driver is dropped.
struct PhaseTeller(watch::Sender<Phase>);

impl PhaseTeller {
    fn tell(&self, phase: Phase) {
        self.0.send_if_modified(|told| std::mem::replace(told, phase) != phase);
    }
}

impl Drop for PhaseTeller {
    fn drop(&mut self) {
        self.tell(Phase::Closed);
    }
}

impl<S, D> Driver<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    /// What becomes of the first attempts: ready when the line is live for the first time, or with the error when it
    /// ended before. Of several calls the last one is answered; to be called before the driver is polled.
    ///
    /// Events need not be taken until then: of lines that fail before one is live only the latest `Down` is told.
    pub fn first_live(&mut self) -> FirstLive {
        let (told, outcome) = oneshot::channel();
        self.0.first = Some(told);
        FirstLive(outcome)
    }
}

impl<S, D> Future for Driver<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(cx)
    }
}

impl<S, D> fmt::Debug for Driver<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driver").field(&self.0.supervisor).finish()
    }
}

impl<S, D> Inner<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let mut busy = self.fire_due(now);
            busy |= self.take_orders(cx, now);
            busy |= self.poll_opening(cx, now);
            busy |= self.poll_input(cx, now);
            busy |= self.take_outputs(now);
            // Last, so that all that this round queued goes out in one write.
            busy |= self.line.connection().is_some_and(|connection| connection.poll_write(cx));
            busy |= self.give_up_slow_peer(now);
            busy |= self.poll_farewell(cx, now);
            self.take_replies();
            busy |= self.take_events();
            self.phase.tell(self.supervisor.phase());
            if self.is_over() {
                // Those who wait for the end are told now, even if nobody drops the driver yet.
                self.orders.close();
                return Poll::Ready(());
            }
            if !busy && self.poll_timer(cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// When something is due by time alone.
    fn deadline(&self) -> Option<Instant> {
        let endpoint = self.line.endpoint().and_then(tieline_websocket::Endpoint::poll_timeout);
        let farewell = self.farewell.as_ref().map(|farewell| farewell.deadline);
        earliest(self.supervisor.poll_timeout(), earliest(endpoint, farewell))
    }

    fn fire_due(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|due| due > now) {
            return false;
        }
        if let Some(connection) = self.line.connection() {
            connection.endpoint.handle_timeout(now);
        }
        self.supervisor.handle_timeout(now);
        true
    }

    /// Sleeps until the deadline; ready when it is over already.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let due = self.deadline().and_then(|due| Some((due, self.clock.runtime(due)?)));
        let Some((due, runtime)) = due else {
            self.timer = None;
            return Poll::Pending;
        };
        let (armed, sleep) = self.timer.get_or_insert_with(|| (due, Box::pin(tokio::time::sleep_until(runtime))));
        if *armed != due {
            *armed = due;
            sleep.as_mut().reset(runtime);
        }
        sleep.poll_unpin(cx)
    }

    fn take_orders(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        while self.clients_left {
            match self.orders.poll_recv(cx) {
                Poll::Ready(Some(Order::Request(command, reply))) => match self.supervisor.send(now, command) {
                    Ok(id) => {
                        self.waiting.insert(id, reply);
                    }
                    // Whoever asked may be gone.
                    Err(refused) => drop(reply.send(Err(refused.kind.into()))),
                },
                Poll::Ready(Some(Order::Close)) => self.supervisor.close(now),
                Poll::Ready(None) => self.clients_left = false,
                Poll::Pending => break,
            }
            busy = true;
        }
        let abandoned = self.events.is_abandoned(cx);
        if abandoned && !self.clients_left && !matches!(self.supervisor.phase(), Phase::Closing | Phase::Closed) {
            self.supervisor.close(now);
            busy = true;
        }
        busy
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let (busy, outcome) = self.line.poll_opening(cx, now, &self.options.websocket, &mut self.random);
        match outcome {
            None => {}
            Some(Outcome::Opened(id, credentials)) => {
                tracing::debug!(line = id.get(), "line open");
                self.supervisor.handle_input(now, LineInput::Opened(id, credentials));
                self.limit_messages();
            }
            Some(Outcome::Failed(id, error)) => {
                tracing::debug!(line = id.get(), %error, "line not opened");
                self.supervisor.handle_input(now, LineInput::Failed(id, error.failure()));
                self.last_error = Some(error);
            }
        }
        busy
    }

    /// Hands in what came, as long as the session wants it; what it does not want stays with the endpoint and, once
    /// that is full, with the peer.
    fn poll_input(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        while self.supervisor.wants_input() {
            let Line::Open(id, connection) = &mut self.line else { break };
            let Some(frame) = connection.next_frame(now) else {
                return connection.poll_read(cx, now) || busy;
            };
            let failure = connection.endpoint.failure().filter(|_| frame == Frame::Eof);
            let input = match failure.and_then(EndpointError::misbehaviour) {
                Some(rule) => LineInput::Broken(*id, CloseReason::PeerMisbehaved(rule)),
                None => LineInput::Frame(*id, frame),
            };
            self.supervisor.handle_input(now, input);
            self.limit_messages();
            // At once, so that only a slow application fills the session's queue, never one large read.
            self.take_events();
            busy = true;
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
        if self.farewell.is_none()
            && let Some(id) = self.next_dial.take()
        {
            self.line = Line::dial(id, &self.dialer);
            busy = true;
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

    fn poll_farewell(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let over = self.farewell.as_mut().is_some_and(|farewell| farewell.poll(cx, now).is_ready());
        if over {
            self.farewell = None;
        }
        over
    }

    fn take_replies(&mut self) {
        while let Some((id, result)) = self.supervisor.poll_reply() {
            if let Some(reply) = self.waiting.remove(&id) {
                // Whoever asked may be gone.
                drop(reply.send(result.map_err(ClientError::from)));
            }
        }
    }

    /// Hands out events, as far as there is room for them. After the end all that is left: it is bounded by the
    /// session's limits, and the driver need not outlive the line.
    fn take_events(&mut self) -> bool {
        let over = self.supervisor.phase() == Phase::Closed;
        let blocks = self.options.overflow == Overflow::Block && !over;
        let mut busy = false;
        loop {
            // Whoever waits for the line to be live does not take events yet.
            let room = self.first.is_some() || self.events.has_room(blocks);
            if blocks && !room {
                return busy;
            }
            let Some(event) = self.supervisor.poll_event() else { return busy };
            busy = true;
            let Some(event) = self.note(event) else { continue };
            match self.options.overflow {
                _ if room => self.events.push(event),
                Overflow::DropOldest => self.events.push_dropping(event),
                Overflow::Close if !over => {
                    tracing::warn!("the line is closed: its events were not taken in time");
                    self.overflowed = true;
                    self.supervisor.close(self.clock.now());
                    return true;
                }
                Overflow::Close | Overflow::Block => self.events.push(event),
            }
        }
    }

    /// Looks at an event on its way; `None` when the application is not to see it.
    fn note(&mut self, event: LineEvent<S::Event>) -> Option<LineEvent<S::Event>> {
        match event {
            LineEvent::Closed(_) if self.overflowed => {
                Some(LineEvent::Closed(Some(DownCause::Session(CloseReason::Overflow))))
            }
            _ if self.overflowed => None,
            LineEvent::Closed(cause) => {
                if let Some(first) = self.first.take() {
                    // Whoever asked may be gone.
                    drop(first.send(Err(ConnectError::of_end(cause.clone(), self.last_error.take()))));
                }
                Some(LineEvent::Closed(cause))
            }
            LineEvent::Live(_) => {
                if let Some(first) = self.first.take() {
                    // Whoever asked may be gone.
                    drop(first.send(Ok(())));
                }
                Some(event)
            }
            // Of lines that were never live the latest failure is enough.
            LineEvent::Session(_) if self.first.is_some() => None,
            LineEvent::Down { .. } if self.first.is_some() => {
                self.events.retract_down();
                Some(event)
            }
            event => Some(event),
        }
    }

    fn is_over(&self) -> bool {
        self.supervisor.is_finished() && self.farewell.is_none() && matches!(self.line, Line::Idle)
    }
}
