//! The bounded queue between a session and its owner.

use alloc::collections::VecDeque;

use crate::Limits;

/// Unread events with their weight in bytes: knows when to ask the peer to wait and when to give up.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    queue: VecDeque<(E, usize)>,
    bytes: usize,
    limits: Limits,
}

/// The hard limit of an [`EventQueue`] is passed; the event was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more events were left unread than the limit allows")]
pub struct QueueOverflow;

impl<E> EventQueue<E> {
    /// An empty queue under `limits`.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { queue: VecDeque::new(), bytes: 0, limits }
    }

    /// Queues an event that weighs `bytes`.
    ///
    /// # Errors
    /// [`QueueOverflow`] when the queue is at its hard limit: twice the soft one.
    pub fn push(&mut self, event: E, bytes: usize) -> Result<(), QueueOverflow> {
        if self.is_full() {
            return Err(QueueOverflow);
        }
        self.push_always(event, bytes);
        Ok(())
    }

    /// Queues an event past every limit: for the few that must not be lost, such as the last one.
    pub fn push_always(&mut self, event: E, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.queue.push_back((event, bytes));
    }

    /// Takes the oldest event.
    pub fn pop(&mut self) -> Option<E> {
        let (event, bytes) = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(event)
    }

    /// Whether the soft limit is reached: time to let the peer wait.
    #[must_use]
    pub fn is_high(&self) -> bool {
        self.queue.len() >= self.limits.queued_events || self.bytes >= self.limits.queued_bytes
    }

    /// Whether the hard limit is reached: the next [`push`](Self::push) fails.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.queue.len() >= self.limits.queued_events.saturating_mul(2)
            || self.bytes >= self.limits.queued_bytes.saturating_mul(2)
    }

    /// The number of unread events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is unread.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
