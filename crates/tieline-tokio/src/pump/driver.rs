//! The future that drives a pump.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tieline_core::Instant;
use tieline_core::supervisor::{LineId, Supervised};
use tieline_dial::{ClientError, ConnectError, Dialed, Options, Pump, events};
use tokio::sync::{mpsc, oneshot};

use super::client::{Client, Order};
use super::events::Events;
use super::first::FirstLive;
use super::phases::PhaseTeller;
use super::polled::Polled;
use super::timer::Timer;
use crate::{Clock, Dialer};

/// More events than this that wait say that whoever takes them has had no turn for a while.
const PATIENCE: usize = 8;

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
    let (orders, taken) = mpsc::channel(options.commands.max(1));
    let (sender, receiver) = events::channel(options.events);
    let (phase, phases) = PhaseTeller::new();
    let pump = Pump::new(config, resume, options, sender, phase, clock.now());
    let inner = Inner {
        pump,
        clock,
        dialer: Arc::new(dialer),
        dialing: None,
        orders: taken,
        clients_left: true,
        timer: Timer::default(),
        first: None,
    };
    (Client { orders, phase: phases, clock }, Events::new(receiver, clock), Driver(Box::new(inner)))
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

type Dialing<Io, C> = (LineId, BoxFuture<'static, Result<Dialed<Io, C>, ConnectError>>);
/// Whoever waits for the answer to a command.
pub(crate) type Waiter<R> = oneshot::Sender<Result<R, ClientError>>;

struct Inner<S, D>
where
    S: Supervised,
    S::Resume: Default,
    S::Credentials: Send + 'static,
    D: Dialer<S::Credentials>,
{
    pump: Pump<S, Polled<D::Io>, Waiter<S::Reply>, PhaseTeller>,
    clock: Clock,
    dialer: Arc<D>,
    dialing: Option<Dialing<D::Io, S::Credentials>>,
    orders: mpsc::Receiver<Order<S>>,
    clients_left: bool,
    timer: Timer,
    first: Option<oneshot::Sender<Result<(), ConnectError>>>,
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
        let (told, outcome) = FirstLive::pair();
        self.0.pump.await_first();
        self.0.first = Some(told);
        outcome
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
        f.debug_tuple("Driver").field(&self.0.pump).finish()
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
        self.pump.transports().for_each(|transport| transport.wakes(cx.waker()));
        let now = self.clock.now();
        let mut busy = self.take_orders(cx, now);
        busy |= self.poll_dialing(cx, now);
        busy |= self.pump.round(now);
        busy |= self.dial();
        self.tell();
        if self.pump.is_finished() {
            // Those who wait for the end are told now, even if nobody drops the driver yet.
            self.orders.close();
            self.dialing = None;
            return Poll::Ready(());
        }
        if self.is_time(cx) && (!busy || self.pump.is_due(now)) {
            self.pump.handle_timeout(now);
            cx.waker().wake_by_ref();
        } else if busy {
            self.yield_now(cx);
        }
        Poll::Pending
    }

    /// Sees to another poll, after a turn of whoever takes the events: they are in the processor's cache yet.
    fn yield_now(&self, cx: &mut Context<'_>) {
        if self.pump.events().waiting() <= PATIENCE {
            return cx.waker().wake_by_ref();
        }
        // The future that a runtime blocks on has its turn only when the tasks have none. This is pending by its nature, and
        // only leaves the wish with the runtime.
        let _pending = std::pin::pin!(tokio::task::yield_now()).poll(cx);
    }

    /// Whether something is due by the runtime's clock, which goes on only when the runtime has looked at its sockets as well:
    /// after a standstill the round before this one may not have known yet that there is something to read. It is asked
    /// before each way out, so that it always knows what is due.
    fn is_time(&mut self, cx: &mut Context<'_>) -> bool {
        self.timer.poll(cx, self.clock, self.pump.poll_timeout()).is_ready()
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

    /// Drops a dial that is not wanted any more, and goes on with one that is; whether it is over.
    fn poll_dialing(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some((id, mut dialing)) = self.dialing.take_if(|(id, _)| self.pump.is_dialing(*id)) else {
            self.dialing = None;
            return false;
        };
        let Poll::Ready(outcome) = dialing.as_mut().poll(cx) else {
            self.dialing = Some((id, dialing));
            return false;
        };
        let outcome = outcome.map(|dialed| dialed.map(|io| Polled::new(io, cx.waker().clone())));
        self.pump.dialed(now, id, outcome);
        true
    }

    fn dial(&mut self) -> bool {
        let Some(id) = self.pump.poll_dial() else { return false };
        let dialer = Arc::clone(&self.dialer);
        self.dialing = Some((id, Box::pin(async move { dialer.dial(id).await })));
        true
    }

    /// Tells those who wait: for answers, for the first line.
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
