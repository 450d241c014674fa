//! Decoding of events: a guess at the type, the typed parse, and the check that the guess was right.

use alloc::boxed::Box;
use alloc::string::String;

use tieline_core::json::{Decode, DecodeError, JsonKind, KeyGuess, Raw, Scanner, decode_with};
use tieline_core::{Limits, Str, Text};

use super::payload::{Bare, Head, Payload};
use super::{Call, Entry, Event, Unknown, table};

const EVENT_TYPE: KeyGuess = KeyGuess::new("\"event_type\"");

/// How far a guess looks for the type; what stands further on is found by walking the object.
const GUESS_WITHIN: usize = 512;

impl<'a> Entry<Str<'a>> {
    /// Decodes one event; its strings borrow from `text`, but those with escapes.
    ///
    /// # Errors
    /// When `text` is not JSON, is no object with a number `seq` and an `event_type`, or a field is of another kind than
    /// the reference client expects.
    pub fn decode_str(text: &'a str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl Entry<Text> {
    /// Decodes one event; its strings are slices of `text`.
    ///
    /// # Errors
    /// As [`Entry::decode_str`].
    pub fn decode_text(text: &Text) -> Result<Self, DecodeError> {
        decode_with(text, text, Limits::default().depth)
    }
}

impl Entry<String> {
    /// Decodes one event; its strings are copies.
    ///
    /// # Errors
    /// As [`Entry::decode_str`].
    pub fn decode_owned(text: &str) -> Result<Self, DecodeError> {
        decode_with(text, &(), Limits::default().depth)
    }
}

impl<'a, C, S> Decode<'a, C> for Entry<S>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        scanner.skip_to_value();
        if let Some(guess) = EVENT_TYPE.string_in(window(scanner.rest())) {
            let mut ahead = scanner.clone();
            let mut head = Head::default();
            // What goes wrong here may be the guess's fault; the walk tells.
            if let Ok(Some(event)) = event_as(&guess, &mut ahead, context, &mut head)
                && head.event_type.as_ref().is_some_and(|word| *word == *guess)
                && let Some(seq) = head.seq
            {
                *scanner = ahead;
                return Ok(Self { seq, timestamp: head.timestamp, event });
            }
        }
        by_walk(scanner, context)
    }
}

/// The beginning of a text, so that a guess never reads a whole body.
fn window(text: &str) -> &str {
    let mut end = text.len().min(GUESS_WITHIN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Decodes an event whose type was not found by guessing.
fn by_walk<'a, C, S>(scanner: &mut Scanner<'a>, context: &C) -> Result<Entry<S>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    let mut at = scanner.clone();
    if at.kind()? != JsonKind::Object {
        return Err(at.wrong_type("an event"));
    }
    let mut head = Head::<S>::default();
    Bare::decode_under(&mut at.clone(), context, &mut head)?;
    let Some(seq) = head.seq else { return Err(at.wrong_type("an object with a number `seq`").in_field("seq")) };
    let Some(word) = &head.event_type else {
        return Err(at.wrong_type("an object with `event_type`").in_field("event_type"));
    };
    let event = match event_as(word, scanner, context, &mut Head::default())? {
        Some(event) => event,
        None => {
            let event_type = event_type(&at, context)?;
            Event::Unknown(Unknown { event_type, body: Raw::decode(scanner, context)? })
        }
    };
    Ok(Entry { seq, timestamp: head.timestamp, event })
}

/// The `event_type` of the object at the cursor, which has one, as the string type of the event.
fn event_type<'a, C: ?Sized, S: Decode<'a, C>>(scanner: &Scanner<'a>, context: &C) -> Result<S, DecodeError> {
    let mut scanner = scanner.clone();
    let mut found = None;
    let mut members = scanner.object()?;
    while let Some(key) = scanner.key(&mut members)? {
        if key == *"event_type" {
            found = Decode::decode(&mut scanner, context)?;
        } else {
            scanner.skip_value()?;
        }
    }
    found.ok_or_else(|| scanner.wrong_type("an object with `event_type`"))
}

/// Decodes the object at the cursor as the event that `word` names; `None`, and the cursor where it was, for a word that
/// names none.
fn event_as<'a, C, S>(
    word: &str,
    scanner: &mut Scanner<'a>,
    context: &C,
    head: &mut Head<'a, S>,
) -> Result<Option<Event<S>>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    let event = match word {
        table::USER_LIST_CHANGED => Bare::decode_under(scanner, context, head).map(|Bare| Event::UserListChanged),
        table::PHONE_LIST_CHANGED => Bare::decode_under(scanner, context, head).map(|Bare| Event::PhoneListChanged),
        table::PHONE_STATUS_UPDATE => Payload::decode_under(scanner, context, head).map(Event::PhoneStatusUpdate),
        table::USER_LOGGED_IN => Payload::decode_under(scanner, context, head).map(Event::UserLoggedIn),
        table::USER_LOGGED_OUT => Payload::decode_under(scanner, context, head).map(Event::UserLoggedOut),
        table::INCOMING_CALL => call(scanner, context, head).map(Event::IncomingCall),
        table::API_CALL => call(scanner, context, head).map(Event::ApiCall),
        table::INTERNAL_DIAL => call(scanner, context, head).map(Event::InternalDial),
        table::CALL_ANSWERED => call(scanner, context, head).map(Event::CallAnswered),
        table::CALL_FINISHED => call(scanner, context, head).map(Event::CallFinished),
        _ => return Ok(None),
    };
    event.map(Some)
}

fn call<'a, C, S>(scanner: &mut Scanner<'a>, context: &C, head: &mut Head<'a, S>) -> Result<Box<Call<S>>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    Payload::decode_under(scanner, context, head)
}
