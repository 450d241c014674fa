//! `POST im/file`, as the client makes it.

use std::string::String;

use bytes::Bytes;
use tieline_core::Text;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, ResponseHead,
};

use super::PATH;
use super::answer::{ANSWER_LIMIT, ctrl_of, refusal};
use super::multipart::{Boundary, Form};
use crate::FileRef;

/// An upload. Its body is the [`Form`]: its prefix, exactly as many bytes of the file as were announced, its suffix.
/// Nobody repeats it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upload {
    /// What the answer is found by: a UUID in the document.
    pub id: String,
    /// How long the file is, in bytes.
    pub file_length: u64,
    /// What stands around the file.
    pub form: Form,
}

/// What an upload brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The file, to be sent in a message and asked for by [`Download`](super::Download).
    pub file: FileRef<Text>,
    /// The id that the answer echoes.
    pub id: Option<Text>,
}

impl Upload {
    /// The upload of a file of so many bytes. The name is made [safe](super::safe_name).
    ///
    /// # Errors
    /// When the whole would be longer than 2⁶⁴ - 1 bytes.
    pub fn new(
        id: impl Into<String>,
        name: &str,
        content_type: &str,
        file_length: u64,
        boundary: &Boundary,
    ) -> Result<Self, BuildError> {
        let id = id.into();
        let form = Form::new(boundary, &id, name, content_type, file_length)?;
        Ok(Self { id, file_length, form })
    }
}

impl Endpoint for Upload {
    type Reply = Uploaded;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let body = Body::Stream { length: Some(self.form.length) };
        let request = RequestBuilder::new(Method::POST, base, PATH).authorize(auth);
        request.body_of(self.form.content_type.clone(), body).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<Uploaded>, ApiError> {
        Ok(Plan::Whole { limit: ANSWER_LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Uploaded, ApiError> {
        if !head.status.is_success() {
            return Err(refusal(head, body));
        }
        if body.trim_ascii().is_empty() {
            return Err(ApiError::new(head, ApiErrorKind::Empty, body));
        }
        let ctrl = match ctrl_of(&body) {
            Ok(Some(ctrl)) => ctrl,
            Ok(None) => return Err(ApiError::new(head, ApiErrorKind::Unexpected("the answer is no `ctrl`"), body)),
            Err(error) => return Err(ApiError::decode(head, error, body)),
        };
        if !ctrl.is_success() {
            return Err(refusal(head, body));
        }
        let params = match ctrl.known_params() {
            Ok(params) => params,
            Err(error) => return Err(ApiError::decode(head, error.in_field("params"), body)),
        };
        let file = params.url.as_ref().map(|url| Text::from(url.as_str())).filter(|url| !url.is_empty());
        match file {
            Some(file) => Ok(Uploaded { file: FileRef::new(file), id: ctrl.id }),
            None => Err(ApiError::new(head, ApiErrorKind::Unexpected("the answer has no `params.url`"), body)),
        }
    }
}
