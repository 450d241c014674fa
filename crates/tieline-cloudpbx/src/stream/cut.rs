//! Strings cut from a message, whatever kind of string is wanted.

use alloc::string::String;

use tieline_core::json::{Decode, DecodeError, Scanner};
use tieline_core::{Str, Text};

/// A kind of string that a message can be decoded to.
pub(super) trait Cut<'a, C: ?Sized>: Decode<'a, C> + AsRef<str> + From<String> {
    /// `part` of the message as it stands.
    fn cut(part: &'a str, context: &C) -> Self;
}

/// The context of a text that does not live as long as the message: one that was repaired, or stood in a string.
/// Everything is copied from it.
pub(super) struct Copied;

/// A kind of string that can also be copied from a text that goes away.
pub(super) trait Copyable: for<'b> Cut<'b, Copied> {}
impl<S: for<'b> Cut<'b, Copied>> Copyable for S {}

impl<'a> Cut<'a, ()> for Str<'a> {
    #[inline]
    fn cut(part: &'a str, (): &()) -> Self {
        Str::borrowed(part)
    }
}

impl<'a> Cut<'a, ()> for String {
    fn cut(part: &'a str, (): &()) -> Self {
        part.into()
    }
}

impl<'a> Cut<'a, Text> for Text {
    #[inline]
    fn cut(part: &'a str, frame: &Text) -> Self {
        frame.slice_of(part)
    }
}

macro_rules! copied {
    ($($string:ty)*) => {$(
        impl<'b> Decode<'b, Copied> for $string {
            fn decode(scanner: &mut Scanner<'b>, _: &Copied) -> Result<Self, DecodeError> {
                String::decode(scanner, &()).map(Self::from)
            }
        }

        impl<'b> Cut<'b, Copied> for $string {
            fn cut(part: &'b str, _: &Copied) -> Self {
                Self::from(String::from(part))
            }
        }
    )*};
}

copied!(Str<'_> String Text);
