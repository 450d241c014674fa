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

    /// Asserts that none of these was logged: at no level, by no crate of the process.
    ///
    /// # Panics
    /// When one was.
    pub fn assert_without<S: AsRef<str>>(&self, secrets: &[S]) {
        assert_none_in(self.text().lines(), secrets);
    }

    /// As [`assert_without`](Self::assert_without), in a process whose server is a scripted one: that speaks by all of
    /// tungstenite, which logs what it reads. Our crates take a header's layout from there, and no message.
    ///
    /// # Panics
    /// When one was logged.
    pub fn assert_client_without(&self, secrets: &[&str]) {
        assert_none_in(self.text().lines().filter(|line| !line.contains(" tungstenite::")), secrets);
    }

    /// The lines of our own crates: the PBX of a test speaks in its process too.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(" tieline_")).map(str::to_owned).collect()
    }
}

fn assert_none_in<'l, S: AsRef<str>>(lines: impl Iterator<Item = &'l str>, secrets: &[S]) {
    for line in lines {
        let secret = secrets.iter().map(AsRef::as_ref).find(|secret| line.contains(*secret));
        assert!(secret.is_none(), "{secret:?} is logged: {line}");
    }
}
