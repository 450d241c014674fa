//! Recorded conversations, one JSON object a line.

use serde::Deserialize;

/// Who sent a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The application's side.
    Client,
    /// The PBX's side.
    Server,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Milliseconds since the start of the conversation; never less than in the line before.
    pub t: u64,
    /// Who sent it.
    pub from: Side,
    /// The message as it went over the wire, which need not be JSON.
    pub text: String,
}

/// Why a transcript cannot be used. Lines are 1-based and count blank ones.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The line is not an object with exactly `t`, `from` and `text`.
    #[error("line {line}: {source}")]
    Line {
        /// The line of the file.
        line: usize,
        /// What is wrong with it; its own line number is always 1.
        source: serde_json::Error,
    },
    /// The line is earlier than the one before it.
    #[error("line {line}: t is {t} ms, earlier than the {before} ms of the line before")]
    TimeRunsBack {
        /// The line of the file.
        line: usize,
        /// Its time.
        t: u64,
        /// The time of the line before.
        before: u64,
    },
}

/// The reader of `{"t":ms,"from":"client"|"server","text":…}` lines.
#[derive(Clone, Copy, Debug)]
pub struct Transcript;

impl Transcript {
    /// Reads a whole transcript in order of time. Blank lines are skipped, so a file may be set in paragraphs.
    ///
    /// # Errors
    /// [`TranscriptError`] with the first line that is malformed or earlier than the one before.
    pub fn parse(text: &str) -> Result<Vec<Line>, TranscriptError> {
        let mut lines: Vec<Line> = Vec::new();
        for (index, raw) in text.lines().enumerate().filter(|(_, raw)| !raw.trim().is_empty()) {
            let line = index + 1;
            let parsed: Line = serde_json::from_str(raw).map_err(|source| TranscriptError::Line { line, source })?;
            if let Some(before) = lines.last().map(|last| last.t).filter(|before| parsed.t < *before) {
                return Err(TranscriptError::TimeRunsBack { line, t: parsed.t, before });
            }
            lines.push(parsed);
        }
        Ok(lines)
    }
}
