//! What every driver does between the poller, which decides, and the exchanges: the queues, and who waits for what.

use std::collections::HashMap;
use std::fmt;

use tieline_axeos::poller::{Answer, Ask, AxeosEvent, Command, ExchangeId, Outcome, Output, Poller, Reply};
use tieline_core::http::CallError;
use tieline_core::supervisor::Phase;
use tieline_core::{ClientSession as _, ExchangeFailure, Instant, RequestId, Session as _};

use super::Config;
use crate::events::Sender;
use crate::pump::{Outlet, TellPhase};
use crate::{ClientError, ConnectError, Sharing};

/// A poller without a runtime: everything that a driver does but the exchanges and waiting.
///
/// The driver hands in commands and how its exchanges [ended](Self::ended), calls [`round`](Self::round) until that had
/// nothing to do, takes out [replies](Self::poll_reply), [what to exchange](Self::poll_output) and what became of the
/// [first line](Self::poll_first), and waits for its exchanges, its commands, its events to be taken, or the
/// [timeout](Self::poll_timeout).
///
/// A poll, or a list that the poller itself asks for, is begun only when the one before is over: the poller asks for one at
/// a time, and one that it cancels is to be dropped with its connection first. No exchange is ever repeated.
///
/// `W` is whoever waits for the answer to a command, `T` who is told of phases.
pub struct PollerPump<W, T> {
    poller: Poller,
    outlet: Outlet<AxeosEvent, T>,
    waiting: HashMap<RequestId, W>,
}

impl<W, T: TellPhase> PollerPump<W, T> {
    /// A poller that tells `events`. `phase` is told each phase, the first one at once, and before the events that came
    /// with it can be taken.
    #[must_use]
    pub fn new(config: Config, events: Sender<AxeosEvent>, phase: T, now: Instant) -> Self {
        let poller = Poller::start(config.poller(), config.options.seed(), config.resume, now);
        let outlet = Outlet::new(events, config.options.overflow, phase);
        let mut pump = Self { poller, outlet, waiting: HashMap::new() };
        pump.told();
        pump
    }

    /// Where the poller is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.poller.phase()
    }

    /// Where the events go.
    #[must_use]
    pub const fn events(&self) -> &Sender<AxeosEvent> {
        self.outlet.events()
    }

    /// Sends a command; its answer comes out of [`poll_reply`](Self::poll_reply) with `waiter`.
    ///
    /// # Errors
    /// The waiter comes back with the reason when the command is not accepted.
    pub fn send(&mut self, now: Instant, command: Command, waiter: W) -> Result<(), (W, ClientError)> {
        match self.poller.send(now, command) {
            Ok(id) => {
                self.waiting.insert(id, waiter);
                Ok(())
            }
            Err(refused) => Err((waiter, refused.kind.into())),
        }
    }

    /// Ends it: every exchange is cancelled, the parked poll too. Idempotent.
    pub fn close(&mut self, now: Instant) {
        self.poller.close(now);
    }

    /// The next answer, with whoever waits for it.
    pub fn poll_reply(&mut self) -> Option<(W, Result<Reply, ClientError>)> {
        while let Some((id, result)) = self.poller.poll_reply() {
            if let Some(waiter) = self.waiting.remove(&id) {
                return Some((waiter, result.map_err(ClientError::from)));
            }
        }
        None
    }

    /// The next exchange to make or to drop, if any.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.poller.poll_transmit()
    }

    /// Takes the end of an exchange. One that was cancelled need not be told, and does no harm.
    pub fn ended(&mut self, now: Instant, id: ExchangeId, result: Result<Answer, CallError>) {
        let result = result.map_err(|error| {
            tracing::debug!(exchange = id.get(), %error, "an exchange failed");
            ExchangeFailure::from(error)
        });
        self.poller.handle_input(now, Outcome::new(id, result));
    }

    /// From now on [`poll_first`](Self::poll_first) tells what becomes of the first attempts. Events need not be taken
    /// until then: of attempts that fail before one is live only the latest `Down` is told.
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
        self.poller.poll_timeout()
    }

    /// Whether all is over: the last event is told.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.poller.is_finished()
    }

    /// Does what is due, and hands out events; whether anything was done, so that there may be something to exchange.
    pub fn round(&mut self, now: Instant) -> bool {
        let due = self.poller.poll_timeout().is_some_and(|due| due <= now);
        if due {
            self.poller.handle_timeout(now);
        }
        let told = self.outlet.take(&mut self.poller, Poller::phase, now);
        self.told();
        due || told
    }

    /// Sees to it that the phase is told.
    fn told(&mut self) {
        self.outlet.tell_phase(self.poller.phase());
    }
}

impl<W, T> fmt::Debug for PollerPump<W, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PollerPump").field(&self.poller).finish()
    }
}

/// How an exchange of a poller uses connections: one that reads takes a kept one, and a call its own. None is repeated: a
/// break may be a restart of the server, which the poller must see.
#[must_use]
pub const fn sharing(ask: &Ask) -> Sharing {
    match ask {
        Ask::Call(_) => Sharing::Own,
        _ => Sharing::Kept,
    }
}
