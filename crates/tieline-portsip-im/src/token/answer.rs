//! Reading and writing the answers of the token calls.

use std::string::String;

use bytes::Bytes;
use tieline_core::http::{ApiError, ApiErrorKind, BadRequest, Body, HeaderValue, Response, ResponseHead, header};
use tieline_core::json::{DecodeError, decode, decode_with};
use tieline_core::{Text, wire_struct};

use super::SignedIn;
use super::wire::{GrantBody, errors_json};

/// The longest answer that is read, in bytes.
pub(super) const LIMIT: usize = 64 << 10;
const DEPTH: u32 = 16;

wire_struct! {
    /// What the server wrote about a refusal. Not for logs: no document says what may stand in it.
    pub struct RefusedError<S> {
        /// The code; a string or a number on the wire.
        pub code: S,
        /// In words.
        pub message: S,
    }

    struct Errors<S> {
        /// At least one.
        pub errors: std::vec::Vec<RefusedError<S>>,
    }
}

/// The server's words of a refusal: the first of `errors`. `None` when the body is not of that shape.
#[must_use]
pub fn refusal_of(error: &ApiError) -> Option<RefusedError<Text>> {
    let body = Text::from_utf8(error.body.clone()).ok()?;
    let errors: Errors<Text> = decode_with(&body, &body, DEPTH).ok()?;
    errors.errors?.into_iter().next()
}

/// The documented refusal: HTTP 400 with `{"errors":[{"code":…,"message":…}]}`. `reason` is for a log.
#[must_use]
pub fn refused(code: &str, message: &str, reason: &'static str) -> BadRequest {
    BadRequest::json(400, errors_json(code, message).into(), reason)
}

/// A request that cannot be read.
pub(super) fn malformed(reason: &'static str) -> BadRequest {
    refused("malformed", reason, reason)
}

/// Reads the answer of a call that brings a token.
pub(super) fn signed_in(head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
    let body = success(head, body)?;
    if body.trim_ascii().is_empty() {
        return Err(ApiError::new(head, ApiErrorKind::Empty, body));
    }
    let parsed: Result<GrantBody<String>, _> = match core::str::from_utf8(&body) {
        Ok(text) => decode(text),
        Err(_) => Err(DecodeError::not_utf8(&body)),
    };
    match parsed {
        Ok(parsed) => SignedIn::of(&parsed)
            .ok_or_else(|| ApiError::new(head, ApiErrorKind::Unexpected("the answer has no `access_token`"), body)),
        Err(error) => Err(ApiError::decode(head, error, body)),
    }
}

/// The body of a success.
pub(super) fn success(head: &ResponseHead, body: Bytes) -> Result<Bytes, ApiError> {
    if head.status.is_success() { Ok(body) } else { Err(ApiError::refused(head, None, body)) }
}

/// A success in JSON, which nobody may keep.
pub(super) fn json_response(json: String) -> Response<Body> {
    let mut response = Response::new(Body::Whole(json.into()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
