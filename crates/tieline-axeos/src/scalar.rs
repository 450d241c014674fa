//! A value of which no document says whether it is a number or a string.

use alloc::string::String;
use core::fmt;

use tieline_core::Text;
use tieline_core::json::{Decode, DecodeError, Encode, JsonKind, Raw, Scanner};

/// A number or a string, kept as which it stood: `status_code` and `timestamp`, whose type no document tells.
#[derive(Clone, PartialEq, Eq)]
pub enum Scalar<S> {
    /// An integer.
    Integer(i64),
    /// A string; it may be empty.
    Text(S),
    /// Anything else but `null`: a fraction, a boolean, an object.
    Other(Raw<S>),
}

impl<S: AsRef<str>> Scalar<S> {
    /// The integer, also one written as a string.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.as_ref().parse().ok(),
            Self::Other(_) => None,
        }
    }
}

impl Scalar<Text> {
    /// A copy that no longer keeps the answer alive which it came in.
    #[must_use]
    pub fn detached(&self) -> Self {
        match self {
            Self::Integer(number) => Self::Integer(*number),
            Self::Text(text) => Self::Text(text.detached()),
            // A checked value stays one.
            Self::Other(raw) => Raw::from_json(Text::from(raw.as_json())).map_or_else(|_| self.clone(), Self::Other),
        }
    }
}

/// The text of a string, the JSON of anything else.
impl<S: AsRef<str>> fmt::Display for Scalar<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text.as_ref()),
            Self::Other(raw) => f.write_str(raw.as_json()),
        }
    }
}

impl<S: AsRef<str>> fmt::Debug for Scalar<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => fmt::Debug::fmt(text.as_ref(), f),
            Self::Other(raw) => raw.fmt(f),
        }
    }
}

impl<'a, C: ?Sized, S> Decode<'a, C> for Scalar<S>
where
    S: Decode<'a, C>,
    Raw<S>: Decode<'a, C>,
{
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        match scanner.kind()? {
            JsonKind::String => return S::decode(scanner, context).map(Self::Text),
            JsonKind::Number => {
                let mut ahead = scanner.clone();
                if let Ok(number) = ahead.number()?.parse() {
                    *scanner = ahead;
                    return Ok(Self::Integer(number));
                }
            }
            _ => {}
        }
        Raw::decode(scanner, context).map(Self::Other)
    }
}

impl<S: AsRef<str>> Encode for Scalar<S> {
    fn encode(&self, out: &mut String) {
        match self {
            Self::Integer(number) => number.encode(out),
            Self::Text(text) => text.as_ref().encode(out),
            Self::Other(raw) => raw.encode(out),
        }
    }
}

impl<S: AsRef<str>> serde::Serialize for Scalar<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text.as_ref()),
            Self::Other(raw) => raw.serialize(serializer),
        }
    }
}
