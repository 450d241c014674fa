//! What clients did, in no protocol's words.

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
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Login { names } => write!(f, "login {}", names.join(" / ")),
            Self::Subscribe { topic } => write!(f, "subscribe {topic}"),
            Self::Call { from, to } => write!(f, "call from {from} to {to}"),
            Self::Sms { to } => write!(f, "sms to {to}"),
        }
    }
}
