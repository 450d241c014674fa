//! What each client did: its connections, and what it said on them.

mod entry;
mod redact;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_core::Instant;

pub use entry::{Ended, Entry, What};
pub(crate) use redact::{beginning, redacted, redacted_target};

/// So many connections are remembered.
const CONNECTIONS: usize = 10_000;
/// So many entries are remembered.
const ENTRIES: usize = 20_000;
/// So many bytes of text are remembered.
const BYTES: usize = 4 << 20;

/// One connection of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConnection {
    /// Its number, from 1.
    pub number: u64,
    /// From where.
    pub address: SocketAddr,
    /// When it was accepted: real time since the start of the simulator.
    pub at: Duration,
    /// The same as scenario time.
    pub scenario: Instant,
    /// The path of its first request, without the query; `None` before one came.
    pub path: Option<String>,
    /// How many messages and requests came on it.
    pub messages: u64,
    /// Why it ended, and when; `None` while it goes on.
    pub ended: Option<(Duration, Ended)>,
}

/// Takes entries as they come.
pub(crate) type Sink = Arc<dyn Fn(&Entry) + Send + Sync>;

/// The record of a simulator, bounded: what is oldest goes first.
pub(crate) struct Recorder {
    started: tokio::time::Instant,
    sink: Option<Sink>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    connections: VecDeque<ClientConnection>,
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Recorder {
    pub(crate) fn new(sink: Option<Sink>) -> Self {
        Self { started: tokio::time::Instant::now(), sink, kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what happened on a connection.
    pub(crate) fn note(&self, connection: u64, scenario: Instant, what: What) {
        let entry = Entry { connection, at: self.started.elapsed(), scenario, what };
        let mut kept = self.lock();
        kept.summarise(&entry);
        // Under the lock, so that the sink gets them in this order.
        if let Some(sink) = &self.sink {
            sink(&entry);
        }
        kept.bytes += entry.len();
        kept.entries.push_back(entry);
        while kept.entries.len() > ENTRIES || kept.bytes > BYTES {
            let Some(oldest) = kept.entries.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(crate) fn connections(&self) -> Vec<ClientConnection> {
        self.lock().connections.iter().cloned().collect()
    }
}

impl Kept {
    fn summarise(&mut self, entry: &Entry) {
        if let What::Opened { address } = entry.what {
            if self.connections.len() >= CONNECTIONS {
                self.connections.pop_front();
            }
            self.connections.push_back(ClientConnection {
                number: entry.connection,
                address,
                at: entry.at,
                scenario: entry.scenario,
                path: None,
                messages: 0,
                ended: None,
            });
            return;
        }
        let Ok(at) = self.connections.binary_search_by_key(&entry.connection, |connection| connection.number) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(at) else { return };
        match &entry.what {
            What::Request { target, .. } => {
                connection.messages += 1;
                let path = || target.split('?').next().unwrap_or_default().to_owned();
                connection.path.get_or_insert_with(path);
            }
            What::Text(_) | What::Frame { .. } => connection.messages += 1,
            What::Ended(why) => connection.ended = Some((entry.at, *why)),
            What::Opened { .. } | What::Closed { .. } | What::Fault(_) => {}
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("entries", &self.lock().entries.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn opened(recorder: &Recorder, connection: u64) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        recorder.note(connection, Instant::EPOCH, What::Opened { address });
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_by_number_and_size() {
        let recorder = Recorder::new(None);
        for connection in 1..=CONNECTIONS as u64 + 5 {
            opened(&recorder, connection);
        }
        let connections = recorder.connections();
        assert_eq!((connections.len(), connections[0].number), (CONNECTIONS, 6));
        for _ in 0..ENTRIES {
            recorder.note(9, Instant::EPOCH, What::Text("x".repeat(1000)));
        }
        let entries = recorder.entries();
        assert!(entries.len() < BYTES / 1000 && entries.len() > BYTES / 2000, "{}", entries.len());
        assert_eq!(recorder.connections()[3].messages, ENTRIES as u64);
    }

    #[tokio::test]
    async fn a_connection_has_its_first_path_and_its_end() {
        let recorder = Recorder::new(None);
        opened(&recorder, 1);
        let request = |target: &str| What::Request { method: "GET".into(), target: target.into() };
        recorder.note(1, Instant::EPOCH, request("/apis/pbx/users?x=1"));
        recorder.note(1, Instant::EPOCH, request("/apis/pbx/events"));
        recorder.note(1, Instant::EPOCH, What::Ended(Ended::Client));
        let connection = &recorder.connections()[0];
        assert_eq!((connection.path.as_deref(), connection.messages), (Some("/apis/pbx/users"), 2));
        assert_eq!(connection.ended.map(|(_, why)| why), Some(Ended::Client));
    }
}
