//! Messages that are long to write.

use std::fmt::Write as _;

/// Arrays within arrays.
#[must_use]
pub fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// Objects within objects.
#[must_use]
pub fn nested_objects(levels: usize) -> String {
    "{\"a\":".repeat(levels) + "0" + &"}".repeat(levels)
}

/// An object of its own first members and `count` others.
#[must_use]
pub fn many_keys(first: &str, count: usize) -> String {
    let mut out = format!("{{{first}");
    for number in 0..count {
        let _infallible = write!(out, ",\"k{number}\":0");
    }
    out.push('}');
    out
}

/// An object of its own first members and one other, again and again.
#[must_use]
pub fn repeated_key(first: &str, member: &str, count: usize) -> String {
    format!("{{{first}{}}}", format!(",{member}").repeat(count))
}

/// A list of objects with nothing in them.
#[must_use]
pub fn empty_objects(count: usize) -> String {
    format!("[{}]", vec!["{}"; count].join(","))
}
