//! What of a simulator's people stands in a capture in clear.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

/// The people, queues and numbers of the scripted day that no contract tells.
const OFFICE: [&str; 21] = [
    "Alice Novak",
    "Bob Tanaka",
    "Carla Weiss",
    "David Okafor",
    "Elena Rossi",
    "Farid Haddad",
    "Grace Lindqvist",
    "Hugo Marques",
    "Irene Castell",
    "Jonas Meyer",
    "Karin Sato",
    "Liam Byrne",
    "Sales Department",
    "Support Department",
    "Carrier One",
    "18005550101",
    "18005550102",
    "18005550100",
    "18005550199",
    "12025550190",
    "Globex",
];

/// Parts of names that name nobody.
const COMMON: [&str; 2] = ["department", "carrier"];

/// What tells nothing of anybody, though a number in it may be somebody's: counts, and numbers of messages.
const COUNTS: [&str; 22] = [
    "billsec",
    "calls",
    "clear",
    "content-length",
    "date",
    "duration",
    "id",
    "last",
    "limit",
    "low",
    "m_ct",
    "position",
    "read",
    "recv",
    "ring_duration",
    "seq",
    "since",
    "sla_time_secs",
    "talk_duration",
    "total_callers_breached",
    "unread",
    "waiting_callers",
];

/// All numbers, names and secrets that the contract of a simulator tells, and those of the scripted day's office, in small
/// letters; of names each part too.
///
/// # Panics
/// The contract is not that of a simulator.
#[must_use]
pub fn known(contract: &Value) -> BTreeSet<String> {
    fn take(value: &Value, key: &str, known: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| take(value, key, known)),
            Value::Array(items) => items.iter().for_each(|value| take(value, key, known)),
            Value::String(text) if !matches!(key, "url" | "api" | "v12" | "v16" | "v22" | "stream" | "role") => {
                known.insert(text.to_lowercase());
            }
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    take(contract, "", &mut all);
    all.extend(OFFICE.iter().map(|name| name.to_lowercase()));
    all.extend(OFFICE.iter().flat_map(|name| name.split(' ')).filter(|part| part.len() > 3).map(str::to_lowercase));
    all.retain(|known| !COMMON.contains(&known.as_str()));
    assert!(all.len() > 60 && all.contains("alice") && all.contains("110"), "no contract: {all:?}");
    all
}

/// The words and numbers of a text, in small letters.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The words and numbers of a capture.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Those of what was said, but for counts and the addresses that stand for others.
    said: HashSet<String>,
    /// All of them.
    all: HashSet<String>,
}

impl Words {
    /// Those of a whole capture.
    ///
    /// # Panics
    /// It is none.
    #[must_use]
    pub fn of(capture: &str) -> Self {
        let mut words = Self::default();
        capture.lines().for_each(|line| words.add(&serde_json::from_str(line).expect("a line of a capture")));
        words
    }

    /// Adds those of a line.
    pub fn add(&mut self, line: &Value) {
        self.all.extend(words(&line.to_string()));
        ["text", "target", "body", "headers", "url", "reason"].iter().for_each(|key| self.say(&line[*key]));
    }

    fn say(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                members.iter().filter(|(key, _)| !COUNTS.contains(&key.as_str())).for_each(|(key, value)| {
                    self.said.extend(words(key));
                    self.say(value);
                });
            }
            // A header field.
            Value::Array(items)
                if items
                    .first()
                    .and_then(Value::as_str)
                    .is_some_and(|name| COUNTS.contains(&name.to_lowercase().as_str())) => {}
            Value::Array(items) => items.iter().for_each(|value| self.say(value)),
            Value::String(text) => match serde_json::from_str(text) {
                Ok(inner @ (Value::Object(_) | Value::Array(_))) => self.say(&inner),
                _ => {
                    let is_address = |part: &&str| part.starts_with("10.") && part.matches('.').count() == 3;
                    // Of a query `last=8001`, too.
                    let is_count = |part: &&str| {
                        let (key, value) = part.split_once('=').unwrap_or_default();
                        COUNTS.contains(&key) && value.bytes().all(|byte| byte.is_ascii_digit())
                    };
                    let parts = text.split(['?', '&']).filter(|part| !is_count(part));
                    let parts = parts.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '.'));
                    parts.filter(|part| !is_address(part)).for_each(|part| self.said.extend(words(part)));
                }
            },
            Value::Number(number) => _ = self.said.insert(number.to_string()),
            _ => {}
        }
    }

    /// Whether a word or number was said.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.said.contains(word)
    }

    /// What of `known` is in it: what is short as a whole word of what was said, what is longer within any word, what has
    /// several words if each of them is there.
    #[must_use]
    pub fn leaked(&self, known: &BTreeSet<String>) -> Vec<String> {
        let is_there = |word: &str| match word.len() < 6 {
            true => self.said.contains(word),
            false => self.all.iter().any(|said| said.contains(word)),
        };
        known.iter().filter(|known| words(known).all(|word| is_there(&word))).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Words;

    #[test]
    fn the_number_of_the_last_event_is_nobodys_number_and_another_in_the_address_is() {
        let mut words = Words::default();
        words.add(&json!({"target": "/apis/pbx/events?last=8001&timeout=30&number=8002"}));
        words.add(&json!({"text": "last=8003 and 8004"}));
        let said = ["8001", "8002", "8003", "8004"].map(|number| words.has(number));
        assert_eq!(said, [false, true, true, true]);
    }
}
