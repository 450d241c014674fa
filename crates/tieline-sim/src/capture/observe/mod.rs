//! Watches a connection pass by: its bytes in, what was said out.

mod body;
mod head;

use std::collections::VecDeque;
use std::fmt;

use tieline_core::{Frame, Instant};
use tieline_websocket::{Config, Endpoint};

use self::body::Body;
use self::head::{Framing, HEAD_BYTES, Head};
use super::entry::{Payload, Request, Response, What};
use super::{MESSAGE_BYTES, Side};

/// The most requests without an answer.
const PIPELINE: usize = 64;

/// Watches one connection of HTTP/1.1, which may become a WebSocket. It changes nothing but the head of requests, where it is
/// told the `Host` that they are to name; see [`client`](Self::client).
///
/// Memory is bounded: a head has at most 64 KiB, a message 16 MiB, a body as much as the limit says. What is longer, or breaks
/// the rules, is passed on and told as [`What::Unreadable`] or by its size.
pub struct Observer {
    host: Option<String>,
    body_limit: usize,
    requests: Way<Request>,
    responses: Way<Response>,
    /// The requests without an answer: number and method.
    waiting: VecDeque<(u64, String)>,
    exchange: u64,
    sockets: Option<Sockets>,
    /// An upgrade was asked for; what the client sends before the answer.
    asked: Option<Vec<u8>>,
}

/// One direction of HTTP.
struct Way<T> {
    head: Vec<u8>,
    /// What is awaited the body of, unless it was told before that was over.
    open: Option<(Option<T>, Body)>,
    /// It cannot be read any more.
    lost: bool,
}

impl<T> Default for Way<T> {
    fn default() -> Self {
        Self { head: Vec::new(), open: None, lost: false }
    }
}

/// Both directions of a WebSocket.
struct Sockets {
    /// Reads what the client sends.
    client: Endpoint,
    /// Reads what the server sends.
    server: Endpoint,
}

impl Observer {
    /// An observer of a new connection. Of bodies up to `body_limit` bytes are kept.
    #[must_use]
    pub fn new(host: Option<String>, body_limit: usize) -> Self {
        Self {
            host,
            body_limit,
            requests: Way::default(),
            responses: Way::default(),
            waiting: VecDeque::new(),
            exchange: 0,
            sockets: None,
            asked: None,
        }
    }

    /// Takes what the client sent. What is to go to the PBX is put into `forward`: the same bytes, but that the head of a request
    /// waits until it is whole, names the `Host` that [`new`](Self::new) was told, and offers no compression.
    pub fn client(&mut self, now: Instant, bytes: &[u8], forward: &mut Vec<u8>, said: &mut Vec<What>) {
        if self.sockets.is_some() || self.asked.is_some() || self.requests.lost {
            forward.extend_from_slice(bytes);
            if let Some(held) = &mut self.asked {
                held.extend(bytes.iter().take(HEAD_BYTES.saturating_sub(held.len())));
            }
            return self.frames(now, Side::Client, bytes, said);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            if let Some((_, body)) = &mut self.requests.open {
                let (passed, after) = rest.split_at(body.take(rest));
                forward.extend_from_slice(passed);
                rest = after;
                self.requested(said);
                continue;
            }
            let known = self.requests.head.len();
            self.requests.head.extend_from_slice(rest);
            match head::request(&self.requests.head, self.exchange + 1) {
                Ok(Some(Head { what, length, framing })) if self.waiting.len() < PIPELINE => {
                    let head = self.requests.head.get(..length).unwrap_or_default();
                    match &self.host {
                        Some(host) => forward.extend_from_slice(&head::rewritten(head, host)),
                        None => forward.extend_from_slice(head),
                    }
                    rest = rest.get(length.saturating_sub(known)..).unwrap_or_default();
                    self.requests.head = Vec::new();
                    self.exchange += 1;
                    self.waiting.push_back((self.exchange, what.method.clone()));
                    let upgrades = what.headers.iter().any(|(name, value)| {
                        name.eq_ignore_ascii_case("upgrade") && value.eq_ignore_ascii_case("websocket")
                    });
                    self.requests.open = Some((Some(what), Body::new(framing, self.body_limit)));
                    self.requested(said);
                    if upgrades {
                        forward.extend_from_slice(rest);
                        self.asked = Some(rest.to_vec());
                        return;
                    }
                }
                Ok(None) if self.requests.head.len() <= HEAD_BYTES => return,
                _ => {
                    forward.append(&mut self.requests.head);
                    self.requests.lost = true;
                    said.push(unreadable(Side::Client, "no HTTP/1.1"));
                    return;
                }
            }
        }
    }

    /// A request is told once it is whole.
    fn requested(&mut self, said: &mut Vec<What>) {
        if self.requests.open.as_ref().is_some_and(|(_, body)| body.is_done())
            && let Some((Some(mut request), body)) = self.requests.open.take()
        {
            request.body = body.into_payload();
            said.push(What::Request(request));
        }
    }

    /// A request that is answered before it is whole is told with what it has by then: its answer belongs to it.
    fn requested_so_far(&mut self, exchange: u64, said: &mut Vec<What>) {
        if let Some((open, body)) = &mut self.requests.open
            && let Some(mut request) = open.take_if(|request| request.exchange == exchange)
        {
            request.body = Payload::Size(body.length());
            said.push(What::Request(request));
        }
    }

