//! The file that is written, as it happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
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
    out: Out,
    /// The first line, where the file holds something until there is more to write.
    header: Option<String>,
    tally: Tally,
    /// The connections that are open.
    open: Vec<u64>,
    error: Option<io::Error>,
    finished: bool,
}

/// Where the lines go.
enum Out {
    Stdout(io::Stdout),
    File(File),
}

impl Out {
    fn open(path: &Path, secret: bool) -> io::Result<Self> {
        if path.as_os_str() == "-" { Ok(Self::Stdout(io::stdout())) } else { create(path, secret).map(Self::File) }
    }

    /// Whether something would be lost by writing.
    fn holds_something(&self) -> io::Result<bool> {
        match self {
            Self::Stdout(_) => Ok(false),
            Self::File(file) => file.metadata().map(|what| what.is_file() && what.len() > 0),
        }
    }

    /// Writes a line at once; instead of all that is there, if it is the first.
    fn write(&mut self, line: &str, first: bool) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.write_all(line.as_bytes()).and_then(|()| out.flush()),
            Self::File(file) => {
                if first && file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                file.write_all(line.as_bytes())
            }
        }
    }
}

impl Recorder {
    /// Creates the file, and writes its first line; what an older file holds stays until something is recorded.
    pub(super) fn create(path: &Path, mut header: Header, redactor: Option<Redactor>) -> Result<Arc<Self>, Failure> {
        let unwritable =
            |error: io::Error| Failure::new(Exit::Usage, format!("cannot write {}: {error}", path.display()));
        let mut out = Out::open(path, redactor.is_none()).map_err(unwritable)?;
        if let Some(redactor) = &redactor {
            redactor.header(&mut header);
        }
        let mut header = Some(format!("{}\n", header.to_json()));
        if !out.holds_something().map_err(unwritable)?
            && let Some(line) = header.take()
        {
            out.write(&line, true).map_err(unwritable)?;
        }
        let inner = Inner { out, header, tally: Tally::default(), open: Vec::new(), error: None, finished: false };
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
        let header = inner.header.take();
        let begun = header.map_or(Ok(()), |header| inner.out.write(&header, true));
        if let Err(error) = begun.and_then(|()| inner.out.write(&format!("{}\n", entry.to_json()), false)) {
            inner.error = Some(error);
            self.broken.notify_one();
        }
    }

    /// Writes the last lines, unless an older file was left as it is. What comes later is left out.
    pub(super) fn finish(&self) -> Tally {
        let mut inner = self.lock();
        if !inner.finished && inner.error.is_none() && inner.header.is_none() {
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
    options.write(true).create(true).truncate(false);
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
