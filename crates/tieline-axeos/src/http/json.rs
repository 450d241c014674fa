//! Answers that are JSON.

use std::string::String;

use bytes::Bytes;
use tieline_core::Text;
use tieline_core::http::{
    ApiError, ApiErrorKind, BadRequest, Body, HeaderValue, RequestBuilder, Response, ResponseHead, header,
};
use tieline_core::json::{DecodeError, ObjectWriter};

/// The nesting of what is materialised.
pub(super) const DEPTH: u32 = 64;

/// A request that says it takes JSON, as the reference client does.
pub(super) fn accepting_json(request: RequestBuilder) -> RequestBuilder {
    request.header(header::ACCEPT, HeaderValue::from_static("application/json"))
}

/// Reads a success.
pub(super) fn parse<T>(
    head: &ResponseHead,
    body: Bytes,
    read: impl FnOnce(Text) -> Result<T, DecodeError>,
) -> Result<T, ApiError> {
    if !head.status.is_success() {
        return Err(ApiError::refused(head, None, body));
    }
    if body.trim_ascii().is_empty() {
        return Err(ApiError::new(head, ApiErrorKind::Empty, body));
    }
    match Text::from_utf8(body) {
        Ok(text) => read(text.clone()).map_err(|error| ApiError::decode(head, error, text.into_bytes())),
        Err(body) => Err(ApiError::decode(head, DecodeError::not_utf8(&body), body)),
    }
}

/// A success in JSON: also what an [`EventLog`](crate::server::EventLog) answers.
#[must_use]
pub fn json_response(json: &Text) -> Response<Body> {
    let mut response = Response::new(Body::Whole(json.to_bytes()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A refusal in JSON, `{"error": …}`. No document shows what a PBX writes.
pub(super) fn refusal(status: u16, reason: &'static str) -> BadRequest {
    let mut json = String::new();
    let mut object = ObjectWriter::new(&mut json);
    object.member("error", reason);
    object.end();
    BadRequest::json(status, json.into(), reason)
}
