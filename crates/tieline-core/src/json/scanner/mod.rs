//! A strict JSON scanner over borrowed text: no tree, no recursion, no allocation but for escaped strings.

mod plain;
mod skip;
mod string;

use super::error::{DecodeError, DecodeErrorKind as Kind, JsonKind};
use crate::Str;

/// The cursor that types decode themselves from. It reads one value after the other and accepts exactly RFC 8259.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    pos: usize,
    depth: u32,
    max_depth: u32,
    list_bytes: usize,
    /// Where lines and columns of errors are counted from.
    from: usize,
}

/// What the lists of a message may take for each byte of it. Those of real messages take up to about 10.
const LIST_FACTOR: usize = 32;
/// What the lists of even the shortest message may take.
const LIST_BYTES: usize = 16 << 10;

/// How far one object or array is read; made by [`Scanner::object`] and [`Scanner::array`].
#[derive(Debug)]
pub struct Members {
    first: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text` that materialises at most `max_depth` levels.
    #[must_use]
    pub const fn new(text: &'a str, max_depth: u32) -> Self {
        Self { text, pos: 0, depth: 0, max_depth, list_bytes: 0, from: 0 }
    }

    /// The bytes of memory that the lists read so far took, also those that were replaced by a duplicate.
    #[must_use]
    pub const fn list_bytes(&self) -> usize {
        self.list_bytes
    }

    /// Notes that a list is about to grow by `bytes`.
    ///
    /// # Errors
    /// When the lists take 32 times as much as the text, and more than 16 KiB: a million empty objects would be a
    /// hundred times as large in memory as on the wire.
    pub fn grow_lists(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.list_bytes = self.list_bytes.saturating_add(bytes);
        let most = self.text.len().saturating_mul(LIST_FACTOR).max(LIST_BYTES);
        if self.list_bytes > most { Err(self.error(Kind::ListsTooLarge)) } else { Ok(()) }
    }

    /// Lines and columns of errors count as those of another scanner of the same text do.
    pub const fn count_as(&mut self, other: &Self) {
        self.from = other.from;
    }

    /// The byte offset of the cursor.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.pos
    }

    /// The text from the cursor on: for a look ahead.
    #[must_use]
    pub fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// Moves the cursor to the first byte of the next value, so that an error names its place.
    #[cold]
    pub fn skip_to_value(&mut self) {
        self.skip_space();
    }

    /// From now on lines and columns of errors count from the value at the cursor, so that an error costs no look at what
    /// stands before it; [`DecodeError::seen_from`] makes them those of the whole. For the elements of long lists, many of
    /// which may be wrong.
    pub fn count_from_here(&mut self) {
        self.skip_space();
        self.from = self.pos;
    }

    /// An error of `kind` at the cursor.
    #[cold]
    #[must_use]
    pub fn error(&self, kind: Kind) -> DecodeError {
        self.error_at(self.pos, kind)
    }

    #[cold]
    fn error_at(&self, pos: usize, kind: Kind) -> DecodeError {
        DecodeError::counted(self.text.as_bytes(), self.from, pos, kind)
    }

    #[cold]
    fn unexpected(&self, expected: &'static str) -> DecodeError {
        if self.pos >= self.text.len() {
            self.error(Kind::UnexpectedEnd)
        } else {
            self.error(Kind::UnexpectedCharacter(expected))
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    /// Most messages are written without any space.
    #[inline]
    fn skip_space(&mut self) {
        if self.byte().is_some_and(|byte| byte <= b' ') {
            self.skip_spaces();
        }
    }

    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.pos += 1;
        }
    }

    /// The kind of the next value; the cursor stands on its first byte afterwards.
    ///
    /// # Errors
    /// When no value starts here.
    #[inline]
    pub fn kind(&mut self) -> Result<JsonKind, DecodeError> {
        self.skip_space();
        match self.byte() {
            Some(b'"') => Ok(JsonKind::String),
            Some(b'{') => Ok(JsonKind::Object),
            Some(b'[') => Ok(JsonKind::Array),
            Some(b't' | b'f') => Ok(JsonKind::Bool),
            Some(b'n') => Ok(JsonKind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(JsonKind::Number),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A type error for the value at the cursor; a syntax error when none starts there.
    #[cold]
    pub fn wrong_type(&mut self, expected: &'static str) -> DecodeError {
        match self.kind() {
            Ok(found) => self.error(Kind::WrongType { expected, found }),
            Err(error) => error,
        }
    }

    /// Enters an object; read its members with [`key`](Self::key).
    ///
    /// # Errors
    /// When the next value is no object, or nests too deep.
    #[inline]
    pub fn object(&mut self) -> Result<Members, DecodeError> {
        self.enter(b'{', "an object")
    }

    /// Enters an array; ask for its elements with [`element`](Self::element).
    ///
    /// # Errors
    /// When the next value is no array, or nests too deep.
    #[inline]
    pub fn array(&mut self) -> Result<Members, DecodeError> {
        self.enter(b'[', "an array")
    }

    #[inline]
    fn enter(&mut self, open: u8, expected: &'static str) -> Result<Members, DecodeError> {
        self.skip_space();
        if self.byte() != Some(open) {
            return Err(self.wrong_type(expected));
        }
        if self.depth >= self.max_depth {
            return Err(self.error(Kind::TooDeep));
        }
        self.depth += 1;
        self.pos += 1;
        Ok(Members { first: true })
    }

    /// The next key of an object, the cursor before its value; `None` after the last.
    ///
    /// # Errors
    /// On a syntax error.
    #[inline]
    pub fn key(&mut self, members: &mut Members) -> Result<Option<Str<'a>>, DecodeError> {
        if self.member(members)? { self.name().map(Some) } else { Ok(None) }
    }

    /// Whether an object has another member, the cursor before its key. Take the key with [`take_key`](Self::take_key) or
    /// [`name`](Self::name).
    ///
    /// # Errors
    /// On a syntax error.
    #[inline]
    pub fn member(&mut self, members: &mut Members) -> Result<bool, DecodeError> {
        self.skip_space();
        match self.byte() {
            Some(b',') if !members.first => {
                self.pos += 1;
                self.skip_space();
            }
            Some(b'}') => {
                self.leave();
                return Ok(false);
            }
            Some(_) if members.first => {}
            _ => return Err(self.unexpected("`,` or `}`")),
        }
        members.first = false;
        if self.byte() == Some(b'"') { Ok(true) } else { Err(self.unexpected("a key")) }
    }

    /// Takes the key at the cursor if it is this one, written as `"key":`; the cursor stands before its value then. For
    /// types that know which key comes next: nothing is searched for. `false` says nothing, as a key can be written in
    /// other ways.
    #[inline]
    pub fn take_key(&mut self, quoted: &'static str) -> bool {
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        let taken = rest.starts_with(quoted.as_bytes());
        self.pos += if taken { quoted.len() } else { 0 };
        taken
    }

    /// The key at the cursor, whatever it is; the cursor stands before its value then.
    ///
    /// # Errors
    /// On a syntax error.
    pub fn name(&mut self) -> Result<Str<'a>, DecodeError> {
        let key = self.quoted()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.pos += 1;
        Ok(key)
    }

    /// Whether an array has another element, the cursor before it.
    ///
    /// # Errors
    /// On a syntax error.
    #[inline]
    pub fn element(&mut self, members: &mut Members) -> Result<bool, DecodeError> {
        self.skip_space();
        match self.byte() {
            Some(b']') => {
                self.leave();
                Ok(false)
            }
            Some(b',') if !members.first => {
                self.pos += 1;
                self.skip_space();
                if self.byte() == Some(b']') { Err(self.unexpected("a value")) } else { Ok(true) }
            }
            Some(_) if members.first => {
                members.first = false;
                Ok(true)
            }
            _ => Err(self.unexpected("`,` or `]`")),
        }
    }

    #[inline]
    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.pos += 1;
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    /// When something is left.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        self.skip_space();
        if self.pos < self.text.len() { Err(self.error(Kind::TrailingCharacters)) } else { Ok(()) }
    }
}
