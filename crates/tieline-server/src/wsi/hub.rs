//! Takes an event to everybody who is to receive it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::Text;
use tieline_core::json::Encode;
use tieline_portsip_wsi::{Dialect, Event, EventInfo, Subject, Viewer};

use super::mailbox::{Mailbox, Wants};

/// The mailboxes of so many are fetched at a time.
const FETCHED: usize = 16;

/// An event as one dialect writes it, and what decides who receives it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publication {
    /// The event type: the word of the wire.
    pub event_type: String,
    /// The numbers of the extensions that the event concerns.
    pub extensions: Vec<String>,
    /// The number of the queue that it concerns.
    pub queue: Option<String>,
    /// The id of the tenant that it belongs to.
    pub tenant: Option<String>,
    /// The encoded event. All connections share it.
    pub text: Text,
}

impl Publication {
    /// An encoded event that concerns nobody yet.
    #[must_use]
    pub fn new(event_type: impl Into<String>, text: impl Into<Text>) -> Self {
        Self { event_type: event_type.into(), extensions: Vec::new(), queue: None, tenant: None, text: text.into() }
    }

    /// Encodes an event, and takes whom it concerns from the event itself.
    ///
    /// Most queue events carry the id of the queue only: name its number with [`in_queue`](Self::in_queue), or those who
    /// subscribed to single queues are left out. An event without `tenant_id` needs
    /// [`of_tenant`](Self::of_tenant), or it reaches nobody but system administrators.
    #[must_use]
    pub fn of<S: AsRef<str> + Encode>(event: &Event<S>) -> Self {
        Self {
            event_type: event.event_type().to_owned(),
            extensions: event.extensions().map(str::to_owned).collect(),
            queue: event.queue_number().map(str::to_owned),
            tenant: event.tenant_id().map(str::to_owned),
            text: Text::from(event.to_json()),
        }
    }

    /// It concerns these extensions too.
    #[must_use]
    pub fn concerning<N: Into<String>>(mut self, extensions: impl IntoIterator<Item = N>) -> Self {
        self.extensions.extend(extensions.into_iter().map(Into::into));
        self
    }

    /// It concerns the queue with this number.
    #[must_use]
    pub fn in_queue(mut self, number: impl Into<String>) -> Self {
        self.queue = Some(number.into());
        self
    }

    /// It belongs to the tenant with this id.
    #[must_use]
    pub fn of_tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }
}

// Events hold phone numbers and names.
impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publication({}, {} bytes)", self.event_type, self.text.len())
    }
}

/// What a hub has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubStats {
    /// Connections that are logged in now.
    pub logged_in: usize,
    /// Logins accepted since the start.
    pub logins: u64,
    /// Logins refused since the start.
    pub refused_logins: u64,
    /// Calls of [`Hub::publish`].
    pub publications: u64,
    /// Events handed to connections.
    pub deliveries: u64,
    /// Connections closed because their peer did not read.
    pub slow_peers: u64,
    /// Connections closed because their peer broke a rule: a message too long, a malformed frame, too many commands.
    pub misbehaved_peers: u64,
}

/// Takes published events to the connections that want them. Cheap to clone; every clone is the same hub.
///
/// Each connection receives what concerns it in the order of publication. Publishing never waits for a connection: one
/// that lags behind by more than `Limits::queued_bytes` is closed with code 1013, and the others go on.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<Members>>);

#[derive(Default)]
struct Members {
    seats: BTreeMap<u64, (Dialect, Arc<Mailbox>)>,
    /// How many of them speak which dialect; never zero.
    spoken: BTreeMap<Dialect, usize>,
    next: u64,
    stats: HubStats,
}

impl Members {
    /// The viewer; shared with the connection that logged in last, if that has an equal one: often many are of one login, and a
    /// publisher looks at the viewer of each.
    fn share(&self, viewer: Viewer) -> Arc<Viewer> {
        let last = self.seats.last_key_value().map(|(_, (_, mailbox))| mailbox.look(Wants::viewer));
        last.filter(|last| **last == viewer).unwrap_or_else(|| viewer.into())
    }

