//! `Retry-After`.

use core::time::Duration;

use http::{HeaderMap, header};

/// How long the server asks to wait: `Retry-After` in seconds, or as a date, which is read against the same answer's
/// `Date`, so that no clock of ours is asked. `None` without the header, with one that cannot be read, and with a date
/// where there is no `Date`.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}
