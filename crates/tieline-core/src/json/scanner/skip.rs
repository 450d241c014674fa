//! Values that nobody wants, checked all the same.

use alloc::vec::Vec;

use super::string::find_special;
use super::{DecodeError, JsonKind, Kind, Scanner};

impl<'a> Scanner<'a> {
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
