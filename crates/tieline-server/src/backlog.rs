//! Encoded events on their way from publishers to the task of one connection.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use tieline_core::Text;

/// The places that an emptied backlog keeps.
const IDLE_EVENTS: usize = 4;

/// What waits for one connection, and who is to be woken for it. The owner locks it.
pub(crate) struct Backlog {
    queue: VecDeque<Text>,
    bytes: usize,
    limit: usize,
    overflowed: bool,
    waker: Option<Waker>,
}

impl Backlog {
    /// Nothing yet. `limit` is the `queued_bytes` of the connection's session, to which events weigh no less than here.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { queue: VecDeque::new(), bytes: 0, limit, overflowed: false, waker: None }
    }

    /// Whether an event that is put in now will be sent; no longer once the connection lagged too far behind.
    pub(crate) const fn is_open(&self) -> bool {
        !self.overflowed
    }

    /// Puts an event in, while [open](Self::is_open). Whom to wake, best after the lock is given back.
    pub(crate) fn push(&mut self, event: &Text) -> Option<Waker> {
        // One event beyond the limit is taken, and then none: as the session has the same limit, it cannot take over all
        // of that without finding its peer too slow, so the connection ends by the session's own rule.
        self.overflowed = self.bytes >= self.limit;
        self.bytes = self.bytes.saturating_add(event.len() + size_of::<Text>());
        self.queue.push_back(event.clone());
        self.waker.take()
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
}
