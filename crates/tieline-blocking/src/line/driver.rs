//! The loop that drives a pump.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::task::Waker;
use std::thread::{self, JoinHandle};

use mio::{Poll, Token};
use tieline_core::supervisor::{LineId, Supervised};
use tieline_core::{ClientSession, Instant};
use tieline_dial::{ConnectError, Dialed, Options, Pump, events};

use super::alarm::Alarm;
use super::client::Client;
use super::dialing::Dialing;
use super::events::Events;
use super::first::FirstLive;
use super::orders::{Ending, Orders, Phases, Waiter};
use super::ready::Ready;
use crate::{Clock, Dialer};

const ALARM: Token = Token(0);
/// The alarm, the line and the one before.
const EVENTS: usize = 4;

/// A line over whatever `dialer` opens: its commands, its events, and the driver that does the work.
///
/// `resume` is what is desired from the first line on. Nothing happens until the driver runs. The clock starts now.
///
/// # Errors
/// When the operating system gives nothing to wait with.
#[expect(clippy::type_complexity, reason = "three things, each named")]
pub fn open<S, D>(
    dialer: D,
    config: S::Config,
    resume: S::Resume,
    options: Options,
) -> Result<(Client<S>, Events<S::Event>, Driver<S, D>), ConnectError>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    let clock = Clock::start();
    let poll = Poll::new().map_err(ConnectError::System)?;
    let alarm = Alarm::new(poll.registry(), ALARM).map_err(ConnectError::System)?;
    let (sender, receiver) = events::channel(options.events);
    let commands = options.commands;
    let orders = Arc::new(Orders::new(commands, Arc::clone(&alarm)));
    let pump = Pump::new(config, resume, options, sender, Phases(Arc::clone(&orders)), clock.now());
    let driver = Driver {
        orders: Ending(Arc::clone(&orders)),
        pump,
        clock,
        dialer: Arc::new(dialer),
        dialing: None,
        lines: 0,
        first: None,
        waker: Waker::from(Arc::clone(&alarm)),
        alarm,
        poll,
    };
    Ok((Client::new(orders, clock), Events::new(receiver, clock), driver))
}

/// What does the work of a line: [`spawn`](Self::spawn) it, or [`run`](Self::run) it on a thread of yours.
///
/// Dropped instead it fails whoever waits: commands with [`ClientError::Closed`](crate::ClientError::Closed),
/// [`Events`] end.
#[must_use = "nothing happens until the driver runs"]
pub struct Driver<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    pump: LinePump<S, D::Io>,
    clock: Clock,
    dialer: Arc<D>,
    /// The dial that lasts. One that was given up stays until its thread has let go of it, so that there is never a
    /// second one beside it.
    dialing: Option<Dialing<D::Io, S::Credentials>>,
    /// How many streams there were.
    lines: usize,
    first: Option<SyncSender<Result<(), ConnectError>>>,
    waker: Waker,
    alarm: Arc<Alarm>,
    poll: Poll,
    // Dropped last: whoever waits for the end finds everything gone.
    orders: Ending<S>,
}

type LinePump<S, Io> = Pump<S, Ready<Io>, Waiter<<S as ClientSession>::Reply>, Phases<S>>;

impl<S, D> Driver<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    /// What becomes of the first attempts: told when the line is live for the first time, or with the error when it
    /// ended before. Of several calls the last one is answered; to be called before the driver runs.
    ///
    /// Events need not be taken until then: of lines that fail before one is live only the latest `Down` is told.
    pub fn first_live(&mut self) -> FirstLive {
        let (told, outcome) = FirstLive::pair();
        self.pump.await_first();
        self.first = Some(told);
        outcome
    }

    /// Runs on a thread of its own.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn spawn(self) -> Result<JoinHandle<()>, ConnectError>
    where
        Self: Send + 'static,
    {
        let thread = thread::Builder::new().name("tieline-line".to_owned());
        thread.spawn(move || self.run()).map_err(ConnectError::System)
    }

    /// Does the work until the line is over: closed, given up, or left by all clients and events.
    pub fn run(mut self) {
        let mut events = mio::Events::with_capacity(EVENTS);
        loop {
            while self.round() {}
            if self.pump.is_finished() {
                return;
            }
            let timeout = self.pump.poll_timeout().map(|due| due.since(self.clock.now()));
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::error!(%error, "a line is dropped: it cannot be waited for");
                    return;
                }
            }
            tracing::trace!(ready = events.iter().count(), "woken");
            for event in &events {
                self.pump.transports().for_each(|transport| transport.note(event.token()));
            }
        }
    }

    /// Does all that need not be waited for; whether there may be more.
    fn round(&mut self) -> bool {
        let now = self.clock.now();
        let mut busy = self.take_orders(now);
        busy |= self.poll_dialing(now);
        busy |= self.pump.round(now);
        busy |= self.pump.handle_timeout(now);
        busy |= self.dial(now);
        self.tell();
        busy && !self.pump.is_finished()
    }

    fn take_orders(&mut self, now: Instant) -> bool {
        let taken = self.orders.0.take();
        let busy = !taken.commands.is_empty() || taken.close;
        for (command, waiter) in taken.commands {
            if let Err((waiter, error)) = self.pump.send(now, command, waiter) {
                // Whoever asked may be gone.
                drop(waiter.send(Err(error)));
            }
        }
        if taken.close || (self.pump.events().is_abandoned(&self.waker) && !taken.clients_left) {
            self.pump.close(now);
        }
        busy
    }

    /// Gives up a dial that is not wanted any more, and takes what one brought; whether one is over.
    fn poll_dialing(&mut self, now: Instant) -> bool {
        let Some(dialing) = &mut self.dialing else { return false };
        let id = dialing.line();
        if !self.pump.is_dialing(id) {
            dialing.cancel();
        }
        let Some(outcome) = dialing.poll() else { return false };
        self.dialing = None;
        let outcome = outcome.and_then(|dialed| self.registered(dialed));
        self.pump.dialed(now, id, outcome);
        true
    }

    fn registered(
        &mut self,
        dialed: Dialed<D::Io, S::Credentials>,
    ) -> Result<Dialed<Ready<D::Io>, S::Credentials>, ConnectError> {
        self.lines += 1;
        let Dialed { io, request, credentials } = dialed;
        let io = Ready::new(io, self.poll.registry(), Token(self.lines)).map_err(ConnectError::System)?;
        Ok(Dialed::new(io, request, credentials))
    }

    fn dial(&mut self, now: Instant) -> bool {
        if self.dialing.is_some() {
            return false;
        }
        let Some(id) = self.pump.poll_dial() else { return false };
        self.start_dial(id, now);
        true
    }

    fn start_dial(&mut self, id: LineId, now: Instant) {
        match Dialing::start(id, Arc::clone(&self.dialer), Arc::clone(&self.alarm)) {
            Ok(dialing) => self.dialing = Some(dialing),
            Err(error) => self.pump.dialed(now, id, Err(ConnectError::System(error))),
        }
    }

    /// Tells those who wait: for answers, for the first line.
    fn tell(&mut self) {
        while let Some((waiter, result)) = self.pump.poll_reply() {
            // Whoever asked may be gone.
            drop(waiter.send(result));
        }
        if let Some(outcome) = self.pump.poll_first()
            && let Some(first) = self.first.take()
        {
            drop(first.send(outcome));
        }
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
        f.debug_tuple("Driver").field(&self.pump).finish()
    }
}
