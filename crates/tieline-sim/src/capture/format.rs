//! The file: JSON lines, each whole by itself, so that a file that is cut off can be read up to there.

use std::io::{self, BufRead, Read as _, Write};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::entry::{Ended, Entry, Header, Payload, Request, Response, What};
use super::{MESSAGE_BYTES, Side};

/// The version of the format that this crate writes, and the latest that it reads.
pub const VERSION: u64 = 1;
/// The longest line that is read. A message or body of up to 16 MiB fits in, whatever is escaped in it, and so do the header fields
/// of a request.
pub const LINE_BYTES: usize = 6 * MESSAGE_BYTES + (4 << 20);

/// Why a file is no capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its first line is not that of a capture.
    #[error(
        "the first line is not that of a capture: a file of `tieline record` begins with {{\"tieline\":\"capture\""
    )]
    NotACapture,
    /// A later version wrote it.
    #[error("version {0} of the format is later than this program, which reads up to {VERSION}")]
    Version(u64),
    /// A line that is no entry, and not the last one.
    #[error("line {line}: {words}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        words: &'static str,
    },
}

/// A capture, whole.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Capture {
    /// Its first line.
    pub header: Header,
    /// The others.
    pub entries: Vec<Entry>,
    /// Whether it was cut off: the last line is not that of an orderly end.
    pub cut: bool,
}

impl Capture {
    /// Reads a capture. A last line that breaks off is left out; lines of kinds that are unknown are too.
    ///
    /// # Errors
    /// [`CaptureError`].
    pub fn read(mut input: impl BufRead) -> Result<Self, CaptureError> {
        let mut line = Vec::new();
        let mut next = |line: &mut Vec<u8>| -> io::Result<bool> {
            line.clear();
            Ok(input.by_ref().take(LINE_BYTES as u64).read_until(b'\n', line)? > 0)
        };
        next(&mut line)?;
        let first: Value = serde_json::from_slice(&line).map_err(|_| CaptureError::NotACapture)?;
        let header = header(&first)?;
        let mut capture = Self { header, entries: Vec::new(), cut: true };
        let mut number = 1;
        while next(&mut line)? {
            number += 1;
            let wrong = |words| CaptureError::Line { line: number, words };
            if line.len() >= LINE_BYTES {
                return Err(wrong("it is longer than any that is written"));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let value = match serde_json::from_slice::<Value>(&line) {
                Ok(value) => value,
                // The writer was stopped within it.
                Err(_) if line.last() != Some(&b'\n') => break,
                Err(_) => return Err(wrong("no JSON")),
            };
            match entry(&value).map_err(wrong)? {
                Some(Entry { what: What::End, .. }) => capture.cut = false,
                Some(entry) => capture.entries.push(entry),
                None => {}
            }
        }
        Ok(capture)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.header.to_line())?;
        for entry in &self.entries {
            writeln!(out, "{}", entry.to_json())?;
        }
        if !self.cut {
            let at = self.entries.last().map_or(Duration::ZERO, |entry| entry.at);
            writeln!(out, "{}", Entry::new(at, 0, What::End).to_json())?;
        }
        Ok(())
    }
}

fn header(value: &Value) -> Result<Header, CaptureError> {
    let text = |key: &str| value[key].as_str().map(ToOwned::to_owned);
    if value["tieline"] != "capture" {
        return Err(CaptureError::NotACapture);
    }
    match value["v"].as_u64() {
        Some(VERSION) => {}
        Some(later) => return Err(CaptureError::Version(later)),
        None => return Err(CaptureError::NotACapture),
    }
    Ok(Header {
        protocol: text("protocol"),
        dialect: text("dialect"),
        started: text("started").unwrap_or_default(),
        url: text("url").unwrap_or_default(),
        redaction: text("redaction"),
    })
}

impl Header {
    /// It as a JSON object, which begins with what tells a capture: `{"tieline":"capture","v":1`.
    #[must_use]
    pub fn to_line(&self) -> String {
        // An object of `serde_json` has its keys by the alphabet.
        let pairs = [
            ("tieline", json!("capture")),
            ("v", json!(VERSION)),
            ("protocol", json!(self.protocol)),
            ("dialect", json!(self.dialect)),
            ("started", json!(self.started)),
            ("url", json!(self.url)),
            ("redaction", json!(self.redaction)),
        ];
        let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    }
}