    fn begin(&mut self, dialect: Dialect) {
        *self.spoken.entry(dialect).or_default() += 1;
    }

    fn cease(&mut self, dialect: Dialect) {
        if let Some(count) = self.spoken.get_mut(&dialect) {
            *count -= 1;
            if *count == 0 {
                self.spoken.remove(&dialect);
            }
        }
    }
}

impl Hub {
    /// A hub without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes what happened. `encode` writes it in one dialect, or says `None` where the dialect has no such event; it is
    /// called at most once for each dialect that somebody who is logged in speaks, so not at all when nobody is there.
    ///
    /// Returns the number of connections that the event was handed to. `encode` must not call this hub.
    pub fn publish(&self, mut encode: impl FnMut(Dialect) -> Option<Publication>) -> usize {
        // Held throughout, so that everybody receives all publications in the same order.
        let mut members = self.lock();
        members.stats.publications += 1;
        let publications: Vec<_> =
            members.spoken.keys().filter_map(|dialect| Some((*dialect, encode(*dialect)?))).collect();
        let prepared: Vec<_> = publications
            .iter()
            .map(|(dialect, publication)| {
                let mut extensions: Vec<&str> = publication.extensions.iter().map(String::as_str).collect();
                extensions.sort_unstable();
                extensions.dedup();
                let subject = Subject {
                    extensions: Cow::Owned(extensions),
                    queue: publication.queue.as_deref(),
                    tenant: publication.tenant.as_deref(),
                    dialect: *dialect,
                };
                (*dialect, EventInfo::of(&publication.event_type), subject, &publication.text)
            })
            .collect();
        let mut delivered = 0;
        let mut seats = members.seats.values();
        while seats.len() > 0 {
            seats.clone().take(FETCHED).for_each(|(_, mailbox)| mailbox.fetch());
            for (spoken, mailbox) in seats.by_ref().take(FETCHED) {
                let Some((_, rows, subject, text)) = prepared.iter().find(|(dialect, ..)| dialect == spoken) else {
                    continue;
                };
                delivered += usize::from(mailbox.offer(text, |held| held.wants(rows, subject)));
            }
        }
        members.stats.deliveries += delivered as u64;
        delivered
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> HubStats {
        let members = self.lock();
        HubStats { logged_in: members.seats.len(), ..members.stats }
    }

    /// Gives a connection that has just logged in its seat.
    pub(super) fn seat(&self, viewer: Viewer, dialect: Dialect, limit: usize) -> Seat {
        let mut members = self.lock();
        let viewer = members.share(viewer);
        let mailbox = Arc::new(Mailbox::new(Wants::nothing(viewer.clone()), limit));
        let id = members.next;
        members.next += 1;
        members.stats.logins += 1;
        members.begin(dialect);
        members.seats.insert(id, (dialect, mailbox.clone()));
        Seat { hub: self.clone(), id, dialect, viewer, mailbox }
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

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hub").field(&self.stats()).finish()
    }
}

/// The seat of one logged-in connection; given back when dropped.
pub(super) struct Seat {
    hub: Hub,
    id: u64,
    dialect: Dialect,
    pub(super) viewer: Arc<Viewer>,
    pub(super) mailbox: Arc<Mailbox>,
}

impl Seat {
    /// From now on the connection is served in this dialect.
    pub(super) fn speak(&mut self, dialect: Dialect) {
        if self.dialect == dialect {
            return;
        }
        let mut members = self.hub.lock();
        members.cease(self.dialect);
        members.begin(dialect);
        if let Some((spoken, _)) = members.seats.get_mut(&self.id) {
            *spoken = dialect;
        }
        self.dialect = dialect;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Lent or not, the socket goes with the connection.
        drop(self.mailbox.recall());
        let mut members = self.hub.lock();
        members.seats.remove(&self.id);
        members.cease(self.dialect);
    }
}
