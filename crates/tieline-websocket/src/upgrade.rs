//! The server's side of the opening handshake: is this HTTP request a WebSocket's, and what is the answer?
//!
//! Pure functions over the types of the `http` crate. The HTTP server (hyper, say) reads the request, sends the response and
//! hands its stream over to an [`Endpoint`](crate::Endpoint) of the server role, with whatever it had read beyond.

use data_encoding::BASE64;
use http::header::{
    ALLOW, CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Response, StatusCode, Version};
use tungstenite::handshake::derive_accept_key;

use crate::tokens;

/// How exactly a request must follow RFC 6455.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strictness {
    /// To the letter: the key is 16 bytes in base64.
    #[default]
    Strict,
    /// Any key that is not empty, as the CloudPBX server takes it (its own documentation shows one of 13 bytes).
    Lenient,
}

/// A request that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    accept_key: HeaderValue,
    offered: Vec<String>,
    chosen: Option<HeaderValue>,
}

impl Accepted {
    /// The value of the response's `Sec-WebSocket-Accept`.
    #[must_use]
    pub fn accept_key(&self) -> &HeaderValue {
        &self.accept_key
    }

    /// The subprotocols that the client offers, the most wanted one first.
    #[must_use]
    pub fn subprotocols(&self) -> &[String] {
        &self.offered
    }

    /// Chooses a subprotocol; `false`, and nothing chosen, when the client did not offer it.
    pub fn choose(&mut self, subprotocol: &str) -> bool {
        let offered = self.offered.iter().any(|name| name == subprotocol);
        self.chosen = if offered { HeaderValue::from_str(subprotocol).ok() } else { None };
        self.chosen.is_some()
    }

    /// The response to send: 101, with every header it needs.
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept_key.clone());
        if let Some(chosen) = &self.chosen {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, chosen.clone());
        }
        response
    }
}

/// Why a request is not the opening of a WebSocket; `Display` is fit to be the body of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeRefusal {
    /// Another method than GET (405).
    #[error("a WebSocket is opened with GET")]
    Method,
    /// An HTTP version before 1.1, or one without upgrades (400).
    #[error("a WebSocket is opened with HTTP/1.1")]
    HttpVersion,
    /// No `Upgrade: websocket` (426).
    #[error("this address speaks WebSocket only")]
    NoUpgrade,
    /// No `Connection: Upgrade` (400).
    #[error("the Connection header does not name Upgrade")]
    NoConnectionUpgrade,
    /// `Sec-WebSocket-Version` is missing or not 13 (426).
    #[error("only version 13 of the WebSocket protocol is spoken here")]
    ProtocolVersion,
    /// `Sec-WebSocket-Key` is missing, doubled or not of the form that the strictness asks for (400).
    #[error("the Sec-WebSocket-Key header is missing or malformed")]
    Key,
}

impl UpgradeRefusal {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoUpgrade | Self::ProtocolVersion => StatusCode::UPGRADE_REQUIRED,
            Self::HttpVersion | Self::NoConnectionUpgrade | Self::Key => StatusCode::BAD_REQUEST,
        }
    }

    /// The response to send, with the headers that belong to its status and the text as its body.
    #[must_use]
    pub fn response(self) -> Response<String> {
        let mut response = Response::new(self.to_string());
        *response.status_mut() = self.status();
        let mut set = |name: HeaderName, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
        match self.status() {
            StatusCode::METHOD_NOT_ALLOWED => {
                set(ALLOW, "GET");
            }
            StatusCode::UPGRADE_REQUIRED => {
                set(UPGRADE, "websocket");
                set(CONNECTION, "Upgrade");
                set(SEC_WEBSOCKET_VERSION, "13");
            }
            _ => {}
        }
        response
    }
}

/// Checks a request.
///
/// # Errors
/// [`UpgradeRefusal`] names the first rule that the request breaks.
///
/// ```
/// use tieline_websocket::upgrade::{Strictness, check};
///
/// let (request, ()) = http::Request::get("/ws")
///     .header("Upgrade", "websocket")
///     .header("Connection", "keep-alive, Upgrade")
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
///     .body(())
///     .unwrap()
///     .into_parts();
/// let accepted = check(&request.method, request.version, &request.headers, Strictness::Strict).unwrap();
/// assert_eq!(accepted.accept_key(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(accepted.response().status(), 101);
/// ```
pub fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
    strictness: Strictness,
) -> Result<Accepted, UpgradeRefusal> {
    let names = |header, token| headers.get_all(header).iter().any(|value| tokens::contains(value.as_bytes(), token));
    if method != Method::GET {
        return Err(UpgradeRefusal::Method);
    }
    if !names(UPGRADE, "websocket") {
        return Err(UpgradeRefusal::NoUpgrade);
    }
    if version != Version::HTTP_11 {
        return Err(UpgradeRefusal::HttpVersion);
    }
    if !names(CONNECTION, "upgrade") {
        return Err(UpgradeRefusal::NoConnectionUpgrade);
    }
    if !names(SEC_WEBSOCKET_VERSION, "13") {
        return Err(UpgradeRefusal::ProtocolVersion);
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) => key.as_bytes().trim_ascii(),
        _ => return Err(UpgradeRefusal::Key),
    };
    let good = match strictness {
        Strictness::Strict => BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16),
        Strictness::Lenient => !key.is_empty(),
    };
    // The second step cannot fail, base64 being printable.
    match HeaderValue::from_str(&derive_accept_key(key)) {
        Ok(accept_key) if good => Ok(Accepted { accept_key, offered: offered(headers), chosen: None }),
        _ => Err(UpgradeRefusal::Key),
    }
}

fn offered(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    values
        .flat_map(|value| tokens::elements(value.as_bytes()))
        .filter(|name| tokens::is_token(name))
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}
