//! What became of the first attempts.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tieline_dial::ConnectError;
use tokio::sync::oneshot;

/// Resolves when a line is live for the first time, or has ended before; made by
/// [`Driver::first_live`](crate::Driver::first_live).
#[must_use = "futures do nothing unless awaited"]
pub struct FirstLive(oneshot::Receiver<Result<(), ConnectError>>);

impl FirstLive {
    /// Whom to tell, and who is told.
    pub(crate) fn pair() -> (oneshot::Sender<Result<(), ConnectError>>, Self) {
        let (told, outcome) = oneshot::channel();
        (told, Self(outcome))
    }
}

impl Future for FirstLive {
    type Output = Result<(), ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx).map(|outcome| outcome.unwrap_or(Err(ConnectError::Closed)))
    }
}

impl fmt::Debug for FirstLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstLive")
    }
}
