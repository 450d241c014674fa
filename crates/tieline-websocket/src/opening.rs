//! The client's side of the opening handshake: the server's answer, in any pieces.

use std::time::Duration;

use data_encoding::BASE64;
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tieline_core::http1::Framing;
use tieline_core::{Instant, Random, Secret};
use tungstenite::handshake::derive_accept_key;

use crate::body::Body;
use crate::config::Config;
use crate::error::{NotHttp, OpeningError, Snippet};
use crate::request::OpeningRequest;
use crate::tokens;

const PREFIX: &[u8] = b"HTTP/1.";
/// How long a refusal waits for its body. What the status says is known by then, so it is no reason to wait longer.
const BODY_WAIT: Duration = Duration::from_secs(1);

/// The opening handshake while it lasts.
pub(crate) struct Opening {
    accept: String,
    subprotocols: Vec<String>,
    head: Vec<u8>,
    /// How many more bytes of header are taken, interim responses included.
    head_left: usize,
    max_headers: usize,
    deadline: Instant,
    refusal: Option<Refusal>,
}

struct Refusal {
    status: u16,
    retry_after: Option<Duration>,
    body: Body,
}

/// What one complete response header means.
enum Verdict {
    /// An interim response (100 Continue, 103 Early Hints): the real one follows.
    Interim,
    Opened(Option<String>),
    Refused(Refusal),
}

/// The handshake succeeded, with this subprotocol.
pub(crate) struct Opened(pub(crate) Option<String>);

impl Opening {
    /// The handshake and the bytes of its request.
    pub(crate) fn start(
        request: &OpeningRequest,
        config: &Config,
        random: &mut Random,
        now: Instant,
    ) -> (Self, Secret) {
        let mut nonce = [0; 16];
        random.fill(&mut nonce);
        let key = BASE64.encode(&nonce);
        let opening = Self {
            accept: derive_accept_key(key.as_bytes()),
            subprotocols: request.subprotocols().to_vec(),
            head: Vec::new(),
            head_left: config.opening_bytes,
            max_headers: config.opening_headers,
            deadline: now + config.opening_timeout,
            refusal: None,
        };
        (opening, request.encode(&key))
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.head.capacity() + self.refusal.as_ref().map_or(0, |refusal| refusal.body.heap_bytes())
    }

