//! What a keeper asks, as one call; and what a server is asked, as any of them.

use bytes::Bytes;
use tieline_core::http::{
    ApiError, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestHead,
    ResponseHead, Serve, header, query_pairs,
};

use super::answer::{LIMIT, signed_in};
use super::{Account, Ask, Login, Refresh, Renew, Revoke, SignIn, SignedIn};

/// Which of the two generations of token calls a PBX has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenApi {
    /// The forms at `api/login/oauth/`, of version 16 on.
    #[default]
    OAuth,
    /// The JSON at `api/auth/`, of newer versions; the only one that knows a second factor.
    SignIn,
}

/// Any call of tokens: what a client makes for its [`TokenKeeper`](super::TokenKeeper), and what a server reads.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenCall {
    /// [`Login`]
    Login(Login),
    /// [`Refresh`]
    Refresh(Refresh),
    /// [`SignIn`]
    SignIn(SignIn),
    /// [`Renew`]
    Renew(Renew),
    /// [`Revoke`], which brings nothing: as a client, make that call itself.
    Revoke(Revoke),
}

impl TokenCall {
    /// The call for what a keeper asks; `None` when it asks for a login and there is no account.
    #[must_use]
    pub fn for_ask(api: TokenApi, ask: &Ask, account: Option<&Account>) -> Option<Self> {
        Some(match (api, ask) {
            (TokenApi::OAuth, Ask::Login) => Self::Login(Login::new(account?.clone())),
            (TokenApi::OAuth, Ask::Refresh(token)) => Self::Refresh(Refresh::new(token.clone())),
            (TokenApi::SignIn, Ask::Login) => Self::SignIn(SignIn::new(account?.clone())),
            (TokenApi::SignIn, Ask::Refresh(token)) => Self::Renew(Renew::new(token.clone())),
        })
    }

    /// Reads a request, its body whole; paths begin at the root. `None` for a path that is none of theirs.
    ///
    /// # Errors
    /// 405 for another method than `POST`, 400 for what is missing or cannot be read.
    pub fn parse(head: &RequestHead, body: &[u8]) -> Option<Result<Self, BadRequest>> {
        let path = head.uri.path().trim_matches('/');
        let read: fn(&str, &RequestHead, &[u8]) -> Result<Self, BadRequest> = match path {
            "api/login/oauth/token" => |path, head, body| {
                if query_pairs(body).any(|(name, value)| name == "grant_type" && value == "refresh_token") {
                    return Refresh::from_request(path, head, body).map(Self::Refresh);
                }
                Login::from_request(path, head, body).map(Self::Login)
            },
            "api/login/oauth/revoke" => |path, head, body| Revoke::from_request(path, head, body).map(Self::Revoke),
            "api/auth/sign_in" => |path, head, body| SignIn::from_request(path, head, body).map(Self::SignIn),
            "api/auth/refresh_token" => |path, head, body| Renew::from_request(path, head, body).map(Self::Renew),
            _ => return None,
        };
        if head.method != Method::POST {
            let refused = BadRequest::text(405, "Method Not Allowed", "another method than POST");
            return Some(Err(refused.with_header(header::ALLOW, "POST")));
        }
        Some(read(path, head, body))
    }
}

impl Endpoint for TokenCall {
    type Reply = SignedIn;
    const REPEAT: Repeat = Repeat::Never;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        match self {
            Self::Login(call) => call.to_request(base, auth),
            Self::Refresh(call) => call.to_request(base, auth),
            Self::SignIn(call) => call.to_request(base, auth),
            Self::Renew(call) => call.to_request(base, auth),
            Self::Revoke(call) => call.to_request(base, auth),
        }
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<SignedIn>, ApiError> {
        Ok(Plan::Whole { limit: LIMIT })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<SignedIn, ApiError> {
        signed_in(head, body)
    }
}
