//! The unit of a WebSocket session: one message, or one control frame.

use core::fmt;

use bytes::Bytes;

use crate::Text;

/// A WebSocket message or control frame, whole, as it enters or leaves a session.
///
/// `Debug` prints kind and length only: frames hold passwords, tokens and phone numbers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// A text message.
    Text(Text),
    /// A message sent as text whose bytes are not UTF-8. Never sent by us; the session reports it and lives on.
    BadText(Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping with its payload (at most 125 bytes). The WebSocket endpoint answers pings by itself.
    Ping(Bytes),
    /// A pong with its payload (at most 125 bytes).
    Pong(Bytes),
    /// A close frame; `None` when it had no code. As output: close the line, then expect `Eof`.
    Close(Option<CloseFrame>),
    /// The end of the stream, clean or not. Input only, and the last input of a line.
    Eof,
}

impl Frame {
    /// A text frame.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// The length of the payload in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::BadText(bytes) | Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(Some(close)) => close.reason.len() + 2,
            Self::Close(None) | Self::Eof => 0,
        }
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the kind, as logs print it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::BadText(_) => "bad text",
            Self::Binary(_) => "binary",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
            Self::Close(_) => "close",
            Self::Eof => "eof",
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close(Some(close)) => write!(f, "Frame(close {})", close.code),
            Self::Close(None) | Self::Eof => write!(f, "Frame({})", self.kind()),
            _ => write!(f, "Frame({}, {} bytes)", self.kind(), self.len()),
        }
    }
}

/// The content of a close frame.
#[derive(Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code of RFC 6455 §7.4 (1000 normal, 1001 going away, 1008 policy, 1009 too big, 1013 try again …).
    pub code: u16,
    /// The peer's words, at most 123 bytes; may be empty. Free text of the peer, so `Debug` leaves it out.
    pub reason: Text,
}

impl CloseFrame {
    /// A close frame of a code and a reason.
    pub fn new(code: u16, reason: impl Into<Text>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl fmt::Debug for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseFrame({}, {} bytes)", self.code, self.reason.len())
    }
}
