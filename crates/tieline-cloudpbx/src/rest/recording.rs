//! `record/{uniqueid}`: one recording.

use std::borrow::ToOwned;
use std::string::String;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, HeaderValue, Method, Plan,
    Repeat, RequestBuilder, RequestHead, Response, ResponseHead, Serve, header, path_segment,
};

use super::refusal;

/// `GET record/{uniqueid}`: the recording of a call. The body is streamed; feed it to
/// [`RecordingCheck`](crate::RecordingCheck) before it is called a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recording {
    /// The id of the call.
    pub uniqueid: String,
}

/// What is known of a recording before its bytes come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordingHead {
    /// Its length in bytes, if the server gives one.
    pub length: Option<u64>,
    /// Its `Content-Type`, if the server gives one that can be read. Not documented, so nothing is concluded from it.
    pub content_type: Option<String>,
}

impl Recording {
    /// The recording of the call with that id.
    pub fn new(uniqueid: impl Into<String>) -> Self {
        Self { uniqueid: uniqueid.into() }
    }

    /// The answer that there is no such recording. No document says what the vendor answers.
    #[must_use]
    pub const fn not_found() -> BadRequest {
        BadRequest::text(404, "Not Found", "no such recording")
    }
}

impl RecordingHead {
    /// Of a recording of that format and length in bytes.
    #[must_use]
    pub fn new(format: &str, length: Option<u64>) -> Self {
        let content_type = match format {
            "wav" | "wav49" | "WAV" => "audio/wav",
            "mp3" => "audio/mpeg",
            "ogg" => "audio/ogg",
            _ => "application/octet-stream",
        };
        Self { length, content_type: Some(content_type.to_owned()) }
    }
}

impl Endpoint for Recording {
    type Reply = RecordingHead;
    const REPEAT: Repeat = Repeat::Safe;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        RequestBuilder::new(Method::GET, base, "record").segment(&self.uniqueid).authorize(auth).finish()
    }

    fn plan(&self, head: &ResponseHead) -> Result<Plan<RecordingHead>, ApiError> {
        if head.status != 200 {
            return Ok(Plan::Whole { limit: refusal::REFUSAL_LIMIT });
        }
        let unexpected = |what| ApiError::new(head, ApiErrorKind::Unexpected(what), Bytes::new());
        if head.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(unexpected("the recording is compressed, which was not asked for"));
        }
        let length = match head.headers.get(header::CONTENT_LENGTH) {
            None => None,
            Some(value) => {
                let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
                Some(length.ok_or_else(|| unexpected("the length of the recording is no number"))?)
            }
        };
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Plan::Stream(RecordingHead { length, content_type: content_type.map(str::to_owned) }))
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<RecordingHead, ApiError> {
        Err(if head.status == 200 {
            ApiError::new(head, ApiErrorKind::Unexpected("a recording is streamed, never read whole"), body)
        } else {
            refusal::refused(head, body)
        })
    }
}

impl Serve for Recording {
    fn from_request(path: &str, _head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        let segment = path.trim_matches('/').split_once('/').map(|(_, segment)| segment);
        segment.and_then(path_segment).map(|id| Self::new(id.into_owned())).ok_or(Self::not_found())
    }

    /// The head of the answer; the caller gives the bytes.
    fn to_response(reply: &RecordingHead) -> Response<Body> {
        let mut response = Response::new(Body::Stream { length: reply.length });
        let content_type = reply.content_type.as_deref().unwrap_or("application/octet-stream");
        if let Ok(content_type) = HeaderValue::from_str(content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(length) = reply.length {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        response
    }
}
