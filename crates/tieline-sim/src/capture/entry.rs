//! What a capture holds: a header, and a line for each thing that happened.

use std::time::Duration;

use crate::capture::Side;

/// The first line of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// What was captured: `wsi`, `im`, `cloudpbx`, `cloudpbx-api` or `axeos`; absent where nobody said. Each connection tells it
    /// again by the path of its first request.
    pub protocol: Option<String>,
    /// The dialect of WSI, `v22` say.
    pub dialect: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Where the PBX was, redacted like everything else.
    pub url: String,
    /// The fingerprint of the key of the redaction: captures with the same one map alike. Absent where nothing is redacted.
    pub redaction: Option<String>,
}

/// One line of a capture after the first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// How long after the start, to the microsecond.
    pub at: Duration,
    /// The number of the connection, from 1; 0 for the capture itself.
    pub connection: u64,
    /// What.
    pub what: What,
}

impl Entry {
    /// A line.
    #[must_use]
    pub const fn new(at: Duration, connection: u64, what: What) -> Self {
        Self { at, connection, what }
    }
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The line is up: the stream to the PBX is open.
    Opened,
    /// There is no line: the PBX was not reached.
    Failed {
        /// Why, in words of the recorder: nothing of the peer's, since it is not redacted.
        words: String,
    },
    /// The client asked for something over HTTP, or for a WebSocket.
    Request(Request),
    /// The PBX answered.
    Response(Response),
    /// A message on a WebSocket.
    Message {
        /// Who sent it.
        from: Side,
        /// Whether it was sent as binary.
        binary: bool,
        /// What it holds.
        payload: Payload,
    },
    /// A ping or pong.
    Control {
        /// Who sent it.
        from: Side,
        /// Whether it is a pong.
        pong: bool,
        /// How long its payload was.
        bytes: usize,
    },
    /// A close frame.
    Closed {
        /// Who sent it.
        from: Side,
        /// Its code.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// What went on cannot be shown: it is no HTTP, a rule of the WebSocket is broken, or a limit is met. It was passed on all
    /// the same.
    Unreadable {
        /// Who sent it.
        from: Side,
        /// Why, in words of the recorder.
        words: String,
    },
    /// The line is down.
    Ended(Ended),
    /// The capture ended in an orderly way; the last line.
    End,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The client ended its side first.
    Client,
    /// The PBX ended its side first.
    Server,
    /// The network failed, or one of them reset it.
    Broken,
    /// The recording was stopped.
    Stopped,
}

impl Ended {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Broken => "broken",
            Self::Stopped => "stopped",
        }
    }
}

/// A request over HTTP. Its `Debug` tells neither the query nor what header fields hold: secrets may be in both.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The number of the exchange on this connection, from 1.
    pub exchange: u64,
    /// `GET`, say.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The header fields as they came, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Payload,
}

/// An answer over HTTP. Its `Debug` does not tell what header fields hold: secrets may be in them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The number of the exchange that it answers.
    pub exchange: u64,
    /// The status; 101 opens a WebSocket.
    pub status: u16,
    /// The header fields as they came, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Payload,
}

/// What a message or body holds.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// Text.
    Text(String),
    /// Bytes that are no UTF-8.
    Bytes(Vec<u8>),
    /// It is not in the capture; so many bytes.
    Size(u64),
}

impl Payload {
    /// What these bytes are.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes; of what is not in the capture as many zeros, at most `most`.
    #[must_use]
    pub fn to_bytes(&self, most: usize) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Size(size) => vec![0; usize::try_from(*size).map_or(most, |size| size.min(most))],
        }
    }

    /// How long it is or was.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Size(size) => *size,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The names of header fields.
fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| &**name).collect()
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("exchange", &self.exchange)
            .field("method", &self.method)
            .field("path", &self.target.split('?').next().unwrap_or_default())
            .field("headers", &names(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("exchange", &self.exchange)
            .field("status", &self.status)
            .field("headers", &names(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}

// Without redaction it holds everything.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}
