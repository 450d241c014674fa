//! Waiting for sockets, until it is given up or its time is over.

use std::io;
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Events, Interest, Poll, Token, Waker};
use tieline_dial::ConnectError;

use super::Cancel;

/// Sockets that are dialled on number a few.
const EVENTS: usize = 16;
const SOCKETS: Token = Token(0);
const CANCEL: Token = Token(1);

/// A poll of its own, which giving up wakes.
pub(crate) struct Wait {
    cancel: Cancel,
    deadline: Option<Instant>,
    poll: Poll,
    events: Events,
}

impl Wait {
    pub(crate) fn new(cancel: &Cancel) -> Result<Self, ConnectError> {
        let poll = Poll::new().map_err(ConnectError::System)?;
        let waker = Waker::new(poll.registry(), CANCEL).map_err(ConnectError::System)?;
        cancel.on_cancel(move || {
            if let Err(error) = waker.wake() {
                tracing::debug!(%error, "a poll was not woken");
            }
        });
        Ok(Self { cancel: cancel.clone(), deadline: None, poll, events: Events::with_capacity(EVENTS) })
    }

    /// From now on no longer than this.
    #[cfg(feature = "http")]
    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Waits for this socket too.
    pub(super) fn add(&self, socket: &mut dyn Source) -> io::Result<()> {
        self.poll.registry().register(socket, SOCKETS, Interest::READABLE | Interest::WRITABLE)
    }

    /// Lets go of a socket, which then can be registered elsewhere.
    pub(super) fn remove(&self, socket: &mut dyn Source) -> io::Result<()> {
        self.poll.registry().deregister(socket)
    }

    /// Waits until something happened on any of the sockets, at most so long.
    ///
    /// # Errors
    /// When it is given up, or the time is over.
    pub(super) fn ready(&mut self, timeout: Option<Duration>) -> Result<(), ConnectError> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(ConnectError::Timeout);
        }
        let timeout = left.map_or(timeout, |left| Some(timeout.map_or(left, |timeout| timeout.min(left))));
        if !self.cancel.is_cancelled() {
            match self.poll.poll(&mut self.events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(ConnectError::System(error)),
                _ => {}
            }
        }
        if self.cancel.is_cancelled() { Err(ConnectError::Closed) } else { Ok(()) }
    }

    /// Does `operation`, waiting and trying again as long as it would block.
    ///
    /// # Errors
    /// When it is given up, or the time is over; what the operation itself answers is inside.
    pub(crate) fn until_done<T>(
        &mut self,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> Result<io::Result<T>, ConnectError> {
        loop {
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.ready(None)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return Ok(outcome),
            }
        }
    }
}
