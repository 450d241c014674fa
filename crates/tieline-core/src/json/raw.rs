//! A JSON value kept as it was written.

use alloc::string::String;
use core::fmt;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::decode::Decode;
use super::encode::{Encode, write_str};
use super::error::{DecodeError, JsonKind};
use super::peek::peek;
use super::scanner::Scanner;
use crate::{Limits, Str, Text};

/// One JSON value, checked and kept as its text: number spelling, key order, duplicate keys and white space survive.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw<S>(S);

impl<S: AsRef<str>> Raw<S> {
    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.0.as_ref()
    }

    /// The kind of the value.
    #[must_use]
    pub fn kind(&self) -> JsonKind {
        Scanner::new(self.as_json(), 0).kind().unwrap_or(JsonKind::Null)
    }

    /// Takes a JSON text.
    ///
    /// # Errors
    /// When `json` is not exactly one JSON value.
    pub fn from_json(json: S) -> Result<Self, DecodeError> {
        let mut scanner = Scanner::new(json.as_ref(), 0);
        scanner.skip_value()?;
        scanner.end()?;
        Ok(Self(json))
    }

    /// The member `name` of an object, decoded. `None` when this is no object, has no such member, or `null` there;
    /// of duplicates the last counts.
    ///
    /// # Errors
    /// When the member is not a `T`.
    pub fn field<'a, T: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<T>, DecodeError> {
        peek(self.as_json(), name)
    }
}

impl Raw<String> {
    /// The JSON value of a text.
    #[must_use]
    pub fn string(text: &str) -> Self {
        let mut json = String::new();
        write_str(text, &mut json);
        Self(json)
    }
}

impl<'a> Decode<'a, ()> for Raw<Str<'a>> {
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        scanner.skip_value().map(|json| Self(Str::borrowed(json)))
    }
}

impl<'a> Decode<'a, ()> for Raw<String> {
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        scanner.skip_value().map(|json| Self(json.into()))
    }
}

impl<'a> Decode<'a, Text> for Raw<Text> {
    fn decode(scanner: &mut Scanner<'a>, frame: &Text) -> Result<Self, DecodeError> {
        scanner.skip_value().map(|json| Self(frame.slice_of(json)))
    }
}

impl<S: AsRef<str>> Encode for Raw<S> {
    fn encode(&self, out: &mut String) {
        out.push_str(self.as_json());
    }
}

impl<S: AsRef<str>> fmt::Debug for Raw<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({}, {} bytes)", self.kind(), self.as_json().len())
    }
}

impl<S: AsRef<str>> Serialize for Raw<S> {
    /// Serializes the value, not its spelling; values nested deeper than 64 levels are an error.
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        Node { json: self.as_json(), depth: Limits::default().depth }.serialize(serializer)
    }
}

/// A negative integer; zero has a sign as a float only.
const fn signed(number: i64) -> Result<i64, ()> {
    if number == 0 { Err(()) } else { Ok(number) }
}

/// A value within a checked text.
struct Node<'a> {
    json: &'a str,
    depth: u32,
}

impl Serialize for Node<'_> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        use serde::ser::Error as _;
        let Some(depth) = self.depth.checked_sub(1) else { return Err(Z::Error::custom("nested too deeply")) };
        let mut scanner = Scanner::new(self.json, 1);
        match scanner.kind().map_err(Z::Error::custom)? {
            JsonKind::Null => serializer.serialize_unit(),
            JsonKind::Bool => serializer.serialize_bool(scanner.boolean().map_err(Z::Error::custom)?),
            JsonKind::String => serializer.serialize_str(&scanner.string().map_err(Z::Error::custom)?),
            JsonKind::Number => {
                let number = scanner.number().map_err(Z::Error::custom)?;
                if let Ok(number) = number.parse::<u64>() {
                    serializer.serialize_u64(number)
                } else if let Ok(number) = number.parse::<i64>().map_err(drop).and_then(signed) {
                    serializer.serialize_i64(number)
                } else {
                    serializer.serialize_f64(number.parse().map_err(Z::Error::custom)?)
                }
            }
            JsonKind::Array => {
                let mut out = serializer.serialize_seq(None)?;
                let mut members = scanner.array().map_err(Z::Error::custom)?;
                while scanner.element(&mut members).map_err(Z::Error::custom)? {
                    let json = scanner.skip_value().map_err(Z::Error::custom)?;
                    out.serialize_element(&Node { json, depth })?;
                }
                out.end()
            }
            JsonKind::Object => {
                let mut out = serializer.serialize_map(None)?;
                let mut members = scanner.object().map_err(Z::Error::custom)?;
                while let Some(key) = scanner.key(&mut members).map_err(Z::Error::custom)? {
                    let json = scanner.skip_value().map_err(Z::Error::custom)?;
                    out.serialize_entry(&key, &Node { json, depth })?;
                }
                out.end()
            }
        }
    }
}
