//! What about a captured message is not as the document has it.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tieline_core::json::lint::{Anomaly, AnomalyKind, Linter, Path, Rules, Severity, check};
use tieline_core::json::{DecodeError, DecodeErrorKind, JsonKind, Scanner, Shape, Width};
use tieline_core::{Limits, Str};

use super::entries::Entries;
use super::event::{is_known, shape_of};
use super::message::Message;
use super::repair::{repaired, strays};
use crate::channel::unescaped;

const DOCUMENTED: &str = "an object with events";

/// What is odd about a message, in the order it stands there; of one that cannot be read that and no more. Also takes what
/// the document shows of events, an object with their names outside of an envelope.
///
/// - **broken**: the decoder refuses the message ([`Message::decode`]) or one of its events ([`BadEvent`](super::BadEvent)).
/// - **bent**: read, but not as the document writes it: a number for a string or the reverse, `null`, a key twice, events in
///   an array or in a string, a backslash that is not escaped.
/// - **unknown**: passed through: names of events, keys and words that the document does not have, control messages. Numbers
///   of states are not held against the scales.
///
/// In a string that holds events everything is told at the start of that string.
///
/// ```
/// use tieline_cloudpbx::stream::lint;
///
/// let told = lint(r#"{"id":7,"channel":"pbx_A","text":{"queue":{"peer":"K1","calls":1}}}"#);
/// assert_eq!(
///     told[0].to_string(),
///     "bent: a number found, the documents write a string with a value in `text.queue.calls` at line 1, column 64"
/// );
/// ```
#[must_use]
pub fn lint(text: &str) -> Vec<Anomaly> {
    if is_bare(text) {
        return Walk::new(text, &[]).run(text, Walk::bare);
    }
    let fixed = check(text).err().and_then(|error| match error.kind {
        DecodeErrorKind::InvalidEscape => repaired(text),
        _ => None,
    });
    if let Some(fixed) = fixed
        && check(&fixed).is_ok()
    {
        let strays: Vec<_> = strays(text).collect();
        if is_bare(&fixed) {
            return Walk::new(text, &strays).run(&fixed, Walk::bare);
        }
        if let Ok(Message::Events(_)) = Message::decode(text) {
            return Walk::new(text, &strays).run(&fixed, Walk::envelope);
        }
    }
    match Message::decode(text) {
        Ok(Message::Events(_)) => Walk::new(text, &[]).run(text, Walk::envelope),
        Ok(_) => {
            let mut scanner = Scanner::new(text, 0);
            scanner.skip_to_value();
            [Anomaly::at(text.as_bytes(), scanner.offset(), "", AnomalyKind::UnknownMessage)].into()
        }
        Err(error) => [error.into()].into(),
    }
}

/// [`lint`] of a message as it was received: what is not UTF-8 is broken where it stops being UTF-8.
#[must_use]
pub fn lint_bytes(bytes: &[u8]) -> Vec<Anomaly> {
    match core::str::from_utf8(bytes) {
        Ok(text) => lint(text),
        Err(_) => [DecodeError::not_utf8(bytes).into()].into(),
    }
}

/// Whether a text is JSON with the name of an event first, and so no envelope.
fn is_bare(text: &str) -> bool {
    let mut scanner = Scanner::new(text, 1);
    let name = scanner.object().and_then(|mut members| scanner.key(&mut members));
    matches!(name, Ok(Some(name)) if is_known(&name)) && check(text).is_ok() && Entries::decode(text).is_ok()
}

/// The walk over a message that the decoder takes.
struct Walk<'t> {
    /// The message as it was captured.
    captured: &'t str,
    /// The backslashes in it that the text walked over has twice.
    strays: &'t [usize],
    /// Where everything is told while a string with events is walked over.
    pin: Option<usize>,
    path: Path<'static>,
    found: Vec<Anomaly>,
    more: usize,
    worst: Severity,
}

/// What a step of the walk reads: always JSON, so that its errors are no more than a way to write it down.
type Step = Result<(), DecodeError>;

impl<'t> Walk<'t> {
    fn new(captured: &'t str, strays: &'t [usize]) -> Self {
        let path = Path::default();
        Self { captured, strays, pin: None, path, found: Vec::new(), more: 0, worst: Severity::Unknown }
    }

