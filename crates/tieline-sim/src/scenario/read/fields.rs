//! Takes the members of a table one by one; what is left over is unknown.

use std::time::Duration;

use super::node::{Entry, Node, Value};
use crate::scenario::place::{Mistake, Place, Word};

/// The longest time that can be written: a hundred days.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 24 * 3600);

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    pub(super) fn note(&mut self, place: Place, message: impl Into<String>) {
        self.0.push(Mistake::at(place, message));
    }

    fn expected(&mut self, node: &Node, what: &str) {
        self.note(node.place, format!("expected {what}, found {}", node.kind()));
    }
}

/// The members of one table that have not been taken.
pub(super) struct Fields<'n> {
    place: Place,
    left: Vec<&'n Entry>,
    /// Every key that was asked for.
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// `None`, with a mistake, when the node is no table.
    pub(super) fn of(node: &'n Node, what: &str, mistakes: &mut Mistakes) -> Option<Self> {
        match &node.value {
            Value::Table(entries) => {
                Some(Self { place: node.place, left: entries.iter().collect(), known: Vec::new() })
            }
            _ => {
                mistakes.expected(node, what);
                None
            }
        }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let index = self.left.iter().position(|entry| entry.key == key)?;
        Some(&self.left.remove(index).node)
    }

    /// Takes the one entry whose key is among `keys`; mistakes when there is none or another.
    pub(super) fn take_one_of(&mut self, keys: &[&'static str], mistakes: &mut Mistakes) -> Option<&'n Entry> {
        let found = self.left.iter().position(|entry| keys.contains(&entry.key.as_str()));
        let entry = found.map(|index| self.left.remove(index));
        self.known.extend(keys);
        if let Some(second) = self.left.iter().find(|entry| keys.contains(&entry.key.as_str())) {
            let first = entry.map_or("", |entry| entry.key.as_str());
            mistakes.note(second.place, format!("`{}` beside `{first}`: one at a time", second.key));
            self.left.retain(|entry| !keys.contains(&entry.key.as_str()));
        }
        entry
    }

    /// What is left over is no word of the language.
    pub(super) fn finish(self, mistakes: &mut Mistakes) {
        for entry in &self.left {
            let mut known = self.known.clone();
            known.sort_unstable();
            mistakes.note(entry.place, format!("unknown key `{}`; known are {}", entry.key, known.join(", ")));
        }
    }

    pub(super) fn word(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Word> {
        self.take(key).and_then(|node| word(node, mistakes))
    }

    pub(super) fn needed(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Word> {
        match self.take(key) {
            Some(node) => word(node, mistakes),
            None => {
                mistakes.note(self.place, format!("`{key}` is missing"));
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<String> {
        self.word(key, mistakes).map(|word| word.text)
    }

    pub(super) fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        let node = self.take(key)?;
        match node.value {
            Value::Flag(flag) => Some(flag),
            _ => {
                mistakes.expected(node, "true or false");
                None
            }
        }
    }

    pub(super) fn whole(&mut self, key: &'static str, least: i64, most: i64, mistakes: &mut Mistakes) -> Option<i64> {
        let node = self.take(key)?;
        match node.value {
            Value::Whole(number) if (least..=most).contains(&number) => Some(number),
            Value::Whole(number) => {
                mistakes.note(node.place, format!("{number} is not from {least} to {most}"));
                None
            }
            _ => {
                mistakes.expected(node, "a whole number");
                None
            }
        }
    }

    pub(super) fn time(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Duration> {
        self.take(key).and_then(|node| time(node, mistakes))
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let word = self.word(key, mistakes)?;
        choice(&word, choices, mistakes)
    }

    pub(super) fn list(&mut self, key: &'static str, mistakes: &mut Mistakes) -> &'n [Node] {
        match self.take(key) {
            None => &[],
            Some(Node { value: Value::List(nodes), .. }) => nodes,
            Some(node) => {
                mistakes.expected(node, "a list");
                &[]
            }
        }
    }
}

pub(super) fn choice<T: Copy>(word: &Word, choices: &[(&'static str, T)], mistakes: &mut Mistakes) -> Option<T> {
    let found = choices.iter().find(|(name, _)| *name == word.text);
    if found.is_none() {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        mistakes.note(word.place, format!("`{}` is none of {}", word.text, names.join(", ")));
    }
    found.map(|(_, value)| *value)
}

/// A text with something in it.
pub(super) fn word(node: &Node, mistakes: &mut Mistakes) -> Option<Word> {
    let text = match &node.value {
        Value::Text(text) if text.is_empty() => {
            mistakes.note(node.place, "an empty text");
            return None;
        }
        Value::Text(text) => text.clone(),
        _ => {
            mistakes.expected(node, "a text");
            return None;
        }
    };
    Some(Word { text, place: node.place })
}

/// A time as in `90s`, `1m30s` or `250ms`.
pub(super) fn time(node: &Node, mistakes: &mut Mistakes) -> Option<Duration> {
    let word = word(node, mistakes)?;
    let found = parse_time(&word.text);
    if found.is_none() {
        mistakes.note(word.place, format!("`{}` is no time such as 90s, 1m30s or 250ms", word.text));
    }
    found
}

pub(super) fn parse_time(text: &str) -> Option<Duration> {
    let time: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(time).ok().filter(|time| *time <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::node::from_toml;

    #[test]
    fn what_was_not_asked_for_is_unknown_and_has_its_place() {
        let node = from_toml("a = 1\n bee = 2").expect("TOML");
        let mut mistakes = Mistakes::default();
        let mut fields = Fields::of(&node, "a table", &mut mistakes).expect("a table");
        assert_eq!(fields.whole("a", 0, 5, &mut mistakes), Some(1));
        fields.finish(&mut mistakes);
        assert_eq!(mistakes.0[0].to_string(), "2:2: unknown key `bee`; known are a");
    }

    #[test]
    fn times_are_positive_and_bounded() {
        assert_eq!(parse_time("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!([parse_time("-1s"), parse_time("9999999h"), parse_time("5")], [None; 3]);
    }
}
