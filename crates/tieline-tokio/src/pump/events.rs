//! The events as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use futures::stream::{FusedStream, Stream};
use tieline_dial::Item;
use tieline_dial::events::Receiver;
use tokio::task::coop;

use crate::Clock;

/// The events of a line, in order.
///
/// The last one is `Closed`, and then the stream ends; without a `Closed` it ends when the driver was dropped. Dropping
/// the `Events` leaves the line to its [`Client`](crate::Client)s, with nobody told of events; once those are dropped
/// too, the line is closed.
///
/// A server that sends faster than they are taken does not keep a task from everything else: like tokio's own streams they
/// are pending now and then while some wait, so that a `timeout` or the other branches of a `select!` have their turn.
pub struct Events<E> {
    receiver: Receiver<E>,
    clock: Clock,
}

impl<E> Events<E> {
    pub(crate) const fn new(receiver: Receiver<E>, clock: Clock) -> Self {
        Self { receiver, clock }
    }

    /// The next item; `None` after the end.
    ///
    /// Cancel-safe: when the future is dropped before it is ready, nothing is lost.
    pub async fn next(&mut self) -> Option<Item<E>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    /// The next item if one waits, whoever else wants a turn; inside `None` after the end.
    #[cfg(feature = "cloudpbx")]
    pub(crate) fn take_waiting(&mut self) -> Option<Option<Item<E>>> {
        match self.receiver.poll_next(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(item) => Some(item),
            Poll::Pending => None,
        }
    }

    /// Takes from the task's budget, since whoever is slower than the server is never pending otherwise.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        let budget = ready!(coop::poll_proceed(cx));
        let item = ready!(self.receiver.poll_next(cx));
        budget.made_progress();
        Poll::Ready(item)
    }

    /// The clock of the line, which the instants in its events belong to.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The wall time at the clock's start.
    #[must_use]
    pub const fn started_at(&self) -> SystemTime {
        self.clock.started_at()
    }
}

impl<E> Stream for Events<E> {
    type Item = Item<E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        self.poll(cx)
    }
}

impl<E> FusedStream for Events<E> {
    fn is_terminated(&self) -> bool {
        self.receiver.is_terminated()
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({:?})", self.receiver)
    }
}