    fn run(mut self, text: &str, walk: fn(&mut Self, &mut Scanner<'_>, &str) -> Step) -> Vec<Anomaly> {
        for at in self.strays {
            self.tell(*at, String::new(), AnomalyKind::StrayBackslash);
        }
        if let Err(error) = walk(&mut self, &mut Scanner::new(text, Limits::default().depth), text) {
            self.note(error.offset, AnomalyKind::Refused(error.kind));
        }
        self.found.sort_by_key(|anomaly| anomaly.offset);
        if self.more > 0 {
            let kind = AnomalyKind::More { count: self.more, worst: self.worst };
            self.found.push(Anomaly::at(self.captured.as_bytes(), self.captured.len(), "", kind));
        }
        self.found
    }

    /// Tells what is odd at an offset of the captured text.
    fn tell(&mut self, offset: usize, path: String, kind: AnomalyKind) {
        let (count, more) = match kind {
            AnomalyKind::More { count, .. } => (count, true),
            _ => (1, false),
        };
        if more || self.found.len() >= Linter::MOST {
            self.more += count;
            self.worst = self.worst.max(kind.severity());
        } else {
            self.found.push(Anomaly::at(self.captured.as_bytes(), offset, path, kind));
        }
    }

    /// Tells what is odd at an offset of the text that is walked over, at the present path.
    fn note(&mut self, offset: usize, kind: AnomalyKind) {
        self.note_at(offset, self.path.to_string(), kind);
    }

    fn note_at(&mut self, offset: usize, path: String, kind: AnomalyKind) {
        self.tell(self.pin.unwrap_or_else(|| self.captured_at(offset)), path, kind);
    }

    /// Where in the captured text stands what stands at an offset of the text that is walked over.
    fn captured_at(&self, offset: usize) -> usize {
        // The doubled backslash of the nth stray stands n places further on, and one after it.
        offset - self.strays.iter().enumerate().take_while(|(n, at)| *at + n < offset).count()
    }

    /// Calls `with` for each member of the object at the cursor, the path being that of its value.
    fn members<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        text: &str,
        mut with: impl FnMut(&mut Self, &mut Scanner<'a>, &str, usize) -> Step,
    ) -> Step {
        let mut seen = BTreeSet::new();
        let mut members = scanner.object()?;
        loop {
            let before = scanner.offset();
            let Some(key) = scanner.key(&mut members)? else { return Ok(()) };
            let rest = text.get(before..).unwrap_or_default();
            let at = before + rest.find('"').unwrap_or_default();
            self.path.enter(Str::from(key.as_str().to_string()));
            if !seen.insert(key.clone()) {
                let single = self.path.is("id") || self.path.is("channel");
                self.note(at, if single { AnomalyKind::DuplicateKey } else { AnomalyKind::RepeatedKey });
            }
            with(self, scanner, &key, at)?;
            self.path.leave();
        }
    }

    /// Calls `with` for each element of the array at the cursor.
    fn elements<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        mut with: impl FnMut(&mut Self, &mut Scanner<'a>) -> Step,
    ) -> Step {
        let mut elements = scanner.array()?;
        let mut index = 0;
        while scanner.element(&mut elements)? {
            self.path.enter_index(index);
            with(self, scanner)?;
            self.path.leave();
            index += 1;
        }
        Ok(())
    }

    fn envelope(&mut self, scanner: &mut Scanner<'_>, text: &str) -> Step {
        self.members(scanner, text, |walk, scanner, key, at| match key {
            "id" => walk.header(scanner, &Shape::Integer(Width::I64)),
            "channel" => walk.header(scanner, &Shape::String),
            "text" => walk.events(scanner, text),
            _ => {
                walk.note(at, AnomalyKind::UnknownKey);
                scanner.skip_value().map(drop)
            }
        })
    }

    /// Events outside of an envelope.
    fn bare(&mut self, scanner: &mut Scanner<'_>, text: &str) -> Step {
        self.events(scanner, text)
    }

    /// A member of the envelope beside its events, which is never refused.
    fn header(&mut self, scanner: &mut Scanner<'_>, shape: &Shape) -> Step {
        let found = scanner.kind()?;
        let (at, value) = value(scanner)?;
        let expected = shape.expected();
        let fits = *shape != Shape::Integer(Width::I64) || value.parse::<i64>().is_ok();
        match found {
            JsonKind::Null => self.note(at, AnomalyKind::Null { expected }),
            found if shape.is_written_as(found) && fits => {}
            found => self.note(at, AnomalyKind::OtherKind { expected, found }),
        }
        Ok(())
    }

    /// What stands as `text`.
    fn events(&mut self, scanner: &mut Scanner<'_>, text: &str) -> Step {
        if scanner.kind()? != JsonKind::Array {
            return self.object(scanner, text);
        }
        self.array_found(scanner, DOCUMENTED);
        self.elements(scanner, |walk, scanner| walk.object(scanner, text))
    }

    /// An object whose keys are the names of events.
    fn object(&mut self, scanner: &mut Scanner<'_>, text: &str) -> Step {
        match scanner.kind()? {
            JsonKind::Object => self.members(scanner, text, |walk, scanner, name, at| match shape_of(name) {
                None => {
                    walk.note(at, AnomalyKind::UnknownType);
                    scanner.skip_value().map(drop)
                }
                Some(shape) if scanner.kind()? == JsonKind::Array => {
                    walk.array_found(scanner, shape.expected());
                    walk.elements(scanner, |walk, scanner| walk.event(scanner, &shape))
                }
                Some(shape) => walk.event(scanner, &shape),
            }),
            JsonKind::String if self.pin.is_none() => self.string(scanner),
            found => {
                let (at, _) = value(scanner)?;
                let kind = match found {
                    JsonKind::Null => AnomalyKind::Null { expected: DOCUMENTED },
                    found => AnomalyKind::Refused(DecodeErrorKind::WrongType { expected: DOCUMENTED, found }),
                };
                self.note(at, kind);
                Ok(())
            }
        }
    }

    /// One event, held against what the document has under its name.
    fn event(&mut self, scanner: &mut Scanner<'_>, shape: &Shape) -> Step {
        let (at, body) = value(scanner)?;
        for anomaly in Linter::new().rules(&Channels).lint(body, shape) {
            let mut path = self.path.to_string();
            path.push_str(if anomaly.path.is_empty() { "" } else { "." });
            path.push_str(&anomaly.path);
            self.note_at(at + anomaly.offset, path, anomaly.kind);
        }
        Ok(())
    }

    /// A string that holds JSON.
    fn string(&mut self, scanner: &mut Scanner<'_>) -> Step {
        scanner.skip_to_value();
        let at = scanner.offset();
        let inner = scanner.string()?;
        self.note(at, AnomalyKind::OtherKind { expected: DOCUMENTED, found: JsonKind::String });
        let fixed = check(&inner).is_err().then(|| repaired(&inner)).flatten();
        let text = fixed.as_deref().unwrap_or(&inner);
        let refused = match (Entries::decode(text), Scanner::new(text, 0).kind()) {
            (Ok(_), Ok(JsonKind::Object | JsonKind::Array)) => None,
            (Ok(_), Ok(found)) => Some(DecodeErrorKind::WrongType { expected: DOCUMENTED, found }),
            (Err(error), _) | (_, Err(error)) => Some(error.kind),
        };
        if let Some(kind) = refused {
            self.note(at, AnomalyKind::Refused(kind));
            return Ok(());
        }
        if fixed.is_some() {
            self.note(at, AnomalyKind::StrayBackslash);
        }
        self.pin = Some(self.captured_at(at));
        let walked = self.events(&mut Scanner::new(text, Limits::default().depth), text);
        self.pin = None;
        walked
    }

    fn array_found(&mut self, scanner: &mut Scanner<'_>, expected: &'static str) {
        scanner.skip_to_value();
        self.note(scanner.offset(), AnomalyKind::OtherKind { expected, found: JsonKind::Array });
    }
}

/// The value at the cursor as it stands, and where.
fn value<'a>(scanner: &mut Scanner<'a>) -> Result<(usize, &'a str), DecodeError> {
    scanner.skip_to_value();
    let at = scanner.offset();
    scanner.skip_value().map(|value| (at, value))
}

/// The backslash after a technology that reads as a control character: `SIP\biuro`.
struct Channels;

impl Rules for Channels {
    fn text(&self, path: &Path<'_>, text: &str) -> Option<AnomalyKind> {
        let named = path.is("channel") || path.is("m_location");
        (named && unescaped(text).is_some()).then_some(AnomalyKind::StrayBackslash)
    }
}
