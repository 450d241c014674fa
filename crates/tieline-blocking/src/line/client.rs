//! The handle that commands go through.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, SystemTime};

use tieline_core::ClientSession;
use tieline_core::supervisor::Phase;
use tieline_dial::ClientError;

use super::deadline::Deadline;
use super::orders::Orders;
use crate::Clock;

/// A handle on a line, for commands from any thread. Clones are handles on the same line.
///
/// Dropping all clones leaves the line to its [`Events`](crate::Events); once those are dropped too, it is closed and its
/// thread ends.
pub struct Client<S: ClientSession> {
    handle: Arc<Handle<S>>,
    clock: Clock,
}

/// What all clones share.
struct Handle<S: ClientSession>(Arc<Orders<S>>);

impl<S: ClientSession> Drop for Handle<S> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl<S: ClientSession> Client<S> {
    pub(crate) fn new(orders: Arc<Orders<S>>, clock: Clock) -> Self {
        Self { handle: Arc::new(Handle(orders)), clock }
    }

    fn orders(&self) -> &Orders<S> {
        &self.handle.0
    }

    /// Asks the server for something, and waits for the answer, at most `timeout`. It leaves at once, whatever other
    /// threads wait for.
    ///
    /// Replies are never queued behind events. The session has a deadline of its own for each request, so a long
    /// `timeout`, [`Duration::MAX`] even, leaves the decision to it.
    ///
    /// # Errors
    /// [`ClientError`]; [`TimedOut`](ClientError::TimedOut) when `timeout` passed first, which takes back nothing:
    /// a command that was accepted goes on. When the line is closed meanwhile, it comes at once.
    pub fn request(&self, command: S::Command, timeout: Duration) -> Result<S::Reply, ClientError> {
        let deadline = Deadline::after(timeout);
        let (waiter, answer) = sync_channel(1);
        self.orders().send(command, waiter, deadline)?;
        let answer = match deadline.left() {
            None => answer.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(left) => answer.recv_timeout(left),
        };
        answer.unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(ClientError::TimedOut),
            RecvTimeoutError::Disconnected => Err(ClientError::Closed),
        })
    }

    /// Closes the line for everybody, with the protocol's goodbye, and waits until it is closed: at most as long as the
    /// closing deadlines of session and options. A dial that lasts is given up. All calls that wait, on whatever thread,
    /// return: requests with [`ClientError::Closed`], [`Events`](crate::Events) after what is left of them. Returns at
    /// once when the line is over already.
    ///
    /// With a driver that nobody runs it waits until that is dropped.
    pub fn close(&self) {
        self.orders().close();
    }

    /// Where the line is at the moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.orders().phase()
    }

    /// Waits until the line is where it is `wanted`, at most `timeout`; whether it came there. The last phase is
    /// [`Phase::Closed`], also when the driver is dropped; nothing is waited for after it. A phase that passed quickly
    /// may not be seen.
    pub fn wait_for(&self, timeout: Duration, wanted: impl FnMut(Phase) -> bool) -> bool {
        self.orders().wait_for(Deadline::after(timeout), wanted)
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
        Self { handle: Arc::clone(&self.handle), clock: self.clock }
    }
}

impl<S: ClientSession> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("phase", &self.phase()).finish_non_exhaustive()
    }
}
