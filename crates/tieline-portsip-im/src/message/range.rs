//! Ranges of message numbers, and what was deleted.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use tieline_core::json::{Decode, DecodeError, Encode, ObjectWriter, Scanner};

/// Numbers of messages: from `low` up to, not including, `hi`; without `hi` the single number `low`.
///
/// Messages are numbered from 1 in each topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct SeqRange {
    /// The first number.
    #[serde(skip_serializing_if = "is_zero")]
    pub low: u64,
    /// The number after the last; 0 is absent.
    #[serde(skip_serializing_if = "is_zero")]
    pub hi: u64,
}

impl SeqRange {
    /// The wire names of the fields.
    pub const FIELDS: &'static [&'static str] = &["low", "hi"];

    /// A range of numbers.
    #[must_use]
    pub const fn new(range: Range<u64>) -> Self {
        Self { low: range.start, hi: range.end }
    }

    /// A single number.
    #[must_use]
    pub const fn single(seq: u64) -> Self {
        Self { low: seq, hi: 0 }
    }

    /// The numbers: `hi` absent or equal to `low` means the single number `low`. Empty when the range is not
    /// [valid](Self::is_valid).
    #[must_use]
    pub fn range(self) -> Range<u64> {
        if self.hi == 0 || self.hi == self.low {
            self.low..self.low.saturating_add(1)
        } else {
            self.low..self.hi.max(self.low)
        }
    }

    /// Whether servers take it: it has a number, and `hi` is not below `low`.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        (self.low != 0 || self.hi != 0) && (self.hi == 0 || self.hi >= self.low)
    }
}

// The form that serde asks for.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<Range<u64>> for SeqRange {
    fn from(range: Range<u64>) -> Self {
        Self::new(range)
    }
}

impl<'a, C: ?Sized> Decode<'a, C> for SeqRange {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let mut range = Self::default();
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            match key.as_str() {
                "low" => range.low = number(scanner, context).map_err(|error| error.in_field("low"))?,
                "hi" => range.hi = number(scanner, context).map_err(|error| error.in_field("hi"))?,
                _ => drop(scanner.skip_value()?),
            }
        }
        Ok(range)
    }
}

/// Absent, `null` and 0 are the same.
fn number<'a, C: ?Sized>(scanner: &mut Scanner<'a>, context: &C) -> Result<u64, DecodeError> {
    Option::<u64>::decode(scanner, context).map(Option::unwrap_or_default)
}

impl Encode for SeqRange {
    fn encode(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.member("low", &(self.low != 0).then_some(self.low));
        object.member("hi", &(self.hi != 0).then_some(self.hi));
        object.end();
    }
}

/// What was deleted in a topic. Numbers that are absent are zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub struct Deletions {
    /// The id of the last deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<u64>,
    /// The numbers of the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delseq: Option<Vec<SeqRange>>,
}

impl Deletions {
    /// The wire names of the fields.
    pub const FIELDS: &'static [&'static str] = &["clear", "delseq"];
}

impl<'a, C: ?Sized> Decode<'a, C> for Deletions {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        let mut deletions = Self::default();
        let mut members = scanner.object()?;
        while let Some(key) = scanner.key(&mut members)? {
            match key.as_str() {
                "clear" => {
                    deletions.clear = Decode::decode(scanner, context).map_err(|error| error.in_field("clear"))?;
                }
                "delseq" => {
                    deletions.delseq = Decode::decode(scanner, context).map_err(|error| error.in_field("delseq"))?;
                }
                _ => drop(scanner.skip_value()?),
            }
        }
        Ok(deletions)
    }
}

impl Encode for Deletions {
    fn encode(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object.member("clear", &self.clear);
        object.member("delseq", &self.delseq);
        object.end();
    }
}
