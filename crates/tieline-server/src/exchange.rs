//! Calls over HTTP: reading what a client asks, writing what it is answered.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tieline_core::http as calls;

use crate::{Body, plain, whole};

/// Reads the body of a request, at most `limit` bytes and no longer than `within`.
///
/// # Errors
/// The answer that refuses it: 413 when it is longer, 408 when it takes longer, 400 when it breaks off. Boxed for its
/// size.
pub async fn read_body(
    body: hyper::body::Incoming,
    limit: usize,
    within: Duration,
) -> Result<Bytes, Box<Response<Body>>> {
    let (status, words) = match tokio::time::timeout(within, Limited::new(body, limit).collect()).await {
        Ok(Ok(whole)) => return Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            (StatusCode::PAYLOAD_TOO_LARGE, "the body of the request is too long")
        }
        Ok(Err(_)) => (StatusCode::BAD_REQUEST, "the body of the request broke off"),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the body of the request took too long"),
    };
    let mut answer = plain(status, words);
    // What is left of the body would be taken for the next request.
    answer.headers_mut().insert(header::CONNECTION, http::HeaderValue::from_static("close"));
    Err(Box::new(answer))
}

/// An answer as a protocol crate wrote it. `stream` is the body of one that is given piece by piece.
#[must_use]
pub fn answer(response: Response<calls::Body>, stream: Option<Body>) -> Response<Body> {
    response.map(|body| match (body, stream) {
        (_, Some(stream)) => stream,
        (calls::Body::Whole(bytes), None) => whole(bytes),
        (_, None) => whole(Bytes::new()),
    })
}
