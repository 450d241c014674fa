//! A line of IM that is watched: what the client does, and what is refused it.

use serde_json::{Value, json};
use tieline_core::{Frame, Text};
use tieline_portsip_im::Status;

use super::kind::{Occasion, Service};
use super::line::WatchedLine;

/// In no login of the simulator: `nobody@nowhere:no token` in base64.
const WRONG_SECRET: &str = "bm9ib2R5QG5vd2hlcmU6bm8gdG9rZW4=";

impl WatchedLine {
    /// What the client said, with its faults; `None` when the line is not to hear it.
    pub(super) fn heard_in_im(&mut self, text: Text) -> Option<Text> {
        let Ok(mut message) = serde_json::from_str::<Value>(&text) else { return Some(text) };
        if let Some(deed) = self.conn.pbx.im.get().and_then(|im| self.ear.client_says(&message, im)) {
            self.conn.pbx.done(&deed);
        }
        let verb = message.as_object().and_then(|message| message.keys().next().cloned()).unwrap_or_default();
        let occasion = match verb.as_str() {
            "login" => Occasion::Login,
            "sub" | "pub" => Occasion::Subscribe,
            _ => return Some(self.raised(message, text)),
        };
        if self.conn.judge(occasion).is_empty() {
            return Some(self.raised(message, text));
        }
        if occasion == Occasion::Subscribe {
            self.deny(message.get(&verb).unwrap_or(&Value::Null));
            return None;
        }
        if let Some(login) = message.get_mut(&verb).and_then(Value::as_object_mut) {
            login.insert("secret".to_owned(), WRONG_SECRET.into());
        }
        Some(Text::from(message.to_string()))
    }

    /// With the numbers that the service knows.
    fn raised(&self, mut message: Value, text: Text) -> Text {
        if self.numbers.raise(&mut message) { Text::from(message.to_string()) } else { text }
    }

    /// Answers that something is not permitted.
    fn deny(&mut self, asked: &Value) {
        let Status { code, text } = Status::PERMISSION_DENIED;
        let mut ctrl = json!({"code": code, "text": text, "ts": self.conn.pbx.time_of_day().raw()});
        for key in ["id", "topic"] {
            if let Some(value) = asked.get(key) {
                ctrl[key] = value.clone();
            }
        }
        self.out.push_back(Frame::text(json!({"ctrl": ctrl}).to_string()));
    }

    /// The author of a message says it so often more.
    pub(super) fn said_again(&self, said: &Value, times: u32) {
        let Some(data) = said.get("data") else { return };
        let text = |key: &str| data.get(key).and_then(Value::as_str);
        if let (Some(im), Some(author), Some(topic)) = (self.conn.pbx.im.get(), text("from"), text("topic")) {
            let content = data.get("content").unwrap_or(&Value::Null);
            im.repeat(author, self.ear.user(), topic, content, times);
        }
    }

    /// What the line said may be the answer that grants a request.
    pub(super) fn said_in_im(&mut self, text: &Text) {
        if self.service == Service::ImLine
            && let Some(deed) = self.conn.pbx.im.get().and_then(|im| self.ear.server_says(text, im))
        {
            self.conn.pbx.done(&deed);
        }
    }
}
