//! Why an endpoint failed, and why a frame was not sent.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tieline_core::{Class, PeerMisbehaved};

/// Why an endpoint ended other than by a closing handshake. A stream that simply ended is no failure of the endpoint:
/// it shows as `Frame::Eof` without a `Frame::Close` before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The opening handshake failed; no frame was ever exchanged.
    #[error("the WebSocket could not be opened: {0}")]
    Opening(#[source] OpeningError),
    /// The peer broke a rule of RFC 6455.
    #[error("the peer broke the WebSocket protocol: {0}")]
    Protocol(#[source] Violation),
    /// The peer announced a message longer than the limit.
    #[error("a message is longer than the limit of {limit} bytes")]
    MessageTooBig {
        /// The limit in force.
        limit: usize,
    },
    /// The peer announced a frame longer than the limit.
    #[error("a frame is longer than the limit of {limit} bytes")]
    FrameTooBig {
        /// The limit in force.
        limit: usize,
    },
    /// A message came in more fragments than the limit.
    #[error("a message has more than {limit} fragments")]
    TooManyFragments {
        /// The limit in force.
        limit: usize,
    },
    /// The peer did not answer our close frame in time. The end was wanted, so this is for the log only.
    #[error("the closing handshake was not answered in time")]
    CloseTimeout,
}

impl EndpointError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Opening(error) => error.class(),
            _ => Class::Retry,
        }
    }

    /// The close code that was sent for it; `None` when no close frame fits (no opening, no answer).
    #[must_use]
    pub const fn close_code(&self) -> Option<u16> {
        match self {
            Self::Opening(_) | Self::CloseTimeout => None,
            Self::Protocol(Violation::CloseReason) => Some(1007),
            Self::Protocol(_) => Some(1002),
            Self::MessageTooBig { .. } | Self::FrameTooBig { .. } => Some(1009),
            Self::TooManyFragments { .. } => Some(1008),
        }
    }

    /// The rule that the peer broke, in the words that sessions use; `None` for failures that are no misbehaviour.
    #[must_use]
    pub const fn misbehaviour(&self) -> Option<PeerMisbehaved> {
        match self {
            Self::Opening(_) | Self::CloseTimeout => None,
            Self::Protocol(_) => Some(PeerMisbehaved::MalformedFrame),
            Self::MessageTooBig { .. } | Self::FrameTooBig { .. } | Self::TooManyFragments { .. } => {
                Some(PeerMisbehaved::MessageTooBig)
            }
        }
    }
}

/// The rule of RFC 6455 that a frame broke; one variant a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A reserved bit is set although no extension was agreed on.
    #[error("a reserved bit is set")]
    ReservedBits,
    /// The opcode has no meaning.
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// A control frame without the final bit.
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// A control frame of more than 125 bytes.
    #[error("a control frame is longer than 125 bytes")]
    LongControl,
    /// A client sent a frame without a mask.
    #[error("a frame of the client is not masked")]
    Unmasked,
    /// A server sent a frame with a mask.
    #[error("a frame of the server is masked")]
    Masked,
    /// A new message began before the fragmented one was finished.
    #[error("a message began within another")]
    Interleaved,
    /// A continuation without a message to continue.
    #[error("a continuation has nothing to continue")]
    UnexpectedContinuation,
    /// A length with the most significant bit set.
    #[error("a length is negative")]
    NegativeLength,
    /// A close frame with one byte of payload.
    #[error("a close frame holds half a code")]
    CloseLength,
    /// A close code that must not be on the wire.
    #[error("close code {0} must not be sent")]
    CloseCode(u16),
    /// A close reason that is not UTF-8.
    #[error("a close reason is not UTF-8")]
    CloseReason,
}

/// Why a client's opening handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// What answered does not speak HTTP/1.
    #[error("the peer does not speak HTTP/1: {0}")]
    NotHttp(NotHttp),
    /// The answer began like HTTP/1 and then broke its grammar.
    #[error("the answer is not well-formed HTTP")]
    Malformed,
    /// The server answered with a status other than 101 or a redirect.
    #[error("the server refused with HTTP status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header, when it was given in seconds; a date needs a calendar clock and is left out.
        retry_after: Option<Duration>,
        /// The beginning of the body, at most 1 KiB.
        body: Snippet,
    },
    /// The server sent the client elsewhere (3xx). Following is the owner's business.
    #[error("the server redirects with HTTP status {status}")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The `Location` header, which may hold keys; empty when there was none.
        location: Snippet,
    },
    /// The server switched protocols without naming the WebSocket.
    #[error("the server switched protocols, but not to WebSocket")]
    MissingUpgrade,
    /// `Sec-WebSocket-Accept` is missing or does not fit the key: a cache or an echo answered.
    #[error("the server's accept key is wrong")]
    BadAcceptKey,
    /// The server chose a subprotocol that was not offered.
    #[error("the server chose a subprotocol that was not offered")]
    UnexpectedProtocol,
    /// The server insists on an extension (compression, say); none was offered.
    #[error("the server insists on an extension that was not offered")]
    UnexpectedExtension,
    /// The response header has more bytes or fields than the limit.
    #[error("the response header is longer than the limit")]
    TooLarge,
    /// No complete answer by the deadline.
    #[error("no answer within the deadline")]
    Timeout,
    /// The stream ended before the answer was complete.
    #[error("the stream ended before the answer")]
    Eof,
}

impl OpeningError {
    /// What to do about it: 401, 403 and 407 want other credentials, other 4xx will be refused again, 408, 425, 429 and 5xx
    /// pass with time, and so does a broken stream. A peer that speaks something else is a wrong address.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Refused { status: 401 | 403 | 407, .. } => Class::Reauthenticate,
            Self::Refused { status: 408 | 425 | 429 | 500..=599, retry_after, .. } => match retry_after {
                Some(wait) => Class::RetryAfter(*wait),
                None => Class::Retry,
            },
            Self::Timeout | Self::Eof => Class::Retry,
            _ => Class::Terminal,
        }
    }
}

/// What a peer speaks that does not speak HTTP/1, judged by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotHttp {
    /// A TLS alert: the port wants TLS (`wss`), and was spoken to without.
    #[error("it answered with a TLS alert")]
    TlsAlert,
    /// An HTTP/2 settings frame.
    #[error("it answered with HTTP/2")]
    Http2,
    /// Some other text.
    #[error("it answered with other text")]
    Text,
    /// Other bytes.
    #[error("it answered with bytes that are no text")]
    Binary,
}

impl NotHttp {
    pub(crate) fn of(first: u8) -> Self {
        match first {
            0x15 => Self::TlsAlert,
            0 => Self::Http2,
            b' '..=b'~' | b'\t' | b'\r' | b'\n' => Self::Text,
            _ => Self::Binary,
        }
    }
}

/// Words of the peer that belong to an error but not into a log: `Debug` prints the length only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Snippet(Bytes);

impl Snippet {
    pub(crate) fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, as the peer sent them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The words as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snippet({} bytes)", self.0.len())
    }
}

/// Why a frame was not taken for sending. Nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// The opening handshake is not over.
    #[error("the WebSocket is not open yet")]
    Opening,
    /// A close frame was sent or received, or the endpoint ended.
    #[error("the WebSocket is closed")]
    Closed,
    /// The frame cannot be sent: the text says why.
    #[error("the frame cannot be sent: {0}")]
    Invalid(&'static str),
}
