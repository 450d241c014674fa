//! What waits between a publisher and the task of one connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tieline_core::Text;
use tieline_portsip_wsi::{Dialect, Subscriptions, Viewer};

use super::hub::Publication;

/// The mailbox of one logged-in connection.
pub(super) struct Mailbox(Mutex<Content>);

/// What is in a mailbox, and what may get in.
pub(super) struct Content {
    pub(super) dialect: Dialect,
    /// A copy of what the session holds, so that publishers can match without its task.
    pub(super) subscriptions: Subscriptions,
    viewer: Arc<Viewer>,
    queue: VecDeque<Text>,
    bytes: usize,
    limit: usize,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(super) fn new(viewer: Arc<Viewer>, dialect: Dialect, limit: usize) -> Self {
        Self(Mutex::new(Content {
            dialect,
            subscriptions: Subscriptions::default(),
            viewer,
            queue: VecDeque::new(),
            bytes: 0,
            limit,
            waker: None,
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what waits; `Pending`, and `cx` is woken later, when there is nothing.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<VecDeque<Text>> {
        let mut content = self.lock();
        if content.queue.is_empty() {
            match &mut content.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                waker => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        Poll::Ready(content.take())
    }

    /// Puts other subscriptions in force, and takes out what came under the former ones: at once, so that every
    /// publication is matched by either these or those.
    pub(super) fn change(&self, subscriptions: Subscriptions) -> VecDeque<Text> {
        let mut content = self.lock();
        content.subscriptions = subscriptions;
        content.take()
    }

    pub(super) fn set_dialect(&self, dialect: Dialect) {
        self.lock().dialect = dialect;
    }
}

impl Content {
    fn take(&mut self) -> VecDeque<Text> {
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }

    /// Puts the event in, if the connection wants it. Whether it did; and whom to wake once the lock is released.
    ///
    /// Once the limit is reached one more event is taken, and then none: as the session has the same limit, it cannot take
    /// over all of this without finding its peer too slow, so the connection ends by the session's own rule.
    pub(super) fn offer(&mut self, publication: &Publication) -> (bool, Option<Waker>) {
        if !self.subscriptions.wants(&publication.event_type, &publication.subject(), &self.viewer) {
            return (false, None);
        }
        if self.bytes < self.limit || self.bytes == self.limit && !self.queue.is_empty() {
            self.bytes = self.bytes.saturating_add(publication.text.len());
            self.queue.push_back(publication.text.clone());
        }
        (true, self.waker.take())
    }
}
