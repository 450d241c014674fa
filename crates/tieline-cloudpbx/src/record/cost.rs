//! What a call cost.

use alloc::string::{String, ToString as _};
use core::fmt;

use serde::{Serialize, Serializer};
use tieline_core::json::{Decode, DecodeError, Encode, Scanner};

use super::Number;

/// The cost of a call in grosze (hundredths of a złoty), as the wire wrote it. The document shows only the empty string
/// of a call that is not rated; numbers and strings are both read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
pub struct Cost<S>(Number<S>);

/// What a [`Cost`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// The call is not rated: the empty string.
    NotRated,
    /// The call costs this much.
    Rated(Grosze),
    /// Something that is no number; see [`Cost::raw`].
    Unreadable,
}

/// An amount of money, exact to a millionth of a grosz.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grosze {
    millionths: i64,
}

impl Grosze {
    /// An amount of millionths of a grosz.
    #[must_use]
    pub const fn from_millionths(millionths: i64) -> Self {
        Self { millionths }
    }

    /// The amount in millionths of a grosz.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.millionths
    }

    /// The sum; `None` when it does not fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.millionths.checked_add(other.millionths) {
            Some(millionths) => Some(Self { millionths }),
            None => None,
        }
    }
}

impl fmt::Display for Grosze {
    /// `12`, or `12.5` with as many digits as it takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.millionths < 0 { "-" } else { "" };
        let (whole, fraction) =
            (self.millionths.unsigned_abs() / 1_000_000, self.millionths.unsigned_abs() % 1_000_000);
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = alloc::format!("{fraction:06}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for Grosze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} gr")
    }
}

impl<S> Cost<S> {
    /// A cost in the words of the wire.
    pub const fn new(number: Number<S>) -> Self {
        Self(number)
    }
}

impl<S: From<String>> Cost<S> {
    /// The empty string of a call that is not rated.
    #[must_use]
    pub fn not_rated() -> Self {
        Self(Number::quoted(String::new().into()))
    }

    /// An amount, written as a string since the document shows a string.
    #[must_use]
    pub fn of(amount: Grosze) -> Self {
        Self(Number::quoted(amount.to_string().into()))
    }
}

impl<S: AsRef<str>> Cost<S> {
    /// The text of the wire, without quotes.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.0.raw()
    }

    /// What it says.
    #[must_use]
    pub fn rating(&self) -> Rating {
        if self.0.is_empty() {
            return Rating::NotRated;
        }
        self.0.millionths().map_or(Rating::Unreadable, |millionths| Rating::Rated(Grosze { millionths }))
    }

    /// The amount; `None` when the call is not rated, or the text is no number.
    #[must_use]
    pub fn grosze(&self) -> Option<Grosze> {
        match self.rating() {
            Rating::Rated(amount) => Some(amount),
            _ => None,
        }
    }
}

impl<S: AsRef<str>> fmt::Debug for Cost<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cost({:?})", self.raw())
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for Cost<S> {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        Number::decode(scanner, context).map(Self)
    }
}

impl<S: AsRef<str>> Encode for Cost<S> {
    fn encode(&self, out: &mut String) {
        self.0.encode(out);
    }
}

impl<S: AsRef<str>> Serialize for Cost<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.serialize(serializer)
    }
}
