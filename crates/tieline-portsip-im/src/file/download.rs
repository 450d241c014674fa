//! `GET im/file/ID`.

use std::borrow::ToOwned;
use std::format;
use std::string::String;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, HeaderValue, Method, Plan,
    Repeat, RequestBuilder, RequestHead, Response, ResponseHead, Serve, header, path_segment,
};

use super::answer::{ANSWER_LIMIT, refusal};
use super::multipart::file_name;
use super::{PATH, safe_name};
use crate::FileRef;

/// The download of a file. Its body is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// The bare id of the file.
    pub id: String,
    /// The longest file that is taken, in bytes; no limit by default. A server that does not say the length is held to it
    /// by whoever reads the body.
    pub limit: u64,
    /// Where it was sent on to: path and query at the same host.
    pub(super) moved_to: Option<String>,
    /// How often it was sent on.
    pub(super) hops: u32,
}

/// What is known of a file before its bytes come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileHead {
    /// Its length in bytes; `None` when it comes in chunks, whose end is told all the same.
    pub length: Option<u64>,
    /// Its `Content-Type`: the sender's word, nothing is concluded from it.
    pub content_type: Option<String>,
    /// Its name, if the server gives one; [safe](safe_name).
    pub name: Option<String>,
    /// Where the file is instead: the address of a redirect, as it stands. [`redirected`](super::redirected) says
    /// whether to go there. There is no file then.
    pub moved_to: Option<String>,
}

impl Download {
    /// The download of a file.
    ///
    /// # Errors
    /// When the reference is no bare id, as Tinode's are none.
    pub fn new<S: AsRef<str>>(file: &FileRef<S>) -> Result<Self, BuildError> {
        let id = file.bare_id().ok_or(BuildError::Parameter("the file is not named by a bare id"))?;
        Ok(Self { id: id.to_owned(), limit: u64::MAX, moved_to: None, hops: 0 })
    }

    /// The same, if it is not longer than this.
    #[must_use]
    pub const fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The error of a body that turned out longer than the limit.
    #[must_use]
    pub fn too_long(&self, head: &ResponseHead) -> ApiError {
        ApiError::too_long(head, usize::try_from(self.limit).unwrap_or(usize::MAX))
    }

    /// Path and query of the request.
    pub(super) fn target(&self, base: &BaseUrl) -> Result<String, BuildError> {
        let (head, _) = self.to_request(base, &Authorization::None)?;
        Ok(head.uri.path().to_owned())
    }
}

impl FileHead {
    /// Of a file of that length, type and name.
    pub fn new(length: Option<u64>, content_type: Option<String>, name: Option<&str>) -> Self {
        Self { length, content_type, name: name.map(safe_name), moved_to: None }
    }

    fn of(head: &ResponseHead) -> Result<Self, &'static str> {
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Err("the file is compressed, which was not asked for");
        }
        let chunked =
            text(header::TRANSFER_ENCODING).is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
        let length = match head.headers.get(header::CONTENT_LENGTH) {
            None if chunked => None,
            None => return Err("the answer does not say where the file ends: a cut could not be told"),
            Some(value) => {
                let length = value.to_str().ok().and_then(|text| text.trim().parse().ok());
                Some(length.ok_or("the length of the file is no number")?)
            }
        };
        // A name may stand there as it is, in UTF-8.
        let disposition = head.headers.get(header::CONTENT_DISPOSITION);
        let disposition = disposition.and_then(|value| core::str::from_utf8(value.as_bytes()).ok());
        let name = disposition.and_then(file_name);
        Ok(Self::new(length, text(header::CONTENT_TYPE).map(str::to_owned), name.as_deref()))
    }
}

impl Endpoint for Download {
    type Reply = FileHead;
    const REPEAT: Repeat = Repeat::Safe;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        match &self.moved_to {
            None => RequestBuilder::new(Method::GET, base, PATH).segment(&self.id),
            Some(target) => RequestBuilder::new(Method::GET, &base.origin(), target),
        }
        .authorize(auth)
        .finish()
    }

    fn plan(&self, head: &ResponseHead) -> Result<Plan<FileHead>, ApiError> {
        match head.status.as_u16() {
            200 => {
                let unexpected = |what| ApiError::new(head, ApiErrorKind::Unexpected(what), Bytes::new());
                let file = FileHead::of(head).map_err(unexpected)?;
                if file.length.is_some_and(|length| length > self.limit) {
                    return Err(self.too_long(head));
                }
                Ok(Plan::Stream(file))
            }
            301 | 302 | 303 | 307 | 308 => {
                let location = head.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
                match location {
                    Some(location) => {
                        Ok(Plan::Stream(FileHead { moved_to: Some(location.to_owned()), ..FileHead::default() }))
                    }
                    None => Ok(Plan::Whole { limit: ANSWER_LIMIT }),
                }
            }
            _ => Ok(Plan::Whole { limit: ANSWER_LIMIT }),
        }
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<FileHead, ApiError> {
        Err(if head.status == 200 {
            ApiError::new(head, ApiErrorKind::Unexpected("a file is streamed, never read whole"), body)
        } else {
            refusal(head, body)
        })
    }
}

impl Serve for Download {
    fn from_request(path: &str, _head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        let segment = path.trim_matches('/').strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/'));
        let id = segment.filter(|segment| !segment.contains('/')).and_then(path_segment);
        let download = id.and_then(|id| Self::new(&FileRef::new(id)).ok());
        download.ok_or(BadRequest::text(404, "Not Found", "no such file"))
    }

    /// The head of the answer; the caller gives the bytes. Browsers are told to save it and not to guess what it is: it
    /// is what some user sent.
    fn to_response(reply: &FileHead) -> Response<Body> {
        let mut response = Response::new(Body::Stream { length: reply.length });
        if let Some(location) = reply.moved_to.as_deref().and_then(|location| HeaderValue::from_str(location).ok()) {
            *response.body_mut() = Body::Empty;
            *response.status_mut() = tieline_core::http::StatusCode::TEMPORARY_REDIRECT;
            response.headers_mut().insert(header::LOCATION, location);
            return response;
        }
        let headers = response.headers_mut();
        let kind = reply.content_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
        let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let name = reply.name.as_deref().map(safe_name);
        let disposition = name.map_or_else(
            || "attachment".to_owned(),
            |name| format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, NON_ALPHANUMERIC)),
        );
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        if let Some(length) = reply.length {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        response
    }
}
