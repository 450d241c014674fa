//! Where something stands in a scenario file, and what is wrong there.

use std::fmt;

/// A place in a text; line 0 where there is no text, as in a scenario that was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A word of a scenario, and where it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self { text, place: Place::default() }
    }
}

/// Words are the same wherever they stand.
impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Something in a scenario that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Mistake {
    /// Line and column, both from 1; absent in a scenario that was built and not read.
    pub position: Option<(u32, u32)>,
    /// What is wrong, and what could stand there instead.
    pub message: String,
}

impl Mistake {
    pub(crate) fn at(place: Place, message: impl Into<String>) -> Self {
        let position = (place.line > 0).then_some((place.line, place.column));
        Self { position, message: message.into() }
    }
}

/// `12:5: no extension 199`.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "{line}:{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Finds lines and columns of one text.
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The place of a byte; that of the end for one beyond it. Columns count characters.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place { line: small(line), column: small(before.chars().count() + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_begin_at_one() {
        let lines = Lines::of("aü = 1\nb");
        let at = |offset| (lines.place(offset).line, lines.place(offset).column);
        assert_eq!([at(0), at(3), at(7), at(8), at(999)], [(1, 1), (1, 3), (1, 7), (2, 1), (2, 2)]);
    }
}
