//! The calls of version 16 and later: forms at `api/login/oauth/`.

use std::borrow::Cow;
use std::string::String;

use bytes::Bytes;
use tieline_core::Secret;
use tieline_core::http::{
    ApiError, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, Response, ResponseHead, Serve, header, query_pairs,
};

use super::answer::{self, LIMIT, json_response, malformed};
use super::{SignedIn, refused};

/// The only client id that the document has.
pub const CLIENT_ID: &str = "9d806019-75b2-4b3d-bb8b-f5a3a412cc0a";

const TOKEN_PATH: &str = "api/login/oauth/token";
const REVOKE_PATH: &str = "api/login/oauth/revoke";

/// A user with a password. `Debug` prints no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Account {
    /// The user name, without the domain.
    pub user: String,
    /// The SIP domain of the tenant; empty for the administrator of the system.
    pub domain: String,
    /// The password.
    pub password: Secret,
}

impl Account {
    /// A user of a tenant.
    pub fn new(user: impl Into<String>, domain: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { user: user.into(), domain: domain.into(), password: password.into() }
    }
}

/// `POST api/login/oauth/token` with `grant_type` `password`. Each success makes a new token, so nobody repeats it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Login {
    /// Who logs in.
    pub account: Account,
}

impl Login {
    /// A login.
    #[must_use]
    pub const fn new(account: Account) -> Self {
        Self { account }
    }
}

/// `POST api/login/oauth/token` with `grant_type` `refresh_token`. The refresh token may be good once only, so nobody
/// repeats it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refresh {
    /// What an earlier answer had.
    pub refresh_token: Secret,
}

impl Refresh {
    /// A refresh.
    pub fn new(refresh_token: impl Into<Secret>) -> Self {
        Self { refresh_token: refresh_token.into() }
    }
}

/// `POST api/login/oauth/revoke`: ends the access token that it is authorised by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revoke;

impl Endpoint for Login {
    type Reply = SignedIn;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let Account { user, domain, password } = &self.account;
        if user.is_empty() {
            return Err(BuildError::Parameter("the user name is empty"));
        }
        let mut pairs = std::vec![("grant_type", "password"), ("username", user.as_str())];
        // The document leaves it out for the administrator of the system.
        pairs.extend((!domain.is_empty()).then_some(("domain", domain.as_str())));
        pairs.extend([("password", password.expose().as_str()), ("scope", "all"), ("client_id", CLIENT_ID)]);
        RequestBuilder::new(Method::POST, base, TOKEN_PATH).authorize(auth).form(pairs).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<SignedIn>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
        answer::signed_in(head, body)
    }
}

impl Serve for Login {
    /// `scope` and `client_id` are not looked at: older pages misspell the latter.
    fn from_request(_path: &str, head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let form = Form::read(head, body, "password")?;
        let account =
            Account::new(form.need("username")?, form.get("domain").unwrap_or_default(), form.need("password")?);
        Ok(Self::new(account))
    }

    fn to_response(reply: &SignedIn) -> Response<Body> {
        json_response(reply.to_json())
    }
}

impl Endpoint for Refresh {
    type Reply = SignedIn;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let token = self.refresh_token.expose().as_str();
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", CLIENT_ID)];
        RequestBuilder::new(Method::POST, base, TOKEN_PATH).authorize(auth).form(pairs).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<SignedIn>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
        answer::signed_in(head, body)
    }
}

impl Serve for Refresh {
    fn from_request(_path: &str, head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        Ok(Self::new(Form::read(head, body, "refresh_token")?.need("refresh_token")?))
    }

    fn to_response(reply: &SignedIn) -> Response<Body> {
        json_response(reply.to_json())
    }
}

impl Endpoint for Revoke {
    type Reply = ();
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let request = RequestBuilder::new(Method::POST, base, REVOKE_PATH).authorize(auth);
        request.body("application/x-www-form-urlencoded", Body::Whole(Bytes::new())).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<()>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    /// What the body of a success holds is not documented, and not looked at.
    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<(), ApiError> {
        answer::success(head, body).map(drop)
    }
}

impl Serve for Revoke {
    fn from_request(_path: &str, _head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        Ok(Self)
    }

    fn to_response((): &()) -> Response<Body> {
        json_response("{}".into())
    }
}

/// The parameters of a form.
struct Form<'b>(std::vec::Vec<(Cow<'b, str>, Cow<'b, str>)>);

impl<'b> Form<'b> {
    /// Reads a form of this `grant_type`.
    fn read(head: &RequestHead, body: &'b [u8], grant_type: &str) -> Result<Self, BadRequest> {
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(malformed("the body must be a form"));
        }
        let form = Self(query_pairs(body).take(16).collect());
        if form.get("grant_type") == Some(grant_type) {
            return Ok(form);
        }
        Err(refused("unsupported_grant_type", "grant_type is missing or another one", "another `grant_type`"))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    fn need(&self, name: &'static str) -> Result<&str, BadRequest> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| malformed("a parameter is missing or empty"))
    }
}
