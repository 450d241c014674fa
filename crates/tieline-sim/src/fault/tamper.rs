//! Changes of messages: text in, text out.

use serde_json::{Map, Value, json};
use tieline_core::Text;

use super::kind::{BadJson, Fault, Service};
use crate::record::beginning;

/// A type that no document knows.
const UNKNOWN_EVENT: &str = "x_unknown_event";
/// A field that no document knows.
const UNKNOWN_FIELD: &str = "x_unknown_field";
/// A word that no document knows.
const UNKNOWN_WORD: &str = "x_unknown_word";
/// The field that makes an event long.
const PADDING: &str = "x_padding";
/// The member that tells the type of an event of WSI and of Axeos.
const TYPE: &str = "event_type";
/// The messages of IM that are events.
const IM_EVENTS: [&str; 3] = ["data", "pres", "info"];
/// The fields whose words come from closed lists.
const WORDS: &[&str] = &[
    "agent_state",
    "direction",
    "end_reason",
    "ended_reason",
    "m_mbshp",
    "presence",
    "reason",
    "state",
    "status",
    "user_phone_type",
];

/// A message of a service that holds events, or an answer in JSON.
pub(super) struct Message {
    service: Service,
    /// The text as it was, as long as nothing was changed.
    text: Text,
    value: Value,
    changed: bool,
    broken: Option<BadJson>,
}

impl Message {
    /// An event on a WebSocket; `None` for anything else, as an answer to a command.
    pub(super) fn event(service: Service, text: &Text) -> Option<Self> {
        let message = Self::read(service, text)?;
        let is_event = match service {
            Service::Wsi => message.value.get(TYPE).is_some(),
            Service::ImLine => IM_EVENTS.iter().any(|kind| message.value.get(kind).is_some()),
            Service::CloudpbxStream => {
                message.number().is_some_and(|id| id >= 0) && message.value.get("text").is_some()
            }
            _ => false,
        };
        is_event.then_some(message)
    }

    /// An answer of HTTP. At Axeos an array of events that is not empty, else any JSON.
    pub(super) fn answer(service: Service, text: &Text) -> Option<Self> {
        let message = Self::read(service, text)?;
        let of_events = |value: &Value| value.get(0).is_some_and(|first| first.get("seq").is_some());
        let of_any = matches!(service, Service::CloudpbxRest | Service::ImHttp);
        (of_any || of_events(&message.value)).then_some(message)
    }

    fn read(service: Service, text: &Text) -> Option<Self> {
        let value = serde_json::from_str(text).ok()?;
        Some(Self { service, text: text.clone(), value, changed: false, broken: None })
    }

    /// The number of a message of CloudPBX, or of one in a topic of IM.
    pub(super) fn number(&self) -> Option<i64> {
        match self.service {
            Service::ImLine => self.value.get("data")?.get("seq")?.as_i64(),
            _ => self.value.get("id")?.as_i64(),
        }
    }

    /// The topic of a message of IM, and its number there.
    pub(super) fn number_in_topic(&self) -> Option<(String, i64)> {
        let topic = self.value.get("data")?.get("topic")?.as_str()?;
        Some((topic.to_owned(), self.number()?))
    }

    /// The message as it is now.
    pub(super) const fn value(&self) -> &Value {
        &self.value
    }