    /// Takes bytes off `input` up to the end of the handshake; what follows belongs to the frames.
    pub(crate) fn read(&mut self, now: Instant, input: &mut &[u8]) -> Result<Option<Opened>, OpeningError> {
        while !input.is_empty() {
            if let Some(refusal) = &mut self.refusal {
                let whole = refusal.body.read(input);
                *input = &[];
                return if whole { Err(self.give_up(OpeningError::Eof)) } else { Ok(None) };
            }
            if !self.read_head(input)? {
                continue;
            }
            match self.judge()? {
                Verdict::Interim => self.head.clear(),
                Verdict::Opened(subprotocol) => return Ok(Some(Opened(subprotocol))),
                Verdict::Refused(mut refusal) => {
                    let whole = refusal.body.read(input);
                    *input = &[];
                    self.head = Vec::new();
                    self.refusal = Some(refusal);
                    self.deadline = self.deadline.min(now + BODY_WAIT);
                    if whole {
                        return Err(self.give_up(OpeningError::Eof));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The error to end with when no more comes: the refusal with as much of its body as there is, or else `error`.
    pub(crate) fn give_up(&mut self, error: OpeningError) -> OpeningError {
        match self.refusal.take() {
            Some(Refusal { status, retry_after, body }) => {
                OpeningError::Refused { status, retry_after, body: Snippet::new(body.into_kept()) }
            }
            None => error,
        }
    }

    /// Takes one line, or what there is of it; whether it was the blank one that ends the header. A line at a time, so
    /// that no chunking makes the same bytes be parsed again and again.
    fn read_head(&mut self, input: &mut &[u8]) -> Result<bool, OpeningError> {
        let line_end = input.iter().position(|byte| *byte == b'\n').map_or(input.len(), |at| at + 1);
        let take = line_end.min(self.head_left);
        let (part, rest) = input.split_at(take);
        self.head.extend_from_slice(part);
        self.head_left -= take;
        *input = rest;
        if let Some(first) = self.head.first()
            && self.head.iter().zip(PREFIX).any(|(got, want)| got != want)
        {
            return Err(OpeningError::NotHttp(NotHttp::of(*first)));
        }
        if self.head.ends_with(b"\n\r\n") || self.head.ends_with(b"\n\n") {
            return Ok(true);
        }
        // The byte that does not fit any more decides, so that the pieces do not.
        if self.head_left == 0 && !input.is_empty() { Err(OpeningError::TooLarge) } else { Ok(false) }
    }

    /// Judges the complete header.
    fn judge(&self) -> Result<Verdict, OpeningError> {
        let mut storage = vec![EMPTY_HEADER; self.max_headers];
        let mut response = Response::new(&mut storage);
        match response.parse(&self.head) {
            Ok(Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(OpeningError::TooLarge),
            Ok(Status::Partial) | Err(_) => return Err(OpeningError::Malformed),
        }
        let headers: &[Header<'_>] = response.headers;
        let Some(status) = response.code else { return Err(OpeningError::Malformed) };
        match status {
            101 => self.check_upgrade(headers).map(Verdict::Opened),
            100..=199 => Ok(Verdict::Interim),
            300..=303 | 305..=399 => {
                let location = values(headers, "location").next().unwrap_or_default();
                Err(OpeningError::Redirected { status, location: Snippet::new(location.to_vec()) })
            }
            _ => {
                Ok(Verdict::Refused(Refusal { status, retry_after: retry_after(headers), body: body(status, headers) }))
            }
        }
    }

    fn check_upgrade(&self, headers: &[Header<'_>]) -> Result<Option<String>, OpeningError> {
        let names = |name, token| values(headers, name).any(|value| tokens::contains(value, token));
        if !names("upgrade", "websocket") || !names("connection", "upgrade") {
            return Err(OpeningError::MissingUpgrade);
        }
        let mut accept = values(headers, "sec-websocket-accept");
        if accept.next().map(<[u8]>::trim_ascii) != Some(self.accept.as_bytes()) || accept.next().is_some() {
            return Err(OpeningError::BadAcceptKey);
        }
        if values(headers, "sec-websocket-extensions").any(|value| tokens::elements(value).next().is_some()) {
            return Err(OpeningError::UnexpectedExtension);
        }
        let mut chosen = values(headers, "sec-websocket-protocol").map(<[u8]>::trim_ascii);
        match (chosen.next(), chosen.next()) {
            (None, _) => Ok(None),
            (Some(name), None) => {
                let offered = self.subprotocols.iter().find(|offered| offered.as_bytes() == name);
                offered.cloned().map(Some).ok_or(OpeningError::UnexpectedProtocol)
            }
            (Some(_), Some(_)) => Err(OpeningError::UnexpectedProtocol),
        }
    }
}

fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

fn number(headers: &[Header<'_>], name: &str) -> Option<u64> {
    std::str::from_utf8(values(headers, name).next()?).ok()?.trim().parse().ok()
}

fn retry_after(headers: &[Header<'_>]) -> Option<Duration> {
    number(headers, "retry-after").map(Duration::from_secs)
}

/// Takes what it can get: only the words of the refusal are at stake.
fn body(status: u16, headers: &[Header<'_>]) -> Body {
    let chunked = values(headers, "transfer-encoding").any(|value| tokens::contains(value, "chunked"));
    Body::new(match number(headers, "content-length") {
        _ if matches!(status, 204 | 304) => Framing::Length(0),
        _ if chunked => Framing::Chunked,
        Some(length) => Framing::Length(length),
        None => Framing::Stream,
    })
}
