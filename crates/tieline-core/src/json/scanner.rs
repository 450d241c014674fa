//! A strict JSON scanner over borrowed text: no tree, no recursion, no allocation but for escaped strings.

use alloc::string::String;
use alloc::vec::Vec;

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
        Self { text, pos: 0, depth: 0, max_depth, list_bytes: 0 }
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

    /// An error of `kind` at the cursor.
    #[cold]
    #[must_use]
    pub fn error(&self, kind: Kind) -> DecodeError {
        self.error_at(self.pos, kind)
    }

    #[cold]
    fn error_at(&self, pos: usize, kind: Kind) -> DecodeError {
        DecodeError::at(self.text.as_bytes(), pos, kind)
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

    /// The string at the cursor.
    ///
    /// # Errors
    /// When the next value is no string, or a malformed one.
    #[inline]
    pub fn string(&mut self) -> Result<Str<'a>, DecodeError> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(self.wrong_type("a string"));
        }
        self.quoted()
    }

    /// Whether the next value is a string; the cursor stands on its first byte then.
    #[inline]
    pub(super) fn is_string(&mut self) -> bool {
        self.skip_space();
        self.byte() == Some(b'"')
    }

    /// The string whose opening quote the cursor stands on.
    pub(super) fn quoted(&mut self) -> Result<Str<'a>, DecodeError> {
        let start = self.pos + 1;
        let end = find_special(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.pos = end + 1;
            return Ok(Str::borrowed(self.text.get(start..end).unwrap_or_default()));
        }
        self.quoted_escaped(start, end)
    }

    #[cold]
    fn quoted_escaped(&mut self, start: usize, mut end: usize) -> Result<Str<'a>, DecodeError> {
        // Up to the next quote, which ends most strings: one allocation.
        let rest = self.text.as_bytes().get(end..).unwrap_or_default();
        let mut out = String::with_capacity(end - start + memchr::memchr(b'"', rest).unwrap_or_default());
        let mut piece = start;
        loop {
            out.push_str(self.text.get(piece..end).unwrap_or_default());
            self.pos = end;
            match self.byte() {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(Str::owned(out));
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.error(Kind::ControlCharacter)),
                None => return Err(self.error(Kind::UnexpectedEnd)),
            }
            piece = self.pos;
            end = find_special(self.text.as_bytes(), piece);
        }
    }

    /// The character of the escape whose backslash the cursor stands on.
    fn escape(&mut self) -> Result<char, DecodeError> {
        let at = self.pos;
        self.pos += 1;
        let letter = self.byte().ok_or_else(|| self.error(Kind::UnexpectedEnd))?;
        self.pos += 1;
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(at),
            _ => return Err(self.error_at(at, Kind::InvalidEscape)),
        };
        Ok(plain)
    }

    fn unicode_escape(&mut self, at: usize) -> Result<char, DecodeError> {
        let first = self.hex4(at)?;
        let code = match first {
            0xD800..=0xDBFF => {
                if self.text.as_bytes().get(self.pos..self.pos + 2) != Some(b"\\u") {
                    return Err(self.error_at(at, Kind::InvalidEscape));
                }
                self.pos += 2;
                let second = self.hex4(at)?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(self.error_at(at, Kind::InvalidEscape));
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.error_at(at, Kind::InvalidEscape))
    }

    fn hex4(&mut self, at: usize) -> Result<u32, DecodeError> {
        let digits = self.text.get(self.pos..self.pos + 4).filter(|four| four.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|four| u32::from_str_radix(four, 16).ok());
        self.pos += 4;
        code.ok_or_else(|| self.error_at(at, Kind::InvalidEscape))
    }

    /// The number at the cursor, as it is written.
    ///
    /// # Errors
    /// When the next value is no number, or a malformed one.
    #[inline]
    pub fn number(&mut self) -> Result<&'a str, DecodeError> {
        self.skip_space();
        if !matches!(self.byte(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.wrong_type("a number"));
        }
        let start = self.pos;
        if self.byte() == Some(b'-') {
            self.pos += 1;
        }
        match self.byte() {
            Some(b'0') => self.pos += 1,
            _ => self.digits(start)?,
        }
        if self.byte() == Some(b'.') {
            self.pos += 1;
            self.digits(start)?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.pos += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.pos += 1;
            }
            self.digits(start)?;
        }
        if let Some(b'0'..=b'9') = self.byte() {
            return Err(self.error_at(start, Kind::InvalidNumber));
        }
        Ok(self.text.get(start..self.pos).unwrap_or_default())
    }

    #[inline]
    fn digits(&mut self, start: usize) -> Result<(), DecodeError> {
        let from = self.pos;
        while let Some(b'0'..=b'9') = self.byte() {
            self.pos += 1;
        }
        if self.pos > from {
            Ok(())
        } else if self.pos >= self.text.len() {
            Err(self.error(Kind::UnexpectedEnd))
        } else {
            Err(self.error_at(start, Kind::InvalidNumber))
        }
    }

    /// The boolean at the cursor.
    ///
    /// # Errors
    /// When the next value is no boolean.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.skip_space();
        match self.byte() {
            Some(b't') => self.word("true").map(|()| true),
            Some(b'f') => self.word("false").map(|()| false),
            _ => Err(self.wrong_type("a boolean")),
        }
    }

    /// Takes `null` when it stands at the cursor.
    ///
    /// # Errors
    /// When a word begins like `null` and is another.
    #[inline]
    pub fn null(&mut self) -> Result<bool, DecodeError> {
        self.skip_space();
        if self.byte() == Some(b'n') { self.word("null").map(|()| true) } else { Ok(false) }
    }

    fn word(&mut self, word: &'static str) -> Result<(), DecodeError> {
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.pos += word.len();
            return Ok(());
        }
        if word.as_bytes().starts_with(rest) {
            self.pos = self.text.len();
        }
        Err(self.unexpected("a value"))
    }

    /// Skips one value of any kind, checking it wholly, and gives its text. Not recursive: nesting costs one bit a
    /// level, on the heap beyond 64 levels.
    ///
    /// # Errors
    /// On a syntax error.
    pub fn skip_value(&mut self) -> Result<&'a str, DecodeError> {
        self.skip_space();
        let start = self.pos;
        match self.byte() {
            Some(b'"') => self.skip_quoted()?,
            Some(b'{' | b'[') => self.skip_nested()?,
            _ => self.skip_plain()?,
        }
        Ok(self.text.get(start..self.pos).unwrap_or_default())
    }

    fn skip_plain(&mut self) -> Result<(), DecodeError> {
        match self.kind()? {
            JsonKind::String => self.skip_quoted(),
            JsonKind::Number => self.number().map(drop),
            JsonKind::Bool => self.boolean().map(drop),
            _ => self.null().map(drop),
        }
    }

    fn skip_quoted(&mut self) -> Result<(), DecodeError> {
        self.pos += 1;
        loop {
            self.pos = find_special(self.text.as_bytes(), self.pos);
            match self.byte() {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => drop(self.escape()?),
                Some(_) => return Err(self.error(Kind::ControlCharacter)),
                None => return Err(self.error(Kind::UnexpectedEnd)),
            }
        }
    }

    fn skip_nested(&mut self) -> Result<(), DecodeError> {
        let mut open = Nesting::default();
        // Whether the next token must be a value (or the end of a fresh container), not a comma or an end.
        loop {
            // A value starts here.
            match self.byte() {
                Some(b'{') => {
                    self.pos += 1;
                    open.push(true);
                    self.skip_space();
                    if self.byte() != Some(b'}') {
                        self.skip_key()?;
                        continue;
                    }
                    self.pos += 1;
                    open.pop();
                }
                Some(b'[') => {
                    self.pos += 1;
                    open.push(false);
                    self.skip_space();
                    if self.byte() != Some(b']') {
                        continue;
                    }
                    self.pos += 1;
                    open.pop();
                }
                _ => self.skip_plain()?,
            }
            // A value ended here: close what closes, then go on after a comma.
            loop {
                let Some(in_object) = open.top() else { return Ok(()) };
                self.skip_space();
                match self.byte() {
                    Some(b',') => {
                        self.pos += 1;
                        self.skip_space();
                        if in_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => {
                        self.pos += 1;
                        open.pop();
                    }
                    Some(b']') if !in_object => {
                        self.pos += 1;
                        open.pop();
                    }
                    _ => return Err(self.unexpected(if in_object { "`,` or `}`" } else { "`,` or `]`" })),
                }
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), DecodeError> {
        if self.byte() != Some(b'"') {
            return Err(self.unexpected("a key"));
        }
        self.skip_quoted()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.pos += 1;
        self.skip_space();
        Ok(())
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

/// Which containers are open: a bit a level, set for an object.
#[derive(Default)]
struct Nesting {
    top: u64,
    top_len: u32,
    below: Vec<u64>,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        if self.top_len == 64 {
            self.below.push(self.top);
            self.top_len = 0;
        }
        self.top = self.top << 1 | u64::from(object);
        self.top_len += 1;
    }

    fn pop(&mut self) {
        self.top >>= 1;
        self.top_len = self.top_len.saturating_sub(1);
        if self.top_len == 0
            && let Some(full) = self.below.pop()
        {
            self.top = full;
            self.top_len = 64;
        }
    }

    fn top(&self) -> Option<bool> {
        (self.top_len > 0).then_some(self.top & 1 == 1)
    }
}

/// The position from `start` on of the first quote, backslash or control character, or the length of `bytes`.
#[inline]
fn find_special(bytes: &[u8], start: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The high bit of each byte of a difference says that the byte was smaller; exact up to the first such byte.
    let mut pos = start;
    while let Some(chunk) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        // Flipping one bit puts the quote right above the control characters, so that one comparison finds both.
        let quotes_and_controls = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
        let slashes = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
        let found = (quotes_and_controls | slashes) & !word & HIGHS;
        if found != 0 {
            return pos + (found.trailing_zeros() / 8) as usize;
        }
        pos += 8;
    }
    while let Some(byte) = bytes.get(pos) {
        if *byte == b'"' || *byte == b'\\' || *byte < 0x20 {
            break;
        }
        pos += 1;
    }
    pos
}
