//! One JSON object a line: `{"v":1,"kind":…,"received":…,…}`.

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::Class;

use super::Item;
use crate::clock::{Clock, rfc3339};

/// The envelope of every line. Keys that do not apply are left out.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    kind: &'static str,
    /// The number of the line within this run.
    n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<String>,
    received: String,
    vendor: &'static str,
    stream: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
}

/// What the kinds hold.
#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    /// The frame of an event, every field of it, white space between the tokens removed.
    Frame(Box<RawValue>),
    Error {
        error: String,
        line: usize,
        column: usize,
        bytes: String,
    },
    Gap {
        since: String,
        until: String,
        seconds: f64,
        cause: String,
        recovered: bool,
    },
    Live {
        state: &'static str,
        connection: u64,
    },
    Down {
        state: &'static str,
        cause: String,
        retry_in_seconds: f64,
        class: String,
    },
    State {
        state: &'static str,
    },
    Lagged {
        lost: u64,
    },
}

/// One item as a line, without the line break.
pub(super) fn line(item: &Item<'_>, clock: &Clock, number: u64) -> String {
    let mut line = Line {
        v: 1,
        kind: "state",
        n: number,
        ts: None,
        received: String::new(),
        vendor: "portsip",
        stream: "wsi",
        r#type: None,
        call: None,
        data: None,
    };
    let mut received = Clock::now();
    match item {
        Item::Event(event) => {
            line.kind = if event.event.is_snapshot() { "snapshot" } else { "event" };
            line.r#type = Some(event.event.event_type());
            line.call = event.event.session_id().map(AsRef::as_ref);
            let micros = event.event.time().and_then(tieline_core::Timestamp::unix_micros);
            line.ts = micros.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok()).map(rfc3339);
            line.data = compact(event.raw()).map(Data::Frame);
            received = clock.at(event.at);
        }
        Item::Malformed(malformed) => {
            line.kind = "error";
            received = clock.at(malformed.at);
            line.data = Some(Data::Error {
                error: malformed.error.kind.to_string(),
                line: malformed.error.line,
                column: malformed.error.column,
                bytes: String::from_utf8_lossy(&malformed.bytes).into_owned(),
            });
        }
        Item::Gap(gap) => {
            line.kind = "gap";
            line.data = Some(Data::Gap {
                since: rfc3339(clock.at(gap.since)),
                until: rfc3339(clock.at(gap.until)),
                seconds: gap.length().as_secs_f64(),
                cause: gap.cause.to_string(),
                recovered: gap.recovered,
            });
        }
        Item::Resynced => line.data = Some(Data::State { state: "resynced" }),
        Item::Live { line: connection } => line.data = Some(Data::Live { state: "live", connection: *connection }),
        Item::Down { cause, retry_at } => {
            let class = match cause.class() {
                Class::Retry | Class::RetryAfter(_) => "retry",
                Class::Reauthenticate => "reauthenticate",
                _ => "terminal",
            };
            line.data = Some(Data::Down {
                state: "down",
                cause: cause.to_string(),
                retry_in_seconds: clock.until(*retry_at).as_secs_f64(),
                class: class.into(),
            });
        }
        Item::Lagged(lost) => {
            line.kind = "gap";
            line.data = Some(Data::Lagged { lost: *lost });
        }
    }
    line.received = rfc3339(received);
    serde_json::to_string(&line).unwrap_or_default()
}

/// The frame on one line, every token as it was.
pub(crate) fn compact(frame: &str) -> Option<Box<RawValue>> {
    let mut out = String::with_capacity(frame.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in frame.chars() {
        if quoted || !matches!(c, ' ' | '\n' | '\r' | '\t') {
            out.push(c);
        }
        quoted = match c {
            '"' if !escaped => !quoted,
            _ => quoted,
        };
        escaped = quoted && c == '\\' && !escaped;
    }
    RawValue::from_string(out).ok()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn white_space_goes_between_tokens_only() {
        let frame = "{ \"a b\" : \"c \\\" d\\\\\" ,\n\t\"n\": 1.50 }";
        assert_eq!(compact(frame).expect("JSON").get(), r#"{"a b":"c \" d\\","n":1.50}"#);
    }
}
