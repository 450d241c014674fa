//! What waits between a publisher and the task of one connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tieline_core::Text;
use tieline_portsip_wsi::{EventInfo, Subject, Subscriptions, Viewer};

use crate::backlog::Backlog;

/// The mailbox of one logged-in connection.
pub(super) struct Mailbox(Mutex<Content>);

struct Content {
    viewer: Arc<Viewer>,
    /// A copy of what the session holds, so that publishers can match without its task.
    subscriptions: Subscriptions,
    backlog: Backlog,
}

impl Mailbox {
    pub(super) fn new(viewer: Arc<Viewer>, limit: usize) -> Self {
        Self(Mutex::new(Content { viewer, subscriptions: Subscriptions::new(), backlog: Backlog::new(limit) }))
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing. Publishers wait meanwhile.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, take: impl FnMut(Text)) -> Poll<()> {
        self.lock().backlog.poll_take(cx, take)
    }

    /// Changes the subscriptions, and takes out what came under the former ones: at once, so that every publication is
    /// matched by either these or those. What `change` refuses stays as it was.
    pub(super) fn change<E>(
        &self,
        change: impl FnOnce(&mut Subscriptions) -> Result<(), E>,
    ) -> Result<VecDeque<Text>, E> {
        let mut content = self.lock();
        change(&mut content.subscriptions)?;
        Ok(content.backlog.take())
    }

    /// Holds these very subscriptions instead of its own, which equal them. What waits keeps waiting.
    pub(super) fn share(&self, subscriptions: &Subscriptions) {
        self.lock().subscriptions.clone_from(subscriptions);
    }

    /// Puts an event in, if the connection wants it and does not lag too far behind. Whether it was put in.
    pub(super) fn offer(&self, rows: &[EventInfo], subject: &Subject<'_>, event: &Text) -> bool {
        let mut content = self.lock();
        if !content.backlog.is_open() || !content.subscriptions.wants_any(rows, subject, &content.viewer) {
            return false;
        }
        let waker = content.backlog.push(event);
        drop(content);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}
