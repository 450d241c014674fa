//! The server's side of a call.

use std::vec::Vec;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, request::Parts};

use super::{Body, Endpoint};

/// One call, in the server's role.
pub trait Serve: Endpoint + Sized {
    /// Reads the call from a request whose method and path are this endpoint's. `path` is what stands below the base,
    /// without a leading slash; `body` is whole.
    ///
    /// # Errors
    /// When a parameter is missing or wrong.
    fn from_request(path: &str, head: &Parts, body: &[u8]) -> Result<Self, BadRequest>;

    /// Writes a success.
    fn to_response(reply: &Self::Reply) -> Response<Body>;
}

/// A request that cannot be served, and what is to be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct BadRequest {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The `Content-Type` of the answer.
    pub content_type: &'static str,
    /// Further headers of the answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body of the answer.
    pub body: Bytes,
    /// What is wrong, for a log.
    pub reason: &'static str,
}

impl BadRequest {
    /// An answer in plain text.
    #[must_use]
    pub const fn text(status: u16, text: &'static str, reason: &'static str) -> Self {
        let body = Bytes::from_static(text.as_bytes());
        Self { status, content_type: "text/plain; charset=utf-8", headers: Vec::new(), body, reason }
    }

    /// An answer in JSON.
    #[must_use]
    pub const fn json(status: u16, body: Bytes, reason: &'static str) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body, reason }
    }

    /// The same answer with one more header: `Allow` for a wrong method, `WWW-Authenticate` for a missing key.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The answer.
    #[must_use]
    pub fn to_response(&self) -> Response<Body> {
        let mut response = Response::new(Body::Whole(self.body.clone()));
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::BAD_REQUEST);
        let content_type = http::HeaderValue::from_static(self.content_type);
        response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}
