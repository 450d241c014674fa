//! Takes messages to connections.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tieline_core::Text;

use super::desk::ClientId;
use crate::Writer;
use crate::backlog::Queue;
use crate::mailbox::Mailbox;

/// What a hub has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImStats {
    /// Connections that are logged in now.
    pub logged_in: usize,
    /// Logins that were accepted.
    pub logins: u64,
    /// Logins that were refused.
    pub refused_logins: u64,
    /// Messages handed to connections.
    pub deliveries: u64,
    /// Connections closed because their peer did not read.
    pub slow_peers: u64,
    /// Connections closed because their peer broke a rule: a message too long, a malformed frame.
    pub misbehaved_peers: u64,
}

/// Takes messages to the connections that are logged in. Cheap to clone; every clone is the same hub.
///
/// Nobody waits for a connection: one that lags behind by more than `Limits::queued_bytes` is closed with code 1013, and the
/// others go on.
#[derive(Clone, Default)]
pub struct ImHub(Arc<Mutex<Seats>>);

#[derive(Default)]
struct Seats {
    by_client: BTreeMap<ClientId, Arc<Mailbox>>,
    next: u64,
    stats: ImStats,
}

impl ImHub {
    /// A hub without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message to a connection. The bytes are shared: write a message once for all that receive it. What one thread
    /// sends arrives in its order. Whether the connection is logged in and does not lag too far behind.
    pub fn push(&self, client: ClientId, message: &Text) -> bool {
        let Some(mailbox) = self.lock().by_client.get(&client).cloned() else { return false };
        let taken = mailbox.offer(message, |()| true);
        self.lock().stats.deliveries += u64::from(taken);
        taken
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> ImStats {
        let seats = self.lock();
        ImStats { logged_in: seats.by_client.len(), ..seats.stats }
    }

    pub(super) fn next_client(&self) -> ClientId {
        let mut seats = self.lock();
        seats.next += 1;
        ClientId(seats.next)
    }

    /// Gives a connection that logs in its seat.
    pub(super) fn seat(&self, client: ClientId, limit: usize) -> Seat {
        let mailbox = Arc::new(Mailbox::new((), limit));
        let mut seats = self.lock();
        seats.stats.logins += 1;
        seats.by_client.insert(client, Arc::clone(&mailbox));
        Seat { hub: self.clone(), client, mailbox }
    }

    pub(super) fn note_refused_login(&self) {
        self.lock().stats.refused_logins += 1;
    }

    pub(super) fn note_misbehaved_peer(&self) {
        self.lock().stats.misbehaved_peers += 1;
    }

    pub(super) fn note_slow_peer(&self) {
        self.lock().stats.slow_peers += 1;
    }
}

impl fmt::Debug for ImHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ImHub").field(&self.stats()).finish()
    }
}

/// The seat of one connection; given back when dropped.
pub(super) struct Seat {
    hub: ImHub,
    client: ClientId,
    mailbox: Arc<Mailbox>,
}

impl Seat {
    /// Hands out what waits; `Pending`, and `cx` is woken later, when there is nothing. Publishers wait meanwhile.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, take: impl FnMut(Text)) -> Poll<()> {
        self.mailbox.poll_take(cx, take)
    }

    /// Hands out what waits.
    pub(super) fn take(&self, take: impl FnMut(Text)) {
        let waiting = self.mailbox.take();
        waiting.into_iter().for_each(take);
    }

    /// Lets messages be written past the connection's task; the writer comes back when something waits for it already.
    pub(super) fn lend(&self, writer: Writer) -> Option<Writer> {
        self.mailbox.lend(writer)
    }

    /// From now on messages wait for the connection's task.
    pub(super) fn recall(&self) -> Option<Writer> {
        self.mailbox.recall()
    }

    /// Gives the seat back, and takes out what was sent before.
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
        self.hub.lock().by_client.remove(&self.client);
    }
}
