//! The walk along a text and a shape.

use alloc::collections::BTreeSet;

use super::report::Report;
use super::{AnomalyKind, Linter, Path};
use crate::json::{Decode, DecodeError, DecodeErrorKind, JsonKind, Member, Scanner, Shape, Width};
use crate::{Str, Timestamp};

/// A walk along a text that is known to be JSON.
pub(super) struct Walk<'a, 'w> {
    text: &'a str,
    scanner: Scanner<'a>,
    linter: &'w Linter<'w>,
    report: &'w mut Report<'a>,
    path: Path<'a>,
    depth: u32,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub(super) fn new(text: &'a str, linter: &'w Linter<'_>, report: &'w mut Report<'a>) -> Self {
        let scanner = Scanner::new(text, u32::MAX);
        Self { text, scanner, linter, report, path: Path::default(), depth: 0 }
    }

    /// Walks along the whole text.
    pub(super) fn run(mut self, shape: &Shape) -> Result<(), DecodeError> {
        self.value(shape)?;
        self.scanner.end()
    }

    fn note(&mut self, offset: usize, kind: AnomalyKind) {
        self.report.note(offset, &self.path, kind);
    }

    fn refuse(&mut self, offset: usize, kind: DecodeErrorKind) {
        self.note(offset, AnomalyKind::Refused(kind));
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.scanner.skip_value().map(drop)
    }

    /// Where the next value starts.
    fn start(&mut self) -> usize {
        self.scanner.skip_to_value();
        self.scanner.offset()
    }

    /// A value that is the message, or an element: `null` is no value.
    fn value(&mut self, shape: &Shape) -> Result<(), DecodeError> {
        let (at, found) = (self.start(), self.scanner.kind()?);
        let wrong = DecodeErrorKind::WrongType { expected: shape.expected(), found };
        let shape = match shape {
            Shape::Nullable(_) if found == JsonKind::Null => return self.skip(),
            Shape::Nullable(inner) => inner,
            Shape::OneOf { shapes, .. } => match shapes.iter().find(|shape| shape.is_written_as(found)) {
                Some(shape) => return self.value(shape),
                None => {
                    self.refuse(at, wrong);
                    return self.skip();
                }
            },
            shape => shape,
        };
        match (shape, found) {
            (Shape::Any, JsonKind::Array) => self.list(None),
            (Shape::Any, JsonKind::Object) => self.object(None),
            (Shape::Any, _) => self.skip(),
            (Shape::List(inner), JsonKind::Array) => self.list(Some(inner)),
            (Shape::Object(members), JsonKind::Object) => self.object(Some(members)),
            (Shape::String | Shape::Words(_) | Shape::Time, JsonKind::String) => {
                let text = self.scanner.string()?;
                self.text(at, shape, &text);
                Ok(())
            }
            (Shape::String | Shape::Words(_) | Shape::Time, JsonKind::Number | JsonKind::Bool) => {
                self.note(at, AnomalyKind::OtherKind { expected: shape.expected(), found });
                self.skip()
            }
            (Shape::Integer(_) | Shape::Bool | Shape::Number, _) => self.scalar(at, shape, shape, found),
            (Shape::Quoted(inner), _) => self.scalar(at, shape, inner, found),
            _ => {
                self.refuse(at, wrong);
                self.skip()
            }
        }
    }

    /// A number or a boolean, which a decoder reads as `inner`.
    fn scalar(&mut self, at: usize, shape: &Shape, inner: &Shape, found: JsonKind) -> Result<(), DecodeError> {
        let refused = match inner {
            Shape::Integer(width) => self.refusal(*width),
            Shape::Bool => bool::decode(&mut self.scanner.clone(), &()).err().map(|error| error.kind),
            inner => {
                let reads = match found {
                    JsonKind::Number => true,
                    JsonKind::String => is_number(&self.scanner.clone().string()?),
                    _ => false,
                };
                (!reads).then_some(DecodeErrorKind::WrongType { expected: inner.expected(), found })
            }
        };
        match refused {
            Some(kind) => self.refuse(at, kind),
            None if shape.is_written_as(found) => {}
            None => self.note(at, AnomalyKind::OtherKind { expected: shape.expected(), found }),
        }
        self.skip()
    }

