//! The way of events to the application: a bounded queue whose oldest can be dropped.
//!
//! Each end is woken by a [`std::task::Waker`], which may as well unpark a thread as wake a task.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tieline_core::supervisor::LineEvent;

/// What the events of a line are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<E> {
    /// An event of the line or of its session.
    Line(LineEvent<E>),
    /// So many events were dropped here, since they were not taken in time
    /// ([`Overflow::DropOldest`](crate::Overflow::DropOldest) only).
    Lagged(u64),
}

/// The application's end.
pub struct Receiver<E>(Arc<Mutex<Shared<E>>>);

struct Shared<E> {
    queue: VecDeque<Item<E>>,
    /// How many of them are no markers.
    lines: usize,
    capacity: usize,
    /// Nothing more will come.
    ended: bool,
    /// Nobody takes anything any more.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Whether the writer waits for room.
    blocked: bool,
}

/// The driver's end; the queue ends when it is dropped.
pub struct Sender<E>(Arc<Mutex<Shared<E>>>);

/// A queue for `capacity` events, at least one.
#[must_use]
pub fn channel<E>(capacity: usize) -> (Sender<E>, Receiver<E>) {
    let shared = Arc::new(Mutex::new(Shared {
        queue: VecDeque::new(),
        lines: 0,
        capacity: capacity.max(1),
        ended: false,
        abandoned: false,
        reader: None,
        writer: None,
        blocked: false,
    }));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

fn lock<E>(shared: &Mutex<Shared<E>>) -> MutexGuard<'_, Shared<E>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E> Shared<E> {
    fn push(&mut self, event: LineEvent<E>) -> Option<Waker> {
        self.queue.push_back(Item::Line(event));
        self.lines += 1;
        self.reader.take()
    }

    /// Puts a marker in the place of the oldest event that may go.
    fn drop_oldest(&mut self) {
        let session = self.queue.iter().position(|item| matches!(item, Item::Line(LineEvent::Session(_))));
        let oldest = session.or_else(|| self.queue.iter().position(|item| matches!(item, Item::Line(_))));
        let Some(at) = oldest else { return };
        self.lines -= 1;
        if let Some(Item::Lagged(count)) = at.checked_sub(1).and_then(|before| self.queue.get_mut(before)) {
            *count += 1;
            self.queue.remove(at);
        } else if let Some(Item::Lagged(count)) = self.queue.get_mut(at + 1) {
            *count += 1;
            self.queue.remove(at);
        } else if let Some(item) = self.queue.get_mut(at) {
            *item = Item::Lagged(1);
        }
    }

    /// Wakes whoever waits, with the lock given back.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> (Poll<Option<Item<E>>>, Option<Waker>) {
        match self.queue.pop_front() {
            Some(item) => {
                self.lines -= usize::from(matches!(item, Item::Line(_)));
                let waker = if std::mem::take(&mut self.blocked) { self.writer.take() } else { None };
                (Poll::Ready(Some(item)), waker)
            }
            None if self.ended => (Poll::Ready(None), None),
            None => {
                self.reader = Some(cx.waker().clone());
                (Poll::Pending, None)
            }
        }
    }
}

impl<E> Sender<E> {
    /// Whether the application dropped its end; `waker` is woken when it does.
    #[must_use]
    pub fn is_abandoned(&self, waker: &Waker) -> bool {
        let mut shared = lock(&self.0);
        if !shared.writer.as_ref().is_some_and(|own| own.will_wake(waker)) {
            shared.writer = Some(waker.clone());
        }
        shared.abandoned
    }

    /// How many events wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.0).lines
    }

    /// For how many events there is room; only pushing makes it less. With `wait` whoever asked
    /// [`is_abandoned`](Self::is_abandoned) last is woken once there is some.
    pub(crate) fn room(&self, wait: bool) -> usize {
        let mut shared = lock(&self.0);
        let room = if shared.abandoned { usize::MAX } else { shared.capacity.saturating_sub(shared.lines) };
        shared.blocked = wait && room == 0;
        room
    }

    /// Queues an event, room or not.
    pub(crate) fn push(&self, event: LineEvent<E>) {
        let mut shared = lock(&self.0);
        if shared.abandoned {
            return;
        }
        let waker = shared.push(event);
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Queues an event, in the place of the oldest one when there is no room.
    pub(crate) fn push_dropping(&self, event: LineEvent<E>) {
        let mut shared = lock(&self.0);
        if shared.lines >= shared.capacity {
            shared.drop_oldest();
        }
        drop(shared);
        self.push(event);
    }

    /// Takes back the newest event if it is a `Down` that was not taken yet.
    pub(crate) fn retract_down(&self) {
        let mut shared = lock(&self.0);
        if let Some(Item::Line(LineEvent::Down { .. })) = shared.queue.back() {
            shared.queue.pop_back();
            shared.lines -= 1;
        }
    }
}

impl<E> Drop for Sender<E> {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        shared.ended = true;
        let waker = shared.reader.take();
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E> Receiver<E> {
    /// The next item; `None` after the end. While there is none, the waker of `cx` is woken once there is.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        let (item, waker) = lock(&self.0).poll_next(cx);
        if let Some(waker) = waker {
            waker.wake();
        }
        item
    }

    /// Whether [`poll_next`](Self::poll_next) gives nothing any more.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        let shared = lock(&self.0);
        shared.ended && shared.queue.is_empty()
    }
}

impl<E> Drop for Receiver<E> {
    fn drop(&mut self) {
        let mut shared = lock(&self.0);
        shared.abandoned = true;
        let left = std::mem::take(&mut shared.queue);
        shared.lines = 0;
        let waker = shared.writer.take();
        drop(shared);
        drop(left);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E> fmt::Debug for Receiver<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waiting", lock(&self.0).queue.len())
    }
}

impl<E> fmt::Debug for Sender<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waiting", lock(&self.0).queue.len())
    }
}
