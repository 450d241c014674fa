//! Wire text that must not be seen.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, write_str};

/// A secret in a message, as it stands on the wire: `Debug` and `serde` show `[redacted]`, only
/// [`Encode`] writes it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Concealed<S>(S);

impl<S> Concealed<S> {
    /// Conceals a text.
    pub const fn new(raw: S) -> Self {
        Self(raw)
    }
}

impl<S: AsRef<str>> Concealed<S> {
    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_ref()
    }
}

impl<S> fmt::Debug for Concealed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for Concealed<S> {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        S::decode(scanner, context).map(Self)
    }
}

impl<S: AsRef<str>> Encode for Concealed<S> {
    fn encode(&self, out: &mut String) {
        write_str(self.expose(), out);
    }
}

impl<S> serde::Serialize for Concealed<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str("[redacted]")
    }
}
