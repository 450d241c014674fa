//! A number that may be written as a string.

use alloc::string::{String, ToString as _};
use core::fmt;

use serde::{Serialize, Serializer};
use tieline_core::json::{Decode, DecodeError, Encode, JsonKind, Scanner, write_str};

/// A number kept as the wire wrote it: as a number, as a string of digits, or as an empty string for none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Number<S> {
    text: S,
    quoted: bool,
}

impl<S> Number<S> {
    /// A number written as a string.
    pub const fn quoted(text: S) -> Self {
        Self { text, quoted: true }
    }
}

impl<S: From<String>> From<u64> for Number<S> {
    /// A number written as a number.
    fn from(number: u64) -> Self {
        Self { text: number.to_string().into(), quoted: false }
    }
}

impl<S: AsRef<str>> Number<S> {
    /// The text of the wire, without quotes.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.text.as_ref()
    }

    /// Whether it is the empty string that stands for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw().trim_ascii().is_empty()
    }

    /// The number without its fraction. `None` when there is none, when it is negative, no number, or beyond 10¹².
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        Some(u64::try_from(self.millionths()?).ok()? / 1_000_000)
    }

    /// The number in millionths, exact to that. `None` when there is none, when it is no number, or beyond 9 · 10¹².
    #[must_use]
    pub fn millionths(&self) -> Option<i64> {
        decimal_millionths(self.raw().trim_ascii())
    }
}

/// `-12.5e3` in millionths; digits beyond are cut.
fn decimal_millionths(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    // Six places of the fraction are read, moved by the exponent; zeroes follow the last digit there is.
    let whole = whole.trim_start_matches('0');
    let digits = || whole.bytes().chain(fraction.bytes());
    let read = exponent.checked_add(6)?.checked_add(i32::try_from(whole.len()).ok()?)?;
    let read = usize::try_from(read).unwrap_or(0);
    if read > MAX_DIGITS {
        return digits().all(|digit| digit == b'0').then_some(0);
    }
    let mut value = 0i64;
    for digit in digits().chain(core::iter::repeat(b'0')).take(read) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(sign * value)
}

/// More digits than any number that fits, even one written with zeroes after the point and an exponent.
const MAX_DIGITS: usize = 64;

impl<S: AsRef<str>> fmt::Debug for Number<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "Number({:?})", self.raw()) } else { write!(f, "Number({})", self.raw()) }
    }
}

impl<S: AsRef<str>> fmt::Display for Number<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for Number<S> {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let quoted = match scanner.kind()? {
            JsonKind::String => true,
            JsonKind::Number => false,
            _ => return Err(scanner.wrong_type("a number")),
        };
        S::decode(scanner, context).map(|text| Self { text, quoted })
    }
}

impl<S: AsRef<str>> Encode for Number<S> {
    fn encode(&self, out: &mut String) {
        if self.quoted { write_str(self.raw(), out) } else { out.push_str(self.raw()) }
    }
}

impl<S: AsRef<str>> Serialize for Number<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match (self.quoted, self.raw()) {
            (true, text) => serializer.serialize_str(text),
            (false, text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_f64(number),
                _ => serializer.serialize_str(text),
            },
        }
    }
}
