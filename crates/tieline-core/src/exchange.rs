//! Why an HTTP exchange brought no answer, told without HTTP types, since pollers are told it as well.

use crate::{Class, Sent, Text};

/// Why an exchange of one request and one answer failed, and how much of the request had left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", said_of(*.sent))]
#[non_exhaustive]
pub struct ExchangeFailure {
    /// What happened.
    pub kind: ExchangeFailureKind,
    /// Whether the server may have acted.
    pub sent: Sent,
}

impl ExchangeFailure {
    /// A failure.
    #[must_use]
    pub const fn new(kind: ExchangeFailureKind, sent: Sent) -> Self {
        Self { kind, sent }
    }

    /// What to do about it, if the request is one that may be repeated at all.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.kind.class()
    }
}

const fn said_of(sent: Sent) -> &'static str {
    match sent {
        Sent::Nothing => "",
        Sent::Maybe => ", perhaps after the request had been sent",
        Sent::All => ", after the request had been sent",
    }
}

/// What made an exchange fail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeFailureKind {
    /// No connection. `reason` is the transport's own words, without secrets.
    #[error("no connection: {reason}")]
    Connect {
        /// Whether dialling again may help: not with a refused certificate.
        class: Class,
        /// In words.
        reason: Text,
    },
    /// The connection broke, or was closed before the answer was whole.
    #[error("the connection broke before the answer was whole")]
    Broken,
    /// No whole answer by the deadline.
    #[error("no answer within the deadline")]
    Timeout,
    /// An answer that is not the success which the protocol documents.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What to do about it, `Retry-After` considered.
        class: Class,
    },
    /// The answer is longer than the limit.
    #[error("the answer is longer than the limit")]
    TooLong,
    /// A success without a body, where the protocol documents one.
    #[error("the answer is empty")]
    Empty,
    /// A success whose body is not what the protocol documents. `reason` says where and what, without the payload.
    #[error("the answer cannot be read: {reason}")]
    Unreadable {
        /// In words.
        reason: Text,
    },
    /// The request cannot be written; nothing was sent. `reason` holds nothing of what was to be sent.
    #[error("the request cannot be sent: {reason}")]
    Unsendable {
        /// In words.
        reason: Text,
    },
    /// The request was given up by its owner.
    #[error("the request was given up")]
    Canceled,
}

impl ExchangeFailureKind {
    /// What to do about it, if the request is one that may be repeated at all.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Connect { class, .. } | Self::Status { class, .. } => *class,
            Self::Broken | Self::Timeout | Self::Empty | Self::Unreadable { .. } => Class::Retry,
            Self::TooLong | Self::Unsendable { .. } | Self::Canceled => Class::Terminal,
        }
    }
}
