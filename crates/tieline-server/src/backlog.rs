//! Encoded events on their way from publishers to one connection: to its task, or, while that has nothing to do, to its
//! socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tieline_core::{Instant, Text};

use crate::Writer;
use crate::courier::{Courier, Parcel, Pickup};

/// The places that an emptied backlog keeps.
const IDLE_EVENTS: usize = 4;

/// Something that waits for one connection.
pub(crate) trait Waiting {
    /// The message that it is and no more: that can be written past the connection's task.
    fn message(&self) -> Option<&Text>;

    /// What it costs to keep, in bytes; `None` for what is put in however much waits.
    fn weight(&self) -> Option<usize> {
        self.message().map(weight)
    }
}

impl Waiting for Text {
    fn message(&self) -> Option<&Text> {
        Some(self)
    }
}

/// Whom to rouse for what was put in, best after all locks are given back.
pub(crate) enum Rouse {
    /// The connection's task.
    Task(Waker),
    /// The courier, to go there.
    Courier(Courier, Arc<dyn Pickup>),
}

impl Rouse {
    /// Does it.
    pub(crate) fn now(self) {
        let waker = match self {
            Self::Task(waker) => Some(waker),
            Self::Courier(courier, pickup) => courier.call(pickup),
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// What waits for one connection, and who is to be roused for it. The owner locks it.
pub(crate) struct Backlog<M = Text> {
    queue: VecDeque<M>,
    /// What that weighs.
    bytes: usize,
    limit: usize,
    overflowed: bool,
    /// Whether something was not put in since too much waited.
    lost: bool,
    waker: Option<Waker>,
    /// While the task has nothing to do.
    writer: Option<Writer>,
    /// Whether the writer may be used: not once there is something for the task to see to.
    lent: bool,
    /// Whether a courier has this on its list.
    called: bool,
}

impl<M: Waiting> Backlog<M> {
    /// Nothing yet. `limit` is the `queued_bytes` of the connection's session, to which messages weigh no less than here.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            limit,
            overflowed: false,
            lost: false,
            waker: None,
            writer: None,
            lent: false,
            called: false,
        }
    }

    /// Whether a message that is put in now will be sent; not while the connection lags too far behind.
    pub(crate) const fn is_open(&self) -> bool {
        !self.overflowed
    }

    /// Puts something in: a message only while this is [open](Self::is_open). `pickup` is where the courier finds this.
    pub(crate) fn push<P: Pickup + 'static>(&mut self, item: M, pickup: impl FnOnce() -> Arc<P>) -> Option<Rouse> {
        // One message beyond the limit is taken, and then none: as the session has the same limit, it cannot take over
        // all of that without finding its peer too slow, so the connection ends by the session's own rule.
        if let Some(weight) = item.weight() {
            self.overflowed = self.bytes >= self.limit;
            self.bytes = self.bytes.saturating_add(weight);
        }
        // What lags too far behind is ended by the session. What is no message the task sees to, and to all that came before.
        self.lent &= !self.overflowed && item.message().is_some();
        self.queue.push_back(item);
        match &self.writer {
            Some(_) if self.lent && self.called => None,
            Some(writer) if self.lent => {
                self.called = true;
                Some(Rouse::Courier(writer.courier().clone(), pickup()))
            }
            _ => self.waker.take().map(Rouse::Task),
        }
    }

    /// Notes that something was not put in.
    pub(crate) const fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether something was ever not put in since too much waited.
    #[cfg(feature = "im-service")]
    pub(crate) const fn has_lost(&self) -> bool {
        self.lost
    }

    /// How many bytes may be put in before half of the limit is reached.
    #[cfg(feature = "im-service")]
    pub(crate) const fn room(&self) -> usize {
        (self.limit / 2).saturating_sub(self.bytes)
    }

    /// Takes out what waits.
    pub(crate) fn take(&mut self) -> VecDeque<M> {
        self.empty();
        std::mem::take(&mut self.queue)
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>, take: impl FnMut(M)) -> Poll<()> {
        ready!(self.poll_waiting(cx));
        self.empty();
        self.queue.drain(..).for_each(take);
        self.queue.shrink_to(IDLE_EVENTS);
        Poll::Ready(())
    }

    /// `Pending`, and `cx` is woken later, when nothing waits.
    pub(crate) fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.queue.is_empty() {
            return Poll::Ready(());
        }
        match &mut self.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            waker => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Notes that all is taken out. What was too much is the session's.
    fn empty(&mut self) {
        self.bytes = 0;
        self.overflowed = false;
    }

    /// Takes the writer of a connection whose task has nothing to do; gives it back when there is something after all.
    pub(crate) fn lend(&mut self, writer: Writer) -> Option<Writer> {
        if !self.queue.is_empty() {
            return Some(writer);
        }
        self.writer = Some(writer);
        self.lent = true;
        None
    }

    /// Gives the writer back. What waits is the task's again.
    pub(crate) fn recall(&mut self) -> Option<Writer> {
        self.lent = false;
        self.writer.take()
    }

    /// Writes what waits, if the connection's task has nothing to do. Who is to see to what did not go at once.
    pub(crate) fn deliver(&mut self, parcel: &mut Parcel, now: Instant) -> Option<Waker> {
        self.called = false;
        let writer = self.writer.as_mut().filter(|_| self.lent)?;
        while !self.queue.is_empty() {
            parcel.pack(self.queue.iter().filter_map(Waiting::message));
            // A socket that broke tells the task as well.
            let written = writer.try_write(now, parcel.bytes()).unwrap_or(0);
            let (begun, rest) = parcel.begun(written);
            if !rest.is_empty() {
                writer.leave_rest(rest);
            }
            // While this is lent, all that waits are messages.
            let weight: usize = self.queue.drain(..begun).filter_map(|item| item.message().map(weight)).sum();
            self.bytes = self.bytes.saturating_sub(weight);
            if written < parcel.bytes().len() || begun == 0 {
                self.lent = false;
                return self.waker.take();
            }
        }
        self.queue.shrink_to(IDLE_EVENTS);
        None
    }
}

/// What a waiting message costs: many small ones cost more than their bytes.
fn weight(message: &Text) -> usize {
    message.len() + size_of::<Text>()
}
