//! The calls of newer versions: JSON at `api/auth/`.

use std::string::String;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, Response, ResponseHead, Serve,
};
use tieline_core::json::{Encode as _, decode};
use tieline_core::{Secret, wire_struct};

use super::answer::{self, LIMIT, json_response, malformed};
use super::{Account, SignedIn};
use crate::Concealed;

const JSON: &str = "application/json";

wire_struct! {
    struct SignInBody<S> {
        /// The user.
        pub username: S,
        /// The password.
        pub password: Concealed<S>,
        /// The SIP domain of the tenant.
        pub domain: S,
    }

    struct RenewBody<S> {
        /// The refresh token.
        pub refresh_token: Concealed<S>,
    }
}

/// `POST api/auth/sign_in`. The answer may want a second factor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// Who signs in.
    pub account: Account,
}

impl SignIn {
    /// A sign-in.
    #[must_use]
    pub const fn new(account: Account) -> Self {
        Self { account }
    }
}

/// `POST api/auth/refresh_token`. The member `refresh_token` of its body is an assumption: the vendor's page names the
/// call only.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Renew {
    /// What an earlier answer had.
    pub refresh_token: Secret,
}

impl Renew {
    /// A renewal.
    pub fn new(refresh_token: impl Into<Secret>) -> Self {
        Self { refresh_token: refresh_token.into() }
    }
}

impl Endpoint for SignIn {
    type Reply = SignedIn;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let Account { user, domain, password } = &self.account;
        if user.is_empty() {
            return Err(BuildError::Parameter("the user name is empty"));
        }
        let body = SignInBody {
            username: Some(user.as_str()),
            password: Some(Concealed::new(password.expose().as_str())),
            domain: Some(domain.as_str()).filter(|domain| !domain.is_empty()),
        };
        let request = RequestBuilder::new(Method::POST, base, "api/auth/sign_in").authorize(auth);
        request.body(JSON, Body::Whole(body.to_json().into())).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<SignedIn>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
        answer::signed_in(head, body)
    }
}

impl Serve for SignIn {
    fn from_request(_path: &str, _head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let body: SignInBody<String> = text(body).and_then(|text| decode(text).ok()).ok_or_else(bad_json)?;
        match (body.username, body.password) {
            (Some(user), Some(password)) if !user.is_empty() && !password.expose().is_empty() => {
                Ok(Self::new(Account::new(user, body.domain.unwrap_or_default(), password.expose())))
            }
            _ => Err(malformed("`username` or `password` is missing or empty")),
        }
    }

    fn to_response(reply: &SignedIn) -> Response<Body> {
        json_response(reply.to_json())
    }
}

impl Endpoint for Renew {
    type Reply = SignedIn;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let body = RenewBody { refresh_token: Some(Concealed::new(self.refresh_token.expose().as_str())) };
        let request = RequestBuilder::new(Method::POST, base, "api/auth/refresh_token").authorize(auth);
        request.body(JSON, Body::Whole(body.to_json().into())).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<SignedIn>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
        answer::signed_in(head, body)
    }
}

impl Serve for Renew {
    fn from_request(_path: &str, _head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let body: RenewBody<String> = text(body).and_then(|text| decode(text).ok()).ok_or_else(bad_json)?;
        let token = body.refresh_token.filter(|token| !token.expose().is_empty());
        let token = token.ok_or_else(|| malformed("`refresh_token` is missing or empty"))?;
        Ok(Self::new(token.expose()))
    }

    fn to_response(reply: &SignedIn) -> Response<Body> {
        json_response(reply.to_json())
    }
}

fn text(body: &[u8]) -> Option<&str> {
    core::str::from_utf8(body).ok()
}

fn bad_json() -> BadRequest {
    malformed("the body is no JSON object of the documented members")
}
