//! Messages: JSON, as far as it is. The walk does not parse: it looks for strings, numbers and what they belong to, so that a
//! message that is broken is redacted like a whole one, and written as it was.

use super::key::RedactionKey;
use super::pieces::{self, Piece};
use super::text::{self, asterisk_time, is_count, is_epoch, is_time};
use super::words::{self, Class};

/// How deep JSON within strings of JSON is looked into.
const DEPTH: u32 = 3;
/// How deep objects and arrays are told apart; what is deeper is taken for secret.
const NESTING: usize = 512;
/// No key that is known is longer.
const KEY: usize = 64;
/// Keys whose values are the words of people, also where they are objects.
const WHOLE: &[&str] = &["body", "content", "private"];

/// An object or array that is open.
struct Level {
    object: bool,
    /// What is done with the values that come.
    class: Class,
    /// Everything within is what people wrote.
    whole: bool,
    key: String,
}

/// Writes a message with all that may tell of somebody mapped. It is given up, and `false` returned, where `out` gets longer than
/// `most`: placeholders are longer than what they stand for.
pub(super) fn map(key: &RedactionKey, message: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    walk(key, message, 0, most, out)
}

fn walk(key: &RedactionKey, message: &[u8], depth: u32, most: usize, out: &mut Vec<u8>) -> bool {
    // The numbers of the push stream's messages count up, and clients see gaps by them.
    let is_push = contains(message, b"\"channel\"") && contains(message, b"\"text\"");
    let mut walker = Walker { key, levels: Vec::new(), deeper: 0, depth, is_push };
    let mut rest = message;
    while let Some(first) = pieces::first(rest) {
        if out.len() > most {
            return false;
        }
        let length = match first.c {
            '"' => walker.string(rest, out),
            c if c.is_whitespace() || "{}[],:".contains(c) => {
                walker.sign(c);
                out.extend_from_slice(first.raw);
                first.raw.len()
            }
            _ => walker.bare(rest, out),
        };
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    out.len() <= most
}

struct Walker<'a> {
    key: &'a RedactionKey,
    levels: Vec<Level>,
    /// How many levels are open beyond those.
    deeper: usize,
    depth: u32,
    is_push: bool,
}

