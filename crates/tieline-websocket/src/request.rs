//! The request that opens a WebSocket.

use std::fmt;

use tieline_core::Secret;

use crate::tokens::is_token;

/// Header names that the endpoint writes itself, or that would change where the request ends.
const OWN_HEADERS: [&str; 11] = [
    "connection",
    "content-length",
    "host",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A client's opening request: where to, and with what besides.
///
/// Path, query and header values may hold keys and tokens, so `Debug` prints the host and the names of the headers only,
/// and they are overwritten when dropped.
#[derive(Clone)]
pub struct OpeningRequest {
    host: String,
    target: Secret,
    headers: Vec<(String, Secret)>,
    subprotocols: Vec<String>,
}

/// Why a part of an opening request cannot be sent. It holds none of the caller's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The host is empty or has characters that no `Host` header can have.
    #[error("the host is not one that a Host header can hold")]
    Host,
    /// The path does not begin with `/`, or path or query hold characters that must be percent-encoded.
    #[error("the path must begin with / and be percent-encoded")]
    Target,
    /// A header name is no token.
    #[error("a header name is not valid")]
    HeaderName,
    /// A header name is one that the endpoint writes itself.
    #[error("a header name is reserved for the handshake")]
    ReservedHeader,
    /// A header value holds control characters.
    #[error("a header value holds control characters")]
    HeaderValue,
    /// A subprotocol is no token.
    #[error("a subprotocol name is not valid")]
    Subprotocol,
}

impl OpeningRequest {
    /// A request to `host` (as the `Host` header wants it: name or address, and the port when it is not the scheme's
    /// own) for `target` (path and query, percent-encoded; `/` when empty).
    ///
    /// # Errors
    /// [`InvalidRequest`] when either would break the request line or the header.
    pub fn new(host: &str, target: &str) -> Result<Self, InvalidRequest> {
        if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@\\\"<>".contains(&byte)) {
            return Err(InvalidRequest::Host);
        }
        let target = if target.is_empty() { "/" } else { target };
        if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(InvalidRequest::Target);
        }
        Ok(Self { host: host.into(), target: Secret::from(target), headers: Vec::new(), subprotocols: Vec::new() })
    }

    /// Adds a header, `Authorization` or `Origin` say. The value is treated as a secret.
    ///
    /// # Errors
    /// [`InvalidRequest`] when the name is no token or belongs to the handshake, or the value holds control characters.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidRequest> {
        if !is_token(name.as_bytes()) {
            return Err(InvalidRequest::HeaderName);
        }
        if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(InvalidRequest::ReservedHeader);
        }
        if value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(InvalidRequest::HeaderValue);
        }
        self.headers.push((name.into(), Secret::from(value)));
        Ok(self)
    }

    /// Offers a subprotocol; the first offered is the most wanted one.
    ///
    /// # Errors
    /// [`InvalidRequest::Subprotocol`] when it is no token.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, InvalidRequest> {
        if !is_token(name.as_bytes()) {
            return Err(InvalidRequest::Subprotocol);
        }
        self.subprotocols.push(name.into());
        Ok(self)
    }

    pub(crate) fn subprotocols(&self) -> &[String] {
        &self.subprotocols
    }

    /// The bytes of the request, with a `Sec-WebSocket-Key`.
    pub(crate) fn encode(&self, key: &str) -> Secret {
        let mut parts = vec!["GET ", self.target.expose(), " HTTP/1.1\r\nHost: ", &self.host];
        parts.extend(["\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", key]);
        parts.push("\r\nSec-WebSocket-Version: 13\r\n");
        for (at, name) in self.subprotocols.iter().enumerate() {
            parts.extend([if at == 0 { "Sec-WebSocket-Protocol: " } else { ", " }, name]);
        }
        if !self.subprotocols.is_empty() {
            parts.push("\r\n");
        }
        for (name, value) in &self.headers {
            parts.extend([name, ": ", value.expose(), "\r\n"]);
        }
        parts.push("\r\n");
        Secret::new(parts.concat())
    }
}

impl fmt::Debug for OpeningRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("OpeningRequest")
            .field("host", &self.host)
            .field("headers", &names)
            .field("subprotocols", &self.subprotocols)
            .finish_non_exhaustive()
    }
}
