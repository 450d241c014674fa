//! How a description changes: objects are merged, [`CLEAR`](crate::CLEAR) clears, `null` changes nothing.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::Text;
use tieline_core::json::{JsonKind, Raw, Scanner, write_str};

use crate::is_clear;

/// Objects that nest deeper are taken as they are.
const DEPTH: u32 = 32;

/// What a value becomes; `Err(Unchanged)` when it stays as it was.
pub(super) fn merge<S: AsRef<str>>(old: Option<&Raw<Text>>, change: &Raw<S>) -> Result<Option<Raw<Text>>, Unchanged> {
    let old = old.map(Raw::as_json);
    match merged(old, change.as_json(), DEPTH) {
        Merged::Unchanged => Err(Unchanged),
        Merged::Cleared if old.is_none() => Err(Unchanged),
        Merged::Cleared => Ok(None),
        // What was put together of JSON is JSON.
        Merged::Value(json) => Raw::from_json(Text::from(json.as_str())).map(Some).map_err(|_| Unchanged),
    }
}

/// The value stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unchanged;

enum Merged {
    Unchanged,
    Cleared,
    Value(String),
}

fn merged(old: Option<&str>, change: &str, depth: u32) -> Merged {
    match Scanner::new(change, 0).kind() {
        Ok(JsonKind::Null) | Err(_) => Merged::Unchanged,
        Ok(JsonKind::String) if Raw::from_json(change).is_ok_and(|raw| is_clear(&raw)) => Merged::Cleared,
        Ok(JsonKind::Object) if depth > 0 => {
            let Some(changes) = Members::of(change) else { return Merged::Unchanged };
            // Into anything else than an object, an object is put whole.
            let mut kept = old.and_then(Members::of).unwrap_or_default();
            let mut changed = false;
            for (key, change) in changes.left() {
                match (merged(kept.get(key), change, depth - 1), kept.get(key)) {
                    (Merged::Unchanged, _) | (Merged::Cleared, None) => continue,
                    (Merged::Cleared, Some(_)) => kept.put(key, None),
                    (Merged::Value(value), _) => kept.put(key, Some(value)),
                }
                changed = true;
            }
            if changed { Merged::Value(kept.to_json()) } else { Merged::Unchanged }
        }
        Ok(_) => Merged::Value(change.into()),
    }
}

/// The members of an object, each found by its key.
#[derive(Default)]
struct Members {
    /// In the order in which they came; without a value what was cleared.
    all: Vec<(String, Option<String>)>,
    at: BTreeMap<String, usize>,
}

impl Members {
    /// Of duplicates the last; `None` for any other value than an object.
    fn of(json: &str) -> Option<Self> {
        let mut scanner = Scanner::new(json, 1);
        let mut found = Self::default();
        let mut members = scanner.object().ok()?;
        while let Some(key) = scanner.key(&mut members).ok()? {
            let value = scanner.skip_value().ok()?;
            found.put(key.as_str(), Some(value.into()));
        }
        Some(found)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.at.get(key).and_then(|at| self.all.get(*at))?.1.as_deref()
    }

    fn put(&mut self, key: &str, value: Option<String>) {
        match self.at.get(key).and_then(|at| self.all.get_mut(*at)) {
            Some((_, held)) => *held = value,
            None => {
                self.at.insert(key.into(), self.all.len());
                self.all.push((key.into(), value));
            }
        }
    }

    fn left(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_deref()?)))
    }

    fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (index, (key, value)) in self.left().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_str(key, &mut out);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        out
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use tieline_core::Text;
    use tieline_core::json::Raw;

    use super::{Unchanged, merge};

    fn after(old: Option<&str>, change: &str) -> Result<Option<String>, Unchanged> {
        let old = old.map(|json| Raw::from_json(Text::from(json)).expect("json"));
        let new = merge(old.as_ref(), &Raw::from_json(change).expect("json"))?;
        Ok(new.map(|raw| raw.as_json().into()))
    }

    fn some(json: &str) -> Result<Option<String>, Unchanged> {
        Ok(Some(json.into()))
    }

    #[test]
    fn objects_merge_member_by_member() {
        assert_eq!(after(Some(r#"{"fn":"Room"}"#), r#"{"note":"n"}"#), some(r#"{"fn":"Room","note":"n"}"#));
        assert_eq!(
            after(Some(r#"{"photo":{"type":"jpg","data":"AAAA"}}"#), r#"{"photo":{"width":10}}"#),
            some(r#"{"photo":{"type":"jpg","data":"AAAA","width":10}}"#)
        );
    }

    #[test]
    fn the_sign_clears_a_member_and_leaves_the_object_around_it() {
        assert_eq!(after(Some(r#"{"x":{"y":{"z":1}}}"#), r#"{"x":{"y":"␡"}}"#), some(r#"{"x":{}}"#));
        assert_eq!(after(Some(r#"{"a":1,"b":2}"#), r#"{"a":"␡"}"#), some(r#"{"b":2}"#));
    }

    #[test]
    fn the_sign_clears_the_whole() {
        assert_eq!(after(Some(r#"{"a":1}"#), r#""␡""#), Ok(None));
        assert_eq!(after(None, r#""␡""#), Err(Unchanged));
        assert_eq!(after(Some("1"), r#""␡␡""#), some(r#""␡␡""#));
    }

    #[test]
    fn null_and_an_empty_object_change_nothing() {
        assert_eq!(after(Some(r#"{"a":1}"#), "null"), Err(Unchanged));
        assert_eq!(after(Some(r#"{"a":1}"#), r#"{"a":null}"#), Err(Unchanged));
        assert_eq!(after(None, "{}"), Err(Unchanged));
    }

    #[test]
    fn scalars_and_lists_replace_and_the_kind_may_change() {
        assert_eq!(after(Some(r#"{"a":1}"#), r#""scalar""#), some(r#""scalar""#));
        assert_eq!(after(Some(r#""scalar""#), r#"["a","b"]"#), some(r#"["a","b"]"#));
        assert_eq!(after(Some(r#"["a","b"]"#), r#"{"fn":"again"}"#), some(r#"{"fn":"again"}"#));
    }

    #[test]
    fn an_equal_scalar_is_a_change() {
        assert_eq!(after(Some(r#"{"fn":"Renamed"}"#), r#"{"fn":"Renamed"}"#), some(r#"{"fn":"Renamed"}"#));
    }

    #[test]
    fn of_a_member_that_is_there_twice_the_last_counts_and_what_was_cleared_may_be_put_again() {
        assert_eq!(after(Some(r#"{"a":1,"b":2}"#), r#"{"a":"␡","a":3}"#), some(r#"{"a":3,"b":2}"#));
        assert_eq!(after(Some(r#"{"a":1,"b":2,"a":4}"#), r#"{"b":"␡"}"#), some(r#"{"a":4}"#));
        assert_eq!(after(None, r#"{"\u0061":1,"a":2}"#), some(r#"{"a":2}"#));
    }

    #[test]
    fn what_is_put_first_loses_its_signs_and_nulls() {
        assert_eq!(after(None, r#"{"a":1,"b":null,"c":"␡"}"#), some(r#"{"a":1}"#));
    }
}
