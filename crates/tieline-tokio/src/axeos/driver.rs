//! The future that makes a poller's exchanges.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tieline_axeos::poller::{Answer, Exchange, ExchangeId, Output, Poller, Reply};
use tieline_core::Instant;
use tieline_core::http::CallError;
use tieline_dial::axeos::{Config, PollerPump, sharing};
use tieline_dial::{ConnectError, events};
use tokio::sync::{mpsc, oneshot};

use super::{Client, Events};
use crate::Clock;
use crate::http::HttpClient;
use crate::pump::{FirstLive, Order, PhaseTeller, Timer, Waiter};

/// How many rounds one poll does before other tasks have their turn.
const ROUNDS: usize = 4;

/// A client that follows the events of a PBX: its commands, its events, and the driver that does the work.
///
/// Nothing happens until the driver is polled; it must be polled within a tokio runtime with its time driver on. It says by
/// [`first_live`](Driver::first_live) what became of the first attempts. The clock starts now.
///
/// # Errors
/// When the address cannot be dialled, or the trust cannot be set up.
pub fn open(config: Config) -> Result<(Client, Events, Driver), ConnectError> {
    let http = HttpClient::new(config.http.clone())?;
    let clock = Clock::start();
    let (orders, taken) = mpsc::channel(config.options.commands.max(1));
    let (sender, receiver) = events::channel(config.options.events);
    let (phase, phases) = PhaseTeller::new();
    let inner = Inner {
        pump: PollerPump::new(config, sender, phase, clock.now()),
        clock,
        http,
        exchanges: Vec::new(),
        orders: taken,
        clients_left: true,
        timer: Timer::default(),
        first: None,
    };
    let client = Client { orders, phase: phases, clock };
    Ok((client, Events::new(receiver, clock), Driver(Box::new(inner))))
}

/// The future that does the work of a client that follows the events: spawn it, or await it beside other things. It ends
/// when the client is closed or gives up.
///
/// Dropped early it drops its connections: commands that wait fail with
/// [`ClientError::Closed`](crate::ClientError::Closed), [`Events`] end.
#[must_use = "nothing happens until the driver is polled"]
pub struct Driver(Box<Inner>);

struct Inner {
    pump: PollerPump<Waiter<Reply>, PhaseTeller>,
    clock: Clock,
    http: HttpClient,
    /// What is in flight; to drop one is to drop its connection.
    exchanges: Vec<(ExchangeId, BoxFuture<'static, Result<Answer, CallError>>)>,
    orders: mpsc::Receiver<Order<Poller>>,
    clients_left: bool,
    timer: Timer,
    first: Option<oneshot::Sender<Result<(), ConnectError>>>,
}

impl Driver {
    /// What becomes of the first attempts: ready when the first lists are read, or with the error when it ended before. Of
    /// several calls the last one is answered; to be called before the driver is polled.
    ///
    /// Events need not be taken until then: of attempts that fail before only the latest `Down` is told.
    pub fn first_live(&mut self) -> FirstLive {
        let (told, outcome) = FirstLive::pair();
        self.0.pump.await_first();
        self.0.first = Some(told);
        outcome
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(cx)
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driver").field(&self.0.pump).finish()
    }
}

impl Inner {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let mut busy = self.take_orders(cx, now);
            busy |= self.poll_exchanges(cx, now);
            busy |= self.pump.round(now);
            busy |= self.take_outputs(now);
            self.tell();
            if self.pump.is_finished() {
                // Those who wait for the end are told now, even if nobody drops the driver yet.
                self.orders.close();
                return Poll::Ready(());
            }
            if !busy && self.timer.poll(cx, self.clock, self.pump.poll_timeout()).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn take_orders(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        while self.clients_left {
            match self.orders.poll_recv(cx) {
                Poll::Ready(Some(Order::Request(command, reply))) => {
                    if let Err((reply, error)) = self.pump.send(now, command, reply) {
                        // Whoever asked may be gone.
                        drop(reply.send(Err(error)));
                    }
                }
                Poll::Ready(Some(Order::Close)) => self.pump.close(now),
                Poll::Ready(None) => self.clients_left = false,
                Poll::Pending => break,
            }
            busy = true;
        }
        if self.pump.events().is_abandoned(cx.waker()) && !self.clients_left {
            self.pump.close(now);
        }
        busy
    }

    /// Goes on with what is in flight; whether any of it is over.
    fn poll_exchanges(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Self { pump, exchanges, .. } = self;
        let before = exchanges.len();
        exchanges.retain_mut(|(id, exchange)| match exchange.as_mut().poll(cx) {
            Poll::Ready(result) => {
                pump.ended(now, *id, result);
                false
            }
            Poll::Pending => true,
        });
        exchanges.len() < before
    }

    /// Begins and drops what the poller wants; whether there was anything.
    fn take_outputs(&mut self, now: Instant) -> bool {
        let mut busy = false;
        while let Some(output) = self.pump.poll_output() {
            busy = true;
            match output {
                Output::Send(exchange) => self.begin(now, exchange),
                Output::Cancel(id) => self.exchanges.retain(|(own, _)| *own != id),
                _ => {}
            }
        }
        busy
    }

    fn begin(&mut self, now: Instant, exchange: Exchange) {
        let http = self.http.clone();
        let within = exchange.deadline.since(now);
        let making = async move { http.call_sharing(&exchange.ask, within, sharing(&exchange.ask)).await };
        self.exchanges.push((exchange.id, Box::pin(making)));
    }

    /// Tells those who wait: for answers, for the first lists.
    fn tell(&mut self) {
        while let Some((reply, result)) = self.pump.poll_reply() {
            // Whoever asked may be gone.
            drop(reply.send(result));
        }
        if let Some(outcome) = self.pump.poll_first()
            && let Some(first) = self.first.take()
        {
            drop(first.send(outcome));
        }
    }
}
