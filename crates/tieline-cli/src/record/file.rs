//! The file that is written, as it happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    path: PathBuf,
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
    /// When the last line happened.
    last: Duration,
    error: Option<io::Error>,
    /// Nothing more is written.
    finished: bool,
}

/// Where the lines go.
enum Out {
    Stdout(io::Stdout),
    /// And how many bytes there are in whole lines.
    File(File, u64),
}

impl Out {
    fn open(path: &Path, secret: bool) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            Ok(Self::Stdout(io::stdout()))
        } else {
            create(path, secret).map(|file| Self::File(file, 0))
        }
    }

    /// Whether something would be lost by writing.
    fn holds_something(&self) -> io::Result<bool> {
        match self {
            Self::Stdout(_) => Ok(false),
            Self::File(file, _) => file.metadata().map(|what| what.is_file() && what.len() > 0),
        }
    }

    /// Writes a line at once; instead of all that is there, if it is the first.
    fn write(&mut self, line: &str, first: bool) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.write_all(line.as_bytes()).and_then(|()| out.flush()),
            Self::File(file, whole) => {
                if first && file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                let written = file.write_all(line.as_bytes());
                if written.is_ok() {
                    *whole += line.len() as u64;
                } else if file.metadata().is_ok_and(|what| what.is_file()) {
                    // What there is of the line is none; where it cannot be cut off, readers do without the last one.
                    let _ = file.set_len(*whole);
                }
                written
            }
        }
    }
}

impl Recorder {
    /// Creates the file, and writes its first line; what an older file holds stays until something is recorded.
    pub(super) fn create(path: &Path, mut header: Header, redactor: Option<Redactor>) -> Result<Arc<Self>, Failure> {
        let unwritable = |error| unwritable(Exit::Usage, path, error);
        let mut out = Out::open(path, redactor.is_none()).map_err(unwritable)?;
        if let Some(redactor) = &redactor {
            redactor.header(&mut header);
        }
        let mut header = Some(format!("{}\n", header.to_line()));
        if !out.holds_something().map_err(unwritable)?
            && let Some(line) = header.take()
        {
            out.write(&line, true).map_err(unwritable)?;
        }
        let (tally, open, last) = (Tally::default(), Vec::new(), Duration::ZERO);
        let inner = Mutex::new(Inner { out, header, tally, open, last, error: None, finished: false });
        let (path, started, broken) = (path.to_owned(), Instant::now(), Notify::new());
        Ok(Arc::new(Self { path, redactor, started, inner, broken }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what happened on a connection.
    pub(super) fn note(&self, connection: u64, what: What) {
        let mut entry = Entry::new(self.started.elapsed(), connection, what);
        // It takes its time, and nobody else is to wait for it.
        if let Some(redactor) = &self.redactor {
            redactor.entry(&mut entry);
        }
        let mut inner = self.lock();
        if inner.finished {
            return;
        }
        match &entry.what {
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
        self.write(&mut inner, entry);
    }

    fn write(&self, inner: &mut Inner, mut entry: Entry) {
        // Times do not run back, though one message takes longer to redact than another.
        entry.at = entry.at.max(inner.last);
        inner.last = entry.at;
        let header = inner.header.take();
        let begun = header.map_or(Ok(()), |header| inner.out.write(&header, true));
        if let Err(error) = begun.and_then(|()| inner.out.write(&format!("{}\n", entry.to_json()), false)) {
            (inner.error, inner.finished) = (Some(error), true);
            self.broken.notify_one();
        }
    }

    /// Writes the last lines, unless an older file was left as it is. What comes later is left out.
    pub(super) fn finish(&self) -> Tally {
        let mut inner = self.lock();
        if inner.header.is_none() {
            let open = std::mem::take(&mut inner.open).into_iter();
            let last = open.map(|connection| (connection, What::Ended(Ended::Stopped))).chain([(0, What::End)]);
            for (connection, what) in last {
                if !inner.finished {
                    self.write(&mut inner, Entry::new(self.started.elapsed(), connection, what));
                }
            }
        }
        inner.finished = true;
        inner.tally
    }

    /// Waits until the file cannot be written any more.
    pub(super) async fn broken(&self) -> Failure {
        self.broken.notified().await;
        match self.lock().error.take() {
            Some(error) => unwritable(Exit::Failure, &self.path, error),
            None => Failure::new(Exit::Failure, "the capture cannot be written"),
        }
    }
}

/// What is said of a file that cannot be written; nothing, where a reader has enough.
fn unwritable(exit: Exit, path: &Path, error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::from(error),
        _ => Failure::new(exit, format!("cannot write {}: {error}", path.display())),
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
