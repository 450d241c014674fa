//! Encoding: from types into a string that the caller reuses.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::{Str, Text};

/// A type that writes itself as JSON, in the form its document shows.
pub trait Encode {
    /// Appends the value to `out`.
    fn encode(&self, out: &mut String);

    /// Whether the value is absent, so that an object leaves its key out.
    fn is_absent(&self) -> bool {
        false
    }

    /// The value as a new string.
    fn to_json(&self) -> String {
        let mut out = String::new();
        self.encode(&mut out);
        out
    }
}

/// Appends `text` as a JSON string.
pub fn write_str(text: &str, out: &mut String) {
    out.push('"');
    let mut piece = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(piece..at).unwrap_or_default());
        piece = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(text.get(piece..).unwrap_or_default());
    out.push('"');
}

/// Writes the members of one object.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut String,
    empty: bool,
}

impl<'o> ObjectWriter<'o> {
    /// Opens an object at the end of `out`.
    pub fn new(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Writes one member, unless its value is absent. `key` is written as it is: it must need no escape.
    pub fn member(&mut self, key: &'static str, value: &(impl Encode + ?Sized)) {
        if value.is_absent() {
            return;
        }
        self.out.push_str(if self.empty { "\"" } else { ",\"" });
        self.empty = false;
        self.out.push_str(key);
        self.out.push_str("\":");
        value.encode(self.out);
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push('}');
    }
}

impl Encode for str {
    fn encode(&self, out: &mut String) {
        write_str(self, out);
    }
}

macro_rules! encode_text {
    ($($text:ty)*) => {$(
        impl Encode for $text {
            #[inline]
            fn encode(&self, out: &mut String) {
                write_str(self, out);
            }
        }
    )*};
}

encode_text!(String Text Str<'_>);

impl Encode for bool {
    fn encode(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

macro_rules! encode_integer {
    ($($int:ty)*) => {$(
        impl Encode for $int {
            fn encode(&self, out: &mut String) {
                // Writing to a string cannot fail.
                let _ = write!(out, "{self}");
            }
        }
    )*};
}

encode_integer!(i64 u64 u32 u16);

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, out: &mut String) {
        T::encode(self, out);
    }
    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut String) {
        match self {
            Some(value) => value.encode(out),
            None => out.push_str("null"),
        }
    }
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Encode> Encode for [T] {
    fn encode(&self, out: &mut String) {
        out.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            value.encode(out);
        }
        out.push(']');
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut String) {
        self.as_slice().encode(out);
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn encode(&self, out: &mut String) {
        T::encode(self, out);
    }
    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}
