//! What is asked of a server.

use tieline_core::http::{BadRequest, Method, RequestHead, Serve as _, header};

use super::json::refusal;
use super::{Events, MakeCall, Phones, Users};

/// Where the API of a PBX lies.
pub const PATH: &str = "/apis/pbx";

/// A request of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// `GET users`.
    Users(Users),
    /// `GET phones`.
    Phones(Phones),
    /// `GET events`.
    Events(Events),
    /// `POST call`.
    Call(MakeCall),
}

impl Request {
    /// Reads a request. `body` is whole; at most a few hundred bytes are of use. The suffix `.json` is allowed, as the
    /// vendor's page has it; what a client accepts is not looked at, since the page says JSON is sent for want of better.
    ///
    /// # Errors
    /// With the answer to give: 404 for another path, 405 for another method, 406 for `.xml`, 400 for odd parameters, 415
    /// for another kind of body.
    pub fn read(head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let path = head.uri.path().strip_prefix(PATH).and_then(|path| path.strip_prefix('/')).ok_or_else(not_found)?;
        if path.strip_suffix(".xml").is_some_and(is_known) {
            return Err(refusal(406, "only JSON is served"));
        }
        let path = path.strip_suffix(".json").unwrap_or(path);
        let (method, allow) = match path {
            path if !is_known(path) => return Err(not_found()),
            "call" => (Method::POST, "POST"),
            _ => (Method::GET, "GET"),
        };
        if head.method != method {
            return Err(refusal(405, "this path takes another method").with_header(header::ALLOW, allow));
        }
        match path {
            "users" => Users::from_request(path, head, body).map(Self::Users),
            "phones" => Phones::from_request(path, head, body).map(Self::Phones),
            "events" => Events::from_request(path, head, body).map(Self::Events),
            _ => MakeCall::from_request(path, head, body).map(Self::Call),
        }
    }
}

fn is_known(path: &str) -> bool {
    matches!(path, "users" | "phones" | "events" | "call")
}

/// The answer to a request for anything else.
#[must_use]
pub fn not_found() -> BadRequest {
    refusal(404, "no such path")
}

/// The answer to a request whose user or key is unknown; `WWW-Authenticate` says how to ask again.
#[must_use]
pub fn unauthorized() -> BadRequest {
    refusal(401, "user and password, or an API key, are needed")
        .with_header(header::WWW_AUTHENTICATE, "Basic realm=\"PBX\", charset=\"UTF-8\"")
}

/// The answer to a poll when as many wait as may.
#[must_use]
pub fn service_unavailable() -> BadRequest {
    refusal(503, "too many polls wait")
}
