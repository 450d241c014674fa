//! What becomes of a command.

use tieline_core::{Class, RequestError, SendErrorKind};

/// Why a command got no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// It was not sent.
    #[error("{0}")]
    NotSent(SendErrorKind),
    /// It was sent, or accepted to be, and failed.
    #[error("{0}")]
    Failed(RequestError),
    /// The line is over: closed, given up, or its driver was dropped. Whether the command was sent is not known.
    #[error("the line is closed")]
    Closed,
    /// The caller waited no longer, before the session's own deadline. Whether the command was sent is not known; once it
    /// was accepted it goes on.
    #[error("no answer within the caller's time")]
    TimedOut,
}

impl ClientError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::NotSent(SendErrorKind::NotConnected | SendErrorKind::Full) | Self::TimedOut => Class::Retry,
            Self::NotSent(_) | Self::Closed => Class::Terminal,
            Self::Failed(error) => error.class(),
        }
    }
}

impl From<SendErrorKind> for ClientError {
    fn from(kind: SendErrorKind) -> Self {
        if kind == SendErrorKind::Closed { Self::Closed } else { Self::NotSent(kind) }
    }
}

impl From<RequestError> for ClientError {
    fn from(error: RequestError) -> Self {
        if error == RequestError::Closed { Self::Closed } else { Self::Failed(error) }
    }
}
