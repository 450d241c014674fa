//! What the documents write for a value, as data.

use super::error::JsonKind;

/// What the documents write for a value: what a linter holds messages against. Decoding does not look at it.
///
/// The macros state it of the types they declare ([`Decode::SHAPE`](super::Decode::SHAPE)); a type with a `Decode` of its
/// own states it in one line, or is [`Any`](Self::Any).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Any value. What objects within it hold is unknown too.
    Any,
    /// A string.
    String,
    /// A string that is one of these words, so far.
    Words(&'static [&'static str]),
    /// A string that a [`Timestamp`](crate::Timestamp) reads, or that says "never".
    Time,
    /// An integer.
    Integer(Width),
    /// A number, also one with a fraction.
    Number,
    /// `true` or `false`.
    Bool,
    /// An array of values of one shape.
    List(&'static Shape),
    /// An object with these members, each of which may be absent.
    Object(&'static [Member]),
    /// A value of one of several kinds, told by its kind of JSON.
    OneOf {
        /// What a decoder says that it expects there.
        expected: &'static str,
        /// The shapes; no two for the same kind of JSON.
        shapes: &'static [Shape],
    },
    /// A string that holds a number or a boolean of the shape.
    Quoted(&'static Shape),
    /// `null`, or a value of the shape.
    Nullable(&'static Shape),
}

/// Which integers a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Width {
    /// Those of `i64`.
    I64,
    /// Those of `u64`.
    U64,
    /// Those of `u32`.
    U32,
    /// Those of `u16`.
    U16,
}

/// One member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its key, as it is written.
    pub key: &'static str,
    /// Other spellings of the key that are read.
    pub aliases: &'static [&'static str],
    /// What its value is.
    pub shape: Shape,
}

impl Member {
    /// A member.
    #[must_use]
    pub const fn new(key: &'static str, aliases: &'static [&'static str], shape: Shape) -> Self {
        Self { key, aliases, shape }
    }
}

impl Shape {
    /// What a decoder says that it expects there.
    #[must_use]
    pub const fn expected(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::String | Self::Words(_) | Self::Time => "a string",
            Self::Integer(_) => "an integer",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
            Self::Quoted(_) => "a string with a value",
            Self::OneOf { expected, .. } => expected,
            Self::Nullable(shape) => shape.expected(),
        }
    }

    /// Whether the documents write this kind of JSON for it.
    #[must_use]
    pub fn is_written_as(&self, kind: JsonKind) -> bool {
        match self {
            Self::Any => true,
            Self::String | Self::Words(_) | Self::Time | Self::Quoted(_) => kind == JsonKind::String,
            Self::Integer(_) | Self::Number => kind == JsonKind::Number,
            Self::Bool => kind == JsonKind::Bool,
            Self::List(_) => kind == JsonKind::Array,
            Self::Object(_) => kind == JsonKind::Object,
            Self::OneOf { shapes, .. } => shapes.iter().any(|shape| shape.is_written_as(kind)),
            Self::Nullable(shape) => kind == JsonKind::Null || shape.is_written_as(kind),
        }
    }
}
