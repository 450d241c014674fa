//! `dial`: a call between two numbers.

use std::string::String;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, HeaderValue, Method, Plan,
    Repeat, RequestBuilder, RequestHead, Response, ResponseHead, Serve, header, query_pairs,
};

use super::refusal;

/// `GET dial`: rings `cpa`, then calls `cpb` for it. It has an effect although it is a GET: nobody may repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dial {
    /// The number that calls, one of the PBX.
    pub cpa: String,
    /// The number that is called.
    pub cpb: String,
}

impl Dial {
    /// A call from a number of the PBX to another number.
    pub fn new(cpa: impl Into<String>, cpb: impl Into<String>) -> Self {
        Self { cpa: cpa.into(), cpb: cpb.into() }
    }

    /// The documented answer when the call could not be started; `reason` is for a log.
    #[must_use]
    pub const fn action_error(reason: &'static str) -> BadRequest {
        BadRequest::text(500, refusal::ACTION_ERROR, reason)
    }
}

impl Endpoint for Dial {
    /// `OK` says that the call was started, no more.
    type Reply = ();
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        for (number, error) in [(&self.cpa, "`cpa` is empty"), (&self.cpb, "`cpb` is empty")] {
            if number.trim().is_empty() {
                return Err(BuildError::Parameter(error));
            }
        }
        let request = RequestBuilder::new(Method::GET, base, "dial");
        request.query("cpa", &self.cpa).query("cpb", &self.cpb).authorize(auth).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<()>, ApiError> {
        Ok(Plan::Whole { limit: refusal::REFUSAL_LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<(), ApiError> {
        if head.status != 200 {
            return Err(refusal::refused(head, body));
        }
        if refusal::is_word(&body, "OK") {
            return Ok(());
        }
        Err(ApiError::new(head, ApiErrorKind::Unexpected("the answer is not `OK`"), body))
    }
}

impl Serve for Dial {
    /// What the vendor answers when a number is missing is not documented: here `Parameter is missing`, as of `sendSMS`.
    fn from_request(_path: &str, head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        let mut dial = Self::new("", "");
        for (name, value) in query_pairs(head.uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "cpa" => dial.cpa = value.trim().into(),
                "cpb" => dial.cpb = value.trim().into(),
                _ => {}
            }
        }
        match () {
            () if dial.cpa.is_empty() => Err(refusal::parameter("`cpa` is missing")),
            () if dial.cpb.is_empty() => Err(refusal::parameter("`cpb` is missing")),
            () => Ok(dial),
        }
    }

    fn to_response((): &()) -> Response<Body> {
        let mut response = Response::new(Body::Whole(Bytes::from_static(b"OK")));
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        response
    }
}
