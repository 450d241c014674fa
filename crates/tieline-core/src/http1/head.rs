//! Heads: that of a request as bytes, and bytes as that of an answer.

use alloc::vec::Vec;

use http::{HeaderValue, Method, StatusCode, Version, header, request, response};
use httparse::{EMPTY_HEADER, Status};

use super::Http1Error;
use crate::Secret;

/// The longest head in bytes, with those of interim answers before it.
pub const MAX_HEAD_BYTES: usize = 64 << 10;
/// The most headers.
pub const MAX_HEADERS: usize = 128;

const BEGINNING: &[u8] = b"HTTP/1.";

/// The head of a request as it goes on the wire, the empty line included.
///
/// It is written as it is, `Host` and `Content-Length` are the caller's
/// ([`RequestBuilder`](crate::http::RequestBuilder) sets both); only where a method wants a body and there is none,
/// `Content-Length: 0` says so.
#[must_use]
pub fn write_head(head: &request::Parts) -> Secret<Vec<u8>> {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    // All at once: a buffer that grows would leave copies of the credentials behind.
    let lines = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let mut bytes = Vec::with_capacity(head.method.as_str().len() + target.len() + lines.sum::<usize>() + 64);
    for part in [head.method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    let mut line = |name: &[u8], value: &HeaderValue| {
        for part in [name, b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    };
    for (name, value) in &head.headers {
        line(name.as_str().as_bytes(), value);
    }
    let has_length =
        [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].iter().any(|name| head.headers.contains_key(name));
    if !has_length && [Method::POST, Method::PUT, Method::PATCH].contains(&head.method) {
        line(header::CONTENT_LENGTH.as_str().as_bytes(), &HeaderValue::from_static("0"));
    }
    bytes.extend_from_slice(b"\r\n");
    Secret::new(bytes)
}

/// Reads the head of an answer. Interim answers (100 Continue, 103 Early Hints) are passed over.
#[derive(Default)]
pub struct HeadReader {
    head: Vec<u8>,
    /// Bytes of the interim answers before.
    passed: usize,
}

impl HeadReader {
    /// A reader at the beginning of an answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes off `input`: all of them, or those up to the end of the head, and then returns the head.
    ///
    /// # Errors
    /// When it is no answer that can be read. Every later call fails too or waits for ever: give the stream up.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<response::Parts>, Http1Error> {
        while !input.is_empty() {
            if !self.take_line(input)? {
                continue;
            }
            let head = parse(&self.head)?;
            if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Ok(Some(head));
            }
            self.passed += self.head.len();
            self.head.clear();
        }
        Ok(None)
    }

    /// Takes one line, or what there is of it; whether it was the empty one that ends the head. A line at a time, so that
    /// no cutting makes the same bytes be parsed again and again.
    fn take_line(&mut self, input: &mut &[u8]) -> Result<bool, Http1Error> {
        let room = MAX_HEAD_BYTES.saturating_sub(self.passed + self.head.len());
        let line = memchr::memchr(b'\n', input).map_or(input.len(), |at| at + 1);
        if line > room {
            return Err(Http1Error::HeadTooLong);
        }
        let (line, rest) = input.split_at(line);
        self.head.extend_from_slice(line);
        *input = rest;
        if self.head.iter().zip(BEGINNING).any(|(got, wanted)| got != wanted) {
            return Err(Http1Error::NotHttp);
        }
        Ok(self.head.ends_with(b"\n\r\n") || self.head.ends_with(b"\n\n"))
    }
}

/// What was read is not shown.
impl core::fmt::Debug for HeadReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HeadReader({} bytes)", self.head.len())
    }
}

fn parse(bytes: &[u8]) -> Result<response::Parts, Http1Error> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Http1Error::TooManyHeaders),
        Ok(Status::Partial) | Err(_) => return Err(Http1Error::NotHttp),
    }
    let mut head = http::Response::new(());
    *head.status_mut() = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Http1Error::NotHttp)?;
    *head.version_mut() = if parsed.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    for header in parsed.headers.iter() {
        let name = http::HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| Http1Error::NotHttp)?;
        let value = HeaderValue::from_bytes(header.value).map_err(|_| Http1Error::NotHttp)?;
        head.headers_mut().append(name, value);
    }
    Ok(head.into_parts().0)
}
