//! The file that is written, as it happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;
use tieline_sim::capture::{Ended, Entry, Header, Redactor, What};
use tokio::sync::Notify;

use crate::exit::Exit;
use crate::failure::Failure;

/// How much was recorded.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Tally {
    pub(super) connections: u64,
    pub(super) messages: u64,
    pub(super) exchanges: u64,
    pub(super) unreadable: u64,
}

/// Writes a capture, a line each in one write, so that what is there can be read whenever it is cut off.
pub(super) struct Recorder {
    redactor: Option<Redactor>,
    started: Instant,
    inner: Mutex<Inner>,
    /// Told when the file cannot be written.
    broken: Notify,
}

struct Inner {
    out: Box<dyn Write + Send>,
    tally: Tally,
    /// The connections that are open.
    open: Vec<u64>,
    error: Option<io::Error>,
    finished: bool,
}

impl Recorder {
    /// Creates the file, and writes its first line.
    pub(super) fn create(path: &Path, mut header: Header, redactor: Option<Redactor>) -> Result<Arc<Self>, Failure> {
        let unwritable =
            |error: io::Error| Failure::new(Exit::Usage, format!("cannot write {}: {error}", path.display()));
        let mut out: Box<dyn Write + Send> = if path.as_os_str() == "-" {
            Box::new(io::stdout())
        } else {
            Box::new(create(path, redactor.is_none()).map_err(unwritable)?)
        };
        if let Some(redactor) = &redactor {
            redactor.header(&mut header);
        }
        out.write_all(format!("{}\n", header.to_json()).as_bytes()).map_err(unwritable)?;
        out.flush().map_err(unwritable)?;
        let inner = Inner { out, tally: Tally::default(), open: Vec::new(), error: None, finished: false };
        Ok(Arc::new(Self { redactor, started: Instant::now(), inner: Mutex::new(inner), broken: Notify::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what happened on a connection.
    pub(super) fn note(&self, connection: u64, what: What) {
        let mut inner = self.lock();
        if inner.finished || inner.error.is_some() {
            return;
        }
        match &what {
            What::Opened => {
                inner.tally.connections += 1;
                inner.open.push(connection);
            }
            What::Message { .. } => inner.tally.messages += 1,
            What::Response(_) => inner.tally.exchanges += 1,
            What::Unreadable { .. } => inner.tally.unreadable += 1,
            What::Ended(_) => inner.open.retain(|open| *open != connection),
            _ => {}
        }
        self.write(&mut inner, connection, what);
    }

    fn write(&self, inner: &mut Inner, connection: u64, what: What) {
        let mut entry = Entry::new(self.started.elapsed(), connection, what);
        if let Some(redactor) = &self.redactor {
            redactor.entry(&mut entry);
        }
        let line = format!("{}\n", entry.to_json());
        if let Err(error) = inner.out.write_all(line.as_bytes()).and_then(|()| inner.out.flush()) {
            inner.error = Some(error);
            self.broken.notify_one();
        }
    }

    /// Writes the last lines. What comes later is left out.
    pub(super) fn finish(&self) -> Tally {
        let mut inner = self.lock();
        if !inner.finished && inner.error.is_none() {
            for connection in std::mem::take(&mut inner.open) {
                self.write(&mut inner, connection, What::Ended(Ended::Stopped));
            }
            self.write(&mut inner, 0, What::End);
            inner.finished = true;
        }
        inner.tally
    }

    /// Waits until the file cannot be written any more.
    pub(super) async fn broken(&self) -> Failure {
        self.broken.notified().await;
        match self.lock().error.take() {
            Some(error) => Failure::from(error),
            None => Failure::new(Exit::Failure, "the capture cannot be written"),
        }
    }
}

/// Creates the file; one that holds secrets is for its owner only.
fn create(path: &Path, secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if secret {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).open(path)?;
        // One that was there keeps its mode otherwise.
        if file.metadata()?.is_file() {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        return Ok(file);
    }
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}
