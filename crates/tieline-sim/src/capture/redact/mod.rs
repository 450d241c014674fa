//! Redaction by field: what tells of somebody is mapped, what is of the protocol stays.
//!
//! It fails closed: what stays is on a list (keys, words, counts, times), and everything else is mapped, in messages that are no
//! JSON too. Mappings are keyed and the same for the same value, wherever it stands, so that numbers of calls, records and
//! extensions still join.

mod http;
mod json;
mod key;
mod pieces;
mod pseudonym;
mod text;
mod words;

use super::entry::{Entry, Header, Payload, What};

pub use key::RedactionKey;
pub(crate) use words::{SECRETS, is_of_paths};

/// The longest message or body that redaction makes; of one that gets longer only the size is told.
const MOST: usize = crate::capture::MESSAGE_BYTES;

/// Maps what a capture holds. Its rules are in `docs/record.md`.
#[derive(Clone, Debug)]
pub struct Redactor {
    key: RedactionKey,
}

impl Redactor {
    /// A redactor that maps by a key.
    #[must_use]
    pub const fn new(key: RedactionKey) -> Self {
        Self { key }
    }

    /// The name of the key; see [`RedactionKey::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    /// A message: JSON as far as it is, else any text. Bytes that are no UTF-8 stay where they are. What is within more than 512
    /// objects and arrays, and a string or number of more than 1 MiB, becomes a placeholder.
    #[must_use]
    pub fn message(&self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len());
        json::map(&self.key, message, usize::MAX, &mut out);
        out
    }

    /// A text that nothing is known of: a name, a number, a sentence.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        http::any(&self.key, text)
    }

    /// The target of a request.
    #[must_use]
    pub fn target(&self, target: &str) -> String {
        http::target(&self.key, target)
    }

    /// The address in a header: the scheme stays, and the port of a protocol.
    pub fn header(&self, header: &mut Header) {
        let (scheme, rest) = header.url.split_once("://").unwrap_or(("", &header.url));
        let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        header.url = format!("{scheme}://{}{}", self.text(host), self.target(target));
        header.redaction = Some(self.fingerprint());
    }

    /// A line.
    pub fn entry(&self, entry: &mut Entry) {
        match &mut entry.what {
            What::Request(request) => {
                request.target = self.target(&request.target);
                http::body(&self.key, &request.headers, &mut request.body);
                http::headers(&self.key, &mut request.headers);
            }
            What::Response(response) => {
                http::body(&self.key, &response.headers, &mut response.body);
                http::headers(&self.key, &mut response.headers);
            }
            What::Message { binary: true, payload, .. } => *payload = Payload::Size(payload.len()),
            What::Message { payload, .. } => {
                let bytes = match &*payload {
                    Payload::Text(text) => text.as_bytes(),
                    Payload::Bytes(bytes) => bytes,
                    Payload::Size(_) => return,
                };
                let mut out = Vec::with_capacity(bytes.len());
                let is_short = json::map(&self.key, bytes, MOST, &mut out);
                *payload = if is_short { Payload::of(out) } else { Payload::Size(payload.len()) };
            }
            What::Closed { reason, .. } => *reason = self.text(reason),
            _ => {}
        }
    }
}
