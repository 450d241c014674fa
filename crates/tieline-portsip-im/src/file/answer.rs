//! The `ctrl` that uploads and refusals are answered with.

use std::string::{String, ToString as _};

use bytes::Bytes;
use tieline_core::http::{ApiError, BadRequest, Body, HeaderValue, Response, ResponseHead, header};
use tieline_core::json::{DecodeError, Encode as _, Raw, decode_with};
use tieline_core::{Text, Timestamp};

use crate::{Ctrl, FileRef, Params, ServerMessage, Status};

/// The longest answer but a file that is read, in bytes.
pub(super) const ANSWER_LIMIT: usize = 64 << 10;
const DEPTH: u32 = 16;

/// The `ctrl` in a body; `None` when it is other JSON.
pub(super) fn ctrl_of(body: &Bytes) -> Result<Option<Ctrl<Text>>, DecodeError> {
    let text = Text::from_utf8(body.clone()).map_err(|bytes| DecodeError::not_utf8(&bytes))?;
    let message: ServerMessage<Text> = decode_with(&text, &text, DEPTH)?;
    Ok(match message {
        ServerMessage::Ctrl(ctrl) => Some(ctrl),
        _ => None,
    })
}

/// The error of an answer that is no success: the known words of its `ctrl`, if it has one. PortSIP does not say what
/// stands in such a body.
pub(super) fn refusal(head: &ResponseHead, body: Bytes) -> ApiError {
    let ctrl = ctrl_of(&body).ok().flatten();
    let word = ctrl.and_then(|ctrl| {
        let text = ctrl.text.as_deref()?.to_string();
        Status::ALL.iter().find(|status| status.text == text).map(|status| status.text)
    });
    ApiError::refused(head, word, body)
}

/// The answer to an upload: `{"ctrl":{"id":…,"params":{"url":ID},"code":200,"text":"ok","ts":…}}`.
#[must_use]
pub fn uploaded(id: Option<&str>, file: &FileRef<String>, ts: Timestamp<String>) -> Response<Body> {
    let params = Params { url: Some(file.clone()), ..Params::default() };
    let mut response = Response::new(Body::Whole(ctrl(Status::OK, id, Some(&params), ts)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer to what is not served: the status of HTTP and that of its `ctrl` are the same, as at Tinode. `reason` is
/// for a log.
#[must_use]
pub fn refused(status: Status, id: Option<&str>, ts: Timestamp<String>, reason: &'static str) -> BadRequest {
    BadRequest::json(status.code, ctrl(status, id, None, ts), reason)
}

fn ctrl(status: Status, id: Option<&str>, params: Option<&Params<String>>, ts: Timestamp<String>) -> Bytes {
    let ctrl = Ctrl {
        id: id.filter(|id| !id.is_empty()).map(String::from),
        // What is encoded is JSON.
        params: params.and_then(|params| Raw::from_json(params.to_json()).ok()),
        ts: Some(ts),
        ..Ctrl::of(status)
    };
    ServerMessage::Ctrl(ctrl).to_json().into()
}
