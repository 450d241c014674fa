//! Whose fault it was, and what to do about it.

use core::fmt;
use core::time::Duration;

use crate::Text;

/// What to do about an error: the one question that supervisor, pollers and exit codes ask of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// The same again may succeed, after a wait.
    Retry,
    /// The same again may succeed, but not before this time has passed.
    RetryAfter(Duration),
    /// The same again with new credentials may succeed.
    Reauthenticate,
    /// The same again will fail again.
    Terminal,
}

/// How much of a request had left when the line broke: whether a command with a side effect may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// Not a byte was handed to the line: the peer did nothing.
    Nothing,
    /// Some of it was handed to the line, or it is not known how much: the peer may have acted.
    Maybe,
    /// All of it was handed to the line: the peer has most likely acted.
    All,
}

/// Why one accepted request got no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The server answered no. `reason` holds its words, which `Display` leaves out as it does all payload.
    #[error("the server refused the request with status {status}")]
    Refused {
        /// The wire's status (WSI -1, HTTP and IM codes).
        status: i64,
        /// The server's words; empty when it gave none.
        reason: Text,
    },
    /// No answer by the deadline. The server may have acted.
    #[error("no answer within the deadline")]
    Timeout,
    /// The line ended before the answer.
    #[error("the line was lost before the answer came")]
    Disconnected(Sent),
    /// The application did not take its events, so the answer could not be read any more.
    #[error("the answer is stuck behind events that nobody takes")]
    Backpressure,
    /// The answer came and cannot be read. The server has most likely acted. `reason` says where and what, without the
    /// payload.
    #[error("the answer cannot be read: {reason}")]
    Unreadable {
        /// In words.
        reason: Text,
    },
    /// The session was closed by its owner before the answer.
    #[error("the session was closed before the answer came")]
    Closed,
}

impl RequestError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Refused { .. } | Self::Unreadable { .. } | Self::Closed => Class::Terminal,
            Self::Timeout | Self::Disconnected(_) | Self::Backpressure => Class::Retry,
        }
    }
}

/// A command that was not accepted: nothing was sent, and here it is back.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct SendError<C> {
    /// The command, unchanged.
    pub command: C,
    /// Why it was not accepted.
    #[source]
    pub kind: SendErrorKind,
}

impl<C> SendError<C> {
    /// Gives `command` back with the reason.
    pub const fn new(command: C, kind: SendErrorKind) -> Self {
        Self { command, kind }
    }
}

// Commands may hold passwords: only the reason is printed.
impl<C> fmt::Debug for SendError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a command was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// There is no line at the moment.
    #[error("not connected")]
    NotConnected,
    /// The session is closing or closed.
    #[error("the session is closed")]
    Closed,
    /// As many requests wait as [`Limits::in_flight`](crate::Limits::in_flight) allows.
    #[error("too many requests are waiting")]
    Full,
    /// The command cannot be written in this protocol or dialect; the text says what is missing or too much.
    #[error("the command cannot be sent: {0}")]
    Invalid(&'static str),
}

/// Why a session ended. Given once, as its last event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// We closed it.
    #[error("closed by this side")]
    Local,
    /// The peer closed it with a closing handshake.
    #[error("closed by the peer{}", CodeSuffix(*.code))]
    Remote {
        /// The close code, if one was given.
        code: Option<u16>,
    },
    /// The stream ended without a closing handshake.
    #[error("the line was lost")]
    Lost,
    /// Nothing was heard for the idle deadline, pings included.
    #[error("the line went silent")]
    Silent,
    /// The login was refused. `reason` holds the server's words, which `Display` leaves out.
    #[error("the login was refused with status {status}")]
    LoginRefused {
        /// The wire's status.
        status: i64,
        /// The server's words; empty when it gave none.
        reason: Text,
    },
    /// The server answered the login with a failure of its own: the credentials were not judged.
    #[error("the server could not log in, status {status}")]
    LoginUnavailable {
        /// The wire's status (IM codes from 500).
        status: i64,
    },
    /// The peer did not finish the login in time.
    #[error("no login within the deadline")]
    LoginTimeout,
    /// What the line was opened for is no longer there: the peer deleted it. It may come back.
    #[error("the peer deleted what this line was opened for")]
    Deleted,
    /// The application left more events unread than the hard limit.
    #[error("more events were left unread than the limit allows")]
    Overflow,
    /// The peer left more unread than the limit of what is queued for it
    /// ([`Limits::queued_bytes`](crate::Limits::queued_bytes)).
    #[error("the peer does not read what is sent to it")]
    SlowPeer,
    /// The peer broke a rule after which nothing it says can be trusted.
    #[error("the peer broke the protocol: {0}")]
    PeerMisbehaved(PeerMisbehaved),
}

impl CloseReason {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Remote { .. }
            | Self::Lost
            | Self::Silent
            | Self::LoginUnavailable { .. }
            | Self::LoginTimeout
            | Self::Overflow
            | Self::SlowPeer
            | Self::PeerMisbehaved(_) => Class::Retry,
            Self::Deleted => Class::RetryAfter(DELETED_WAIT),
            Self::LoginRefused { .. } => Class::Reauthenticate,
            Self::Local => Class::Terminal,
        }
    }
}

/// How long what was deleted is not asked for again, at the least: what the push server's own client waits.
const DELETED_WAIT: Duration = Duration::from_secs(60);

struct CodeSuffix(Option<u16>);

impl fmt::Display for CodeSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => write!(f, " with code {code}"),
            None => Ok(()),
        }
    }
}

/// A rule that a peer broke; one variant a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// A message or frame is longer than the limit.
    #[error("a message is longer than the limit")]
    MessageTooBig,
    /// The bytes are no WebSocket frame, or one that RFC 6455 forbids.
    #[error("a frame is malformed")]
    MalformedFrame,
    /// More requests are open at once than the limit, or larger ones.
    #[error("too many requests at once")]
    TooManyRequests,
}
