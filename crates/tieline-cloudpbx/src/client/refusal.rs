//! What the server says when it closes.

use tieline_core::json::{Decode as _, Scanner};
use tieline_core::{CloseFrame, CloseReason, Text};

/// The close code with which the server refuses a channel, after the opening handshake.
pub(crate) const POLICY: u16 = 1008;

/// Why the server closed: `{"http_status": 403, "explain":"…"}` as the reason of a 1008 is a refusal. A status from 500 on is
/// the server's own trouble, and passes.
pub(super) fn refusal(close: Option<CloseFrame>) -> CloseReason {
    let Some(close) = close else { return CloseReason::Remote { code: None } };
    if close.code == POLICY
        && let (Some(status @ 400..500), explain) = read(&close.reason)
    {
        return CloseReason::LoginRefused { status, reason: explain };
    }
    CloseReason::Remote { code: Some(close.code) }
}

/// What can be read of a reason, which may be cut: a close frame holds 123 bytes.
fn read(reason: &str) -> (Option<i64>, Text) {
    let (mut status, mut explain) = (None, Text::new());
    let mut scanner = Scanner::new(reason, 1);
    let Ok(mut members) = scanner.object() else { return (status, explain) };
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
    (status, explain)
}
