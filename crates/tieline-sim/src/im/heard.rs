//! What a client does in IM, read off its line.

use std::collections::VecDeque;

use serde_json::Value;

use super::Im;
use crate::scenario::{Deed, Receipt};

/// Requests that wait for their answers at most; the oldest is forgotten.
const MOST_WAITING: usize = 256;

/// Listens to one line of IM.
#[derive(Debug, Default)]
pub(crate) struct ImEar {
    /// The user that is logged in, as the wire names it.
    user: Option<String>,
    waiting: VecDeque<(String, Asked)>,
}

/// A request that is told of once it is granted.
#[derive(Debug)]
enum Asked {
    Login,
    Subscribe { topic: String },
    Publish { topic: String, text: Option<String> },
}

impl ImEar {
    /// The user that is logged in, as the wire names it.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The client says something; what it did by that alone.
    pub(crate) fn client_says(&mut self, message: &Value, im: &Im) -> Option<Deed> {
        let (verb, body) = message.as_object()?.iter().find(|(_, body)| body.is_object())?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let asked = match verb.as_str() {
            "login" => Asked::Login,
            "sub" => Asked::Subscribe { topic: text("topic")? },
            "pub" => Asked::Publish { topic: text("topic")?, text: text("content") },
            "note" => return self.note(&text("what")?, &text("topic")?, im),
            _ => return None,
        };
        match text("id") {
            Some(id) => {
                if self.waiting.len() == MOST_WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back((id, asked));
                None
            }
            // It is not answered, so nobody learns whether it was granted.
            None => self.deed(asked, im),
        }
    }

    /// The server says something; what it granted by it.
    pub(crate) fn server_says(&mut self, text: &str, im: &Im) -> Option<Deed> {
        if self.waiting.is_empty() || !text.starts_with(r#"{"ctrl""#) {
            return None;
        }
        let message: Value = serde_json::from_str(text).ok()?;
        let ctrl = message.get("ctrl")?;
        let (id, code) = (ctrl.get("id")?.as_str()?, ctrl.get("code")?.as_u64()?);
        let at = self.waiting.iter().position(|(waiting, _)| waiting == id)?;
        let (_, asked) = self.waiting.remove(at)?;
        if code >= 300 && code != 304 {
            return None;
        }
        if let Asked::Login = asked {
            self.user = ctrl.get("params")?.get("user")?.as_str().map(str::to_owned);
        }
        self.deed(asked, im)
    }

    fn deed(&self, asked: Asked, im: &Im) -> Option<Deed> {
        match asked {
            // The desk tells of it.
            Asked::Login => None,
            Asked::Subscribe { topic } => Some(Deed::Subscribe { topic: im.shown(&topic) }),
            Asked::Publish { topic, text } => {
                Some(Deed::Message { from: im.shown(self.user.as_ref()?), to: im.shown(&topic), text })
            }
        }
    }

    fn note(&self, what: &str, topic: &str, im: &Im) -> Option<Deed> {
        let what = match what {
            "read" => Receipt::Read,
            "recv" => Receipt::Received,
            _ => return None,
        };
        Some(Deed::Receipt { by: im.shown(self.user.as_ref()?), of: im.shown(topic), what })
    }
}
