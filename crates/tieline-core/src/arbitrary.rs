//! Values made of a fuzzer's bytes (feature `arbitrary`): each is one that the wire could carry, so that what is encoded
//! is decoded to an equal value.

use alloc::string::String;
use alloc::vec::Vec;

use ::arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use zeroize::Zeroize;

use crate::json::{Raw, write_str};
use crate::{CloseFrame, Frame, Instant, Secret, Str, Text, Timestamp};

/// How deep made-up JSON nests.
const DEPTH: u32 = 4;

/// Any JSON value that is not `null`, which is absence in most places.
///
/// # Errors
/// As those of `u`.
pub fn json(u: &mut Unstructured<'_>) -> Result<String> {
    let mut out = String::new();
    value(u, DEPTH, false, &mut out)?;
    Ok(out)
}

/// A JSON object with `members` (each key and value as JSON) and any others, whose keys begin with `x`.
///
/// # Errors
/// As those of `u`.
pub fn json_object(u: &mut Unstructured<'_>, members: &[(&str, &str)]) -> Result<String> {
    let mut out = String::from("{");
    for (key, json) in members {
        out.push_str(if out.len() > 1 { "," } else { "" });
        write_str(key, &mut out);
        out.push(':');
        out.push_str(json);
    }
    while u.arbitrary::<u8>()? > 170 {
        out.push_str(if out.len() > 1 { "," } else { "" });
        let mut key = String::from("x");
        key.push_str(u.arbitrary()?);
        write_str(&key, &mut out);
        out.push(':');
        value(u, DEPTH - 1, true, &mut out)?;
    }
    out.push('}');
    Ok(out)
}

fn value(u: &mut Unstructured<'_>, depth: u32, null: bool, out: &mut String) -> Result<()> {
    match u.int_in_range(u8::from(!null)..=if depth > 0 { 6 } else { 4 })? {
        0 => out.push_str("null"),
        1 => out.push_str(if u.arbitrary()? { "true" } else { "false" }),
        2 => out.push_str(&alloc::format!("{}", u.arbitrary::<i64>()?)),
        3 => out.push_str(&alloc::format!("{}e{}", u.arbitrary::<i16>()?, u.arbitrary::<i8>()?)),
        4 => write_str(u.arbitrary()?, out),
        5 => {
            out.push('[');
            for index in 0..u.int_in_range(0..=3)? {
                out.push_str(if index > 0 { "," } else { "" });
                value(u, depth - 1, true, out)?;
            }
            out.push(']');
        }
        _ => out.push_str(&json_object(u, &[])?),
    }
    Ok(())
}

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary::<&str>().map(Self::from)
    }
}

impl<'a> Arbitrary<'a> for Str<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::borrowed)
    }
}

impl<'a, T: Arbitrary<'a> + Zeroize> Arbitrary<'a> for Secret<T> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::new)
    }
}

impl<'a, S: Arbitrary<'a>> Arbitrary<'a> for Timestamp<S> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::new)
    }
}

impl<'a, S: AsRef<str> + From<String>> Arbitrary<'a> for Raw<S> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Self::from_json(S::from(json(u)?)).map_err(|_| ::arbitrary::Error::IncorrectFormat)
    }
}

impl<'a> Arbitrary<'a> for Instant {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::from_millis)
    }
}

impl<'a> Arbitrary<'a> for CloseFrame {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let reason: &str = u.arbitrary()?;
        // As long as a close frame has room for.
        let end = (0..=reason.len().min(123)).rev().find(|end| reason.is_char_boundary(*end));
        Ok(Self::new(u.arbitrary()?, end.and_then(|end| reason.get(..end)).unwrap_or_default()))
    }
}

impl<'a> Arbitrary<'a> for Frame {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        fn bytes(u: &mut Unstructured<'_>, at_most: usize) -> Result<Bytes> {
            let mut bytes: Vec<u8> = u.arbitrary()?;
            bytes.truncate(at_most);
            Ok(bytes.into())
        }
        Ok(match u.int_in_range(0..=6)? {
            0 => Self::Text(u.arbitrary()?),
            // A frame with bytes that are UTF-8 would be a text.
            1 => match Text::from_utf8(bytes(u, usize::MAX)?) {
                Ok(text) => Self::Text(text),
                Err(bytes) => Self::BadText(bytes),
            },
            2 => Self::Binary(bytes(u, usize::MAX)?),
            3 => Self::Ping(bytes(u, 125)?),
            4 => Self::Pong(bytes(u, 125)?),
            5 => Self::Close(u.arbitrary()?),
            _ => Self::Eof,
        })
    }
}
