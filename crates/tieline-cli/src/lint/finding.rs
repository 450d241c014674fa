//! One anomaly and where it was found, readable or as a JSON line.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tieline_core::json::lint::{Anomaly, Severity};

use crate::output::Source;

const BROKEN: Style = AnsiColor::Red.on_default().bold();
const BENT: Style = AnsiColor::Yellow.on_default().bold();
const UNKNOWN: Style = AnsiColor::Cyan.on_default();

/// One anomaly of a message in a file.
#[derive(Debug, Serialize)]
pub(super) struct Finding<'a> {
    #[serde(flatten)]
    pub(super) source: Source,
    pub(super) file: &'a str,
    /// The line of the file that the message starts in or, when `within` is `file`, that the anomaly is in.
    pub(super) file_line: usize,
    /// What `line` and `column` count in.
    pub(super) within: Within,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) severity: &'static str,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) path: &'a str,
    pub(super) words: String,
}

/// What a line and a column count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Within {
    /// The file.
    File,
    /// The text of a message that stands in the file as a string.
    Text,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The place in a file of a place in a text that starts here.
    pub(super) fn of(self, anomaly: &Anomaly) -> Self {
        match anomaly.line {
            1 => Self { line: self.line, column: self.column + anomaly.column - 1 },
            line => Self { line: self.line + line - 1, column: anomaly.column },
        }
    }
}

impl Finding<'_> {
    /// Writes it as `file:line:column: severity: words (path)`, as compilers do.
    pub(super) fn write(&self, out: &mut impl Write, severity: Severity) -> io::Result<()> {
        let style = match severity {
            Severity::Broken => BROKEN,
            Severity::Bent => BENT,
            Severity::Unknown => UNKNOWN,
        };
        let Self { file, file_line, line, column, words, .. } = self;
        match self.within {
            Within::File => write!(out, "{file}:{line}:{column}: ")?,
            Within::Text => write!(out, "{file}:{file_line}: text {line}:{column}: ")?,
        }
        write!(out, "{style}{severity}{style:#}: {words}")?;
        match self.path {
            "" => writeln!(out),
            path => writeln!(out, " ({path})"),
        }
    }
}
