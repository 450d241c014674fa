//! The loop that drives a poller.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::task::Waker;
use std::thread::{self, JoinHandle};

use mio::{Poll, Token};
use tieline_axeos::poller::{Poller, Reply};
use tieline_core::Instant;
use tieline_dial::axeos::{Config, PollerPump};
use tieline_dial::{ConnectError, events};

use super::carrier::Carrier;
use super::{Client, Events};
use crate::Clock;
use crate::http::HttpClient;
use crate::line::{Alarm, Ending, FirstLive, Orders, Phases, Waiter};

const ALARM: Token = Token(0);

/// A client that follows the events of a PBX: its commands, its events, and the driver that does the work.
///
/// Nothing happens until the driver runs. It says by [`first_live`](Driver::first_live) what became of the first attempts.
/// The clock starts now.
///
/// # Errors
/// When the address cannot be dialled, the trust cannot be set up, or the operating system gives nothing to wait with.
pub fn open(config: Config) -> Result<(Client, Events, Driver), ConnectError> {
    let http = HttpClient::new(config.http.clone())?;
    let clock = Clock::start();
    let poll = Poll::new().map_err(ConnectError::System)?;
    let alarm = Alarm::new(poll.registry(), ALARM).map_err(ConnectError::System)?;
    let (sender, receiver) = events::channel(config.options.events);
    let orders = Arc::new(Orders::new(config.options.commands, Arc::clone(&alarm)));
    let driver = Driver {
        pump: PollerPump::new(config, sender, Phases(Arc::clone(&orders)), clock.now()),
        clock,
        carrier: Carrier::new(http, clock, Arc::clone(&alarm)),
        first: None,
        waker: Waker::from(alarm),
        poll,
        orders: Ending(Arc::clone(&orders)),
    };
    Ok((Client::new(orders, clock), Events::new(receiver, clock), driver))
}

/// What does the work of a client that follows the events: [`spawn`](Self::spawn) it, or [`run`](Self::run) it on a thread
/// of yours. A second thread carries polls and lists; a command has one more as long as it lasts.
///
/// Dropped instead it fails whoever waits: commands with [`ClientError::Closed`](crate::ClientError::Closed), [`Events`]
/// end.
#[must_use = "nothing happens until the driver runs"]
pub struct Driver {
    pump: PollerPump<Waiter<Reply>, Phases<Poller>>,
    clock: Clock,
    carrier: Carrier,
    first: Option<SyncSender<Result<(), ConnectError>>>,
    waker: Waker,
    poll: Poll,
    // Dropped last: whoever waits for the end finds everything gone.
    orders: Ending<Poller>,
}

impl Driver {
    /// What becomes of the first attempts: told when the first lists are read, or with the error when it ended before. Of
    /// several calls the last one is answered; to be called before the driver runs.
    ///
    /// Events need not be taken until then: of attempts that fail before only the latest `Down` is told.
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
    pub fn spawn(self) -> Result<JoinHandle<()>, ConnectError> {
        let thread = thread::Builder::new().name("tieline-line".to_owned());
        thread.spawn(move || self.run()).map_err(ConnectError::System)
    }

    /// Does the work until it is over: closed, given up, or left by all clients and events.
    pub fn run(mut self) {
        let mut events = mio::Events::with_capacity(1);
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
        }
    }

    /// Does all that need not be waited for; whether there may be more.
    fn round(&mut self) -> bool {
        let now = self.clock.now();
        let mut busy = self.take_orders(now);
        while let Some((id, result)) = self.carrier.poll_end() {
            self.pump.ended(now, id, result);
            busy = true;
        }
        busy |= self.pump.round(now);
        while let Some(output) = self.pump.poll_output() {
            self.carrier.take(output);
            busy = true;
        }
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

    /// Tells those who wait: for answers, for the first lists.
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

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driver").field(&self.pump).finish()
    }
}
