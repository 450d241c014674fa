//! What all payloads share: decoding that watches the head of the event.

use tieline_core::Str;
use tieline_core::json::{Decode, DecodeError, Raw, Scanner};

use crate::Scalar;

/// What stands at the top level of every event, of duplicates the last.
pub(super) struct Head<'a, S> {
    pub(super) event_type: Option<Str<'a>>,
    pub(super) seq: Option<u64>,
    pub(super) timestamp: Option<Scalar<S>>,
}

impl<S> Default for Head<'_, S> {
    fn default() -> Self {
        Self { event_type: None, seq: None, timestamp: None }
    }
}

impl<'a, S> Head<'a, S> {
    /// Reads the member if it belongs to the head.
    pub(super) fn member<C: ?Sized>(
        &mut self,
        key: &str,
        scanner: &mut Scanner<'a>,
        context: &C,
    ) -> Result<bool, DecodeError>
    where
        S: Decode<'a, C>,
        Raw<S>: Decode<'a, C>,
    {
        match key {
            "seq" => self.seq = Decode::decode(scanner, context).map_err(|error| in_field(error, "seq"))?,
            "event_type" => {
                self.event_type = Decode::decode(scanner, &()).map_err(|error| in_field(error, "event_type"))?;
            }
            "timestamp" => {
                self.timestamp = Decode::decode(scanner, context).map_err(|error| in_field(error, "timestamp"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn in_field(error: DecodeError, field: &'static str) -> DecodeError {
    error.in_field(field)
}

/// The typed parse of an event's object.
pub(super) trait Payload<'a, C: ?Sized, S>: Sized {
    /// Decodes the object at the cursor; its head goes to `head`.
    fn decode_under(scanner: &mut Scanner<'a>, context: &C, head: &mut Head<'a, S>) -> Result<Self, DecodeError>;
}

/// An event that has nothing but its head.
pub(super) struct Bare;

impl<'a, C: ?Sized, S> Payload<'a, C, S> for Bare
where
    S: Decode<'a, C>,
    Raw<S>: Decode<'a, C>,
{
    fn decode_under(scanner: &mut Scanner<'a>, context: &C, head: &mut Head<'a, S>) -> Result<Self, DecodeError> {
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            if !head.member(&key, scanner, context)? {
                scanner.skip_value()?;
            }
        }
        Ok(Self)
    }
}

impl<'a, C: ?Sized, S, T: Payload<'a, C, S>> Payload<'a, C, S> for alloc::boxed::Box<T> {
    fn decode_under(scanner: &mut Scanner<'a>, context: &C, head: &mut Head<'a, S>) -> Result<Self, DecodeError> {
        T::decode_under(scanner, context, head).map(Self::new)
    }
}

/// Declares payloads: a [`wire_struct!`](tieline_core::wire_struct) and its [`Payload`].
macro_rules! payload {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident<S> {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty ),* $(,)?
        }
    )*) => {
        tieline_core::wire_struct! {$(
            $(#[$meta])*
            pub struct $name<S> {
                $( $(#[$field_meta])* pub $field: $ty ),*
            }
        )*}

        $(
            impl<'a, C: ?Sized, S> $crate::event::payload::Payload<'a, C, S> for $name<S>
            where
                S: tieline_core::json::Decode<'a, C>,
                tieline_core::json::Raw<S>: tieline_core::json::Decode<'a, C>,
                $( $ty: tieline_core::json::Decode<'a, C>, )*
            {
                fn decode_under(
                    scanner: &mut tieline_core::json::Scanner<'a>,
                    context: &C,
                    head: &mut $crate::event::payload::Head<'a, S>,
                ) -> Result<Self, tieline_core::json::DecodeError> {
                    let mut value = Self::default();
                    let mut members = scanner.object()?;
                    while let Some(key) = scanner.key(&mut members)? {
                        let key = key.as_str();
                        $(
                            if key == stringify!($field) {
                                value.$field = tieline_core::json::Decode::decode(scanner, context).map_err(
                                    |error: tieline_core::json::DecodeError| error.in_field(stringify!($field)),
                                )?;
                                continue;
                            }
                        )*
                        if !head.member(key, scanner, context)? {
                            scanner.skip_value()?;
                        }
                    }
                    Ok(value)
                }
            }
        )*
    };
}

pub(super) use payload;
