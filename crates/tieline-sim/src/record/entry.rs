//! One thing that a client did, or that befell it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tieline_core::Instant;

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the connection, from 1.
    pub connection: u64,
    /// When: real time since the start of the simulator.
    pub at: Duration,
    /// The same as scenario time.
    pub scenario: Instant,
    /// What.
    pub what: What,
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// It was accepted.
    Opened {
        /// From where.
        address: SocketAddr,
    },
    /// The client asked for something over HTTP, or opened a WebSocket. Bodies are not recorded.
    Request {
        /// `GET`, say.
        method: String,
        /// Path and query, secrets left out.
        target: String,
    },
    /// The client sent a text message. Secrets are left out; one that is no JSON is told by its length, as it may hold them.
    Text(String),
    /// The client sent another frame.
    Frame {
        /// `ping`, say.
        kind: &'static str,
        /// How long its payload was.
        bytes: usize,
    },
    /// The client sent a close frame.
    Closed {
        /// Its code.
        code: Option<u16>,
    },
    /// A fault befell the connection.
    Fault(String),
    /// It is over.
    Ended(Ended),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The client ended its side first.
    Client,
    /// The client reset it, or the network failed.
    Broken,
    /// The server ended its side first.
    Server,
    /// The simulator dropped it without a word: it was refused, or all were cut.
    Dropped,
    /// The simulator reset it.
    Reset,
    /// It was a black hole, or mute, until the client left.
    BlackHole,
}

impl Ended {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Broken => "broken",
            Self::Server => "server",
            Self::Dropped => "dropped",
            Self::Reset => "reset",
            Self::BlackHole => "black-hole",
        }
    }
}

impl Entry {
    /// About how much it takes of the memory.
    pub(super) fn len(&self) -> usize {
        size_of::<Self>()
            + match &self.what {
                What::Request { method, target } => method.len() + target.len(),
                What::Text(text) | What::Fault(text) => text.len(),
                _ => 0,
            }
    }

    /// It as a JSON object: `t` (real milliseconds since the start), `scenario` (milliseconds), `connection`, `kind` and
    /// what belongs to that. A text message has `from` and `text` as the lines of `tieline lint` do.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut line = Map::new();
        let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
        put("t", json!(self.at.as_millis() as u64));
        put("scenario", json!(self.scenario.since_epoch().as_millis() as u64));
        put("connection", json!(self.connection));
        put("from", json!("client"));
        let kind = match &self.what {
            What::Opened { address } => {
                put("address", json!(address.to_string()));
                "opened"
            }
            What::Request { method, target } => {
                put("method", json!(method));
                put("target", json!(target));
                "request"
            }
            What::Text(text) => {
                put("text", json!(text));
                "text"
            }
            What::Frame { kind, bytes } => {
                put("frame", json!(kind));
                put("bytes", json!(bytes));
                "frame"
            }
            What::Closed { code } => {
                put("code", json!(code));
                "closed"
            }
            What::Fault(fault) => {
                put("from", json!("simulator"));
                put("fault", json!(fault));
                "fault"
            }
            What::Ended(why) => {
                put("why", json!(why.as_str()));
                "ended"
            }
        };
        put("kind", json!(kind));
        Value::Object(line)
    }
}
