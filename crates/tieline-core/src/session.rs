//! The shape of every session: input in, output polled, time given.

use core::fmt;

use crate::error::{RequestError, SendError};
use crate::random::Seed;
use crate::time::Instant;

/// A state machine that speaks one protocol over one line, without doing any I/O.
///
/// Any call may come at any time and in any order. A driver does three things whenever something happened: hands
/// in what came ([`handle_input`](Self::handle_input), [`handle_timeout`](Self::handle_timeout)), takes out what is to
/// be sent and told (`poll_…` until `None`), and sleeps until [`poll_timeout`](Self::poll_timeout) or the next input.
///
/// Promises, tested for every session: exactly one closing event, last; no input panics or makes memory grow past the
/// limits; after `handle_timeout(t)` the next timeout is `None` or later than `t`; same seed and same inputs give the
/// same outputs; after the closing event all input is ignored.
pub trait Session {
    /// What comes from the line.
    type Input;
    /// What goes to the line.
    type Transmit;
    /// What the application is told.
    type Event;

    /// Takes one input. Never fails: what the peer does wrong is an event.
    fn handle_input(&mut self, now: Instant, input: Self::Input);
    /// Does what is due at `now`. Spurious and late calls are fine.
    fn handle_timeout(&mut self, now: Instant);
    /// The next thing to send, in order.
    fn poll_transmit(&mut self) -> Option<Self::Transmit>;
    /// The next thing to tell the application, in order.
    fn poll_event(&mut self) -> Option<Self::Event>;
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None` while nothing is due. Ask again after
    /// every call in.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Whether more input should be read from the line: `false` above the high-water mark of unread events and after
    /// the end. While it is `false` the silence clocks stand still.
    fn wants_input(&self) -> bool;
    /// Begins an orderly end. Idempotent; the session ends by a deadline even when the peer does not help.
    fn close(&mut self, now: Instant);
    /// Whether the session ended and everything it had to say was taken.
    fn is_finished(&self) -> bool;
}

/// A [`Session`] in the client role: takes commands and answers each exactly once.
pub trait ClientSession: Session + Sized {
    /// What the session is started with: addresses, credentials, dialect, intervals.
    type Config;
    /// What the application can ask of the server.
    type Command;
    /// What a successful command yields.
    type Reply;
    /// What a later session needs to go on where this one ended.
    type Resume;

    /// Starts on a line that just opened.
    fn start(config: Self::Config, seed: Seed, resume: Option<Self::Resume>, now: Instant) -> Self;

    /// Accepts a command; its one reply comes from [`poll_reply`](Self::poll_reply).
    ///
    /// # Errors
    /// [`SendError`] with the command, unsent, when the session is over, has too much in flight, or the command
    /// cannot be written in this dialect.
    fn send(&mut self, now: Instant, command: Self::Command) -> Result<RequestId, SendError<Self::Command>>;

    /// The next finished request. Never queued behind events.
    fn poll_reply(&mut self) -> Option<(RequestId, Result<Self::Reply, RequestError>)>;

    /// What the next session needs to go on from here.
    ///
    /// # Errors
    /// The session itself, until it is finished and drained.
    fn into_resume(self) -> Result<Self::Resume, Self>;
}

/// Names one accepted request within its session or supervisor; not on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The id of a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number of the id.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
