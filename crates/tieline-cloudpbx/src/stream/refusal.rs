//! What the server says when it refuses a stream after the opening handshake.

use alloc::string::String;

use tieline_core::json::{Decode as _, Encode as _, Scanner, write_str};
use tieline_core::{CloseFrame, Text};

/// The close code of a refusal.
const POLICY: u16 = 1008;
/// What the reason of a close frame can hold.
const REASON_BYTES: usize = 123;

/// A refusal: close code 1008 with `{"http_status": 403, "explain":"Subscriber could not create channels."}` as its
/// reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status that a refusal before the handshake would have had.
    pub status: i64,
    /// In words; empty when there are none.
    pub explain: Text,
}

impl Refusal {
    /// A refusal of a status and words.
    pub fn new(status: i64, explain: impl Into<Text>) -> Self {
        Self { status, explain: explain.into() }
    }

    /// Reads the refusal in a close frame; `None` when it is none. The reason may be cut: what of it can be read counts.
    #[must_use]
    pub fn of_close(close: &CloseFrame) -> Option<Self> {
        if close.code != POLICY {
            return None;
        }
        let (mut status, mut explain) = (None, Text::new());
        let mut scanner = Scanner::new(&close.reason, 1);
        let mut members = scanner.object().ok()?;
        while let Ok(Some(key)) = scanner.key(&mut members) {
            let read = match key.as_str() {
                "http_status" => i64::decode(&mut scanner, &()).map(|value| status = Some(value)),
                "explain" => scanner.string().map(|words| explain = Text::from(words.as_str())),
                _ => scanner.skip_value().map(drop),
            };
            if read.is_err() {
                break;
            }
        }
        status.map(|status| Self { status, explain })
    }

    /// The close frame. Words that do not fit are cut, between two characters.
    #[must_use]
    pub fn to_close(&self) -> CloseFrame {
        let mut words = self.explain.as_str();
        loop {
            let reason = self.reason(words);
            let mut rest = words.chars();
            if reason.len() <= REASON_BYTES || rest.next_back().is_none() {
                return CloseFrame::new(POLICY, reason);
            }
            words = rest.as_str();
        }
    }

    fn reason(&self, words: &str) -> String {
        let mut out = String::from("{\"http_status\": ");
        self.status.encode(&mut out);
        out.push_str(", \"explain\":");
        write_str(words, &mut out);
        out.push('}');
        out
    }
}
