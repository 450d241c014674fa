//! What the wire writes as a string though it is none.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, Shape};

/// A number that the wire writes as a string; a plain number is read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Quoted<T>(pub T);

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a, C: ?Sized, T: Decode<'a, C>> Decode<'a, C> for Quoted<T> {
    const SHAPE: Shape = Shape::Quoted(&T::SHAPE);

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        T::decode(scanner, context).map(Self)
    }
}

impl<T: Encode> Encode for Quoted<T> {
    fn encode(&self, out: &mut String) {
        out.push('"');
        self.0.encode(out);
        out.push('"');
    }
}

impl<T: fmt::Display> serde::Serialize for Quoted<T> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A yes or no that the wire writes as `"1"` or `"0"`; numbers and booleans are read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Flag(pub bool);

impl Flag {
    const fn digit(self) -> &'static str {
        if self.0 { "1" } else { "0" }
    }
}

impl<'a, C: ?Sized> Decode<'a, C> for Flag {
    const SHAPE: Shape = Shape::Quoted(&Shape::Bool);

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        bool::decode(scanner, context).map(Self)
    }
}

impl Encode for Flag {
    fn encode(&self, out: &mut String) {
        self.digit().encode(out);
    }
}

impl serde::Serialize for Flag {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.digit())
    }
}
