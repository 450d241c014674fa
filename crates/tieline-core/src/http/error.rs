//! Why a call failed.

use std::fmt;

use bytes::Bytes;
use http::response::Parts;

use super::retry_after;
use crate::json::DecodeError;
use crate::{Class, ExchangeFailure, ExchangeFailureKind, Sent, Text};

/// Why a request cannot be written. Holds nothing of what was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The path cannot be requested.
    #[error("the address or path cannot be requested")]
    Path,
    /// A part of the path that is empty, `.` or `..`.
    #[error("an empty name, `.` or `..` cannot stand in a path")]
    Segment,
    /// A user name with a colon, which Basic authentication cannot say.
    #[error("the user name holds a colon, which Basic authentication cannot say")]
    UserName,
    /// A token with characters that no header can hold.
    #[error("the key or token holds what no HTTP header can hold")]
    Token,
    /// A parameter that the protocol does not allow; the text says which and why.
    #[error("the call cannot be sent: {0}")]
    Parameter(&'static str),
}

/// An answer that is no success, or none that can be read. The body is kept; `Display` and `Debug` leave it out.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with it.
    pub kind: ApiErrorKind,
    /// The body as it came; empty when it was too long, or not read.
    pub body: Bytes,
    class: Class,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// The server refused. `code` is the protocol's own word for it, one of those its document has.
    #[error("{}", .code.unwrap_or("no documented refusal"))]
    Refused {
        /// The document's word; `None` for an answer that no document has.
        code: Option<&'static str>,
    },
    /// A success whose JSON is broken or of another shape.
    #[error("{0}")]
    Decode(DecodeError),
    /// A success without a body, where the document promises one.
    #[error("the body is empty")]
    Empty,
    /// A success whose body is not what the document promises; the text says what.
    #[error("{0}")]
    Unexpected(&'static str),
    /// The body is longer than the limit.
    #[error("the body is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

impl ApiError {
    /// An error of an answer.
    #[must_use]
    pub fn new(head: &Parts, kind: ApiErrorKind, body: Bytes) -> Self {
        let class = match head.status.as_u16() {
            401 => Class::Reauthenticate,
            429 | 503 => retry_after(&head.headers).map_or(Class::Retry, Class::RetryAfter),
            408 | 425 | 500 | 502 | 504 => Class::Retry,
            // A success that cannot be read: the server may do better next time.
            200..=299 if !matches!(kind, ApiErrorKind::TooLong { .. }) => Class::Retry,
            _ => Class::Terminal,
        };
        Self { status: head.status.as_u16(), kind, body, class }
    }

    /// A refusal: `code` is the document's word for it, if it has one.
    #[must_use]
    pub fn refused(head: &Parts, code: Option<&'static str>, body: Bytes) -> Self {
        Self::new(head, ApiErrorKind::Refused { code }, body)
    }

    /// A body that cannot be read.
    #[must_use]
    pub fn decode(head: &Parts, error: DecodeError, body: Bytes) -> Self {
        Self::new(head, ApiErrorKind::Decode(error), body)
    }

    /// A body beyond the limit.
    #[must_use]
    pub fn too_long(head: &Parts, limit: usize) -> Self {
        Self::new(head, ApiErrorKind::TooLong { limit }, Bytes::new())
    }

    /// What to do about it, if the call is one that may be repeated at all. `Retry-After` is considered.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The same, for a poller.
    #[must_use]
    pub fn failure_kind(&self) -> ExchangeFailureKind {
        match &self.kind {
            ApiErrorKind::Refused { .. } => ExchangeFailureKind::Status { status: self.status, class: self.class },
            ApiErrorKind::TooLong { .. } => ExchangeFailureKind::TooLong,
            ApiErrorKind::Empty => ExchangeFailureKind::Empty,
            kind => ExchangeFailureKind::Unreadable { reason: Text::from(std::format!("{kind}")) },
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}: {}", self.status, self.kind)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("kind", &self.kind)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}

/// Why a call over a connection brought no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The request cannot be written; nothing was sent.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no whole answer.
    #[error(transparent)]
    Failed(#[from] ExchangeFailure),
    /// There is one, and it is no success, or cannot be read.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl CallError {
    /// What to do about it, if the call is one that may be repeated at all.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Build(_) => Class::Terminal,
            Self::Failed(failure) => failure.class(),
            Self::Api(error) => error.class(),
        }
    }

    /// How much of the request had left: whether a call with a side effect may have had it.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        match self {
            Self::Build(_) => Sent::Nothing,
            Self::Failed(failure) => failure.sent,
            Self::Api(_) => Sent::All,
        }
    }
}

impl From<CallError> for ExchangeFailure {
    /// The same, for a poller.
    fn from(error: CallError) -> Self {
        let sent = error.sent();
        match error {
            CallError::Failed(failure) => failure,
            CallError::Api(error) => Self::new(error.failure_kind(), sent),
            CallError::Build(error) => {
                let reason = Text::from(std::format!("{error}"));
                Self::new(ExchangeFailureKind::Unsendable { reason }, sent)
            }
        }
    }
}