impl Entry {
    /// It as a JSON object: `t` (milliseconds since the start, with three decimals), `connection`, `kind`, and what belongs to
    /// that. A text message has `from` and `text` as the lines of the simulator's transcripts have.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut line = Map::new();
        let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
        put("t", json!(self.at.as_micros() as f64 / 1000.0));
        put("connection", json!(self.connection));
        let mut side = |from: &Side| put("from", json!(from.as_str()));
        let kind = match &self.what {
            What::Opened => "opened",
            What::Failed { words } => {
                put("words", json!(words));
                "failed"
            }
            What::Request(request) => {
                side(&Side::Client);
                put("exchange", json!(request.exchange));
                put("method", json!(request.method));
                put("target", json!(request.target));
                put("headers", json!(request.headers));
                put_payload(&mut put, "body", &request.body);
                "request"
            }
            What::Response(response) => {
                side(&Side::Server);
                put("exchange", json!(response.exchange));
                put("status", json!(response.status));
                put("headers", json!(response.headers));
                put_payload(&mut put, "body", &response.body);
                "response"
            }
            What::Message { from, binary, payload } => {
                side(from);
                put_payload(&mut put, "text", payload);
                if *binary { "binary" } else { "text" }
            }
            What::Control { from, pong, bytes } => {
                side(from);
                put("bytes", json!(bytes));
                if *pong { "pong" } else { "ping" }
            }
            What::Closed { from, code, reason } => {
                side(from);
                put("code", json!(code));
                put("reason", json!(reason));
                "closed"
            }
            What::Unreadable { from, words } => {
                side(from);
                put("words", json!(words));
                "unreadable"
            }
            What::Ended(why) => {
                put("why", json!(why.as_str()));
                "ended"
            }
            What::End => "end",
        };
        put("kind", json!(kind));
        Value::Object(line)
    }
}

fn put_payload(put: &mut impl FnMut(&str, Value), name: &str, payload: &Payload) {
    match payload {
        Payload::Text(text) => put(name, json!(text)),
        Payload::Bytes(bytes) => put("base64", json!(BASE64.encode(bytes))),
        Payload::Size(size) => put("bytes", json!(size)),
    }
}

/// The entry that a line is; `None` for a kind that is unknown.
fn entry(line: &Value) -> Result<Option<Entry>, &'static str> {
    // Up to there, some thirty years, a double tells microseconds.
    let millis = line["t"].as_f64().filter(|t| (0.0..1e12).contains(t)).ok_or("no time `t`")?;
    let at = Duration::from_micros((millis * 1000.0).round() as u64);
    let connection = line["connection"].as_u64().ok_or("no `connection`")?;
    let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let from = || match line["from"].as_str() {
        Some("client") => Ok(Side::Client),
        Some("server") => Ok(Side::Server),
        _ => Err("`from` is neither client nor server"),
    };
    let payload = |name: &str| match (&line[name], &line["base64"], &line["bytes"]) {
        (Value::String(text), ..) => Ok(Payload::Text(text.clone())),
        (_, Value::String(base64), _) => {
            BASE64.decode(base64.as_bytes()).map(Payload::Bytes).map_err(|_| "`base64` is not base64")
        }
        (_, _, Value::Number(size)) => Ok(Payload::Size(size.as_u64().unwrap_or_default())),
        _ => Err("there is no text, no base64 and no number of bytes"),
    };
    let headers = || -> Result<Vec<(String, String)>, &'static str> {
        serde_json::from_value(line["headers"].clone()).map_err(|_| "`headers` are no pairs")
    };
    let exchange = || line["exchange"].as_u64().ok_or("no number of the `exchange`");
    let what = match line["kind"].as_str().ok_or("no `kind`")? {
        "opened" => What::Opened,
        "failed" => What::Failed { words: text("words") },
        "request" => What::Request(Request {
            exchange: exchange()?,
            method: text("method"),
            target: text("target"),
            headers: headers()?,
            body: payload("body")?,
        }),
        "response" => What::Response(Response {
            exchange: exchange()?,
            status: line["status"].as_u64().and_then(|status| u16::try_from(status).ok()).ok_or("no `status`")?,
            headers: headers()?,
            body: payload("body")?,
        }),
        kind @ ("text" | "binary") => {
            What::Message { from: from()?, binary: kind == "binary", payload: payload("text")? }
        }
        kind @ ("ping" | "pong") => {
            let bytes = line["bytes"].as_u64().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default();
            What::Control { from: from()?, pong: kind == "pong", bytes }
        }
        "closed" => What::Closed {
            from: from()?,
            code: line["code"].as_u64().and_then(|code| u16::try_from(code).ok()),
            reason: text("reason"),
        },
        "unreadable" => What::Unreadable { from: from()?, words: text("words") },
        "ended" => What::Ended(match line["why"].as_str() {
            Some("client") => Ended::Client,
            Some("server") => Ended::Server,
            Some("stopped") => Ended::Stopped,
            _ => Ended::Broken,
        }),
        "end" => What::End,
        _ => return Ok(None),
    };
    Ok(Some(Entry { at, connection, what }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_message_fits_in_a_line_whatever_is_escaped_in_it() {
        let part = 1 << 16;
        let payload = Payload::Text("\u{1}".repeat(part));
        let what = What::Message { from: Side::Server, binary: false, payload };
        let line = Entry::new(Duration::from_secs(1 << 30), u64::MAX, what).to_json().to_string();
        assert!(line.len() * (MESSAGE_BYTES / part) < LINE_BYTES);
    }

    #[test]
    fn a_line_that_nobody_writes_is_an_error_and_no_end() {
        let first = Header::default().to_line() + "\n";
        let long = io::repeat(b' ').take(LINE_BYTES as u64 + 7);
        let read = Capture::read(io::BufReader::new(first.as_bytes().chain(long)));
        assert!(matches!(read, Err(CaptureError::Line { line: 2, .. })), "{read:?}");
    }
}
