//! What is odd about a message, and where.

use alloc::string::String;
use core::fmt;

use crate::json::{DecodeError, DecodeErrorKind, JsonKind};

/// How bad an anomaly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Not in the documents, or not in those of the version that was told: passed through, and not interpreted.
    Unknown,
    /// Not as the documents write it, but read all the same.
    Bent,
    /// The decoder refuses the message for it.
    Broken,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: &'static [Self] = &[Self::Broken, Self::Bent, Self::Unknown];

    /// Its word: `broken`, `bent` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Bent => "bent",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing about a message that is not as the documents have it. Prints keys, never values: those hold passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Anomaly {
    /// What it is.
    pub kind: AnomalyKind,
    /// Where in the value it is: `status[0].presence`; empty for the message as a whole.
    pub path: String,
    /// The offset of its first byte from the start of the message.
    pub offset: usize,
    /// The line of that byte, from 1.
    pub line: usize,
    /// The column of that character in its line, from 1, counted in characters.
    pub column: usize,
}

impl Anomaly {
    /// An anomaly at byte `offset` of `text`.
    #[must_use]
    pub fn at(text: &[u8], offset: usize, path: impl Into<String>, kind: AnomalyKind) -> Self {
        let place = DecodeError::at(text, offset, DecodeErrorKind::UnexpectedEnd);
        Self { kind, path: path.into(), offset, line: place.line, column: place.column }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

impl From<DecodeError> for Anomaly {
    /// The anomaly that a decoder ended at.
    fn from(error: DecodeError) -> Self {
        Self {
            kind: AnomalyKind::Refused(error.kind),
            path: error.field.unwrap_or_default().into(),
            offset: error.offset,
            line: error.line,
            column: error.column,
        }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity(), self.kind)?;
        if !self.path.is_empty() {
            write!(f, " in `{}`", self.path)?;
        }
        write!(f, " at line {}, column {}", self.line, self.column)
    }
}

/// What is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnomalyKind {
    /// The decoder refuses it: no JSON, a kind of value that cannot be read, a number out of range.
    #[error("{0}")]
    Refused(DecodeErrorKind),
    /// A member is missing that the message cannot do without, or is an empty list.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The message is longer than is taken.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// What is taken.
        limit: usize,
    },
    /// Another kind of value than the documents write, which is read all the same.
    #[error("{found} found, the documents write {expected}")]
    OtherKind {
        /// What the documents write.
        expected: &'static str,
        /// What stood there.
        found: JsonKind,
    },
    /// `null`, where the documents write a value or leave the key out.
    #[error("null found, the documents write {expected} or leave the key out")]
    Null {
        /// What the documents write.
        expected: &'static str,
    },
    /// A key that the object had before: the last one counts.
    #[error("the key stood before in the same object; the last one counts")]
    DuplicateKey,
    /// A key that the object had before, where each one counts.
    #[error("the key stood before in the same object; each one counts")]
    RepeatedKey,
    /// A backslash that begins no escape, read as it stands.
    #[error("a backslash that is not escaped; read as it stands")]
    StrayBackslash,
    /// Another spelling of a key.
    #[error("another spelling of `{documented}`")]
    Alias {
        /// The spelling that is written.
        documented: &'static str,
    },
    /// A time that cannot be read.
    #[error("no time that can be read")]
    NotATime,
    /// A key that is not known.
    #[error("unknown key")]
    UnknownKey,
    /// A word that is not known where the documents list the words.
    #[error("unknown word")]
    UnknownWord,
    /// A message whose type is not known. What else it holds is not looked at.
    #[error("unknown type of message")]
    UnknownType,
    /// JSON that is no message of the protocol.
    #[error("no message of the protocol")]
    UnknownMessage,
    /// Known from a later version of the protocol on than the one that was told.
    #[error("known only since {since}")]
    LaterVersion {
        /// That version.
        since: &'static str,
    },
    /// Known up to an earlier version of the protocol than the one that was told.
    #[error("known only until {until}")]
    EarlierVersion {
        /// That version.
        until: &'static str,
    },
    /// Nested deeper than is looked at, where the decoder does not look either.
    #[error("nested too deeply to be looked at")]
    Deep,
    /// More anomalies of the same message, which are only counted.
    #[error("{count} more anomalies")]
    More {
        /// How many.
        count: usize,
        /// The worst of them.
        worst: Severity,
    },
}

impl AnomalyKind {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Refused(_) | Self::Missing(_) | Self::TooLong { .. } => Severity::Broken,
            Self::OtherKind { .. }
            | Self::Null { .. }
            | Self::DuplicateKey
            | Self::RepeatedKey
            | Self::StrayBackslash
            | Self::Alias { .. }
            | Self::NotATime => Severity::Bent,
            Self::UnknownKey
            | Self::UnknownWord
            | Self::UnknownType
            | Self::UnknownMessage
            | Self::LaterVersion { .. }
            | Self::EarlierVersion { .. }
            | Self::Deep => Severity::Unknown,
            Self::More { worst, .. } => *worst,
        }
    }

    /// A name for programs that does not change: `other-kind`, `unknown-key`, and so on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(kind) => match kind {
                DecodeErrorKind::WrongType { .. } => "wrong-kind",
                DecodeErrorKind::OutOfRange => "out-of-range",
                DecodeErrorKind::TooDeep => "too-deep",
                DecodeErrorKind::NotUtf8 => "not-utf8",
                DecodeErrorKind::Binary => "binary",
                _ => "not-json",
            },
            Self::Missing(_) => "missing",
            Self::TooLong { .. } => "too-long",
            Self::OtherKind { .. } => "other-kind",
            Self::Null { .. } => "null",
            Self::DuplicateKey => "duplicate-key",
            Self::RepeatedKey => "repeated-key",
            Self::StrayBackslash => "stray-backslash",
            Self::Alias { .. } => "alias",
            Self::NotATime => "not-a-time",
            Self::UnknownKey => "unknown-key",
            Self::UnknownWord => "unknown-word",
            Self::UnknownType => "unknown-type",
            Self::UnknownMessage => "unknown-message",
            Self::LaterVersion { .. } => "later-version",
            Self::EarlierVersion { .. } => "earlier-version",
            Self::Deep => "deep",
            Self::More { .. } => "more",
        }
    }
}
