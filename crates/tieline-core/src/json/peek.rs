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

/// Guesses at a string member: the first place where the key in quotes, a colon and a string stand, at whatever level.
///
/// Fast, and wrong when a value quotes the key: the typed parse that follows must compare the tag it reads and fall back
/// to [`peek`].
///
/// ```
/// use tieline_core::json::KeyGuess;
///
/// const EVENT_TYPE: KeyGuess = KeyGuess::new("\"event_type\"");
/// assert_eq!(EVENT_TYPE.string_in(r#"{"a":1,"event_type":"call_hold"}"#).as_deref(), Some("call_hold"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KeyGuess {
    quoted: &'static str,
    /// The byte of the key that is the least common in messages, and where in the key it stands.
    rare: u8,
    before: usize,
}

impl KeyGuess {
    /// Letters from rare to common, as keys and values have them; all else counts as common.
    const BY_RARITY: &'static [u8] = b"jqxzkwvyfgbhumpodlcrnsatie";

    /// A guess at the key `quoted`, which is written with its quotes.
    #[must_use]
    pub const fn new(quoted: &'static str) -> Self {
        let bytes = quoted.as_bytes();
        let mut rank = 0;
        while rank < Self::BY_RARITY.len() {
            let mut before = 0;
            while before < bytes.len() {
                if bytes[before] == Self::BY_RARITY[rank] {
                    return Self { quoted, rare: bytes[before], before };
                }
                before += 1;
            }
            rank += 1;
        }
        Self { quoted, rare: b'"', before: 0 }
    }

    /// The string that is the member's value, as far as that can be guessed.
    #[inline]
    #[must_use]
    pub fn string_in<'a>(&self, json: &'a str) -> Option<Str<'a>> {
        let after = self.end_of_key(json.as_bytes())?;
        let value = json.get(after..)?.trim_ascii_start().strip_prefix(':')?;
        let mut scanner = Scanner::new(value, 0);
        Str::decode(&mut scanner, &()).ok()
    }

    #[inline]
    fn end_of_key(&self, json: &[u8]) -> Option<usize> {
        let stands_at = |at: usize| json.get(at..).is_some_and(|rest| rest.starts_with(self.quoted.as_bytes()));
        // Where it stands in most messages.
        if stands_at(1) {
            return Some(1 + self.quoted.len());
        }
        let mut rare = memchr::memchr_iter(self.rare, json);
        let start = rare.find_map(|at| at.checked_sub(self.before).filter(|start| stands_at(*start)))?;
        Some(start + self.quoted.len())
    }
}
