//! Cuts a capture into messages: one a line, or JSON over several lines, also one value after the other.

use std::io::{self, BufRead};

/// One message as it was captured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Captured {
    /// Its bytes, without white space around them. Empty when it is too long.
    pub(super) bytes: Vec<u8>,
    /// The line of the file it starts in, from 1.
    pub(super) line: usize,
    /// The column it starts in, from 1, counted in characters.
    pub(super) column: usize,
    /// Whether it is longer than is taken.
    pub(super) too_long: bool,
}

/// Reads messages, and never holds more than two of the longest.
///
/// A message is a JSON object or array up to its closing bracket, wherever that stands, or else the rest of a line. One
/// that breaks off or whose brackets do not match ends before the next line that starts with `{`.
pub(super) struct Frames<R> {
    input: R,
    limit: usize,
    /// The line that was read last, and whether it is longer than is taken.
    text: Vec<u8>,
    too_long: bool,
    /// What of it is taken, and the place there.
    at: usize,
    line: usize,
    column: usize,
    /// The message that goes on in the next line.
    open: Option<Open>,
    /// Whether the last whole message stood in one line: then lines stand for themselves.
    by_line: bool,
    /// Whether lines belong to a message that is too long.
    skipping: bool,
}

/// A message that is not at its end yet.
struct Open {
    captured: Captured,
    brackets: Brackets,
}

impl<R: BufRead> Frames<R> {
    /// A reader of messages of up to `limit` bytes.
    pub(super) const fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            text: Vec::new(),
            too_long: false,
            at: 0,
            line: 0,
            column: 1,
            open: None,
            by_line: false,
            skipping: false,
        }
    }

    /// The next message; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read, or is UTF-16, as some shells write.
    pub(super) fn next(&mut self) -> io::Result<Option<Captured>> {
        loop {
            if self.rest().is_empty() && !self.read_line()? {
                return Ok(self.open.take().map(Open::broken));
            }
            let starts = self.at == 0 && self.rest().first() == Some(&b'{');
            self.skipping &= !starts;
            if self.skipping {
                self.take_rest();
                continue;
            }
            let open = match self.open.take() {
                Some(open) if starts && self.is_anew(&open) => return Ok(Some(open.broken())),
                open => open,
            };
            if self.too_long {
                let open = open.unwrap_or_else(|| self.start());
                return Ok(Some(self.pass_over(open)));
            }
            let mut open = match open {
                Some(open) => open,
                None => {
                    self.skip_space();
                    match self.rest().first() {
                        None => continue,
                        Some(b'{' | b'[') => self.start(),
                        Some(_) => return Ok(Some(self.take_line())),
                    }
                }
            };
            let (taken, state) = open.brackets.feed(self.rest());
            if open.captured.bytes.len() + taken > self.limit {
                return Ok(Some(self.pass_over(open)));
            }
            open.captured.bytes.extend_from_slice(self.take(taken));
            match state {
                State::Open => self.open = Some(open),
                State::Closed => {
                    self.by_line = open.captured.line == self.line;
                    return Ok(Some(open.captured));
                }
                State::Broken if self.by_line => return Ok(Some(open.broken())),
                State::Broken => {
                    open.brackets.broken = true;
                    self.open = Some(open);
                }
            }
        }
    }

    /// Whether the line that was read, which starts with `{`, is a message of its own although one is open.
    fn is_anew(&self, open: &Open) -> bool {
        let may_go_on = !open.brackets.broken && matches!(open.brackets.last, b':' | b',' | b'[');
        !may_go_on || (self.by_line && Brackets::default().feed(self.rest()).1 == State::Closed)
    }

    fn start(&self) -> Open {
        let captured = Captured { bytes: Vec::new(), line: self.line, column: self.column, too_long: false };
        Open { captured, brackets: Brackets::default() }
    }

    /// The rest of the line as a message.
    fn take_line(&mut self) -> Captured {
        let mut open = self.start();
        open.captured.bytes.extend_from_slice(self.take_rest());
        open.broken()
    }

    /// A message that is too long; what of it is to come is passed over.
    fn pass_over(&mut self, open: Open) -> Captured {
        self.skipping = open.captured.line != self.line;
        self.take_rest();
        Captured { bytes: Vec::new(), too_long: true, ..open.captured }
    }

    fn skip_space(&mut self) {
        let space = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.take(space);
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take_rest(&mut self) -> &[u8] {
        self.take(self.rest().len())
    }

    fn take(&mut self, len: usize) -> &[u8] {
        let start = self.at;
        self.at += len;
        let taken = self.text.get(start..self.at).unwrap_or_default();
        // Continuation bytes do not start a character.
        self.column += taken.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        taken
    }

    /// Reads the next line with its end, `false` when there is none; of a long one only the start.
    fn read_line(&mut self) -> io::Result<bool> {
        self.text.clear();
        (self.too_long, self.at, self.line, self.column) = (false, 0, self.line + 1, 1);
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let len = end.map_or(chunk.len(), |end| end + 1);
            // With room for the end of the line.
            let room = self.limit.saturating_add(2).saturating_sub(self.text.len());
            self.text.extend_from_slice(&chunk[..len.min(room)]);
            self.too_long |= len > room;
            self.input.consume(len);
            if end.is_some() || len == 0 {
                break;
            }
        }
        if self.line == 1 {
            if self.text.starts_with(&[0xFF, 0xFE]) || self.text.starts_with(&[0xFE, 0xFF]) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the text is UTF-16; convert it to UTF-8"));
            }
            if self.text.starts_with("\u{FEFF}".as_bytes()) {
                self.text.drain(..3);
            }
        }
        Ok(!self.text.is_empty())
    }
}

