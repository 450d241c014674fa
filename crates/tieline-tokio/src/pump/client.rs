//! The handle that commands go through.

use std::fmt;
use std::time::SystemTime;

use tieline_core::ClientSession;
use tieline_core::supervisor::Phase;
use tieline_dial::ClientError;
use tokio::sync::{mpsc, oneshot, watch};

use crate::Clock;

/// What a client asks of its driver.
pub(crate) enum Order<S: ClientSession> {
    Request(S::Command, oneshot::Sender<Result<S::Reply, ClientError>>),
    Close,
}

/// A handle on a line, for commands. Clones are handles on the same line.
///
/// Dropping all clones leaves the line to its [`Events`](crate::Events); once those are dropped too, it is closed.
pub struct Client<S: ClientSession> {
    pub(crate) orders: mpsc::Sender<Order<S>>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) clock: Clock,
}

impl<S: ClientSession> Client<S> {
    /// Asks the server for something, and waits for the answer.
    ///
    /// Replies are never queued behind events. When the future is dropped early the command goes on, unless it was not
    /// accepted yet because too many waited.
    ///
    /// # Errors
    /// [`ClientError`]; it comes also when the driver is dropped meanwhile.
    pub async fn request(&self, command: S::Command) -> Result<S::Reply, ClientError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Request(command, reply)).await.map_err(|_| ClientError::Closed)?;
        answer.await.unwrap_or(Err(ClientError::Closed))
    }

    /// Closes the line for everybody, with the protocol's goodbye, and waits until it is closed: at most as long as the
    /// closing deadlines of session and options. Events that wait can still be taken. Returns at once when the line is
    /// over already.
    pub async fn close(&self) {
        // Without a driver there is nothing to close.
        if self.orders.send(Order::Close).await.is_ok() {
            self.orders.closed().await;
        }
    }

    /// Where the line is at the moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Where the line is, to be waited on. The last phase is [`Phase::Closed`], also when the driver is dropped.
    #[must_use]
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// The clock of the line, which the instants in its events belong to.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The wall time at the clock's start.
    #[must_use]
    pub const fn started_at(&self) -> SystemTime {
        self.clock.started_at()
    }
}

impl<S: ClientSession> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self { orders: self.orders.clone(), phase: self.phase.clone(), clock: self.clock }
    }
}

impl<S: ClientSession> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("phase", &self.phase()).finish_non_exhaustive()
    }
}
