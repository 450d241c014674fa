//! Where the body of an answer ends, and what may follow it.

use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header, response};

use super::Http1Error;

/// Where the body of an answer ends (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes; 0 for an answer that has no body.
    Length(u64),
    /// After the last chunk and the trailers.
    Chunked,
    /// With the stream.
    Stream,
}

impl Framing {
    /// As the head of an answer to a request of this method says it.
    ///
    /// # Errors
    /// [`Http1Error::Length`] and [`Http1Error::Coding`], when it says it in no way that can be followed.
    pub fn of(method: &Method, head: &response::Parts) -> Result<Self, Http1Error> {
        let bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if bodiless || head.status.is_informational() || *method == Method::HEAD {
            return Ok(Self::Length(0));
        }
        let mut codings = elements(&head.headers, header::TRANSFER_ENCODING);
        match (codings.next(), codings.next()) {
            (None, _) => length(&head.headers).map(|length| length.map_or(Self::Stream, Self::Length)),
            (Some(only), None) if only.eq_ignore_ascii_case(b"chunked") => Ok(Self::Chunked),
            _ => Err(Http1Error::Coding),
        }
    }
}

/// Whether another request may follow on the same stream once the body with this framing is over.
#[must_use]
pub fn keeps_open(head: &response::Parts, framing: Framing) -> bool {
    let wants = |token: &[u8]| elements(&head.headers, header::CONNECTION).any(|has| has.eq_ignore_ascii_case(token));
    let by_default = head.version == Version::HTTP_11;
    // With both its length is told twice, and HTTP/1.0 knows no chunks: somebody on the way may believe something else.
    let ambiguous = framing == Framing::Chunked && (!by_default || head.headers.contains_key(header::CONTENT_LENGTH));
    !ambiguous
        && framing != Framing::Stream
        && head.status != StatusCode::SWITCHING_PROTOCOLS
        && !wants(b"close")
        && (by_default || wants(b"keep-alive"))
}

/// `Content-Length`, which proxies are known to repeat.
fn length(headers: &HeaderMap) -> Result<Option<u64>, Http1Error> {
    let mut known = None;
    for element in elements(headers, header::CONTENT_LENGTH) {
        let digits = core::str::from_utf8(element).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Http1Error::Length)?;
        if known.is_some_and(|known: u64| known != length) {
            return Err(Http1Error::Length);
        }
        known = Some(length);
    }
    Ok(known)
}

/// The elements of all headers of this name, which are lists with commas.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let all = headers.get_all(name).into_iter();
    all.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}
