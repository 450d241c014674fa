//! Decoding of events: a guess at the type, the typed parse, and the check that the guess was right.

use alloc::string::String;

use tieline_core::json::{Decode, DecodeError, JsonKind, KeyGuess, Raw, Scanner};
use tieline_core::{Limits, Str, Text};

use super::{CallHold, Event, Unknown, decode_as};

const EVENT_TYPE: KeyGuess = KeyGuess::new("\"event_type\"");

impl<'a> Event<Str<'a>> {
    /// Decodes an event; its strings borrow from `text`, but those with escapes.
    ///
    /// # Errors
    /// When `text` is not JSON, is no object with an `event_type`, or a field is of another kind than documented.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        let mut event = Self::blank();
        let found = decode(text, &(), Limits::default().depth, &mut event)?;
        if found.is_some() { Ok(event) } else { Err(not_an_event(text)) }
    }
}

impl Event<Text> {
    /// Decodes an event; its strings are slices of the frame. At most `max_depth` levels are materialised.
    ///
    /// # Errors
    /// As [`Event::decode`], or when the event is nested deeper than `max_depth`.
    pub fn decode_frame(frame: &Text, max_depth: u32) -> Result<Self, DecodeError> {
        let mut event = Self::blank();
        let found = decode(frame, frame, max_depth, &mut event)?;
        if found.is_some() { Ok(event) } else { Err(not_an_event(frame)) }
    }
}

impl Event<String> {
    /// Decodes an event; its strings are copies.
    ///
    /// # Errors
    /// As [`Event::decode`].
    pub fn decode_owned(text: &str) -> Result<Self, DecodeError> {
        let mut event = Self::blank();
        let found = decode(text, &(), Limits::default().depth, &mut event)?;
        if found.is_some() { Ok(event) } else { Err(not_an_event(text)) }
    }
}

impl<S> Event<S> {
    /// An event to decode over: in place, as an event is too large to be moved about.
    pub(crate) fn blank() -> Self {
        Self::CallHold(CallHold::default())
    }
}

#[cold]
fn not_an_event(text: &str) -> DecodeError {
    let mut scanner = Scanner::new(text, 1);
    scanner.wrong_type("an object with `event_type`").in_field("event_type")
}

/// Decodes an event over `event`, and says how many bytes its lists took; `None` when `text` is no object with an
/// `event_type` at its top level.
pub(crate) fn decode<'a, C, S>(
    text: &'a str,
    context: &C,
    max_depth: u32,
    event: &mut Event<S>,
) -> Result<Option<usize>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    if let Some(guess) = EVENT_TYPE.string_in(text) {
        let mut scanner = Scanner::new(text, max_depth);
        let mut tag = None;
        // What goes wrong here may be the guess's fault; the walk tells.
        if decode_as(&guess, &mut scanner, context, &mut tag, event) == Ok(true)
            && tag.is_some_and(|tag| core::ptr::eq(tag.as_str(), guess.as_str()) || tag == *guess)
        {
            scanner.end()?;
            return Ok(Some(scanner.list_bytes()));
        }
    }
    by_walk(text, context, max_depth, event)
}

/// Decodes an event whose type was not found by guessing.
#[cold]
fn by_walk<'a, C, S>(
    text: &'a str,
    context: &C,
    max_depth: u32,
    event: &mut Event<S>,
) -> Result<Option<usize>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    let Some(event_type) = event_type::<C, S>(text, context, max_depth)? else { return Ok(None) };
    let mut scanner = Scanner::new(text, max_depth);
    if !decode_as(event_type.as_ref(), &mut scanner, context, &mut None, event)? {
        *event = Event::Unknown(Unknown { event_type, body: Raw::decode(&mut scanner, context)? });
    }
    scanner.end()?;
    Ok(Some(scanner.list_bytes()))
}

/// The `event_type` at the top level of `text`, the last of several.
fn event_type<'a, C, S>(text: &'a str, context: &C, max_depth: u32) -> Result<Option<S>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C>,
{
    let mut scanner = Scanner::new(text, max_depth);
    if scanner.kind()? != JsonKind::Object {
        return Ok(None);
    }
    let mut found = None;
    let mut members = scanner.object()?;
    while let Some(key) = scanner.key(&mut members)? {
        if key == *"event_type" {
            found = Decode::decode(&mut scanner, context).map_err(|error: DecodeError| error.in_field("event_type"))?;
        } else {
            scanner.skip_value()?;
        }
    }
    scanner.end()?;
    Ok(found)
}
