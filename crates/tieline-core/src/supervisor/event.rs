//! What goes into a supervisor and what comes out.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::{Class, CloseReason, ExchangeFailure, Frame, Instant};

/// Names one connection attempt, so that nothing of an earlier line is taken for the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub(super) u64);

impl LineId {
    /// The id of the attempt with this number: for a session that is its own supervisor.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number of the attempt, from 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What the driver tells a supervisor.
#[derive(Debug)]
#[non_exhaustive]
pub enum LineInput<C> {
    /// The line that was asked for is open, with the credentials for its login.
    Opened(LineId, C),
    /// The line that was asked for could not be opened.
    Failed(LineId, ConnectFailure),
    /// A frame came on a line; [`Frame::Eof`] when it ended.
    Frame(LineId, Frame),
    /// A line ended, in the place of [`Frame::Eof`], by a fault of the peer that its session cannot see:
    /// [`CloseReason::PeerMisbehaved`] when the WebSocket refused what came, [`CloseReason::SlowPeer`] when more waits
    /// to be written than the limit.
    Broken(LineId, CloseReason),
}

/// What a supervisor asks of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineOutput {
    /// Get credentials and open a line.
    Dial(LineId),
    /// Send a frame on a line.
    Frame(LineId, Frame),
    /// Drop a line (or the attempt to open it), after a short try to send what is queued.
    Hangup(LineId),
}

/// Why a line could not be opened: the adapter's error, in what the supervisor and its events need of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectFailure {
    /// What to do about it.
    pub class: Class,
    /// The adapter's words, for people. Holds no secret.
    pub message: String,
}

impl ConnectFailure {
    /// A failure of a class and words for people.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectFailure({:?}, {})", self.class, self.message)
    }
}

/// Why there is no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownCause {
    /// It could not be opened.
    #[error("{0}")]
    Connect(ConnectFailure),
    /// It was not open in time.
    #[error("no connection within the deadline")]
    DialTimeout,
    /// Its session ended.
    #[error("{0}")]
    Session(CloseReason),
    /// A call of a poller failed.
    #[error("{0}")]
    Exchange(ExchangeFailure),
    /// The server no longer knows the place up to which a poller had its events: its numbering began anew, or it dropped
    /// events before they were asked for.
    #[error("the server no longer knows the place up to which events were received")]
    CursorLost,
}

impl DownCause {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Connect(failure) => failure.class,
            Self::DialTimeout | Self::CursorLost => Class::Retry,
            Self::Session(reason) => reason.class(),
            Self::Exchange(failure) => failure.class(),
        }
    }
}

/// An interval in which events may have been missed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The last frame received before the loss (not when the loss was noticed). Where the application had left so much
    /// unread that reading stopped, frames that waited meanwhile do not count: until one came after a second without any,
    /// it is when reading stopped.
    pub since: Instant,
    /// When everything desired was in force again; where what was missed is asked for, when that was done; the end, when
    /// there is no line any more.
    pub until: Instant,
    /// Why the line was lost; of several losses in one gap, the first.
    pub cause: DownCause,
    /// Whether all that was missed is delivered after all: it came, or is among the next events. Where it is false,
    /// states come anew as snapshots, where the protocol has such, and single events are gone.
    pub recovered: bool,
}

impl Gap {
    /// An interval in which events may have been missed.
    #[must_use]
    pub const fn new(since: Instant, until: Instant, cause: DownCause, recovered: bool) -> Self {
        Self { since, until, cause, recovered }
    }

    /// How long it lasted.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.until.since(self.since)
    }
}

/// What the application is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineEvent<E> {
    /// The line is live: logged in, everything desired restored.
    Live(LineId),
    /// Events may have been missed. Follows `Live`, at once where the protocol cannot ask for what was missed; else when
    /// that was asked for. Or comes before `Closed`.
    Gap(Gap),
    /// The next event is the first snapshot after a gap: state held from before may be replaced by what follows.
    Resynced,
    /// An event of the session.
    Session(E),
    /// There is no line.
    Down {
        /// Why.
        cause: DownCause,
        /// When the next dial is due.
        retry_at: Instant,
    },
    /// The end, and the last event: closed by its owner (`None`), or given up.
    Closed(Option<DownCause>),
}