    /// Takes what the PBX sent. It is to go to the client as it is.
    pub fn server(&mut self, now: Instant, bytes: &[u8], said: &mut Vec<What>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.sockets.is_some() || self.responses.lost {
                return self.frames(now, Side::Server, rest, said);
            }
            if let Some((_, body)) = &mut self.responses.open {
                rest = rest.get(body.take(rest)..).unwrap_or_default();
                self.answered(said, false);
                continue;
            }
            let known = self.responses.head.len();
            self.responses.head.extend_from_slice(rest);
            let (exchange, method) = self.waiting.front().cloned().unwrap_or_default();
            match head::response(&self.responses.head, exchange, &method) {
                Ok(Some(Head { what, length, framing })) if exchange > 0 => {
                    rest = rest.get(length.saturating_sub(known)..).unwrap_or_default();
                    self.responses.head = Vec::new();
                    self.head_of_answer(now, what, framing, said);
                }
                Ok(None) if exchange > 0 && self.responses.head.len() <= HEAD_BYTES => return,
                _ => {
                    self.responses.lost = true;
                    self.responses.head = Vec::new();
                    said.push(unreadable(Side::Server, "no HTTP/1.1"));
                }
            }
        }
    }

    fn head_of_answer(&mut self, now: Instant, response: Response, framing: Framing, said: &mut Vec<What>) {
        match response.status {
            101 => {
                self.waiting.pop_front();
                self.requested_so_far(response.exchange, said);
                self.requests.open = None;
                let mut config = Config::default();
                config.message_bytes = MESSAGE_BYTES;
                // The seed is for masks, and nothing is sent.
                let server = Endpoint::client_opened(&config, [0; 16]);
                self.sockets = Some(Sockets { client: Endpoint::server(&config), server });
                said.push(What::Response(response));
                if let Some(held) = self.asked.take() {
                    self.frames(now, Side::Client, &held, said);
                }
            }
            // The answer proper comes behind it.
            100..=199 => {}
            _ => {
                self.waiting.pop_front();
                self.requested_so_far(response.exchange, said);
                self.responses.open = Some((Some(response), Body::new(framing, self.body_limit)));
                self.answered(said, false);
                if let Some(held) = self.asked.take() {
                    // It stays HTTP; what was sent already can only be watched.
                    self.client(now, &held, &mut Vec::new(), said);
                }
            }
        }
    }

    fn answered(&mut self, said: &mut Vec<What>, over: bool) {
        let done = |body: &Body| body.is_done() || (over && body.ends_with_stream());
        if self.responses.open.as_ref().is_some_and(|(_, body)| done(body))
            && let Some((Some(mut response), body)) = self.responses.open.take()
        {
            response.body = body.into_payload();
            said.push(What::Response(response));
        }
    }

    /// Notes that the connection is over. A request or answer that is not whole by then is [`What::Unreadable`].
    pub fn end(&mut self, said: &mut Vec<What>) {
        self.answered(said, true);
        if let Some((Some(_), _)) = self.requests.open.take() {
            said.push(unreadable(Side::Client, "the connection ended within a request"));
        }
        if self.responses.open.take().is_some() {
            said.push(unreadable(Side::Server, "the connection ended within an answer"));
        }
    }

    fn frames(&mut self, now: Instant, from: Side, bytes: &[u8], said: &mut Vec<What>) {
        let Some(sockets) = &mut self.sockets else { return };
        let endpoint = match from {
            Side::Client => &mut sockets.client,
            Side::Server => &mut sockets.server,
        };
        let mut rest = bytes;
        loop {
            let taken = endpoint.handle_bytes(now, rest);
            rest = rest.get(taken..).unwrap_or_default();
            while let Some(frame) = endpoint.poll_frame() {
                said.extend(told(from, frame));
            }
            if rest.is_empty() {
                break;
            }
        }
        // An endpoint that failed takes everything and tells nothing; that is told once.
        let lost = match from {
            Side::Client => &mut self.requests.lost,
            Side::Server => &mut self.responses.lost,
        };
        if endpoint.failure().is_some() && !*lost {
            *lost = true;
            said.push(unreadable(from, "a rule of the WebSocket protocol is broken, or a message is too long"));
        }
    }
}

fn told(from: Side, frame: Frame) -> Option<What> {
    Some(match frame {
        Frame::Text(text) => What::Message { from, binary: false, payload: Payload::Text(text.as_str().to_owned()) },
        Frame::BadText(bytes) => What::Message { from, binary: false, payload: Payload::Bytes(bytes.to_vec()) },
        Frame::Binary(bytes) => What::Message { from, binary: true, payload: Payload::Bytes(bytes.to_vec()) },
        Frame::Ping(bytes) => What::Control { from, pong: false, bytes: bytes.len() },
        Frame::Pong(bytes) => What::Control { from, pong: true, bytes: bytes.len() },
        Frame::Close(close) => {
            let (code, reason) =
                close.map_or((None, String::new()), |close| (Some(close.code), close.reason.as_str().to_owned()));
            What::Closed { from, code, reason }
        }
        _ => return None,
    })
}

fn unreadable(from: Side, words: &str) -> What {
    What::Unreadable { from, words: words.to_owned() }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
