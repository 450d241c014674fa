//! Answers that say no.

use bytes::Bytes;
use tieline_core::http::{ApiError, BadRequest, ResponseHead, header};

/// The body of a 500 of `dial`.
pub const ACTION_ERROR: &str = "Action Error";
/// The body of a 400 of `sendSMS`.
pub const PARAMETER_IS_MISSING: &str = "Parameter is missing";
/// What the document calls the JSON object that `sendSMS` answers with 500 as it does with 200.
pub const RESPONSE: &str = "RESPONSE";

/// The longest refusal that is read, in bytes.
pub(super) const REFUSAL_LIMIT: usize = 64 << 10;

/// The answer to a request without a key, or with a wrong one. No document says what the vendor answers.
#[must_use]
pub fn unauthorized() -> BadRequest {
    BadRequest::text(401, "Unauthorized", "no key, or a wrong one").with_header(header::WWW_AUTHENTICATE, "Bearer")
}

/// The answer to a parameter that is missing or wrong. Documented for `sendSMS`; the other calls get the same here.
pub(super) const fn parameter(reason: &'static str) -> BadRequest {
    BadRequest::text(400, PARAMETER_IS_MISSING, reason)
}

/// Whether a body is this word, in quotes or not.
pub(super) fn is_word(body: &[u8], word: &str) -> bool {
    let body = body.trim_ascii();
    let body = body.strip_prefix(b"\"").and_then(|body| body.strip_suffix(b"\"")).unwrap_or(body);
    body == word.as_bytes()
}

/// The error of an answer other than the documented success.
pub(super) fn refused(head: &ResponseHead, body: Bytes) -> ApiError {
    let words = [(500, ACTION_ERROR), (400, PARAMETER_IS_MISSING)];
    let word = words.iter().find(|(status, word)| head.status == *status && is_word(&body, word));
    ApiError::refused(head, word.map(|(_, word)| *word), body)
}
