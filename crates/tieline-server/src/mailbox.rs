//! What waits between publishers and one connection.

use std::hint::black_box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tieline_core::{Instant, Text};

use crate::Writer;
use crate::backlog::{Backlog, Queue, Rouse, Waiting};
use crate::courier::{Courier, Parcel, Pickup};

/// The mailbox of one connection; `W` says what the connection wants, or what else is to be known of it, `M` is what it gets.
pub(crate) struct Mailbox<W = (), M = Text>(Mutex<Content<W, M>>);

struct Content<W, M> {
    wants: W,
    backlog: Backlog<M>,
}

impl<W: Send + 'static, M: Waiting + Send + 'static> Mailbox<W, M> {
    /// An empty one. `limit` is the `queued_bytes` of the connection's session.
    pub(crate) fn new(wants: W, limit: usize) -> Self {
        Self(Mutex::new(Content { wants, backlog: Backlog::new(limit) }))
    }

    /// See [`Pickup::fetch`].
    pub(crate) fn fetch(&self) {
        black_box(self.0.is_poisoned());
    }

    fn lock(&self) -> MutexGuard<'_, Content<W, M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in, if the connection wants it and does not lag too far behind. Whether it was put in.
    pub(crate) fn offer(self: &Arc<Self>, message: &M, wanted: impl FnOnce(&W) -> bool) -> bool
    where
        M: Clone,
    {
        let mut content = self.lock();
        if !content.backlog.is_open() || !wanted(&content.wants) {
            return false;
        }
        let call = |courier: &Courier| courier.call(Arc::<Self>::clone(self)).map(Rouse::Task);
        let rouse = content.backlog.push(message.clone(), call);
        drop(content);
        if let Some(waker) = rouse.and_then(Rouse::call) {
            waker.wake();
        }
        true
    }

    /// Puts things in, but for what has weight to a connection that lags too far behind. Adds whom to rouse, once all is put in that
    /// is to go out together.
    pub(crate) fn put(self: &Arc<Self>, items: impl IntoIterator<Item = M>, roused: &mut Vec<Rouse>) {
        let mut content = self.lock();
        for item in items {
            if item.weight().is_none() || content.backlog.is_open() {
                let call = |courier: &Courier| Some(Rouse::Courier(courier.clone(), Arc::<Self>::clone(self)));
                roused.extend(content.backlog.push(item, call));
            } else {
                content.backlog.lose();
            }
        }
    }

    /// Whether something was ever not put in, as the connection lagged too far behind.
    #[cfg(feature = "im-service")]
    pub(crate) fn has_lost(&self) -> bool {
        self.lock().backlog.has_lost()
    }

    /// How many bytes may be put in before half of the limit is reached.
    #[cfg(feature = "im-service")]
    pub(crate) fn room(&self) -> usize {
        self.lock().backlog.room()
    }

    /// Puts messages in that many connections get, as one thing, or, if they are too many, as many as it takes. `wrap` makes
    /// one of several.
    pub(crate) fn put_shared(
        self: &Arc<Self>,
        messages: &Arc<[Text]>,
        wrap: impl Fn(Arc<[Text]>) -> M,
        roused: &mut Vec<Rouse>,
    ) {
        if self.lock().backlog.has_room(messages) {
            self.put([wrap(Arc::clone(messages))], roused);
        } else {
            self.put(messages.iter().map(|message| wrap([message.clone()].into())), roused);
        }
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing. Publishers wait meanwhile.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>, take: impl FnMut(M)) -> Poll<()> {
        self.lock().backlog.poll_take(cx, take)
    }

    /// Takes out what waits; `Pending`, and `cx` is woken later, when there is nothing.
    pub(crate) fn poll_all(&self, cx: &mut Context<'_>) -> Poll<Queue<M>> {
        let mut content = self.lock();
        ready!(content.backlog.poll_waiting(cx));
        Poll::Ready(content.backlog.take())
    }

    /// Takes out what waits.
    pub(crate) fn take(&self) -> Queue<M> {
        self.lock().backlog.take()
    }

    /// Changes what the connection wants, and takes out what came before: at once, so that every message is judged
    /// by either the one or the other. What `change` refuses stays as it was.
    pub(crate) fn change<E>(&self, change: impl FnOnce(&mut W) -> Result<(), E>) -> Result<Queue<M>, E> {
        let mut content = self.lock();
        change(&mut content.wants)?;
        Ok(content.backlog.take())
    }

    /// Lets what the connection wants be held in another way. What waits keeps waiting.
    pub(crate) fn rewrite(&self, rewrite: impl FnOnce(&mut W)) {
        rewrite(&mut self.lock().wants);
    }

    /// Looks at what the connection wants.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&W) -> T) -> T {
        look(&self.lock().wants)
    }

    /// From now on messages may be written past the connection's task. The writer comes back when something waits for the
    /// task already.
    pub(crate) fn lend(&self, writer: Writer) -> Option<Writer> {
        self.lock().backlog.lend(writer)
    }

    /// From now on messages wait for the connection's task.
    pub(crate) fn recall(&self) -> Option<Writer> {
        self.lock().backlog.recall()
    }
}

impl<W: Send + 'static, M: Waiting + Send + 'static> Pickup for Mailbox<W, M> {
    fn fetch(&self) {
        Self::fetch(self);
    }

    fn deliver(&self, parcel: &mut Parcel, now: Instant) {
        let waker = self.lock().backlog.deliver(parcel, now);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
