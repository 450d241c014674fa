//! Encoded events on their way from publishers to one connection: to its task, or, while that has nothing to do, to its
//! socket.

use std::collections::{VecDeque, vec_deque};
use std::iter::Chain;
use std::option;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tieline_core::{Instant, Text};

use crate::Writer;
use crate::courier::{Courier, Parcel, Pickup};

/// The places that an emptied queue keeps.
const IDLE_EVENTS: usize = 4;

/// Something that waits for one connection.
pub(crate) trait Waiting {
    /// The messages that it is and no more: that can be written past the connection's task. None for what its task is to see
    /// to.
    fn messages(&self) -> &[Text];

    /// What it costs to keep, in bytes; `None` for what is put in however much waits.
    fn weight(&self) -> Option<usize> {
        Some(weight(self.messages()))
    }

    /// Drops the first so many of several messages; never all.
    fn skip(&mut self, count: usize);
}

impl Waiting for Text {
    fn messages(&self) -> &[Text] {
        std::slice::from_ref(self)
    }

    fn skip(&mut self, _: usize) {}
}

/// Whom to rouse for what was put in, best after all locks are given back.
pub(crate) enum Rouse {
    /// The connection's task.
    Task(Waker),
    /// The courier, to go there.
    Courier(Courier, Arc<dyn Pickup>),
}

impl Rouse {
    /// Rouses all of them. A courier that was asleep finds the whole list, and wakes once.
    pub(crate) fn all(roused: impl IntoIterator<Item = Self>) {
        let wakers: Vec<Waker> = roused.into_iter().filter_map(Self::call).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Puts it on the courier's list. Whom to wake.
    pub(crate) fn call(self) -> Option<Waker> {
        match self {
            Self::Task(waker) => Some(waker),
            Self::Courier(courier, pickup) => courier.call(pickup),
        }
    }
}

/// What waits, the oldest first. Mostly it is one thing at a time, which lies within: for a fan-out each further place in
/// memory is one to wait for.
pub(crate) struct Queue<M> {
    /// Absent only when nothing waits.
    first: Option<M>,
    others: VecDeque<M>,
}

impl<M> Queue<M> {
    const fn new() -> Self {
        Self { first: None, others: VecDeque::new() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn push(&mut self, item: M) {
        match &self.first {
            None => self.first = Some(item),
            Some(_) => self.others.push_back(item),
        }
    }

    fn iter(&self) -> Chain<option::Iter<'_, M>, vec_deque::Iter<'_, M>> {
        self.first.iter().chain(&self.others)
    }

    /// Hands out everything.
    fn drain(&mut self, take: impl FnMut(M)) {
        self.first.take().into_iter().chain(self.others.drain(..)).for_each(take);
        self.shrink();
    }

    /// Gives back what was needed for much.
    fn shrink(&mut self) {
        if self.others.capacity() > IDLE_EVENTS {
            self.others.shrink_to(IDLE_EVENTS);
        }
    }
}

impl<M: Waiting> Queue<M> {
    /// Drops the first so many messages. What they weighed.
    fn skip(&mut self, mut count: usize) -> usize {
        let mut skipped_weight = 0;
        while let Some(first) = self.first.as_mut().filter(|_| count > 0) {
            let messages = first.messages();
            let skipped = messages.len().min(count);
            skipped_weight += weight(messages.get(..skipped).unwrap_or_default());
            if skipped < messages.len() {
                first.skip(skipped);
            } else {
                self.first = self.others.pop_front();
            }
            count -= skipped;
        }
        skipped_weight
    }
}

impl<M> IntoIterator for Queue<M> {
    type Item = M;
    type IntoIter = Chain<option::IntoIter<M>, vec_deque::IntoIter<M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.others)
    }
}

/// What waits for one connection, and who is to be roused for it. The owner locks it.
pub(crate) struct Backlog<M = Text> {
    queue: Queue<M>,
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
            queue: Queue::new(),
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

    /// Whether each of these messages, put in after the others, would find this [open](Self::is_open).
    pub(crate) fn has_room(&self, messages: &[Text]) -> bool {
        self.is_open() && self.bytes.saturating_add(weight(messages)) <= self.limit
    }

    /// Puts something in: what has weight only while this is [open](Self::is_open). `call` calls the courier, or says that it is
    /// to be called.
    pub(crate) fn push(&mut self, item: M, call: impl FnOnce(&Courier) -> Option<Rouse>) -> Option<Rouse> {
        // One message beyond the limit is taken, and then none: as the session has the same limit, it cannot take over
        // all of that without finding its peer too slow, so the connection ends by the session's own rule.
        if let Some(weight) = item.weight() {
            self.overflowed = self.bytes >= self.limit;
            self.bytes = self.bytes.saturating_add(weight);
        }
        // What lags too far behind is ended by the session. What is no message the task sees to, and to all that came before.
        self.lent &= !self.overflowed && !item.messages().is_empty();
        self.queue.push(item);
        match &self.writer {
            Some(_) if self.lent && self.called => None,
            Some(writer) if self.lent => {
                self.called = true;
                call(writer.courier())
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
    pub(crate) fn take(&mut self) -> Queue<M> {
        self.empty();
        std::mem::replace(&mut self.queue, Queue::new())
    }

    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>, take: impl FnMut(M)) -> Poll<()> {
        ready!(self.poll_waiting(cx));
        self.empty();
        self.queue.drain(take);
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
            // While this is lent, all that waits are messages.
            parcel.pack(self.queue.iter().flat_map(Waiting::messages));
            // A socket that broke tells the task as well.
            let written = writer.try_write(now, parcel.bytes()).unwrap_or(0);
            let (begun, rest) = parcel.begun(written);
            if !rest.is_empty() {
                writer.leave_rest(rest);
            }
            self.bytes = self.bytes.saturating_sub(self.queue.skip(begun));
            if written < parcel.bytes().len() || begun == 0 {
                self.lent = false;
                return self.waker.take();
            }
        }
        self.queue.shrink();
        None
    }
}

/// What waiting messages cost: many small ones cost more than their bytes.
pub(crate) fn weight(messages: &[Text]) -> usize {
    messages.iter().map(|message| message.len() + size_of::<Text>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Several(Vec<Text>);

    impl Waiting for Several {
        fn messages(&self) -> &[Text] {
            &self.0
        }

        fn skip(&mut self, count: usize) {
            self.0.drain(..count);
        }
    }

    #[test]
    fn what_is_written_is_dropped_message_by_message_whatever_came_together() {
        let mut queue = Queue::new();
        queue.push(Several(vec!["a".into(), "bb".into()]));
        queue.push(Several(vec!["ccc".into(), "dddd".into(), "eeeee".into()]));
        let left = |queue: &Queue<Several>| -> Vec<String> {
            queue.iter().flat_map(Waiting::messages).map(|message| message.to_string()).collect()
        };

        assert_eq!(queue.skip(0), 0);
        assert_eq!(queue.skip(1), weight(&["a".into()]));
        assert_eq!(left(&queue), ["bb", "ccc", "dddd", "eeeee"]);
        assert_eq!(queue.skip(2), weight(&["bb".into(), "ccc".into()]));
        assert_eq!(left(&queue), ["dddd", "eeeee"]);
        queue.skip(2);
        assert!(queue.is_empty());
    }
}
