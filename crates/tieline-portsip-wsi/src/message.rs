//! What a server sends.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Raw, decode_with};
use tieline_core::{Limits, Str, Text, wire_struct};

use crate::Event;
use crate::event::decode_event;

wire_struct! {
    /// The answer to a command. v12 and v16 write only `status`, and `error` with it; v22 also `command` and `id`.
    pub struct Response<S> {
        /// The command that is answered.
        pub command: S,
        /// What the failure is, in words that are made for people.
        pub error: S,
        /// The id of the command that is answered; a number is tolerated.
        pub id: S,
        /// 0 for success; failures are -1.
        pub status: i64,
    }
}

impl<S> Response<S> {
    /// The answer to a command that succeeded, as v12 and v16 write it.
    #[must_use]
    pub fn ok() -> Self {
        Self { status: Some(0), ..Self::default() }
    }

    /// The answer to a command that failed, as v12 and v16 write it.
    #[must_use]
    pub fn failed(error: S) -> Self {
        Self { status: Some(-1), error: Some(error), ..Self::default() }
    }

    /// Whether the command succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == Some(0)
    }
}

/// A message of the server.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged, bound(serialize = "S: AsRef<str> + serde::Serialize"))]
#[non_exhaustive]
pub enum ServerMessage<S> {
    /// What has an `event_type`.
    Event(Event<S>),
    /// What has no `event_type`, but a `status` that is a number, also one written as a string.
    Response(Response<S>),
    /// Any other JSON.
    Other(Raw<S>),
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for ServerMessage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Response(response) => f.debug_tuple("Response").field(response).finish(),
            Self::Other(raw) => f.debug_tuple("Other").field(raw).finish(),
        }
    }
}

impl<'a> ServerMessage<Str<'a>> {
    /// Decodes a message; its strings borrow from `text`, but those with escapes.
    ///
    /// # Errors
    /// When `text` is not JSON, or an event has a field of another kind than documented.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        decode(text, &(), Limits::default().depth)
    }
}

impl ServerMessage<Text> {
    /// Decodes a message; its strings are slices of the frame. At most `max_depth` levels are materialised.
    ///
    /// # Errors
    /// As [`ServerMessage::decode`], or when an event is nested deeper than `max_depth`.
    pub fn decode_frame(frame: &Text, max_depth: u32) -> Result<Self, DecodeError> {
        decode(frame, frame, max_depth)
    }

    /// Decodes a message that is no event.
    #[cfg(feature = "client")]
    pub(crate) fn decode_eventless(frame: &Text, max_depth: u32) -> Result<Self, DecodeError> {
        decode_eventless(frame, frame, max_depth)
    }
}

fn decode<'a, C, S>(text: &'a str, context: &C, max_depth: u32) -> Result<ServerMessage<S>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    let mut event = Event::blank();
    match decode_event(text, context, max_depth, &mut event)? {
        Some(_) => Ok(ServerMessage::Event(event)),
        None => decode_eventless(text, context, max_depth),
    }
}

fn decode_eventless<'a, C, S>(text: &'a str, context: &C, max_depth: u32) -> Result<ServerMessage<S>, DecodeError>
where
    C: ?Sized,
    S: Decode<'a, C> + AsRef<str>,
    Raw<S>: Decode<'a, C>,
{
    match decode_with::<Response<S>, C>(text, context, max_depth) {
        Ok(response) if response.status.is_some() => Ok(ServerMessage::Response(response)),
        // JSON of any other shape; what is not JSON is refused here too.
        _ => Ok(ServerMessage::Other(decode_with(text, context, max_depth)?)),
    }
}

impl<S: AsRef<str> + Encode> Encode for ServerMessage<S> {
    fn encode(&self, out: &mut String) {
        match self {
            Self::Event(event) => event.encode(out),
            Self::Response(response) => response.encode(out),
            Self::Other(raw) => raw.encode(out),
        }
    }
}
