//! Conversations of several clients with a running server, one JSON object a line.

use serde::Deserialize;
use serde_json::Value;

use crate::Side;

/// One recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordingFile {
    /// The file below `fixtures/im/recorded/`, without `.jsonl`. Unique.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

/// One message between one of the clients and the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordedFrame {
    /// Milliseconds since the start.
    pub t: u64,
    /// The client's connection.
    pub session: String,
    /// Who sent it.
    pub from: Side,
    /// The message as it went over the wire.
    pub text: String,
    /// Whether it was a binary message.
    pub binary: bool,
}

#[derive(Deserialize)]
struct RawLine {
    t: u64,
    session: String,
    dir: Option<String>,
    text: Option<String>,
    opcode: Option<String>,
}

impl RecordingFile {
    /// The messages in order of time; what else the file tells (connections, pauses, HTTP) is left out.
    ///
    /// # Panics
    /// When a line is not of the recording's format: the files are part of this crate.
    #[must_use]
    pub fn frames(&self) -> Vec<RecordedFrame> {
        let mut frames = Vec::new();
        for line in self.text.lines() {
            let value: Value = serde_json::from_str(line).expect(self.name);
            if value.get("dir").is_none() {
                continue;
            }
            let raw: RawLine = serde_json::from_value(value).expect(self.name);
            let from = if raw.dir.as_deref() == Some("C") { Side::Client } else { Side::Server };
            let binary = raw.opcode.as_deref() == Some("binary");
            frames.push(RecordedFrame {
                t: raw.t,
                session: raw.session,
                from,
                text: raw.text.expect(self.name),
                binary,
            });
        }
        frames
    }
}
