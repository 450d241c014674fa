//! What a client asks for, as far as answers are found by it.

use serde_json::Value;

/// A request of a client on a WebSocket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its kind: the command of WSI, the key of IM.
    pub(super) word: String,
    /// What it is about: the topic of IM, the topics of WSI.
    pub(super) about: String,
    /// Its id, if it has one.
    pub(super) id: Option<String>,
    /// Whether it asks for messages, which come before its answer is complete.
    pub(super) for_data: bool,
}

impl Asked {
    /// The request that a message is, if it is one that gets an answer.
    pub(super) fn of(message: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(message).ok()?;
        let members = value.as_object()?;
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        if let Some(command) = value["command"].as_str() {
            let topics = value["topics"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let about = topics.collect::<Vec<_>>().join(",");
            return Some(Self { word: command.to_owned(), about, id: text(&value["id"]), for_data: false });
        }
        let (word, inner) = members.iter().find(|(key, value)| *key != "extra" && value.is_object())?;
        let id = text(&inner["id"]);
        // What nobody waits for gets no answer.
        id.as_ref()?;
        let what =
            |value: &Value| value["what"].as_str().is_some_and(|what| what.split(' ').any(|what| what == "data"));
        let for_data = what(inner) || what(&inner["get"]);
        Some(Self { word: word.clone(), about: text(&inner["topic"]).unwrap_or_default(), id, for_data })
    }

    /// Whether events come only after it was answered.
    pub(super) fn opens(&self) -> Option<Gate> {
        match &*self.word {
            "auth" | "login" => Some(Gate::Login),
            "subscribe" | "sub" => Some(Gate::Subscription),
            _ => None,
        }
    }

    /// What is said to a request that a capture has no answer to.
    pub(super) fn refusal(&self) -> String {
        const WORDS: &str = "the capture holds no answer to this";
        let id = self.id.clone().unwrap_or_default();
        if matches!(&*self.word, "auth" | "subscribe" | "unsubscribe") {
            return serde_json::json!({"command": self.word, "error": WORDS, "id": id, "status": -1}).to_string();
        }
        let ts = "1970-01-01T00:00:00Z";
        serde_json::json!({"ctrl": {"id": id, "topic": self.about, "code": 503, "text": WORDS, "ts": ts}}).to_string()
    }
}

/// What holds events back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// The login.
    Login,
    /// The first subscription.
    Subscription,
}

/// What a message of the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The answer to a request: that of this id, or the oldest.
    Answer(Option<String>),
    /// A message of a topic, which may have been asked for.
    Data(String),
    /// What comes by itself.
    Push,
}

impl Said {
    /// What a message is.
    pub(super) fn of(message: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(message) else { return Self::Push };
        for key in ["ctrl", "meta"] {
            if let Some(id) = value[key]["id"].as_str().filter(|id| !id.is_empty()) {
                return Self::Answer(Some(id.to_owned()));
            }
        }
        if let Some(topic) =
            value["data"]["topic"].as_str().filter(|_| value.as_object().is_some_and(|all| all.len() == 1))
        {
            return Self::Data(topic.to_owned());
        }
        let is_answer = value["status"].is_i64() && value.get("event_type").is_none() && value.get("text").is_none();
        if is_answer { Self::Answer(None) } else { Self::Push }
    }
}

/// A message with another id: the first value of `"id"` that is this one.
pub(super) fn with_id(message: &str, from: &str, to: &str) -> String {
    let wanted = Value::from(from).to_string();
    let mut at = 0;
    while let Some(found) = message.get(at..).and_then(|rest| rest.find("\"id\"")) {
        at += found + 4;
        let rest = message.get(at..).unwrap_or_default();
        let value = rest.trim_start().strip_prefix(':').map(str::trim_start);
        if let Some(after) = value.and_then(|value| value.strip_prefix(&*wanted)) {
            let head = message.get(..message.len() - after.len() - wanted.len()).unwrap_or_default();
            return [head, &Value::from(to).to_string(), after].concat();
        }
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_of_wsi_and_im_are_told_apart_from_events() {
        let auth =
            Asked::of(r#"{"command":"subscribe","topics":["cdr_events","queue_events"],"id":"2"}"#).expect("a request");
        assert_eq!(
            (&*auth.word, &*auth.about, auth.id.as_deref()),
            ("subscribe", "cdr_events,queue_events", Some("2"))
        );
        let sub = Asked::of(r#"{"sub":{"id":"a","topic":"me","get":{"what":"sub data"}}}"#).expect("a request");
        assert_eq!((&*sub.word, &*sub.about, sub.for_data), ("sub", "me", true));
        assert_eq!(Asked::of(r#"{"note":{"topic":"me","what":"kp"}}"#), None);
        assert_eq!(Said::of(r#"{"status":0}"#), Said::Answer(None));
        assert_eq!(Said::of(r#"{"event_type":"extension_status","status":[]}"#), Said::Push);
        assert_eq!(Said::of(r#"{"meta":{"id":"a","sub":[]}}"#), Said::Answer(Some("a".into())));
        assert_eq!(Said::of(r#"{"data":{"topic":"grpA","seq":1}}"#), Said::Data("grpA".into()));
        assert_eq!(Said::of(r#"{"id":3,"channel":"pbx_A","text":{}}"#), Said::Push);
    }

    #[test]
    fn an_answer_gets_the_id_of_the_client() {
        let answer = r#"{"ctrl":{"params":{"id":"other"}, "id" : "a\"b","code":200}}"#;
        let expected = r#"{"ctrl":{"params":{"id":"other"}, "id" : "c","code":200}}"#;
        assert_eq!(with_id(answer, "a\"b", "c"), expected);
        assert_eq!(with_id(answer, "x", "c"), answer);
    }
}
