//! How a transfer of a long body goes, and why it failed.

use std::io;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, Authorization, BaseUrl, Body, BuildError, CallError, Endpoint, Plan, Repeat, RequestHead, ResponseHead,
};
use tieline_core::{Class, Sent};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that came, or were handed to the line.
    pub bytes: u64,
    /// Bytes in all, if that is known.
    pub length: Option<u64>,
}

impl Progress {
    /// So far of so much.
    #[must_use]
    pub const fn new(bytes: u64, length: Option<u64>) -> Self {
        Self { bytes, length }
    }
}

/// Why a call with a streamed body brought no reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What was to be sent could not be read, or ended too early. The line was cut, so that the server has no whole
    /// request.
    #[error("what was to be sent cannot be read: {cause}")]
    Source {
        /// Why.
        cause: io::Error,
        /// How much of the request had left; never all.
        sent: Sent,
    },
}

impl UploadError {
    /// What to do about it, if the call is one that may be repeated at all.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Call(error) => error.class(),
            Self::Source { .. } => Class::Terminal,
        }
    }

    /// How much of the request had left.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        match self {
            Self::Call(error) => error.sent(),
            Self::Source { sent, .. } => *sent,
        }
    }
}

/// A call with an authorization of its own, whatever the client has.
#[derive(Debug)]
pub struct Authorized<'e, E> {
    endpoint: &'e E,
    auth: Authorization,
}

impl<'e, E> Authorized<'e, E> {
    /// The call, as this one.
    pub const fn new(endpoint: &'e E, auth: Authorization) -> Self {
        Self { endpoint, auth }
    }
}

impl<E: Endpoint> Endpoint for Authorized<'_, E> {
    type Reply = E::Reply;
    const REPEAT: Repeat = E::REPEAT;

    fn to_request(&self, base: &BaseUrl, _: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        self.endpoint.to_request(base, &self.auth)
    }

    fn plan(&self, head: &ResponseHead) -> Result<Plan<E::Reply>, ApiError> {
        self.endpoint.plan(head)
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<E::Reply, ApiError> {
        self.endpoint.parse(head, body)
    }
}