    /// Changes the message otherwise; `change` tells whether it did.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Value) -> bool) {
        self.changed |= change(&mut self.value);
    }

    pub(super) fn set_number(&mut self, number: i64) {
        if self.service != Service::ImLine
            && self.number().is_some_and(|present| present != number)
            && let Some(id) = self.value.get_mut("id")
        {
            *id = json!(number);
            self.changed = true;
        }
    }

    /// The events of an answer of Axeos.
    pub(super) fn entries(&mut self) -> Option<&mut Vec<Value>> {
        self.changed = true;
        self.value.as_array_mut()
    }

    /// Changes what the fault changes in a message; the other faults are not about its text.
    pub(super) fn edit(&mut self, fault: &Fault) {
        let of_im = self.service == Service::ImLine;
        match fault {
            Fault::UnknownField => self.insert(UNKNOWN_FIELD, || json!({"a": [1, null, "ü"], "b": {}})),
            Fault::Oversized { bytes } => self.insert(PADDING, || Value::String("x".repeat(*bytes))),
            Fault::UnknownEvent => self.rename(),
            Fault::UnknownValue => self.each_member(&|key, value| {
                let is_word = WORDS.contains(&key) || of_im && key == "what";
                if is_word && value.is_string() {
                    *value = UNKNOWN_WORD.into();
                }
            }),
            Fault::NumbersAsStrings => self.each_member(&|key, value| {
                if value.is_number() && (of_im || key != "seq") {
                    *value = value.to_string().into();
                }
            }),
            Fault::BadJson(kind) => self.broken = Some(*kind),
            _ => {}
        }
    }

    /// The text, broken if that was asked for.
    pub(super) fn text(&self) -> Text {
        let text = if self.changed { Text::from(self.value.to_string()) } else { self.text.clone() };
        match self.broken {
            None => text,
            Some(kind) => Text::from(broken(&text, kind)),
        }
    }

    /// The events, or the rows of an answer.
    fn bodies(&mut self) -> Vec<&mut Map<String, Value>> {
        fn objects<'a>(values: impl Iterator<Item = &'a mut Value>) -> Vec<&'a mut Map<String, Value>> {
            values.filter_map(Value::as_object_mut).collect()
        }
        match (self.service, &mut self.value) {
            (Service::CloudpbxStream, value) => match value.get_mut("text") {
                Some(Value::Object(events)) => objects(events.values_mut()),
                _ => Vec::new(),
            },
            // The body of the envelope.
            (Service::ImLine, Value::Object(message)) => objects(message.values_mut()),
            (_, Value::Array(rows)) => objects(rows.iter_mut()),
            (_, value) => objects(std::iter::once(value)),
        }
    }

    fn insert(&mut self, key: &str, value: impl Fn() -> Value) {
        if let Some(first) = self.bodies().into_iter().next() {
            first.insert(key.to_owned(), value());
            self.changed = true;
        }
    }

    /// Gives the events a type that nobody knows.
    fn rename(&mut self) {
        if let Some(Value::Object(events)) = self.value.get_mut("text") {
            let all = std::mem::take(events);
            *events = all.into_iter().map(|(_, body)| (UNKNOWN_EVENT.to_owned(), body)).collect();
        }
        if let (Service::ImLine, Value::Object(message)) = (self.service, &mut self.value) {
            let all = std::mem::take(message);
            *message = all.into_iter().map(|(_, body)| (UNKNOWN_EVENT.to_owned(), body)).collect();
        }
        for body in self.bodies() {
            if let Some(word) = body.get_mut(TYPE) {
                *word = UNKNOWN_EVENT.into();
            }
        }
        self.changed = true;
    }

    /// Changes members of the events, however deep.
    fn each_member(&mut self, change: &dyn Fn(&str, &mut Value)) {
        fn walk(object: &mut Map<String, Value>, change: &dyn Fn(&str, &mut Value)) {
            for (key, value) in object {
                change(key, value);
                within(value, change);
            }
        }
        fn within(value: &mut Value, change: &dyn Fn(&str, &mut Value)) {
            match value {
                Value::Object(object) => walk(object, change),
                Value::Array(items) => items.iter_mut().for_each(|item| within(item, change)),
                _ => {}
            }
        }
        self.bodies().into_iter().for_each(|body| walk(body, change));
        self.changed = true;
    }
}

/// JSON with one mistake.
fn broken(text: &str, kind: BadJson) -> String {
    let comma = outside_strings(text).find(|(_, byte)| *byte == b',').map(|(at, _)| at);
    let at = comma.or_else(|| outside_strings(text).filter(|(_, byte)| *byte == b':').last().map(|(at, _)| at));
    let split = |at: usize| text.split_at_checked(at).unwrap_or((text, ""));
    match (kind, at) {
        (BadJson::FullWidthComma | BadJson::MissingComma, Some(at)) => {
            let (before, rest) = split(at);
            let comma = if kind == BadJson::FullWidthComma { "，" } else { "" };
            format!("{before}{comma}{}", rest.get(1..).unwrap_or_default())
        }
        (BadJson::StrayBracket, _) => {
            let (before, last) = split(text.len().saturating_sub(1));
            // One that closes nothing, whatever the message is.
            let stray = if last == "]" { "}" } else { "]" };
            format!("{before}{stray}{last}")
        }
        _ => beginning(text, text.len() / 2).to_owned(),
    }
}

