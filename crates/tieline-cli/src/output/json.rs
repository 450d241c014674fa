//! One JSON object a line: `{"v":1,"kind":…,"received":…,…}`.

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::Class;

use super::Item;
use super::tell::{Source, Told};
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
    #[serde(flatten)]
    source: Source,
    #[serde(flatten)]
    told: Told<'a>,
}

#[derive(Serialize)]
struct Missed {
    since: String,
    until: String,
    seconds: f64,
    cause: String,
    recovered: bool,
}

/// What is said of the line itself.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Live { connection: u64 },
    Down { cause: String, retry_in_seconds: f64, class: &'static str },
    Resynced,
}

#[derive(Serialize)]
struct Lagged {
    lost: u64,
}

/// One item as a line, without the line break.
pub(super) fn line(item: &Item<'_>, source: Source, clock: &Clock, number: u64) -> String {
    let mut received = Clock::now();
    let mut told = match item {
        Item::Told(event) => {
            received = event.at().map_or(received, |at| clock.at(at));
            event.json()
        }
        Item::Gap(gap) => {
            let missed = Missed {
                since: rfc3339(clock.at(gap.since)),
                until: rfc3339(clock.at(gap.until)),
                seconds: gap.length().as_secs_f64(),
                cause: gap.cause.to_string(),
                recovered: gap.recovered,
            };
            Told::new("gap", &missed)
        }
        Item::Resynced => Told::new("state", &State::Resynced),
        Item::Live { line: connection } => Told::new("state", &State::Live { connection: *connection }),
        Item::Down { cause, retry_at } => {
            let class = match cause.class() {
                Class::Retry | Class::RetryAfter(_) => "retry",
                Class::Reauthenticate => "reauthenticate",
                _ => "terminal",
            };
            let retry_in_seconds = clock.until(*retry_at).as_secs_f64();
            Told::new("state", &State::Down { cause: cause.to_string(), retry_in_seconds, class })
        }
        Item::Lagged(lost) => Told::new("gap", &Lagged { lost: *lost }),
    };
    let (kind, ts, received) = (told.kind, told.ts.take(), rfc3339(received));
    serde_json::to_string(&Line { v: 1, kind, n: number, ts, received, source, told }).unwrap_or_default()
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
