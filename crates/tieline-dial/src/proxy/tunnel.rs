//! `CONNECT`, as bytes.

use std::fmt;

use tieline_core::Secret;

use super::ProxyError;

/// The longest answer to `CONNECT` that is taken.
const ANSWER_BYTES: usize = 16 << 10;
const ANSWER_HEADERS: usize = 100;

/// A tunnel that is asked for: write [`request`](Self::request) on the stream to the proxy, then hand in what it
/// answers until [`handle_bytes`](Self::handle_bytes) says that the stream is the server's.
pub struct Tunnel {
    variable: &'static str,
    request: Secret<Vec<u8>>,
    answer: Vec<u8>,
}

impl Tunnel {
    /// Asks for a connection to `address`; `authorization` is the value of the header.
    pub(super) fn new(variable: &'static str, address: &str, authorization: Option<&Secret>) -> Self {
        let mut request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n").into_bytes();
        if let Some(authorization) = authorization {
            request.extend([b"Proxy-Authorization: ", authorization.expose().as_bytes(), b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        Self { variable, request: Secret::new(request), answer: Vec::new() }
    }

    /// The bytes to write. They may hold a password.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        self.request.expose()
    }

    /// Takes a part of the answer; whether the tunnel is open now.
    ///
    /// # Errors
    /// When the proxy refuses, or does not answer as one.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<bool, ProxyError> {
        let variable = self.variable;
        self.answer.extend_from_slice(bytes);
        let mut headers = [httparse::EMPTY_HEADER; ANSWER_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&self.answer) {
            Ok(httparse::Status::Partial) if self.answer.len() < ANSWER_BYTES => Ok(false),
            Ok(httparse::Status::Complete(length)) => match response.code {
                // Nobody but the server could have sent more, and it has not been asked yet.
                Some(200..=299) if length == self.answer.len() => Ok(true),
                Some(status) if status >= 300 => Err(ProxyError::Refused { variable, status }),
                _ => Err(ProxyError::Malformed { variable }),
            },
            Ok(httparse::Status::Partial) | Err(_) => Err(ProxyError::Malformed { variable }),
        }
    }

    /// The error when the connection to the proxy breaks meanwhile.
    #[must_use]
    pub const fn lost(&self) -> ProxyError {
        ProxyError::Lost { variable: self.variable }
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("variable", &self.variable).finish_non_exhaustive()
    }
}