/// The bytes that are not within strings, and where they are.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        let was = quoted;
        match byte {
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        !was && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WSI: &str =
        r#"{"event_type":"call_start","note":"a, \"b\", c","direction":"in","n":7,"list":[{"n":8,"state":"x"}]}"#;
    const STREAM: &str = r#"{"id":9,"channel":"pbx_A","text":{"queue":{"peer":"K1","calls":"3","weight":2}}}"#;
    const AXEOS: &str = r#"[{"seq":4,"event_type":"phone status update","status":"idle","status_code":0}]"#;

    fn edited(service: Service, text: &str, fault: &Fault) -> String {
        let text = Text::from(text);
        let message = Message::event(service, &text).or_else(|| Message::answer(service, &text));
        let mut message = message.expect("a message");
        message.edit(fault);
        message.text().to_string()
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn only_events_and_answers_that_hold_some_are_changed() {
        let none = |service, text: &str| Message::event(service, &text.into()).is_none();
        assert!(none(Service::Wsi, r#"{"status":0}"#) && none(Service::Wsi, "no JSON"));
        assert!(none(Service::CloudpbxStream, r#"{"id":-1,"channel":"c","text":""}"#));
        let none = |text: &str| Message::answer(Service::Axeos, &text.into()).is_none();
        assert!(none("[]") && none(r#"[{"username":"anna"}]"#) && none("{}"));
    }

    #[test]
    fn what_is_not_changed_stays_byte_for_byte() {
        let text = r#"{ "event_type" : "x", "n": 1.50 }"#;
        assert_eq!(edited(Service::Wsi, text, &Fault::Duplicate), text);
    }

    #[test]
    fn unknown_things_stand_where_events_are() {
        let wsi = json(&edited(Service::Wsi, WSI, &Fault::UnknownField));
        assert!(wsi["x_unknown_field"]["a"].is_array() && wsi["note"] == "a, \"b\", c");
        let stream = json(&edited(Service::CloudpbxStream, STREAM, &Fault::UnknownField));
        assert!(stream["text"]["queue"]["x_unknown_field"].is_object());
        let axeos = json(&edited(Service::Axeos, AXEOS, &Fault::UnknownField));
        assert!(axeos[0]["x_unknown_field"].is_object());

        assert_eq!(json(&edited(Service::Wsi, WSI, &Fault::UnknownEvent))["event_type"], "x_unknown_event");
        let stream = json(&edited(Service::CloudpbxStream, STREAM, &Fault::UnknownEvent));
        assert_eq!((&stream["text"]["x_unknown_event"]["peer"], &stream["id"]), (&json!("K1"), &json!(9)));
        assert_eq!(json(&edited(Service::Axeos, AXEOS, &Fault::UnknownEvent))[0]["event_type"], "x_unknown_event");

        let wsi = json(&edited(Service::Wsi, WSI, &Fault::UnknownValue));
        assert_eq!((&wsi["direction"], &wsi["list"][0]["state"]), (&json!("x_unknown_word"), &json!("x_unknown_word")));
        assert_eq!(json(&edited(Service::Axeos, AXEOS, &Fault::UnknownValue))[0]["status"], "x_unknown_word");
    }

    #[test]
    fn numbers_become_strings_but_for_those_that_count_messages() {
        let wsi = json(&edited(Service::Wsi, WSI, &Fault::NumbersAsStrings));
        assert_eq!((&wsi["n"], &wsi["list"][0]["n"]), (&json!("7"), &json!("8")));
        let stream = json(&edited(Service::CloudpbxStream, STREAM, &Fault::NumbersAsStrings));
        assert_eq!((&stream["text"]["queue"]["weight"], &stream["id"]), (&json!("2"), &json!(9)));
        let axeos = json(&edited(Service::Axeos, AXEOS, &Fault::NumbersAsStrings));
        assert_eq!((&axeos[0]["status_code"], &axeos[0]["seq"]), (&json!("0"), &json!(4)));
    }

    #[test]
    fn an_oversized_event_is_as_long_as_asked_for() {
        let text = edited(Service::Wsi, WSI, &Fault::Oversized { bytes: 5000 });
        assert_eq!(json(&text)["x_padding"].as_str().map(str::len), Some(5000));
    }

    #[test]
    fn bad_json_is_none_in_every_kind_and_message() {
        for kind in BadJson::ALL {
            for (service, text) in [
                (Service::Wsi, WSI),
                (Service::CloudpbxStream, STREAM),
                (Service::Axeos, AXEOS),
                (Service::CloudpbxRest, r#"{"a":"b"}"#),
            ] {
                let bad = edited(service, text, &Fault::BadJson(*kind));
                assert!(serde_json::from_str::<Value>(&bad).is_err(), "{kind:?}: {bad}");
            }
        }
        let bad = edited(Service::Wsi, WSI, &Fault::BadJson(BadJson::FullWidthComma));
        assert!(bad.starts_with(r#"{"event_type":"call_start"，"note":"a, "#), "{bad}");
    }

    #[test]
    fn numbers_are_set_and_what_is_broken_stays_so() {
        let mut message = Message::event(Service::CloudpbxStream, &STREAM.into()).expect("an event");
        message.set_number(9);
        assert_eq!(message.text(), STREAM);
        message.set_number(12);
        assert_eq!(json(&message.text())["id"], 12);
        message.edit(&Fault::BadJson(BadJson::Cut));
        assert!(message.text().len() < STREAM.len() / 2 + 2);
    }
}
