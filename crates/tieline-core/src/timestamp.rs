//! A moment as the wire writes it.

use alloc::string::String;
use core::fmt;

use crate::Date;
use crate::json::{Decode, DecodeError, Encode, Scanner};

/// A moment in UTC, kept as the wire wrote it.
///
/// The wires write Unix seconds, as a string or a number, and RFC 3339 with 0 to 9 fraction digits. The text stays
/// what it was, so nothing is lost; [`unix_micros`](Self::unix_micros) reads it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Timestamp<S>(S);

impl<S> Timestamp<S> {
    /// A timestamp of its text.
    pub const fn new(raw: S) -> Self {
        Self(raw)
    }
}

impl<S: AsRef<str>> Timestamp<S> {
    /// The text of the wire.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.0.as_ref()
    }

    /// Microseconds since 1970-01-01T00:00:00Z; digits beyond the sixth of a fraction are cut. `None` when the text
    /// is neither Unix seconds nor RFC 3339, or not a time of the years 0 to 9999. Note that WSI writes `0` for
    /// "never": see [`is_never`](Self::is_never).
    #[must_use]
    pub fn unix_micros(&self) -> Option<i64> {
        let raw = self.raw();
        if raw.as_bytes().get(4) == Some(&b'-') { parse_rfc3339(raw) } else { parse_unix(raw) }
    }

    /// Whether the text is the `0` (or nothing) that CDRs write for a moment that never came.
    #[must_use]
    pub fn is_never(&self) -> bool {
        matches!(self.raw(), "0" | "")
    }
}

impl Timestamp<String> {
    /// The timestamp of Unix seconds, written as WSI writes it: digits.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        use alloc::string::ToString as _;
        Self(seconds.to_string())
    }

    /// The timestamp of microseconds since 1970-01-01T00:00:00Z, written as IM writes it: RFC 3339 in UTC, the fraction
    /// without trailing zeros, none when it is zero. Moments outside the years 0 to 9999 are written as the nearest.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Self {
        let micros = micros.clamp(MIN_SECONDS * 1_000_000, MAX_SECONDS * 1_000_000 + 999_999);
        let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // The civil date of a day number, by years that begin in March.
        let from_era = days + 719_468;
        let (era, day_of_era) = (from_era.div_euclid(146_097), from_era.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let mut out = alloc::format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        if fraction != 0 {
            let digits = alloc::format!(".{fraction:06}");
            out.push_str(digits.trim_end_matches('0'));
        }
        out.push('Z');
        Self(out)
    }
}

/// The first second of the year 0 and the latest of the year 9999.
const MIN_SECONDS: i64 = -62_167_219_200;
const MAX_SECONDS: i64 = 253_402_300_799;

fn parse_unix(raw: &str) -> Option<i64> {
    let (seconds, fraction) = raw.split_once('.').unwrap_or((raw, ""));
    let digits = seconds.strip_prefix('-').unwrap_or(seconds);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = if fraction.is_empty() && !raw.ends_with('.') { 0 } else { fraction_micros(fraction)? };
    let whole = seconds.parse::<i64>().ok().filter(|seconds| (MIN_SECONDS..=MAX_SECONDS).contains(seconds))?;
    let micros = if seconds.starts_with('-') { -micros } else { micros };
    Some(whole * 1_000_000 + micros)
}

/// One to nine digits as microseconds.
fn fraction_micros(digits: &str) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut micros = 0;
    for index in 0..6 {
        micros = micros * 10 + digits.as_bytes().get(index).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Some(micros)
}

fn parse_rfc3339(raw: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = raw.get(from..to)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let mark = |at: usize, wanted: &[u8]| raw.as_bytes().get(at).is_some_and(|byte| wanted.contains(byte));
    if !(mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let date: Date = raw.get(..10)?.parse().ok()?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = raw.get(19..)?;
    let (micros, zone) = match rest.strip_prefix('.') {
        Some(fraction) => {
            let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
            (fraction_micros(fraction.get(..len)?)?, fraction.get(len..)?)
        }
        None => (0, rest),
    };
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            let (hours, minutes) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let days = i64::from(date.days_since_epoch());
    Some((days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000 + micros)
}

impl<S: AsRef<str>> fmt::Debug for Timestamp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({:?})", self.raw())
    }
}

impl<S: AsRef<str>> fmt::Display for Timestamp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for Timestamp<S> {
    const SHAPE: crate::json::Shape = crate::json::Shape::Time;

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        S::decode(scanner, context).map(Self)
    }

    #[inline]
    fn decode_into<T>(
        field: &mut Option<T>,
        wrap: impl FnOnce(Self) -> T,
        scanner: &mut Scanner<'a>,
        context: &C,
    ) -> Result<(), DecodeError> {
        S::decode_into(field, |raw| wrap(Self(raw)), scanner, context)
    }
}

impl<S: AsRef<str>> Encode for Timestamp<S> {
    fn encode(&self, out: &mut String) {
        crate::json::write_str(self.raw(), out);
    }
}

impl<S: AsRef<str>> serde::Serialize for Timestamp<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.raw())
    }
}
