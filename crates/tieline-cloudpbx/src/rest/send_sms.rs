//! `sendSMS`: a text message to a mobile phone.

use core::fmt;
use std::string::String;

use bytes::Bytes;
use tieline_core::Text;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, HeaderValue, Method, Plan,
    Repeat, RequestBuilder, RequestHead, Response, ResponseHead, Serve, header, query_pairs,
};
use tieline_core::json::{DecodeError, Encode, decode_with};

use super::refusal;
use crate::SmsResponse;

/// The most characters of a message. Whether the vendor counts characters or bytes, and what it answers to a longer
/// one, is not documented.
pub const MAX_BODY_CHARS: usize = 1024;

/// `POST sendSMS`: sends a text message; the PBX must have the SMS gateway. Nobody may repeat it.
///
/// `Debug` leaves number and text out.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendSms {
    /// The mobile number: nine digits, without the country's code.
    pub to: String,
    /// The text: 1 to 1024 characters.
    pub body: String,
    /// Whether the message is a test: not delivered and not charged.
    pub test: bool,
}

impl SendSms {
    /// A message to a mobile number of nine digits.
    pub fn new(to: impl Into<String>, body: impl Into<String>) -> Self {
        Self { to: to.into(), body: body.into(), test: false }
    }

    /// The same message as a test: not delivered and not charged.
    #[must_use]
    pub fn test(self) -> Self {
        Self { test: true, ..self }
    }

    /// What is wrong with the parameters.
    fn fault(&self) -> Option<&'static str> {
        match self {
            _ if self.to.len() != 9 || !self.to.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some("`to` must be nine digits")
            }
            _ if self.body.is_empty() => Some("`body` is empty"),
            _ if self.body.chars().count() > MAX_BODY_CHARS => Some("`body` is longer than 1024 characters"),
            _ => None,
        }
    }

    /// The documented answer when the message could not be sent; `reason` is for a log.
    #[must_use]
    pub fn failed<S: AsRef<str>>(response: &SmsResponse<S>, reason: &'static str) -> BadRequest {
        BadRequest::json(500, response.to_json().into(), reason)
    }

    /// The RESPONSE in an error of this call: with the server's message, and the message's id if it has one.
    #[must_use]
    pub fn response_of(error: &ApiError) -> Option<SmsResponse<Text>> {
        read(&error.body).ok().map(|(response, _)| response)
    }
}

/// The RESPONSE in a body, and the body.
fn read(body: &Bytes) -> Result<(SmsResponse<Text>, Text), DecodeError> {
    let text = Text::from_utf8(body.clone()).map_err(|body| DecodeError::not_utf8(&body))?;
    let response = decode_with(&text, &text, tieline_core::Limits::default().depth)?;
    Ok((response, text))
}

impl Endpoint for SendSms {
    /// The id is there, and no error message.
    type Reply = SmsResponse<Text>;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        if let Some(fault) = self.fault() {
            return Err(BuildError::Parameter(fault));
        }
        let pairs = [("to", &*self.to), ("body", &*self.body), ("test", "true")];
        let count = if self.test { 3 } else { 2 };
        RequestBuilder::new(Method::POST, base, "sendSMS").form(pairs.into_iter().take(count)).authorize(auth).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<Self::Reply>, ApiError> {
        Ok(Plan::Whole { limit: refusal::REFUSAL_LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Self::Reply, ApiError> {
        let unexpected = |what| ApiErrorKind::Unexpected(what);
        match (head.status.as_u16(), read(&body)) {
            (200, Ok((response, _))) => match (&response.response_id, response.error_message()) {
                // "null means that the command was carried out": a message says that it was not, whatever the status.
                (_, Some(_)) => Err(ApiError::refused(head, Some(refusal::RESPONSE), body)),
                (Some(id), None) if !id.is_empty() => Ok(response),
                _ => Err(ApiError::new(head, unexpected("the answer has no `responseId`"), body)),
            },
            (200, Err(error)) => Err(ApiError::decode(head, error, body)),
            (500, Ok((response, _))) if response.response_status.is_some() || response.error_message().is_some() => {
                Err(ApiError::refused(head, Some(refusal::RESPONSE), body))
            }
            _ => Err(refusal::refused(head, body)),
        }
    }
}

impl Serve for SendSms {
    /// A text of more than 1024 characters is answered as a wrong parameter; the vendor's answer is not documented.
    fn from_request(_path: &str, _head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let mut sms = Self::new("", "");
        for (name, value) in query_pairs(body) {
            match &*name {
                "to" => sms.to = value.into_owned(),
                "body" => sms.body = value.into_owned(),
                "test" => sms.test = value.contains("true"),
                _ => {}
            }
        }
        sms.fault().map_or(Ok(sms), |fault| Err(refusal::parameter(fault)))
    }

    /// The RESPONSE of the document, without white space.
    fn to_response(reply: &Self::Reply) -> Response<Body> {
        let mut response = Response::new(Body::Whole(reply.to_json().into()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl fmt::Debug for SendSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSms")
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("test", &self.test)
            .finish_non_exhaustive()
    }
}
