//! Decoding of messages: a walk over the envelope, and one over the events in it that loses none to another.

use alloc::string::String;

use tieline_core::json::{Decode, DecodeError, DecodeErrorKind, JsonKind, Places, Raw, Scanner};
use tieline_core::{Limits, Str, Text};

use super::cut::{Copied, Copyable, Cut};
use super::entries::{BadEvent, Entries, Entry};
use super::event::{Event, Unknown, decode_as, is_known};
use super::message::{Control, Envelope, Message};
use super::repair::repaired;

/// As many events of one message are read unless told otherwise; see [`Message::decode_frame`].
pub const EVENTS_PER_MESSAGE: usize = 256;

/// What one message may cost.
#[derive(Clone, Copy)]
struct Bounds {
    depth: u32,
    events: usize,
}

impl Bounds {
    fn usual() -> Self {
        Self { depth: Limits::default().depth, events: EVENTS_PER_MESSAGE }
    }
}

impl<'a> Message<Str<'a>> {
    /// Decodes a message; its strings borrow from `text`, but those with escapes, and those of a message that had to be
    /// repaired or holds its events in a string. Reads [`EVENTS_PER_MESSAGE`] events at most.
    ///
    /// # Errors
    /// When `text` is not JSON, also after the repair.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        decode(text, &(), Bounds::usual())
    }
}

impl Message<Text> {
    /// Decodes a message; its strings are slices of the frame. At most `depth` levels are materialised, and `events`
    /// events: the rest is counted as [`Envelope::omitted`].
    ///
    /// # Errors
    /// As [`Message::decode`], or when the envelope is nested deeper than `depth`.
    pub fn decode_frame(frame: &Text, depth: u32, events: usize) -> Result<Self, DecodeError> {
        decode(frame, frame, Bounds { depth, events })
    }
}

impl Message<String> {
    /// Decodes a message; its strings are copies.
    ///
    /// # Errors
    /// As [`Message::decode`].
    pub fn decode_owned(text: &str) -> Result<Self, DecodeError> {
        decode(text, &(), Bounds::usual())
    }
}

impl<'a> Entries<Str<'a>> {
    /// Decodes events without an envelope: what may stand as its `text`. One object with any number of events under
    /// their names, also the same name more than once and several events of a name as an array; an array of such
    /// objects; or a string that holds either.
    ///
    /// # Errors
    /// When `text` is not JSON. Nothing is repaired.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        let bounds = Bounds::usual();
        let mut walk = Walk::new(bounds);
        let mut scanner = Scanner::new(text, bounds.depth);
        walk.events(&mut scanner, text, &())?;
        scanner.end()?;
        Ok(walk.found)
    }
}

fn decode<'a, C, S>(text: &'a str, context: &C, bounds: Bounds) -> Result<Message<S>, DecodeError>
where
    C: ?Sized,
    S: Cut<'a, C> + Copyable,
{
    strict(text, context, bounds).or_else(|error| second_look(text, bounds, error))
}

/// What became of a message that is not JSON.
#[cold]
fn second_look<S: Copyable>(text: &str, bounds: Bounds, error: DecodeError) -> Result<Message<S>, DecodeError> {
    if let Some(control) = Control::of_invalid(text) {
        return Ok(Message::Control(control));
    }
    if error.kind == DecodeErrorKind::InvalidEscape
        && let Some(text) = repaired(text)
        && let Ok(Message::Events(mut envelope)) = strict::<Copied, S>(&text, &Copied, bounds)
    {
        envelope.repaired = true;
        return Ok(Message::Events(envelope));
    }
    Err(error)
}

fn strict<'a, C, S>(text: &'a str, context: &C, bounds: Bounds) -> Result<Message<S>, DecodeError>
where
    C: ?Sized,
    S: Cut<'a, C> + Copyable,
{
    let mut scanner = Scanner::new(text, bounds.depth);
    let mut walk = Walk::new(bounds);
    let (mut id, mut channel, mut has_text) = (None, None, false);
    if scanner.kind()? == JsonKind::Object {
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            match key.as_str() {
                "id" => id = tolerant(&mut scanner, context)?,
                "channel" => channel = tolerant(&mut scanner, context)?,
                "text" => {
                    has_text = true;
                    walk.events(&mut scanner, text, context)?;
                }
                _ => drop(scanner.skip_value()?),
            }
        }
    } else {
        scanner.skip_value()?;
    }
    scanner.end()?;
    if let Some(control) = id.and_then(Control::of_id) {
        return Ok(Message::Control(control));
    }
    if !has_text {
        return Raw::from_json(S::cut(text, context)).map(Message::Other);
    }
    Ok(Message::Events(Envelope { id, channel, events: walk.found, omitted: walk.omitted, repaired: walk.repaired }))
}

/// A member of the envelope; absent when it is of another kind, since it must not cost the events.
#[inline]
fn tolerant<'a, C, T>(scanner: &mut Scanner<'a>, context: &C) -> Result<Option<T>, DecodeError>
where
    C: ?Sized,
    T: Decode<'a, C>,
{
    let before = scanner.clone();
    match Option::decode(scanner, context) {
        Ok(value) => Ok(value),
        Err(_) => {
            *scanner = before;
            scanner.skip_value()?;
            Ok(None)
        }
    }
}

/// The walk over the events of one message.
struct Walk<S> {
    bounds: Bounds,
    found: Entries<S>,
    omitted: usize,
    repaired: bool,
    /// Where the bad events stand.
    places: Places,
    /// Whether this is already the text of a string.
    in_string: bool,
}

impl<S: Copyable> Walk<S> {
    const fn new(bounds: Bounds) -> Self {
        Self { bounds, found: Entries::new(), omitted: 0, repaired: false, places: Places::new(), in_string: false }
    }

