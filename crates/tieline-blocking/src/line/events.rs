//! The events, waited for on a thread.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, SystemTime};

use tieline_dial::Item;
use tieline_dial::events::Receiver;

use super::deadline::Deadline;
use crate::Clock;

/// The events of a line, in order: one by one with [`next_event`](Self::next_event), or as an iterator that blocks.
///
/// The last one is `Closed`, and then there are no more; without a `Closed` that is so when the driver was dropped.
/// Dropping the `Events` leaves the line to its [`Client`](crate::Client)s, with nobody told of events; once those are
/// dropped too, the line is closed and its thread ends.
pub struct Events<E> {
    receiver: Receiver<E>,
    clock: Clock,
    cancel: Arc<Cancel>,
}

/// Why there is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEvent {
    /// None came in time. The line goes on.
    #[error("no event in time")]
    TimedOut,
    /// The call was cancelled by a [`Canceller`]. The line goes on.
    #[error("the wait for an event was cancelled")]
    Cancelled,
    /// There will be no more.
    #[error("there are no more events")]
    Ended,
}

/// Cancels a wait for events, from any thread; made by [`Events::canceller`]. Clones are the same.
#[derive(Clone)]
pub struct Canceller(Arc<Cancel>);

#[derive(Default)]
struct Cancel {
    asked: AtomicBool,
    /// Who waits at the moment.
    waiting: Mutex<Option<Waker>>,
}

impl Cancel {
    fn waiting(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Canceller {
    /// Ends the wait that lasts, or else the next one, with [`NoEvent::Cancelled`]; an iterator gives `None` once. No event
    /// is lost by it. Several calls before a wait ends are one.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        let waiting = self.0.waiting().take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canceller")
    }
}

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl<E> Events<E> {
    pub(crate) fn new(receiver: Receiver<E>, clock: Clock) -> Self {
        Self { receiver, clock, cancel: Arc::default() }
    }

    /// The next item, waited for at most `timeout`: [`Duration::ZERO`] looks whether there is one, [`Duration::MAX`] waits
    /// as long as it takes.
    ///
    /// # Errors
    /// [`NoEvent`]: in time, since cancelled, or ever again.
    pub fn next_event(&mut self, timeout: Duration) -> Result<Item<E>, NoEvent> {
        // Mostly there is one, and nobody to wake.
        match self.look(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending if timeout.is_zero() => return Err(NoEvent::TimedOut),
            Poll::Pending => {}
        }
        let deadline = Deadline::after(timeout);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        *self.cancel.waiting() = Some(waker.clone());
        let outcome = loop {
            if let Poll::Ready(outcome) = self.look(&mut cx) {
                break outcome;
            }
            // Being unparked for other reasons does no harm.
            match deadline.left() {
                None => thread::park(),
                Some(left) if left.is_zero() => break Err(NoEvent::TimedOut),
                Some(left) => thread::park_timeout(left),
            }
        };
        *self.cancel.waiting() = None;
        outcome
    }

    fn look(&mut self, cx: &mut Context<'_>) -> Poll<Result<Item<E>, NoEvent>> {
        if self.cancel.asked.swap(false, Ordering::SeqCst) {
            return Poll::Ready(Err(NoEvent::Cancelled));
        }
        self.receiver.poll_next(cx).map(|item| item.ok_or(NoEvent::Ended))
    }

    /// A handle that cancels a wait for events from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.cancel))
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

/// Blocks until there is an item; `None` after the end, or once when cancelled.
impl<E> Iterator for Events<E> {
    type Item = Item<E>;

    fn next(&mut self) -> Option<Item<E>> {
        self.next_event(Duration::MAX).ok()
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({:?})", self.receiver)
    }
}
