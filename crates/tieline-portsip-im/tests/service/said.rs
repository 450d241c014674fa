//! What clients say.

use serde_json::{Value, json};

pub(crate) fn sub(topic: &str) -> Value {
    json!({"sub": {"id": "q", "topic": topic}})
}

pub(crate) fn sub_get(topic: &str, what: &str) -> Value {
    json!({"sub": {"id": "q", "topic": topic, "get": {"what": what}}})
}

pub(crate) fn sub_mode(topic: &str, mode: &str) -> Value {
    json!({"sub": {"id": "q", "topic": topic, "set": {"sub": {"mode": mode}}}})
}

pub(crate) fn leave(topic: &str) -> Value {
    json!({"leave": {"id": "q", "topic": topic}})
}

pub(crate) fn unsub(topic: &str) -> Value {
    json!({"leave": {"id": "q", "topic": topic, "unsub": true}})
}

pub(crate) fn publish(topic: &str, content: &str) -> Value {
    json!({"pub": {"id": "q", "topic": topic, "content": content}})
}

pub(crate) fn publish_quietly(topic: &str, content: &str) -> Value {
    json!({"pub": {"id": "q", "topic": topic, "noecho": true, "content": content}})
}

pub(crate) fn get(topic: &str, what: &str) -> Value {
    json!({"get": {"id": "q", "topic": topic, "what": what}})
}

pub(crate) fn set_public(topic: &str, name: &str) -> Value {
    json!({"set": {"id": "q", "topic": topic, "desc": {"public": {"fn": name}}}})
}

pub(crate) fn set_private(topic: &str, comment: &str) -> Value {
    json!({"set": {"id": "q", "topic": topic, "desc": {"private": {"comment": comment}}}})
}

pub(crate) fn set_mode(topic: &str, mode: &str) -> Value {
    json!({"set": {"id": "q", "topic": topic, "sub": {"mode": mode}}})
}

pub(crate) fn set_mode_of(topic: &str, user: &str, mode: &str) -> Value {
    json!({"set": {"id": "q", "topic": topic, "sub": {"user": user, "mode": mode}}})
}

pub(crate) fn del_messages(topic: &str, low: u64, hi: u64, hard: bool) -> Value {
    json!({"del": {"id": "q", "topic": topic, "what": "msg", "delseq": [{"low": low, "hi": hi}], "hard": hard}})
}

pub(crate) fn del_member(topic: &str, user: &str) -> Value {
    json!({"del": {"id": "q", "topic": topic, "what": "sub", "user": user}})
}

pub(crate) fn del_topic(topic: &str) -> Value {
    json!({"del": {"id": "q", "topic": topic, "what": "topic"}})
}

pub(crate) fn note(topic: &str, what: &str) -> Value {
    json!({"note": {"topic": topic, "what": what}})
}

pub(crate) fn mark(topic: &str, what: &str, seq: i64) -> Value {
    json!({"note": {"topic": topic, "what": what, "seq": seq}})
}

/// The frames of a kind among those heard.
pub(crate) fn of_kind(frames: &[Value], kind: &str) -> Vec<Value> {
    frames.iter().filter_map(|frame| frame.get(kind)).cloned().collect()
}

/// What the notices among the frames tell.
pub(crate) fn notices(frames: &[Value]) -> Vec<String> {
    of_kind(frames, "pres").iter().map(|pres| pres["what"].as_str().unwrap_or_default().to_owned()).collect()
}
