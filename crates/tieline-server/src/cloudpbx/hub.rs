//! Takes a message to everybody who listens to its channel.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tieline_cloudpbx::server::Publisher;
use tieline_cloudpbx::stream::{Event, StreamTarget};
use tieline_core::Text;
use tieline_core::json::Encode;

use crate::Writer;
use crate::backlog::Queue;
use crate::mailbox::Mailbox;

/// What a hub has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamStats {
    /// Connections that listen now.
    pub listening: usize,
    /// Connections that ever listened.
    pub opened: u64,
    /// Connections refused since the start, for their key or the name of the PBX.
    pub refused: u64,
    /// Messages published.
    pub messages: u64,
    /// Messages handed to connections.
    pub deliveries: u64,
    /// Connections closed because their peer did not read.
    pub slow_peers: u64,
    /// Connections closed because their peer broke a rule: a message too long, a malformed frame.
    pub misbehaved_peers: u64,
}

/// Takes published messages to the connections that listen to their PBX. Cheap to clone; every clone is the same hub.
///
/// A message is written once for all of them. They receive the messages of a PBX in the order of their numbers, which
/// count from 1 whether anybody listens or not; one that joins gets what comes from then on. Publishing never waits for a
/// connection: one that lags behind by more than `Limits::queued_bytes` is closed with code 1013, and the others go on.
#[derive(Clone, Default)]
pub struct StreamHub(Arc<Mutex<Channels>>);

#[derive(Default)]
struct Channels {
    by_name: BTreeMap<String, Channel>,
    next: u64,
    stats: StreamStats,
}

struct Channel {
    publisher: Publisher,
    seats: BTreeMap<u64, Arc<Mailbox>>,
}

impl Channel {
    /// The channel of a target.
    fn of(target: &StreamTarget) -> Self {
        Self { publisher: Publisher::new(target.channel()), seats: BTreeMap::new() }
    }
}

impl StreamHub {
    /// A hub without connections, on which nothing was published.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Channels> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes events as the next message of a PBX, `MojaCentrala` say. The real one is only known to send one event a
    /// message. Returns the number of connections that it was handed to.
    pub fn publish<S: AsRef<str> + Encode>(&self, pbx_name: &str, events: &[Event<S>]) -> usize {
        // Held throughout, so that everybody receives the messages in the order of their numbers.
        let mut channels = self.lock();
        channels.stats.messages += 1;
        let Channels { by_name, stats, .. } = &mut *channels;
        // Most often it is there already, and the name need not be copied.
        if !by_name.contains_key(pbx_name) {
            by_name.insert(pbx_name.to_owned(), Channel::of(&StreamTarget::new(pbx_name, "")));
        }
        let Some(channel) = by_name.get_mut(pbx_name) else { return 0 };
        let message = channel.publisher.publish(events);
        let delivered = channel.seats.values().filter(|mailbox| mailbox.offer(&message, |()| true)).count();
        stats.deliveries += delivered as u64;
        delivered
    }

    /// Begins anew as a push server does that was restarted: the next message of every PBX is number 1. The connections stay;
    /// [`ServerHandle::kill_connections`](crate::ServerHandle::kill_connections) cuts them.
    pub fn restart(&self) {
        self.lock().by_name.values_mut().for_each(|channel| channel.publisher.restart());
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> StreamStats {
        let channels = self.lock();
        let listening = channels.by_name.values().map(|channel| channel.seats.len()).sum();
        StreamStats { listening, ..channels.stats }
    }

    /// Gives a connection that was let in its seat.
    pub(super) fn seat(&self, target: &StreamTarget, limit: usize) -> Seat {
        let mailbox = Arc::new(Mailbox::new((), limit));
        let mut channels = self.lock();
        let id = channels.next;
        channels.next += 1;
        channels.stats.opened += 1;
        let pbx_name = target.pbx_name().to_owned();
        let channel = channels.by_name.entry(pbx_name.clone()).or_insert_with(|| Channel::of(target));
        channel.seats.insert(id, Arc::clone(&mailbox));
        Seat { hub: self.clone(), pbx_name, id, mailbox }
    }

    pub(super) fn note_refused(&self) {
        self.lock().stats.refused += 1;
    }

    pub(super) fn note_misbehaved_peer(&self) {
        self.lock().stats.misbehaved_peers += 1;
    }

    pub(super) fn note_slow_peer(&self) {
        self.lock().stats.slow_peers += 1;
    }
}

impl fmt::Debug for StreamHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamHub").field(&self.stats()).finish()
    }
}

/// The seat of one connection; given back when dropped.
pub(super) struct Seat {
    hub: StreamHub,
    pbx_name: String,
    id: u64,
    mailbox: Arc<Mailbox>,
}

impl Seat {
    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing. Publishers wait meanwhile.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, take: impl FnMut(Text)) -> Poll<()> {
        self.mailbox.poll_take(cx, take)
    }

    /// Lets messages be written past the connection's task; the writer comes back when something waits for it already.
    pub(super) fn lend(&self, writer: Writer) -> Option<Writer> {
        self.mailbox.lend(writer)
    }

    /// From now on messages wait for the connection's task.
    pub(super) fn recall(&self) -> Option<Writer> {
        self.mailbox.recall()
    }

    /// Gives the seat back, and takes out what was published before.
    pub(super) fn leave(self) -> Queue<Text> {
        let mailbox = Arc::clone(&self.mailbox);
        drop(self);
        mailbox.take()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Lent or not, the socket goes with the connection.
        drop(self.mailbox.recall());
        let mut channels = self.hub.lock();
        let Some(channel) = channels.by_name.get_mut(&self.pbx_name) else { return };
        channel.seats.remove(&self.id);
        // One on which nothing was published is as good as none: clients cannot fill the memory with names.
        if channel.seats.is_empty() && channel.publisher.last_id() == 0 {
            channels.by_name.remove(&self.pbx_name);
        }
    }
}
