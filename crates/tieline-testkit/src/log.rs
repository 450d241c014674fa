//! The log of a process, for tests of what is in it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A log in memory, at every level: of `tracing`, and of `log`, which libraries for TLS and HTTP write to.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}: {}\n", record.level(), record.target(), record.args());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line.as_bytes());
    }

    fn flush(&self) {}
}

impl Log {
    /// Takes the log of the whole process from now on: the test must be alone in it.
    ///
    /// # Panics
    /// When something else takes the log already.
    #[must_use]
    pub fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .init();
        log::set_boxed_logger(Box::new(log.clone())).expect("the only log");
        log::set_max_level(log::LevelFilter::Trace);
        log
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The lines of our own crates: the PBX of a test speaks in its process too.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(" tieline_")).map(str::to_owned).collect()
    }
}
