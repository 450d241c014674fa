//! Where in a value something is.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::Str;

/// The way to a value within a message: keys and places in arrays. Prints as `status[0].presence`; keys other than
/// letters, digits, `_` and `-` in quotes with escapes, long ones cut short.
#[derive(Clone, Debug, Default)]
pub struct Path<'a>(Vec<Step<'a>>);

#[derive(Clone, Debug)]
enum Step<'a> {
    Key(Str<'a>),
    Index(usize),
}

/// The characters of a key that are printed at most.
const KEY_CHARS: usize = 64;

impl<'a> Path<'a> {
    /// Goes on to the value of a key.
    pub fn enter(&mut self, key: Str<'a>) {
        self.0.push(Step::Key(key));
    }

    /// Goes on to an element of an array.
    pub fn enter_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    /// Goes back by one step.
    pub fn leave(&mut self) {
        self.0.pop();
    }

    /// Whether this is the way to `pattern`, in which `[]` stands for any place of an array: `status[].presence`.
    #[must_use]
    pub fn is(&self, pattern: &str) -> bool {
        let mut rest = pattern;
        for (at, step) in self.0.iter().enumerate() {
            let after = match step {
                Step::Index(_) => rest.strip_prefix("[]"),
                Step::Key(key) => {
                    let name = if at == 0 { Some(rest) } else { rest.strip_prefix('.') };
                    name.and_then(|name| name.strip_prefix(key.as_str()))
                }
            };
            let Some(after) = after else { return false };
            rest = after;
        }
        rest.is_empty()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_char('.')?;
                    }
                    write_key(key, f)?;
                }
            }
        }
        Ok(())
    }
}

fn write_key(key: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let shown: String = key.chars().take(KEY_CHARS).collect();
    let cut = if shown.len() < key.len() { "…" } else { "" };
    if !key.is_empty() && shown.chars().all(plain) {
        write!(f, "{shown}{cut}")
    } else {
        write!(f, "\"{}{cut}\"", shown.escape_debug())
    }
}
