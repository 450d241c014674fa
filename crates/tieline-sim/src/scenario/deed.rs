//! What clients did, in no protocol's words.

use super::im::Receipt;

/// Something that the PBX let a client do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It logged in: by number and by name.
    Login { names: Vec<String> },
    /// It subscribed.
    Subscribe { topic: String },
    /// It let one number call another.
    Call { from: String, to: String },
    /// It sent a text message.
    Sms { to: String },
    /// It published in IM: whose it is, to whom or to which group, and a text, if it is one.
    Message { from: String, to: String, text: Option<String> },
    /// It said in IM how far messages came.
    Receipt { by: String, of: String, what: Receipt },
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Login { names } => write!(f, "login {}", names.join(" / ")),
            Self::Subscribe { topic } => write!(f, "subscribe {topic}"),
            Self::Call { from, to } => write!(f, "call from {from} to {to}"),
            Self::Sms { to } => write!(f, "sms to {to}"),
            Self::Message { from, to, text } => {
                write!(f, "message from {from} to {to}: {}", text.as_deref().unwrap_or("(no text)"))
            }
            Self::Receipt { by, of, what } => write!(f, "receipt by {by}: {} of {of}", what.as_str()),
        }
    }
}