impl Open {
    /// The message as far as it goes.
    fn broken(mut self) -> Captured {
        trim_end(&mut self.captured.bytes);
        self.captured
    }
}

fn trim_end(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.trim_ascii_end().len());
}

/// Where a bracketed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Broken,
}

/// Counts the brackets of one value; says nothing of what stands between them.
#[derive(Default)]
struct Brackets {
    open: Vec<u8>,
    quoted: bool,
    escaped: bool,
    /// Whether they do not match: nothing is counted then.
    broken: bool,
    /// The last byte that is no white space.
    last: u8,
}

impl Brackets {
    /// Takes bytes up to the end of the value: how many, and whether the value is at its end.
    fn feed(&mut self, bytes: &[u8]) -> (usize, State) {
        if self.broken {
            return (bytes.len(), State::Open);
        }
        for (at, byte) in bytes.iter().enumerate() {
            if self.quoted {
                match byte {
                    // No string goes over lines.
                    b'\n' => return (bytes.len(), State::Broken),
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            if byte.is_ascii_whitespace() {
                continue;
            }
            self.last = *byte;
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.open.push(byte + 2),
                b'}' | b']' if self.open.pop() != Some(*byte) => return (bytes.len(), State::Broken),
                b'}' | b']' if self.open.is_empty() => return (at + 1, State::Closed),
                _ => {}
            }
        }
        (bytes.len(), State::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::{Captured, Frames};

    fn cut(text: &str) -> Vec<(String, usize, usize)> {
        let mut frames = Frames::new(text.as_bytes(), 64);
        let mut out = Vec::new();
        while let Some(Captured { bytes, line, column, too_long }) = frames.next().expect("readable") {
            let bytes = if too_long { "too long".into() } else { String::from_utf8(bytes).expect("UTF-8") };
            out.push((bytes, line, column));
        }
        out
    }

    fn assert(text: &str, messages: &[(&str, usize, usize)]) {
        let expected: Vec<_> =
            messages.iter().map(|(text, line, column)| ((*text).to_owned(), *line, *column)).collect();
        assert_eq!(cut(text), expected, "{text}");
    }

    #[test]
    fn one_message_a_line_with_blank_lines_and_either_line_end() {
        assert("{\"a\":1}\r\n\n  \n{\"b\":2}\n[3]", &[("{\"a\":1}", 1, 1), ("{\"b\":2}", 4, 1), ("[3]", 5, 1)]);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert("\u{FEFF}{}", &[("{}", 1, 1)]);
    }

    #[test]
    fn a_value_goes_over_lines_and_another_follows_on_the_same_line() {
        assert(
            "{\n \"ä\":\n{\n}\n} {\"ü}\":2} {}",
            &[("{\n \"ä\":\n{\n}\n}", 1, 1), ("{\"ü}\":2}", 5, 3), ("{}", 5, 12)],
        );
    }

    #[test]
    fn what_is_no_object_or_array_is_its_line() {
        assert("  hello {} \n{}", &[("hello {}", 1, 3), ("{}", 2, 1)]);
    }

    #[test]
    fn a_line_that_breaks_off_leaves_the_next_one_whole() {
        assert("{}\n{\"a\":\n{\"b\":2}\n", &[("{}", 1, 1), ("{\"a\":", 2, 1), ("{\"b\":2}", 3, 1)]);
        assert("{\"a\":1\n{\"b\":2}\n", &[("{\"a\":1", 1, 1), ("{\"b\":2}", 2, 1)]);
        assert("{\"a\n{\"b\":2}\n", &[("{\"a", 1, 1), ("{\"b\":2}", 2, 1)]);
    }

    #[test]
    fn a_sample_whose_brackets_do_not_match_is_one_message() {
        assert("{\n [ 1 }\n ]\n}\n{}\n", &[("{\n [ 1 }\n ]\n}", 1, 1), ("{}", 5, 1)]);
        assert("{\n\"a\n}\n{}\n", &[("{\n\"a\n}", 1, 1), ("{}", 4, 1)]);
    }

    #[test]
    fn a_value_that_never_ends_goes_to_the_end() {
        assert("{\n \"a\": [\n\n", &[("{\n \"a\": [", 1, 1)]);
    }

    #[test]
    fn what_is_too_long_is_told_and_passed_over() {
        let long = "x".repeat(100);
        assert(&format!("{{\"a\":\"{long}\"}}\n{{}}\n"), &[("too long", 1, 1), ("{}", 2, 1)]);
        assert(&format!("{{\"a\":1\n{{{long}}}\n{{}}\n"), &[("{\"a\":1", 1, 1), ("too long", 2, 1), ("{}", 3, 1)]);
        let over_lines = "  0,\n".repeat(20);
        assert(&format!("{{}}\n[\n{over_lines}]\n{{}}\n"), &[("{}", 1, 1), ("too long", 2, 1), ("{}", 24, 1)]);
    }

    #[test]
    fn a_text_in_utf_16_is_refused() {
        assert!(Frames::new(&b"\xFF\xFE{\0}\0"[..], 64).next().is_err());
    }
}
