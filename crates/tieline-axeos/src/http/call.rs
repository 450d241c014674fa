//! `POST call`.

use bytes::Bytes;
use tieline_core::Text;
use tieline_core::http::{
    ApiError, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, Response, ResponseHead, Serve, header, query_pairs,
};
use tieline_core::json::{Encode as _, decode_with};

use super::json::{DEPTH, accepting_json, json_response, parse, refusal};
use crate::{CallReply, CallRequest};

const LIMIT: usize = 64 << 10;

/// How the body of `POST call` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallForm {
    /// As a form: what the vendor's only example of this call posts.
    #[default]
    Form,
    /// As JSON: what the vendor's other page says of everything that is posted.
    Json,
}

/// `POST call`: rings a user, then dials for them. Nobody may repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MakeCall {
    /// What is asked.
    pub request: CallRequest,
    /// How it is written.
    pub form: CallForm,
}

impl MakeCall {
    /// Asks `request`, as a form.
    #[must_use]
    pub const fn new(request: CallRequest) -> Self {
        Self { request, form: CallForm::Form }
    }

    /// The same, written otherwise.
    #[must_use]
    pub const fn written_as(mut self, form: CallForm) -> Self {
        self.form = form;
        self
    }
}

impl Endpoint for MakeCall {
    type Reply = CallReply<Text>;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        self.request.check().map_err(|error| BuildError::Parameter(error.words()))?;
        let request = accepting_json(RequestBuilder::new(Method::POST, base, "call")).authorize(auth);
        match self.form {
            CallForm::Form => request.form(self.request.pairs()),
            CallForm::Json => request.body("application/json", Body::Whole(self.request.to_json().into())),
        }
        .finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<Self::Reply>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Self::Reply, ApiError> {
        parse(head, body, |text| decode_with(&text, &text, DEPTH))
    }
}

impl Serve for MakeCall {
    /// The body is JSON or a form, as its `Content-Type` says; without one, what it looks like.
    fn from_request(_path: &str, head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let form = match &*kind {
            "application/x-www-form-urlencoded" => CallForm::Form,
            "application/json" => CallForm::Json,
            "" if body.trim_ascii_start().first() == Some(&b'{') => CallForm::Json,
            "" => CallForm::Form,
            _ => return Err(refusal(415, "the body must be JSON or a form")),
        };
        let request = match form {
            CallForm::Form => CallRequest::from_pairs(query_pairs(body)),
            CallForm::Json => match core::str::from_utf8(body) {
                Ok(json) => CallRequest::from_json(json),
                Err(_) => Err(crate::CallRequestError::Body),
            },
        };
        let request = request.map_err(|error| refusal(400, error.words()))?;
        Ok(Self { request, form })
    }

    fn to_response(reply: &Self::Reply) -> Response<Body> {
        json_response(&reply.to_json().into())
    }
}
