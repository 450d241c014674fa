//! What waits between a publisher and the task of one connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tieline_core::Text;
use tieline_portsip_wsi::{EventInfo, Subject, Subscriptions, Viewer};

/// The places that an emptied mailbox keeps.
const IDLE_EVENTS: usize = 4;

/// The mailbox of one logged-in connection.
pub(super) struct Mailbox(Mutex<Content>);

struct Content {
    viewer: Arc<Viewer>,
    /// A copy of what the session holds, so that publishers can match without its task.
    subscriptions: Subscriptions,
    queue: VecDeque<Text>,
    bytes: usize,
    limit: usize,
    overflowed: bool,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(super) fn new(viewer: Arc<Viewer>, limit: usize) -> Self {
        Self(Mutex::new(Content {
            viewer,
            subscriptions: Subscriptions::new(),
            queue: VecDeque::new(),
            bytes: 0,
            limit,
            overflowed: false,
            waker: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing. Publishers wait meanwhile.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, take: impl FnMut(Text)) -> Poll<()> {
        let mut content = self.lock();
        if content.queue.is_empty() {
            match &mut content.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                waker => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        content.bytes = 0;
        content.queue.drain(..).for_each(take);
        content.queue.shrink_to(IDLE_EVENTS);
        Poll::Ready(())
    }

    /// Changes the subscriptions, and takes out what came under the former ones: at once, so that every publication is
    /// matched by either these or those. What `change` refuses stays as it was.
    pub(super) fn change<E>(
        &self,
        change: impl FnOnce(&mut Subscriptions) -> Result<(), E>,
    ) -> Result<VecDeque<Text>, E> {
        let mut content = self.lock();
        change(&mut content.subscriptions)?;
        Ok(content.take())
    }

    /// Puts an event in, if the connection wants it and does not lag too far behind. Whether it was put in.
    pub(super) fn offer(&self, rows: &[EventInfo], subject: &Subject<'_>, event: &Text) -> bool {
        let mut content = self.lock();
        if content.overflowed || !content.subscriptions.wants_any(rows, subject, &content.viewer) {
            return false;
        }
        // One event beyond the limit is taken, and then none: as the session has the same limit, it cannot take over all
        // of that without finding its peer too slow, so the connection ends by the session's own rule.
        content.overflowed = content.bytes >= content.limit;
        content.bytes = content.bytes.saturating_add(event.len() + size_of::<Text>());
        content.queue.push_back(event.clone());
        let waker = content.waker.take();
        drop(content);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

impl Content {
    fn take(&mut self) -> VecDeque<Text> {
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }
}
