//! The thread that writes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tieline_portsip_im::service::Write;

use super::{StoreError, Writer};

/// What became of a batch.
pub type Outcome = Result<(), StoreError>;

/// A thread with a [`Writer`], that takes one batch after the other. Dropped, it finishes what was submitted.
pub struct Committer {
    batches: Option<Sender<Vec<Write>>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread. It tells `done` of each batch, in their order.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(writer: impl Writer, done: impl FnMut(Outcome) + Send + 'static) -> Result<Self, StoreError> {
        let (batches, submitted) = channel();
        let thread = std::thread::Builder::new()
            .name("im-store".into())
            .spawn(move || write(writer, &submitted, done))
            .map_err(StoreError::failed)?;
        Ok(Self { batches: Some(batches), thread: Some(thread) })
    }

    /// Submits the writes of many steps, for one commit.
    ///
    /// # Errors
    /// When the thread is gone; `done` is not told then.
    pub fn submit(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        let sent = self.batches.as_ref().map(|batches| batches.send(batch));
        if sent.is_some_and(|sent| sent.is_ok()) { Ok(()) } else { Err(StoreError::Closed) }
    }
}

fn write(mut writer: impl Writer, submitted: &Receiver<Vec<Write>>, mut done: impl FnMut(Outcome)) {
    while let Ok(batch) = submitted.recv() {
        // Everybody waits for this thread: a panic, of the log even, is a batch that is not kept, and no end.
        let outcome = catch_unwind(AssertUnwindSafe(|| commit(&mut writer, &batch)));
        done(outcome.unwrap_or_else(|_| Err(StoreError::failed("the writer panicked"))));
    }
}

fn commit(writer: &mut impl Writer, batch: &[Write]) -> Outcome {
    writer.commit(batch).inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, writes = batch.len(), "nothing was kept");
    })
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // It panicked only if `done` did, which was printed.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Committer")
    }
}
