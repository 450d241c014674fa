//! Decoding: from the scanner into types.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::{DecodeError, DecodeErrorKind, JsonKind};
use super::scanner::Scanner;
use super::shape::{Shape, Width};
use crate::{Limits, Str, Text};

/// Room for so many elements is made when a list turns out to have one, and twice as much whenever that is full.
const FIRST_ELEMENTS: usize = 4;

/// A type that reads itself from JSON.
///
/// `C` is the context that strings are made with: `()` for strings that borrow ([`Str`]) or copy (`String`), the frame
/// itself ([`Text`]) for strings that are slices of it.
pub trait Decode<'a, C: ?Sized>: Sized {
    /// What the documents write for it. Only [`lint`](super::lint) looks at it; a type that does not say is not looked
    /// into.
    const SHAPE: Shape = Shape::Any;

    /// Reads one value at the cursor.
    ///
    /// # Errors
    /// On a syntax error, or a value that the type cannot hold.
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError>;

    /// Reads one value at the cursor into the field that holds it, as `wrap` makes it of it; `null` is absent. A type that
    /// stands in most fields says how, so as not to be moved there by way of results and options.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    #[inline]
    fn decode_into<T>(
        field: &mut Option<T>,
        wrap: impl FnOnce(Self) -> T,
        scanner: &mut Scanner<'a>,
        context: &C,
    ) -> Result<(), DecodeError> {
        *field = Option::decode(scanner, context)?.map(wrap);
        Ok(())
    }

    /// Reads one value at the cursor into the place after the last of a list. A large type says how, so as not to be moved there.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    #[inline]
    fn decode_onto(list: &mut Vec<Self>, scanner: &mut Scanner<'a>, context: &C) -> Result<(), DecodeError> {
        list.push(Self::decode(scanner, context)?);
        Ok(())
    }
}

/// Decodes a whole message; strings borrow from it or are copied, as `T` has them.
///
/// # Errors
/// As [`Decode::decode`], or when something follows the value.
pub fn decode<'a, T: Decode<'a, ()>>(text: &'a str) -> Result<T, DecodeError> {
    decode_with(text, &(), Limits::default().depth)
}

/// Decodes a whole message in a context, materialising at most `max_depth` levels.
///
/// # Errors
/// As [`Decode::decode`], or when something follows the value.
pub fn decode_with<'a, T: Decode<'a, C>, C: ?Sized>(
    text: &'a str,
    context: &C,
    max_depth: u32,
) -> Result<T, DecodeError> {
    let mut scanner = Scanner::new(text, max_depth);
    let value = T::decode(&mut scanner, context)?;
    scanner.end()?;
    Ok(value)
}

/// The first allocation of a list has about this size, in bytes.
const FIRST_BYTES: usize = 1100;

/// The string at the cursor, or the words of a number or boolean that stands where a string is documented.
#[inline]
fn lenient<'a>(scanner: &mut Scanner<'a>) -> Result<Str<'a>, DecodeError> {
    if scanner.is_string() { scanner.quoted() } else { no_string(scanner) }
}

#[cold]
fn no_string<'a>(scanner: &mut Scanner<'a>) -> Result<Str<'a>, DecodeError> {
    match scanner.kind()? {
        JsonKind::Number => scanner.number().map(Str::borrowed),
        JsonKind::Bool => scanner.boolean().map(|value| Str::borrowed(if value { "true" } else { "false" })),
        _ => Err(scanner.wrong_type("a string")),
    }
}

impl<'a> Decode<'a, ()> for Str<'a> {
    const SHAPE: Shape = Shape::String;

    #[inline]
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        lenient(scanner)
    }
}

impl<'a> Decode<'a, ()> for String {
    const SHAPE: Shape = Shape::String;

    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        lenient(scanner).map(|text| text.into_cow().into_owned())
    }
}

impl<'a> Decode<'a, Text> for Text {
    const SHAPE: Shape = Shape::String;

    #[inline]
    fn decode(scanner: &mut Scanner<'a>, frame: &Text) -> Result<Self, DecodeError> {
        match scanner.plain_string() {
            Some(text) => Ok(frame.slice_of(text)),
            None => rare_text(scanner, frame),
        }
    }

    fn decode_into<T>(
        field: &mut Option<T>,
        wrap: impl FnOnce(Self) -> T,
        scanner: &mut Scanner<'a>,
        frame: &Text,
    ) -> Result<(), DecodeError> {
        match scanner.plain_string() {
            Some(text) => frame.slice_into(text, field, wrap),
            None if scanner.null()? => *field = None,
            None => *field = Some(wrap(rare_text(scanner, frame)?)),
        }
        Ok(())
    }
}

/// A text with escapes, or one that is no string.
#[cold]
fn rare_text(scanner: &mut Scanner<'_>, frame: &Text) -> Result<Text, DecodeError> {
    lenient(scanner).map(|text| frame.slice_of(&text))
}

impl<'a, C: ?Sized> Decode<'a, C> for bool {
    const SHAPE: Shape = Shape::Bool;

    /// A boolean, or what JSON-less software writes for one: `"true"`, `"false"`, `1`, `0` and those as strings.
    fn decode(scanner: &mut Scanner<'a>, _: &C) -> Result<Self, DecodeError> {
        if scanner.kind()? == JsonKind::Bool {
            return scanner.boolean();
        }
        let mut at = scanner.clone();
        match &*lenient(scanner).map_err(|_| at.wrong_type("a boolean"))? {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(at.wrong_type("a boolean")),
        }
    }
}

macro_rules! decode_integer {
    ($($int:ty: $width:ident)*) => {$(
        impl<'a, C: ?Sized> Decode<'a, C> for $int {
            const SHAPE: Shape = Shape::Integer(Width::$width);

            /// An integer, or one written as a string.
            fn decode(scanner: &mut Scanner<'a>, _: &C) -> Result<Self, DecodeError> {
                let mut at = scanner.clone();
                let text = match scanner.kind()? {
                    JsonKind::Number => Str::borrowed(scanner.number()?),
                    JsonKind::String => scanner.string()?,
                    _ => return Err(scanner.wrong_type("an integer")),
                };
                text.parse().map_err(|_| match text.strip_prefix('-').unwrap_or(&text) {
                    digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        at.skip_to_value();
                        at.error(DecodeErrorKind::OutOfRange)
                    }
                    _ => at.wrong_type("an integer"),
                })
            }
        }
    )*};
}

decode_integer!(i64: I64 u64: U64 u32: U32 u16: U16);

impl<'a, C: ?Sized, T: Decode<'a, C>> Decode<'a, C> for Option<T> {
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);

    /// `null` is absent.
    #[inline]
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        if scanner.null()? { Ok(None) } else { T::decode(scanner, context).map(Some) }
    }
}

impl<'a, C: ?Sized, T: Decode<'a, C>> Decode<'a, C> for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let mut out = Self::new();
        let mut members = scanner.array()?;
        while scanner.element(&mut members)? {
            if out.len() == out.capacity() {
                // Lists of large records are mostly short.
                let first = (FIRST_BYTES / size_of::<T>().max(1)).clamp(1, FIRST_ELEMENTS);
                let more = out.capacity().max(first);
                scanner.grow_lists(more.saturating_mul(size_of::<T>()))?;
                out.reserve_exact(more);
            }
            T::decode_onto(&mut out, scanner, context)?;
        }
        Ok(out)
    }
}

impl<'a, C: ?Sized, T: Decode<'a, C>> Decode<'a, C> for Box<T> {
    const SHAPE: Shape = T::SHAPE;

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        T::decode(scanner, context).map(Self::new)
    }
}
