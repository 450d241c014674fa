//! What became of the first attempts.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tieline_dial::ConnectError;

/// Tells when a line is live for the first time, or has ended before; made by
/// [`Driver::first_live`](crate::Driver::first_live).
#[must_use = "nobody is told unless it is waited for"]
pub struct FirstLive(Receiver<Result<(), ConnectError>>);

impl FirstLive {
    pub(crate) fn pair() -> (SyncSender<Result<(), ConnectError>>, Self) {
        let (told, outcome) = sync_channel(1);
        (told, Self(outcome))
    }

    /// Waits for the line to be live. The driver must run on another thread;
    /// [`Client::close`](crate::Client::close) ends the wait early.
    ///
    /// # Errors
    /// Why it ended before it was live.
    pub fn wait(self) -> Result<(), ConnectError> {
        self.0.recv().unwrap_or(Err(ConnectError::Closed))
    }
}

impl fmt::Debug for FirstLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstLive")
    }
}