    /// Why the decoder refuses an integer, if it does.
    fn refusal(&self, width: Width) -> Option<DecodeErrorKind> {
        let mut scanner = self.scanner.clone();
        let error = match width {
            Width::I64 => i64::decode(&mut scanner, &()).err(),
            Width::U64 => u64::decode(&mut scanner, &()).err(),
            Width::U32 => u32::decode(&mut scanner, &()).err(),
            Width::U16 => u16::decode(&mut scanner, &()).err(),
        };
        error.map(|error| error.kind)
    }

    fn text(&mut self, at: usize, shape: &Shape, text: &str) {
        let odd = match shape {
            Shape::Words(words) if !words.contains(&text) => Some(AnomalyKind::UnknownWord),
            Shape::Time => {
                let time = Timestamp::new(text);
                (time.unix_micros().is_none() && !time.is_never()).then_some(AnomalyKind::NotATime)
            }
            _ => None,
        };
        if let Some(kind) = odd.or_else(|| self.linter.rules.text(&self.path, text)) {
            self.note(at, kind);
        }
    }

    /// Whether the container at the cursor is within the depth; one that is not is skipped.
    fn enters(&mut self, known: bool) -> Result<bool, DecodeError> {
        if self.depth < self.linter.depth {
            return Ok(true);
        }
        let at = self.start();
        let refused = AnomalyKind::Refused(DecodeErrorKind::TooDeep);
        self.note(at, if known { refused } else { AnomalyKind::Deep });
        self.skip()?;
        Ok(false)
    }

    /// An array of values of one shape, or of any.
    fn list(&mut self, inner: Option<&Shape>) -> Result<(), DecodeError> {
        if !self.enters(inner.is_some())? {
            return Ok(());
        }
        self.depth += 1;
        let mut elements = self.scanner.array()?;
        let mut index = 0;
        while self.scanner.element(&mut elements)? {
            self.path.enter_index(index);
            self.value(inner.unwrap_or(&Shape::Any))?;
            self.path.leave();
            index += 1;
        }
        self.depth -= 1;
        Ok(())
    }

    /// An object with these members, or of any.
    fn object(&mut self, members: Option<&'static [Member]>) -> Result<(), DecodeError> {
        if !self.enters(members.is_some())? {
            return Ok(());
        }
        let tags = if self.depth == 0 { self.linter.tags } else { &[] };
        self.depth += 1;
        let mut seen = BTreeSet::new();
        let mut cursor = self.scanner.object()?;
        loop {
            let before = self.scanner.offset();
            let Some(key) = self.scanner.key(&mut cursor)? else { break };
            // Only white space and a comma stand before the quote of a key.
            let rest = self.text.as_bytes().get(before..).unwrap_or_default();
            let at = before + memchr::memchr(b'"', rest).unwrap_or_default();
            let member = tags
                .iter()
                .chain(members.unwrap_or_default())
                .find(|member| key == *member.key || member.aliases.iter().any(|alias| key == **alias));
            self.path.enter(key.clone());
            match member {
                Some(member) if key != *member.key => self.note(at, AnomalyKind::Alias { documented: member.key }),
                Some(_) => {}
                None if members.is_some() => self.note(at, AnomalyKind::UnknownKey),
                None => {}
            }
            if member.is_some()
                && let Some(kind) = self.linter.rules.key(&self.path)
            {
                self.note(at, kind);
            }
            if !seen.insert(member.map_or(key, |member| Str::borrowed(member.key))) {
                self.note(at, AnomalyKind::DuplicateKey);
            }
            self.member(member.map_or(&Shape::Any, |member| &member.shape))?;
            self.path.leave();
        }
        self.depth -= 1;
        Ok(())
    }

    /// The value of a member: `null` is absent.
    fn member(&mut self, shape: &Shape) -> Result<(), DecodeError> {
        let (at, found) = (self.start(), self.scanner.kind()?);
        if found == JsonKind::Null && !shape.is_written_as(JsonKind::Null) {
            self.note(at, AnomalyKind::Null { expected: shape.expected() });
            return self.skip();
        }
        self.value(shape)
    }
}

/// Whether a string holds a JSON number and nothing else.
fn is_number(text: &str) -> bool {
    let mut scanner = Scanner::new(text, 0);
    scanner.number().is_ok_and(|number| number.len() == text.len())
}
