//! A server that says what a transcript has it say.

use serde_json::Value;

use crate::adapter::Peer;
use crate::{Line, Side};

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn body(message: &mut Value) -> &mut serde_json::Map<String, Value> {
    let body = message.as_object_mut().and_then(|members| members.values_mut().next()).expect("one message");
    body.as_object_mut().expect("an object")
}

/// A message without its id and what says nothing (`false` where absent means the same), and the id.
fn meaning(text: &str) -> (Value, String) {
    let mut message = value(text);
    let body = body(&mut message);
    let id = body.remove("id").and_then(|id| id.as_str().map(str::to_owned)).expect("an id");
    body.retain(|_, value| *value != Value::Bool(false));
    (message, id)
}

/// Plays the server's lines, and checks that the client says its own; it may choose other ids. Then listens until the
/// client has left, who has no more to say.
///
/// # Panics
/// When the client says something else.
pub fn play(mut peer: Peer, lines: &[Line]) {
    let mut ids: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.from == Side::Client {
            let (said, own) = meaning(&peer.heard().expect("more of the client"));
            let (expected, id) = meaning(&line.text);
            assert_eq!(said, expected);
            ids.push((id, own));
        } else {
            // The document uses one id for several requests: the latest counts.
            let mut message = value(&line.text);
            let answered = body(&mut message).get("id").and_then(Value::as_str).map(str::to_owned);
            let own = ids.iter().rev().find(|(id, _)| Some(id) == answered.as_ref());
            let text = match own {
                Some((id, own)) => line.text.replacen(id.as_str(), own, 1),
                None => line.text.clone(),
            };
            peer.say(text);
        }
    }
    assert_eq!(peer.heard(), None);
}
