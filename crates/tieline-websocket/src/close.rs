//! The payload of close frames.

use bytes::{BufMut as _, Bytes, BytesMut};
use tieline_core::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use crate::assemble::CONTROL_BYTES;
use crate::error::Violation;

/// "Bad Gateway", registered after RFC 6455 and unknown to tungstenite's list; proxies do send it.
const BAD_GATEWAY: u16 = 1014;

/// The payload that says as much of `close` as may be said: nothing when its code must not be on the wire, and a reason
/// that is too long is cut.
pub(crate) fn encode(close: &CloseFrame) -> Bytes {
    if !is_sendable(close.code) {
        return Bytes::new();
    }
    let reason = shortened(&close.reason);
    let mut payload = BytesMut::with_capacity(size_of::<u16>() + reason.len());
    payload.put_u16(close.code);
    payload.put_slice(reason.as_bytes());
    payload.freeze()
}

fn is_sendable(code: u16) -> bool {
    CloseCode::from(code).is_allowed() || code == BAD_GATEWAY
}

/// The beginning of a close reason that fits beside the code.
fn shortened(reason: &str) -> &str {
    let mut end = reason.len().min(CONTROL_BYTES - size_of::<u16>());
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}

/// Takes the payload of a close frame apart; `None` when it is empty.
pub(crate) fn parse(payload: &[u8]) -> Result<Option<CloseFrame>, Violation> {
    match payload {
        [] => Ok(None),
        [_] => Err(Violation::CloseLength),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !is_sendable(code) {
                return Err(Violation::CloseCode(code));
            }
            let reason = std::str::from_utf8(reason).map_err(|_| Violation::CloseReason)?;
            Ok(Some(CloseFrame::new(code, reason)))
        }
    }
}
