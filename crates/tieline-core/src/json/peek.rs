//! A look at the discriminating key before the typed parse.

use super::decode::Decode;
use super::error::{DecodeError, JsonKind};
use super::scanner::Scanner;
use crate::{Limits, Str};

/// The member `name` of the top-level object in `json`, decoded, found by walking the object: right whatever stands
/// before it. `None` when `json` is no object, has no such member, or `null` there; of duplicates the last counts.
///
/// # Errors
/// On a syntax error, or when the member is not a `T`.
pub fn peek<'a, T: Decode<'a, ()>>(json: &'a str, name: &str) -> Result<Option<T>, DecodeError> {
    let mut found = None;
    let mut scanner = Scanner::new(json, Limits::default().depth);
    if scanner.kind()? != JsonKind::Object {
        return Ok(None);
    }
    let mut members = scanner.object()?;
    while let Some(key) = scanner.key(&mut members)? {
        if key == *name {
            found = Option::<T>::decode(&mut scanner, &())?;
        } else {
            scanner.skip_value()?;
        }
    }
    Ok(found)
}

/// A guess at the string member `name`: the first place in `json` where `"name"`, a colon and a string stand, at
/// whatever level. Fast, and wrong when a value quotes the key: the typed parse that follows must compare the tag it
/// reads and fall back to [`peek`].
///
/// `quoted_name` is the key with its quotes.
#[must_use]
pub fn peek_str_guess<'a>(json: &'a str, quoted_name: &str) -> Option<Str<'a>> {
    let at = memchr::memmem::find(json.as_bytes(), quoted_name.as_bytes())?;
    let rest = json.get(at + quoted_name.len()..)?;
    let value = rest.trim_ascii_start().strip_prefix(':')?;
    let mut scanner = Scanner::new(value, 0);
    Str::decode(&mut scanner, &()).ok()
}