impl Walker<'_> {
    fn sign(&mut self, sign: char) {
        match sign {
            '{' | '[' if self.levels.len() >= NESTING => self.deeper += 1,
            '{' | '[' => self.open(sign == '{'),
            '}' | ']' if self.deeper > 0 => self.deeper -= 1,
            '}' | ']' => drop(self.levels.pop()),
            ',' if self.deeper == 0 => self.next(),
            _ => {}
        }
    }

    fn open(&mut self, object: bool) {
        let level = match self.levels.last() {
            None => Level { object, class: Class::Other, whole: false, key: String::new() },
            Some(outer) => Level {
                object,
                // What is in an array belongs to its key, what is in an object to its own.
                class: if object { Class::Other } else { outer.class },
                whole: outer.whole || WHOLE.iter().any(|key| key.eq_ignore_ascii_case(&outer.key)),
                key: if object { String::new() } else { outer.key.clone() },
            },
        };
        self.levels.push(level);
    }

    fn next(&mut self) {
        if let Some(level) = self.levels.last_mut().filter(|level| level.object) {
            level.class = Class::Other;
            level.key.clear();
        }
    }

    fn class(&self) -> Class {
        match self.levels.last() {
            _ if self.deeper > 0 => Class::Secret,
            Some(level) if level.whole && level.class != Class::Secret => Class::Text,
            Some(level) => level.class,
            None => Class::Other,
        }
    }

    /// A string at the start of `rest`; how many bytes it takes.
    fn string(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let mut escaped = false;
        let inner = rest.get(1..).unwrap_or_default();
        let closing = inner.iter().position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            byte => *byte == b'"',
        });
        let (body, after) = inner.split_at(closing.unwrap_or(inner.len()));
        let is_key = closing.is_some()
            && next_sign(after.get(1..).unwrap_or_default()) == Some(':')
            && (self.deeper > 0 || self.levels.last().is_none_or(|level| level.object));
        out.push(b'"');
        if body.len() > pieces::LONGEST {
            self.secret(body, out);
            if is_key {
                self.called(String::new());
            }
        } else if is_key {
            self.object_key(&pieces::unescaped(body), out);
        } else {
            self.value(&pieces::unescaped(body), out);
        }
        if closing.is_some() {
            out.push(b'"');
        }
        1 + body.len() + usize::from(closing.is_some())
    }

    fn object_key(&mut self, decoded: &[Piece<'_>], out: &mut Vec<u8>) {
        let name = pieces::text(decoded);
        if words::is_key(&name) || words::is_of_words(&name) {
            pieces::write(decoded, out);
        } else {
            text::map(self.key, decoded, text::technical, out);
        }
        self.called(name);
    }

    /// The value that comes has this key.
    fn called(&mut self, name: String) {
        if let Some(level) = self.levels.last_mut().filter(|_| self.deeper == 0) {
            level.class = words::class_of(&name);
            level.key = if name.len() > KEY { String::new() } else { name };
        }
    }

    fn value(&self, decoded: &[Piece<'_>], out: &mut Vec<u8>) {
        let whole = pieces::text(decoded);
        let class = self.class();
        let nested = whole.trim_ascii();
        let is_nested = nested.starts_with(['{', '[']) && nested.ends_with(['}', ']']) && nested.len() > 2;
        let stays = match class {
            Class::Secret => return self.secret(whole.as_bytes(), out),
            _ if is_nested && self.depth < DEPTH => {
                let mut inner = Vec::new();
                walk(self.key, whole.as_bytes(), self.depth + 1, usize::MAX, &mut inner);
                return escape(&inner, out);
            }
            Class::Text => return text::conceal(self.key, decoded, out),
            Class::Time => is_epoch(&whole),
            Class::Count => is_count(&whole),
            Class::Word => words::is_of_words(&whole) || is_state(&whole),
            Class::Mode => words::is_mode(&whole),
            Class::Other => false,
        };
        if stays || is_time(&whole) {
            return pieces::write(decoded, out);
        }
        let time = asterisk_time(&whole).map_or(0, str::len);
        let (time, rest) = decoded.split_at(time.min(decoded.len()));
        pieces::write(time, out);
        text::map(self.key, rest, text::technical, out);
    }

    fn secret(&self, secret: &[u8], out: &mut Vec<u8>) {
        if !secret.is_empty() {
            out.extend_from_slice(self.key.secret(secret).as_bytes());
        }
    }

    /// A number, a literal, or what should not be there; how many bytes it takes.
    fn bare(&self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let mut length = 0;
        while let Some(piece) = pieces::first(rest.get(length..).unwrap_or_default())
            && !piece.c.is_whitespace()
            && !"{}[],:\"".contains(piece.c)
        {
            length += piece.raw.len();
        }
        let token = rest.get(..length).unwrap_or_default();
        let is_literal = matches!(token, b"true" | b"false" | b"null");
        if length > pieces::LONGEST || (self.class() == Class::Secret && !is_literal) {
            // A placeholder is no number: it stands as a string.
            out.push(b'"');
            self.secret(token, out);
            out.push(b'"');
            return length;
        }
        let token = &*pieces::plain(token);
        let word = pieces::text(token);
        let is_number = word.parse::<f64>().is_ok_and(f64::is_finite) && !word.starts_with(char::is_alphabetic);
        let pushed =
            self.is_push && self.levels.len() == 1 && self.levels.last().is_some_and(|level| level.key == "id");
        let stays = is_literal
            || (self.levels.is_empty() && words::is_of_words(&word))
            || is_number
                && match self.class() {
                    Class::Time => is_epoch(&word) || is_count(&word),
                    Class::Count => is_count(&word) || is_sequence(&word),
                    Class::Word => is_state(&word),
                    _ => pushed && is_sequence(&word),
                };
        if stays {
            pieces::write(token, out);
            return length;
        }
        if !is_number {
            text::map(self.key, token, text::technical, out);
            return length;
        }
        let time = asterisk_time(&word).map_or("", |time| time);
        let mut mapped = time.to_owned();
        let mut digits = word.get(time.len()..).unwrap_or_default();
        while let Some(first) = digits.chars().next() {
            let end = digits.find(|c: char| c.is_ascii_digit() != first.is_ascii_digit()).unwrap_or(digits.len());
            let (part, after) = digits.split_at(end);
            mapped.push_str(&if first.is_ascii_digit() { self.key.number(part) } else { part.to_owned() });
            digits = after;
        }
        // An exponent may have become too large.
        let is_number = mapped.parse::<f64>().is_ok_and(f64::is_finite);
        out.extend_from_slice(if is_number { mapped.as_bytes() } else { b"0" });
        length
    }
}

/// A number of up to three digits, which tells a state.
fn is_state(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that counts messages.
fn is_sequence(text: &str) -> bool {
    text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first character that is no white space.
fn next_sign(bytes: &[u8]) -> Option<char> {
    let mut rest = bytes;
    while let Some(piece) = pieces::first(rest) {
        if !piece.c.is_whitespace() {
            return Some(piece.c);
        }
        rest = rest.get(piece.raw.len()..).unwrap_or_default();
    }
    None
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// Writes bytes as they stand within a JSON string.
fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_gets_too_long_is_given_up_early() {
        let message = format!(r#"{{"key":[{}1]}}"#, "1,".repeat(2000));
        let mut out = Vec::new();
        assert!(!map(&RedactionKey::new(b"a test"), message.as_bytes(), 1000, &mut out));
        assert!(out.len() < 1100, "{}", out.len());
        assert!(map(&RedactionKey::new(b"a test"), message.as_bytes(), 100_000, &mut Vec::new()));
    }
}
