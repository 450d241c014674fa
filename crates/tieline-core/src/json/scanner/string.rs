//! Strings and their escapes.

use alloc::string::String;

use super::{DecodeError, Kind, Scanner};
use crate::Str;

impl<'a> Scanner<'a> {
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
    pub(in crate::json) fn is_string(&mut self) -> bool {
        self.skip_space();
        self.byte() == Some(b'"')
    }

    /// The next value if it is a string without escapes, as nearly all are; else the cursor goes nowhere but past spaces.
    #[inline]
    pub(in crate::json) fn plain_string(&mut self) -> Option<&'a str> {
        self.skip_space();
        let bytes = self.text.as_bytes();
        if bytes.get(self.pos) != Some(&b'"') {
            return None;
        }
        let start = self.pos + 1;
        let end = find_special(bytes, start);
        if bytes.get(end) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(start..end)?;
        self.pos = end + 1;
        Some(text)
    }

    /// Takes the next value if it is a string that stands for something, without escapes; else the cursor goes nowhere but
    /// past spaces. For types that are words: no string is made of those they know.
    #[inline]
    pub fn take_word<T>(&mut self, meaning: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let before = self.pos;
        let word = self.plain_string().and_then(meaning);
        if word.is_none() {
            self.pos = before;
        }
        word
    }

    /// The string whose opening quote the cursor stands on.
    #[inline]
    pub(in crate::json) fn quoted(&mut self) -> Result<Str<'a>, DecodeError> {
        match self.plain_string() {
            Some(text) => Ok(Str::borrowed(text)),
            None => self.quoted_escaped(),
        }
    }

    #[cold]
    fn quoted_escaped(&mut self) -> Result<Str<'a>, DecodeError> {
        let start = self.pos + 1;
        let mut end = find_special(self.text.as_bytes(), start);
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
    pub(super) fn escape(&mut self) -> Result<char, DecodeError> {
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
}

/// The position from `start` on of the first quote, backslash or control character, or the length of `bytes`.
#[inline]
pub(super) fn find_special(bytes: &[u8], start: usize) -> usize {
    let (blocks, tail) = bytes.get(start..).unwrap_or_default().as_chunks::<16>();
    let mut pos = start;
    for block in blocks {
        if let Some(at) = first_special(u128::from_le_bytes(*block)) {
            return pos + at;
        }
        pos += 16;
    }
    let at = match bytes.last_chunk::<16>() {
        // The last bytes once more, without those that were looked at. The zeros in their place come after the end.
        Some(last) if !tail.is_empty() => first_special(u128::from_le_bytes(*last) >> (128 - 8 * tail.len())),
        _ => tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)),
    };
    pos + at.unwrap_or(tail.len())
}

/// Which of sixteen bytes is the first quote, backslash or control character.
#[inline]
fn first_special(block: u128) -> Option<usize> {
    // Both halves before a look at either: the compiler makes one vector of them, and most strings end in their first block.
    let (low, high) = (marks(block as u64), marks((block >> 64) as u64));
    if low | high == 0 {
        return None;
    }
    let bit = if low == 0 { 64 + high.trailing_zeros() } else { low.trailing_zeros() };
    Some((bit / 8) as usize)
}

/// The high bit of each of the eight bytes that is a quote, a backslash or a control character; exact up to the first such
/// byte.
#[inline]
const fn marks(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The high bit of each byte of a difference says that the byte was smaller. Flipping one bit puts the quote right above the
    // control characters, so that one comparison finds both.
    let quotes_and_controls = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let slashes = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (quotes_and_controls | slashes) & !word & HIGHS
}
