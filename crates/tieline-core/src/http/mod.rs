//! HTTP without I/O: requests and answers as the types of the `http` crate, for adapters and runtimes to carry.
//!
//! A protocol crate declares each call as a type that implements [`Endpoint`]: it writes the request, says how its
//! answer is to be read ([`Plan`]), and reads it. Whoever has a connection does the rest, and never repeats a call whose
//! [`Endpoint::REPEAT`] is [`Repeat::Never`].
//!
//! The server's side of the same call is [`Serve`].

mod auth;
mod base;
mod error;
mod meter;
mod redact;
mod request;
mod retry_after;
mod serve;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts as RequestHead};
pub use ::http::{Response, response::Parts as ResponseHead};
pub use auth::Authorization;
pub use base::{BaseUrl, BaseUrlError};
pub use error::{ApiError, ApiErrorKind, BuildError, CallError};
pub use meter::SentMeter;
pub use redact::shown_target;
pub use request::{Body, RequestBuilder, path_segment, query_pairs};
pub use retry_after::retry_after;
pub use serve::{BadRequest, Serve};

use bytes::Bytes;

/// Whether a call may be made again when it is unknown what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It has a side effect: never, by nobody.
    Never,
    /// It only reads.
    Safe,
}

/// One call, in the client's role.
pub trait Endpoint {
    /// What a success brings.
    type Reply;
    /// Whether it may be made again.
    const REPEAT: Repeat;

    /// The request, for a server at `base`.
    ///
    /// # Errors
    /// When a parameter cannot be sent.
    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError>;

    /// How the answer with this head is to be read. Refusals are read as a whole, too, for [`parse`](Self::parse) to
    /// tell.
    ///
    /// # Errors
    /// When the head alone shows that the answer cannot be used.
    fn plan(&self, head: &ResponseHead) -> Result<Plan<Self::Reply>, ApiError>;

    /// Reads an answer that was to be read whole.
    ///
    /// # Errors
    /// On a refusal, or a body that is not what the protocol documents. The error keeps the body.
    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Self::Reply, ApiError>;
}

/// How an answer is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan<R> {
    /// Whole, but not beyond this many bytes; then [`Endpoint::parse`].
    Whole {
        /// The longest body in bytes; a longer one is [`ApiError::too_long`].
        limit: usize,
    },
    /// The head is the reply; the body goes to the caller piece by piece, and is never whole in memory.
    Stream(R),
}
