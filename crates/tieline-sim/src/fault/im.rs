//! Numbers of IM that went back: those of a topic, on one line.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// By how much the numbers of topics are lower than the service's.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<String, i64>);

impl Numbers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From a message on, whose number is the service's, the numbers of its topic are lower: by so much, or so that it
    /// has 1. No number goes below 1.
    pub(super) fn rewind(&mut self, topic: &str, number: i64, by: Option<u32>) {
        let lower = self.0.entry(topic.to_owned()).or_default();
        let most = number.saturating_sub(1);
        *lower = by.map_or(most, |by| lower.saturating_add(by.into())).min(most).max(*lower);
    }

    /// What the server says, with the numbers that the client is to see; whether any was changed.
    pub(super) fn lower(&self, message: &mut Value) -> bool {
        let Some((_, body)) = message.as_object_mut().and_then(|message| message.iter_mut().next()) else {
            return false;
        };
        // What is told on `me` names the topic it is about.
        let topic = body.get("src").or_else(|| body.get("topic")).and_then(Value::as_str);
        let Some(lower) = topic.and_then(|topic| self.0.get(topic)).copied() else { return false };
        let mut changed = false;
        for pointer in ["/seq", "/params/seq", "/desc/seq", "/desc/read", "/desc/recv"] {
            changed |= shift(body.pointer_mut(pointer), -lower);
        }
        changed
    }

    /// What the client says, with the numbers that the service knows; whether any was changed.
    pub(super) fn raise(&self, message: &mut Value) -> bool {
        let Some((_, body)) = message.as_object_mut().and_then(|message| message.iter_mut().next()) else {
            return false;
        };
        let topic = body.get("topic").and_then(Value::as_str);
        let Some(lower) = topic.and_then(|topic| self.0.get(topic)).copied() else { return false };
        let mut changed = false;
        for pointer in ["/seq", "/data/since", "/data/before", "/get/data/since", "/get/data/before"] {
            changed |= shift(body.pointer_mut(pointer), lower);
        }
        changed
    }
}

fn shift(number: Option<&mut Value>, by: i64) -> bool {
    let Some(number) = number else { return false };
    let Some(present) = number.as_i64() else { return false };
    *number = json!(present.saturating_add(by).max(0));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lowered_on_the_way_out_is_raised_on_the_way_in() {
        let mut numbers = Numbers::default();
        numbers.rewind("grpA", 9, None);
        let mut data = json!({"data": {"topic": "grpA", "seq": 9}});
        assert!(numbers.lower(&mut data) && data["data"]["seq"] == 1);
        let mut desc = json!({"meta": {"topic": "grpA", "desc": {"seq": 10}}});
        assert!(numbers.lower(&mut desc) && desc["meta"]["desc"]["seq"] == 2);
        let mut get = json!({"get": {"topic": "grpA", "what": "data", "data": {"since": 1, "before": 3}}});
        assert!(numbers.raise(&mut get) && get["get"]["data"] == json!({"since": 9, "before": 11}));
        let mut other = json!({"data": {"topic": "grpB", "seq": 9}});
        assert!(!numbers.lower(&mut other));
    }

    #[test]
    fn no_number_goes_below_1() {
        let mut numbers = Numbers::default();
        numbers.rewind("usr7", 3, Some(100));
        let mut data = json!({"data": {"topic": "usr7", "seq": 3}});
        assert!(numbers.lower(&mut data) && data["data"]["seq"] == 1);
    }
}
