//! Says what about a captured message is not as the documents have it.
//!
//! Three severities ([`Severity`]):
//!
//! - **broken**: the decoder refuses the message. It is no JSON, a value cannot be read, or a command lacks what it needs.
//! - **bent**: read, but not as the documents write it: a number for a string or the reverse, `null`, a key twice, another
//!   spelling of a key, a time that cannot be read.
//! - **unknown**: passed through: types of messages, keys and words that the documents do not have, or not in the dialect
//!   that was told.
//!
//! What the documents themselves do differently from one place to the next is no anomaly: `destiantion` in webhook events,
//! `status_code` as a string in a record and as a number in its targets, the short and the long words for `direction`,
//! both spellings of `callee_disconnect`. Known quirks that are told: ids as numbers (servers before 16.0.1 and 22.2.11),
//! `end_reason` for `ended_reason` in a record, `username` twice in `extension_created`, `ON_ACLL`, and the alternatives
//! that samples print as one word (`normal/callback`).
//!
//! ```
//! use tieline_portsip_wsi::Dialect;
//! use tieline_portsip_wsi::lint::{LintOptions, lint};
//!
//! let text = r#"{"event_type":"extension_presence","extension_id":7,"presence":"AWAY"}"#;
//! let told: Vec<_> = lint(text, &LintOptions::new().dialect(Dialect::V16)).iter().map(ToString::to_string).collect();
//! assert_eq!(
//!     told,
//!     [
//!         "bent: a number found, the documents write a string in `extension_id` at line 1, column 51",
//!         "unknown: known only since v22 in `presence` at line 1, column 53",
//!     ]
//! );
//! ```

mod commands;
mod events;
mod versions;

use alloc::vec::Vec;

use tieline_core::Str;
use tieline_core::json::lint::{Linter, Path, Rules, check};
use tieline_core::json::{Decode, DecodeError, Scanner, Shape, decode, peek};

pub use tieline_core::json::lint::{Anomaly, AnomalyKind, Sender, Severity};

use crate::{Dialect, Response};
use versions::versions;

/// What is known of a message beside its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintOptions {
    /// The dialect that is spoken. Without it nothing is said to belong to another one.
    pub dialect: Option<Dialect>,
    /// Who sent it. Without it the message tells: what has a `command` but neither an `event_type` nor a `status` that is a
    /// number is the client's.
    pub sender: Option<Sender>,
}

impl LintOptions {
    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self { dialect: None, sender: None }
    }

    /// This dialect is spoken.
    #[must_use]
    pub const fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// This side sent it.
    #[must_use]
    pub const fn sender(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }
}

/// What is odd about a message, in the order it stands there; of one that is not JSON that and no more.
///
/// One anomaly is [`Severity::Broken`] exactly when the decoder of its side refuses the message:
/// [`ClientMessage::decode`](crate::ClientMessage::decode), or [`ServerMessage::decode`](crate::ServerMessage::decode).
#[must_use]
pub fn lint(text: &str, options: &LintOptions) -> Vec<Anomaly> {
    if let Err(error) = check(text) {
        return [error.into()].into();
    }
    match options.sender.unwrap_or_else(|| sender_of(text)) {
        Sender::Client => commands::lint(text, options.dialect),
        Sender::Server => lint_server(text, options.dialect),
    }
}

/// [`lint`] of a message as it was received: what is not UTF-8 is broken where it stops being UTF-8.
#[must_use]
pub fn lint_bytes(bytes: &[u8], options: &LintOptions) -> Vec<Anomaly> {
    match core::str::from_utf8(bytes) {
        Ok(text) => lint(text, options),
        Err(_) => [DecodeError::not_utf8(bytes).into()].into(),
    }
}

fn sender_of(text: &str) -> Sender {
    let is = |key| !matches!(peek::<Str<'_>>(text, key), Ok(None));
    if is("command") && !is("event_type") && !is_response(text) { Sender::Client } else { Sender::Server }
}

/// Whether the decoder takes it for an answer, once it has no `event_type`.
fn is_response(text: &str) -> bool {
    decode::<Response<Str<'_>>>(text).is_ok_and(|response| response.status.is_some())
}

fn lint_server(text: &str, dialect: Option<Dialect>) -> Vec<Anomaly> {
    match peek::<Str<'_>>(text, "event_type") {
        Ok(Some(event_type)) => events::lint(text, &event_type, dialect),
        // A type that cannot be read names no event.
        Err(_) => events::lint(text, "", dialect),
        Ok(None) if is_response(text) => {
            let shape = <Response<Str<'_>> as Decode<'_, ()>>::SHAPE;
            Linter::new().rules(&Answer { dialect }).lint(text, &shape)
        }
        Ok(None) => {
            let mut anomalies = Linter::new().lint(text, &Shape::Any);
            anomalies.insert(0, at_start(text, AnomalyKind::UnknownMessage));
            anomalies
        }
    }
}

/// An anomaly of a message as a whole.
fn at_start(text: &str, kind: AnomalyKind) -> Anomaly {
    let mut scanner = Scanner::new(text, 0);
    scanner.skip_to_value();
    Anomaly::at(text.as_bytes(), scanner.offset(), "", kind)
}

/// Answers carry more from v22 on.
struct Answer {
    dialect: Option<Dialect>,
}

impl Rules for Answer {
    fn key(&self, path: &Path<'_>) -> Option<AnomalyKind> {
        let later = path.is("command") || path.is("id");
        versions(self.dialect, later.then_some(Dialect::V22), None)
    }
}
