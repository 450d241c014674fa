//! Encoded events on their way from publishers to one connection: to its task, or, while that has nothing to do, to its
//! socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tieline_core::{Instant, Text};

use crate::Writer;
use crate::courier::{Parcel, Pickup};

/// The places that an emptied backlog keeps.
const IDLE_EVENTS: usize = 4;

/// What waits for one connection, and who is to be woken for it. The owner locks it.
pub(crate) struct Backlog {
    queue: VecDeque<Text>,
    bytes: usize,
    limit: usize,
    overflowed: bool,
    waker: Option<Waker>,
    /// While the task has nothing to do.
    writer: Option<Writer>,
    /// Whether the writer may be used: not once there is something for the task to see to.
    lent: bool,
    /// Whether a courier has this on its list.
    called: bool,
}

impl Backlog {
    /// Nothing yet. `limit` is the `queued_bytes` of the connection's session, to which events weigh no less than here.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            limit,
            overflowed: false,
            waker: None,
            writer: None,
            lent: false,
            called: false,
        }
    }

    /// Whether an event that is put in now will be sent; no longer once the connection lagged too far behind.
    pub(crate) const fn is_open(&self) -> bool {
        !self.overflowed
    }

    /// Puts an event in, while [open](Self::is_open). Whom to wake, best after the lock is given back. `pickup` is where the
    /// courier finds this.
    pub(crate) fn push<P: Pickup + 'static>(&mut self, event: &Text, pickup: impl FnOnce() -> Arc<P>) -> Option<Waker> {
        // One event beyond the limit is taken, and then none: as the session has the same limit, it cannot take over all
        // of that without finding its peer too slow, so the connection ends by the session's own rule.
        self.overflowed = self.bytes >= self.limit;
        self.bytes = self.bytes.saturating_add(weight(event));
        self.queue.push_back(event.clone());
        // What lags too far behind is ended by the session.
        self.lent &= !self.overflowed;
        match &self.writer {
            Some(_) if self.lent && self.called => None,
            Some(writer) if self.lent => {
                self.called = true;
                writer.courier().call(pickup())
            }
            _ => self.waker.take(),
        }
    }

    /// Takes out what waits.
    pub(crate) fn take(&mut self) -> VecDeque<Text> {
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>, take: impl FnMut(Text)) -> Poll<()> {
        if self.queue.is_empty() {
            match &mut self.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                waker => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        self.bytes = 0;
        self.queue.drain(..).for_each(take);
        self.queue.shrink_to(IDLE_EVENTS);
        Poll::Ready(())
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
            parcel.pack(&self.queue);
            // A socket that broke tells the task as well.
            let written = writer.try_write(now, parcel.bytes()).unwrap_or(0);
            let (begun, rest) = parcel.begun(written);
            if !rest.is_empty() {
                writer.leave_rest(rest);
            }
            let weight: usize = self.queue.drain(..begun).map(|event| weight(&event)).sum();
            self.bytes = self.bytes.saturating_sub(weight);
            if written < parcel.bytes().len() {
                self.lent = false;
                return self.waker.take();
            }
        }
        self.queue.shrink_to(IDLE_EVENTS);
        None
    }
}

/// What a waiting event costs: many small ones cost more than their bytes.
fn weight(event: &Text) -> usize {
    event.len() + size_of::<Text>()
}
