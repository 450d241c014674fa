//! Waiting for sockets while dialling, until the attempt is given up.

use std::io;
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Token, Waker};
use tieline_dial::ConnectError;

use super::Attempt;

/// Sockets that are dialled on number a few.
const EVENTS: usize = 16;
const SOCKETS: Token = Token(0);
const CANCEL: Token = Token(1);

/// A poll of its own, which giving up wakes.
pub(super) struct Wait<'a> {
    attempt: &'a Attempt,
    poll: Poll,
    events: Events,
}

impl<'a> Wait<'a> {
    pub(super) fn new(attempt: &'a Attempt) -> Result<Self, ConnectError> {
        let poll = Poll::new().map_err(ConnectError::System)?;
        let waker = Waker::new(poll.registry(), CANCEL).map_err(ConnectError::System)?;
        attempt.on_cancel(move || {
            if let Err(error) = waker.wake() {
                tracing::debug!(%error, "a dial was not woken");
            }
        });
        Ok(Self { attempt, poll, events: Events::with_capacity(EVENTS) })
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
    /// When the attempt is given up.
    pub(super) fn ready(&mut self, timeout: Option<Duration>) -> Result<(), ConnectError> {
        if !self.attempt.is_cancelled() {
            match self.poll.poll(&mut self.events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(ConnectError::System(error)),
                _ => {}
            }
        }
        if self.attempt.is_cancelled() { Err(ConnectError::Closed) } else { Ok(()) }
    }

    /// Does `operation`, waiting and trying again as long as it would block.
    ///
    /// # Errors
    /// When the attempt is given up; what the operation itself answers is inside.
    pub(super) fn until_done<T>(
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
