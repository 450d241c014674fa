//! What is wrong with a message, and where.

use alloc::boxed::Box;
use core::fmt;
use core::ops::Deref;

/// A message that could not be decoded: what was wrong, and at which line and column. Never shows the message.
///
/// One pointer wide, since every step of decoding returns one or none; what it points at is in [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{} at line {}, column {}", .0.kind, InField(.0.field), .0.line, .0.column)]
pub struct DecodeError(Box<Fault>);

impl Deref for DecodeError {
    type Target = Fault;
    fn deref(&self) -> &Fault {
        &self.0
    }
}

/// What a [`DecodeError`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The innermost field of a known type in which it stood, by its wire name.
    pub field: Option<&'static str>,
    /// The offset of the offending byte from the start of the message.
    pub offset: usize,
    /// The line of the offending byte, from 1.
    pub line: usize,
    /// The column of the offending character in its line, from 1, counted in characters.
    pub column: usize,
}

/// A place in a text, from 1, its columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Default for Place {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl Place {
    /// Goes on to the end of `text`, which begins here.
    pub fn advance(&mut self, text: &str) {
        let last_line = match memchr::memrchr(b'\n', text.as_bytes()) {
            Some(newline) => {
                self.line += memchr::memchr_iter(b'\n', text.as_bytes()).count();
                self.column = 1;
                text.get(newline + 1..).unwrap_or_default()
            }
            None => text,
        };
        self.column += last_line.chars().count();
    }
}

/// The place of one after the other, in a single pass over the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    offset: usize,
    place: Place,
}

impl Places {
    /// At the beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self { offset: 0, place: Place { line: 1, column: 1 } }
    }

    /// The place of an offset; not less than the one before.
    pub fn of(&mut self, text: &str, offset: usize) -> Place {
        self.place.advance(text.get(self.offset..offset).unwrap_or_default());
        self.offset = self.offset.max(offset);
        self.place
    }
}

struct InField(Option<&'static str>);

impl fmt::Display for InField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(field) => write!(f, " in `{field}`"),
            None => Ok(()),
        }
    }
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The text ended within a value.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// A character that JSON does not allow there.
    #[error("unexpected character, {0} expected")]
    UnexpectedCharacter(&'static str),
    /// A control character within a string.
    #[error("control character in a string")]
    ControlCharacter,
    /// A backslash sequence that JSON does not know, or half a surrogate pair.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// Digits that are no JSON number.
    #[error("invalid number")]
    InvalidNumber,
    /// Something after the end of the message.
    #[error("something follows the end of the message")]
    TrailingCharacters,
    /// Nested deeper than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// Lists of so many elements with so little in them that they would take 32 times as much memory as the message.
    #[error("lists of too many elements")]
    ListsTooLarge,
    /// More elements than the limit.
    #[error("too many elements")]
    TooMany,
    /// A value of another kind than the field has.
    #[error("{found} found, {expected} expected")]
    WrongType {
        /// What the field takes.
        expected: &'static str,
        /// What stood there.
        found: JsonKind,
    },
    /// A number that the field cannot hold.
    #[error("number out of range")]
    OutOfRange,
    /// The message is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The message was sent as binary where text is expected.
    #[error("binary message, text expected")]
    Binary,
}

/// The kinds of JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

impl DecodeError {
    /// An error of `kind` at byte `offset` of `text`.
    #[cold]
    #[must_use]
    pub fn at(text: &[u8], offset: usize, kind: DecodeErrorKind) -> Self {
        Self::counted(text, 0, offset, kind)
    }

    /// The same, its line and column counted from another offset.
    #[cold]
    pub(super) fn counted(text: &[u8], from: usize, offset: usize, kind: DecodeErrorKind) -> Self {
        let before = text.get(from..offset).unwrap_or(text);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        // Continuation bytes do not start a character.
        let column = before.iter().skip(line_start).filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Self(Box::new(Fault { kind, field: None, offset, line, column }))
    }

    /// The error with line and column as they are when counting begins at `place`, and not at its first character.
    #[must_use]
    pub fn seen_from(mut self, place: Place) -> Self {
        if self.0.line == 1 {
            self.0.column += place.column - 1;
        }
        self.0.line += place.line - 1;
        self
    }

    /// The error of bytes that were sent as text: where they stop being UTF-8.
    #[must_use]
    pub fn not_utf8(bytes: &[u8]) -> Self {
        let offset = core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Self::at(bytes, offset, DecodeErrorKind::NotUtf8)
    }

    /// The same error, said to be in `field` unless an inner field is already named.
    #[cold]
    #[must_use]
    pub fn in_field(mut self, field: &'static str) -> Self {
        self.0.field.get_or_insert(field);
        self
    }
}
