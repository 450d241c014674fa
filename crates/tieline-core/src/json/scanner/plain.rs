//! Numbers, booleans and `null`.

use super::{DecodeError, Kind, Scanner};

impl<'a> Scanner<'a> {
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
}