    /// Takes the value at the cursor as events, in any of the forms they come in. `text` is what the scanner reads.
    fn events<'a, C>(&mut self, scanner: &mut Scanner<'a>, text: &'a str, context: &C) -> Result<(), DecodeError>
    where
        C: ?Sized,
        S: Cut<'a, C>,
    {
        if scanner.kind()? != JsonKind::Array {
            return self.object(scanner, text, context);
        }
        let mut elements = scanner.array()?;
        while scanner.element(&mut elements)? {
            self.object(scanner, text, context)?;
        }
        Ok(())
    }

    /// Takes the value at the cursor as an object whose keys are the names of events.
    fn object<'a, C>(&mut self, scanner: &mut Scanner<'a>, text: &'a str, context: &C) -> Result<(), DecodeError>
    where
        C: ?Sized,
        S: Cut<'a, C>,
    {
        match scanner.kind()? {
            JsonKind::Object => {
                let mut members = scanner.object()?;
                while let Some(key) = scanner.key(&mut members)? {
                    self.named(&key, scanner, text, context)?;
                }
                Ok(())
            }
            JsonKind::Null => scanner.null().map(drop),
            JsonKind::String if !self.in_string => self.string(scanner, context),
            _ => {
                let mut at = scanner.clone();
                at.count_from_here();
                let error = at.wrong_type("an object with events");
                let error = error.seen_from(self.places.of(text, at.offset()));
                let body = S::cut(scanner.skip_value()?, context);
                self.push(Entry::new(Err(BadEvent { event_type: None, error }), body));
                Ok(())
            }
        }
    }

    /// Takes what stands under the name of an event: one, or an array of several.
    fn named<'a, C>(
        &mut self,
        name: &Str<'a>,
        scanner: &mut Scanner<'a>,
        text: &'a str,
        context: &C,
    ) -> Result<(), DecodeError>
    where
        C: ?Sized,
        S: Cut<'a, C>,
    {
        if scanner.kind()? != JsonKind::Array || !is_known(name) {
            return self.one(name, scanner, text, context);
        }
        let mut elements = scanner.array()?;
        while scanner.element(&mut elements)? {
            self.one(name, scanner, text, context)?;
        }
        Ok(())
    }

    fn one<'a, C>(
        &mut self,
        name: &Str<'a>,
        scanner: &mut Scanner<'a>,
        text: &'a str,
        context: &C,
    ) -> Result<(), DecodeError>
    where
        C: ?Sized,
        S: Cut<'a, C>,
    {
        if self.found.len() >= self.bounds.events {
            self.omitted += 1;
            return scanner.skip_value().map(drop);
        }
        scanner.skip_to_value();
        let before = scanner.clone();
        scanner.count_from_here();
        let (event, body) = match decode_as(name, scanner, context) {
            Some(Ok(event)) => {
                let body = text.get(before.offset()..scanner.offset()).unwrap_or_default();
                scanner.count_as(&before);
                (Ok(event), body)
            }
            Some(Err(error)) => {
                let error = error.seen_from(self.places.of(text, before.offset()));
                *scanner = before;
                // Here a syntax error ends the walk; anything else is this event's own affair.
                let body = scanner.skip_value()?;
                (Err(BadEvent { event_type: Some(owned_or_cut(name, context)), error }), body)
            }
            None => {
                scanner.count_as(&before);
                let body = scanner.skip_value()?;
                let unknown =
                    Unknown { event_type: owned_or_cut(name, context), body: Raw::from_json(S::cut(body, context))? };
                (Ok(Event::Unknown(unknown)), body)
            }
        };
        self.push(Entry::new(event, S::cut(body, context)));
        Ok(())
    }

    /// Takes a string that holds JSON.
    fn string<'a, C>(&mut self, scanner: &mut Scanner<'a>, context: &C) -> Result<(), DecodeError>
    where
        C: ?Sized,
        S: Cut<'a, C>,
    {
        let mut at = scanner.clone();
        let inner = scanner.string()?;
        let mut outcome = self.inner(&inner);
        if let Err(error) = &outcome
            && error.kind == DecodeErrorKind::InvalidEscape
            && let Some(text) = repaired(&inner)
            && self.inner(&text).is_ok()
        {
            self.repaired = true;
            outcome = Ok(());
        }
        if let Err(error) = outcome {
            let body = S::cut(at.skip_value()?, context);
            self.push(Entry::new(Err(BadEvent { event_type: None, error }), body));
        }
        Ok(())
    }

    /// Takes the text of a string; on failure nothing of it.
    fn inner(&mut self, text: &str) -> Result<(), DecodeError> {
        let (found, omitted) = (self.found.len(), self.omitted);
        let mut scanner = Scanner::new(text, self.bounds.depth);
        if !matches!(scanner.kind()?, JsonKind::Object | JsonKind::Array) {
            return Err(scanner.wrong_type("an object with events"));
        }
        self.in_string = true;
        let outside = core::mem::take(&mut self.places);
        let outcome = self.events(&mut scanner, text, &Copied).and_then(|()| scanner.end());
        self.in_string = false;
        self.places = outside;
        if outcome.is_err() {
            self.found.truncate(found);
            self.omitted = omitted;
        }
        outcome
    }

    fn push(&mut self, entry: Entry<S>) {
        if self.found.len() < self.bounds.events {
            self.found.push(entry);
        } else {
            self.omitted += 1;
        }
    }
}

fn owned_or_cut<'a, C, S>(name: &Str<'a>, context: &C) -> S
where
    C: ?Sized,
    S: Cut<'a, C>,
{
    match name.clone().into_cow() {
        alloc::borrow::Cow::Borrowed(name) => S::cut(name, context),
        alloc::borrow::Cow::Owned(name) => S::from(name),
    }
}
