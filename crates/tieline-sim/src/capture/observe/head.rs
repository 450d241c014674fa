//! The head of a request or answer, and how long the body behind it is.

use super::super::Payload;
use super::super::entry::{Request, Response};

/// The longest head.
pub(super) const HEAD_BYTES: usize = 64 << 10;
/// The most header fields.
const FIELDS: usize = 128;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
    /// With the stream.
    Eof,
}

/// A head and how much it took.
pub(super) struct Head<T> {
    pub(super) what: T,
    pub(super) length: usize,
    pub(super) framing: Framing,
}

/// The head of a request, once it is whole.
///
/// # Errors
/// It is none.
pub(super) fn request(bytes: &[u8], exchange: u64) -> Result<Option<Head<Request>>, ()> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = head.parse(bytes).map_err(drop)? else { return Ok(None) };
    let headers = headers(head.headers);
    let framing = framing(&headers).unwrap_or(Framing::Length(0));
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let (method, target) = (text(head.method), text(head.path));
    let what = Request { exchange, method, target, headers, body: Payload::Size(0) };
    Ok(Some(Head { what, length, framing }))
}

/// The head of an answer to a request of this method, once it is whole.
///
/// # Errors
/// It is none.
pub(super) fn response(bytes: &[u8], exchange: u64, method: &str) -> Result<Option<Head<Response>>, ()> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = head.parse(bytes).map_err(drop)? else { return Ok(None) };
    let headers = headers(head.headers);
    let status = head.code.unwrap_or_default();
    let framing = match status {
        100..=199 | 204 | 304 => Framing::Length(0),
        _ if method.eq_ignore_ascii_case("HEAD") => Framing::Length(0),
        _ => framing(&headers).unwrap_or(Framing::Eof),
    };
    let what = Response { exchange, status, headers, body: Payload::Size(0) };
    Ok(Some(Head { what, length, framing }))
}

fn headers(fields: &[httparse::Header<'_>]) -> Vec<(String, String)> {
    fields.iter().map(|field| (field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned())).collect()
}

fn framing(headers: &[(String, String)]) -> Option<Framing> {
    let of = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    if of("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked")) {
        return Some(Framing::Chunked);
    }
    of("content-length").and_then(|length| length.parse().ok()).map(Framing::Length)
}

/// The head of a request as the PBX is to see it: `Host` names the PBX, and nothing is offered that would make what is said
/// unreadable (compression). The rest stays byte for byte.
pub(super) fn rewritten(head: &[u8], host: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + host.len());
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"host") {
            out.extend_from_slice(name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(host.as_bytes());
            out.extend_from_slice(b"\r\n");
        } else if !name.eq_ignore_ascii_case(b"accept-encoding")
            && !name.eq_ignore_ascii_case(b"sec-websocket-extensions")
        {
            out.extend_from_slice(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::rewritten;

    #[test]
    fn only_the_host_and_offers_of_compression_change() {
        let head = b"GET /im?a=1 HTTP/1.1\r\nhost: 127.0.0.1:9\r\nX-A:  b\r\nAccept-Encoding: gzip\r\nSec-WebSocket-Extensions: x\r\n\r\n";
        let expected = "GET /im?a=1 HTTP/1.1\r\nhost: pbx.example:8887\r\nX-A:  b\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&rewritten(head, "pbx.example:8887")), expected);
    }
}
