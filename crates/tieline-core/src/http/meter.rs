//! How much of a request has left.

use http::request::Parts;

use super::Body;
use crate::Sent;

/// Watches the bytes of one HTTP/1.1 request as they are handed to a line, and says how much of it has left.
///
/// Whoever writes tells it of each write, in order.
#[derive(Clone, Debug)]
pub struct SentMeter {
    started: bool,
    /// How much of the empty line that ends the head was seen.
    matched: usize,
    /// Bytes of the body still to come; `None` for a body whose length is not known before.
    body: Option<u64>,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

impl SentMeter {
    /// A meter for a request with this body.
    #[must_use]
    pub const fn new(body: &Body) -> Self {
        let body = match body {
            Body::Empty => Some(0),
            Body::Whole(bytes) => Some(bytes.len() as u64),
            Body::Stream { length } => *length,
        };
        Self { started: false, matched: 0, body }
    }

    /// A meter for a request, as [`Endpoint::to_request`](super::Endpoint::to_request) wrote it.
    #[must_use]
    pub const fn of(request: &(Parts, Body)) -> Self {
        Self::new(&request.1)
    }

    /// These bytes were handed to the line.
    pub fn wrote(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.started = true;
        let mut rest = bytes;
        while self.matched < END_OF_HEAD.len() {
            let Some((&byte, after)) = rest.split_first() else { return };
            rest = after;
            self.matched = match END_OF_HEAD.get(self.matched) {
                Some(&wanted) if wanted == byte => self.matched + 1,
                _ => usize::from(byte == b'\r'),
            };
        }
        if let Some(left) = &mut self.body {
            *left = left.saturating_sub(rest.len() as u64);
        }
    }

    /// How much has left. Of a body whose length was not known before, never [`Sent::All`].
    #[must_use]
    pub const fn sent(&self) -> Sent {
        match self {
            Self { started: false, .. } => Sent::Nothing,
            Self { matched: 4, body: Some(0), .. } => Sent::All,
            _ => Sent::Maybe,
        }
    }
}
