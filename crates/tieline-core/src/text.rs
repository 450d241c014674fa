//! Text that is shared, or so short that a copy costs less.

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;
use compact_str::CompactString;

/// Up to this many bytes a text holds within itself.
const SHORT: usize = size_of::<CompactString>();

/// UTF-8 that never costs an allocation to clone or to slice: over reference-counted bytes, or, up to 24 bytes, within
/// itself, which is cheaper than a counter.
///
/// A session hands out the exact frame as one `Text`, and the strings of an event as copies of the short ones and slices of
/// the long ones. A slice keeps its whole frame alive; [`Text::detached`] makes an independent copy for those who keep few
/// strings for long.
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Short(CompactString),
    Shared(ByteString),
}

impl Text {
    /// The empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Short(CompactString::const_new("")))
    }

    /// A text over a string that lives as long as the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Shared(ByteString::from_static(text)))
    }

    /// Takes bytes that should be UTF-8; gives them back when they are not.
    ///
    /// # Errors
    /// The bytes, unchanged, when they are not valid UTF-8.
    pub fn from_utf8(bytes: Bytes) -> Result<Self, Bytes> {
        // Checked twice, since a failed conversion drops the bytes, and a clone of them costs an allocation.
        if core::str::from_utf8(&bytes).is_err() {
            return Err(bytes);
        }
        ByteString::try_from(bytes).map(|text| Self(Repr::Shared(text))).map_err(|_| Bytes::new())
    }

    /// The text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Short(text) => text,
            Repr::Shared(text) => text,
        }
    }

    /// The bytes of the text; no copy, but of a short one.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Repr::Short(text) => Bytes::copy_from_slice(text.as_bytes()),
            Repr::Shared(text) => text.into_bytes(),
        }
    }

    /// The bytes of the text; no copy, but of a short one.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.clone().into_bytes()
    }

    /// `part` as a text that shares these bytes when it lies within them and is not short, else as a copy.
    #[must_use]
    #[inline]
    pub fn slice_of(&self, part: &str) -> Self {
        if part.len() <= SHORT { Self(Repr::Short(CompactString::new(part))) } else { self.slice_of_long(part) }
    }

    /// Puts [`slice_of`](Self::slice_of) of `part` into its place, as `wrap` makes it of it.
    #[inline]
    pub(crate) fn slice_into<T>(&self, part: &str, place: &mut Option<T>, wrap: impl FnOnce(Self) -> T) {
        // Two ways to one place, so that a short text goes there word by word: put together elsewhere and read again at once in
        // larger pieces, it would keep the processor waiting for its own writes.
        if part.len() <= SHORT {
            *place = Some(wrap(Self(Repr::Short(CompactString::new(part)))));
        } else {
            *place = Some(wrap(self.slice_of_long(part)));
        }
    }

    fn slice_of_long(&self, part: &str) -> Self {
        let own = self.as_bytes().as_ptr_range();
        let of = part.as_bytes().as_ptr_range();
        match &self.0 {
            Repr::Shared(text) if own.start <= of.start && of.end <= own.end => {
                Self(Repr::Shared(text.slice_ref(part)))
            }
            _ => Self::from(part),
        }
    }

    /// A copy that no longer keeps the frame alive which it was cut from.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self::from(self.as_str())
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl core::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        if text.len() <= SHORT {
            Self(Repr::Short(CompactString::new(text)))
        } else {
            Self(Repr::Shared(ByteString::from(text)))
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Repr::Shared(ByteString::from(text)))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        String::from(text.as_str())
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
