//! What an endpoint waits for and what it takes.

use std::time::Duration;

use tieline_core::Limits;

/// The bounds and deadlines of one endpoint.
///
/// Buffers start empty and grow with what was really received, so a generous limit costs nothing by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The longest message taken, in bytes, all its fragments together. Default 1 MiB. A longer one is answered with
    /// close code 1009. [`Endpoint::set_message_limit`](crate::Endpoint::set_message_limit) changes it later, after a
    /// login for instance.
    pub message_bytes: usize,
    /// Whether the limit of messages may change with every frame, as it does with a login: then a frame is handed out
    /// before the next one is looked at, and so is the end of the opening handshake. Default false.
    /// [`Endpoint::set_message_limit`](crate::Endpoint::set_message_limit) changes it later.
    pub provisional: bool,
    /// The longest single frame taken, in bytes of payload. Default: no bound but that of the message.
    pub frame_bytes: usize,
    /// The most fragments one message may come in, empty ones included. Default 4096. More are answered with close
    /// code 1008.
    pub fragments: usize,
    /// How long a client waits for the answer to its opening request. Default 10 seconds.
    pub opening_timeout: Duration,
    /// How long an endpoint waits for the closing handshake, from its own close frame on, and then for its last bytes
    /// to be written and the stream to end. Default 5 seconds.
    pub close_timeout: Duration,
    /// The most bytes of response header a client takes. Default 16 KiB.
    pub opening_bytes: usize,
    /// The most response header fields a client takes. Default 100.
    pub opening_headers: usize,
    /// For servers that handle one frame a read, and stay a frame behind for good after a read with two (nginx with
    /// push-stream, which CloudPBX most likely is): every frame goes out in a write of its own, and the next one only when
    /// the peer has said something since, or this time has passed; 1 second is enough. Answers to pings wait as well, and a
    /// close frame takes the place of all that waits. Default `None`: everything queued goes out in one write.
    pub one_frame_per_write: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            message_bytes: 1 << 20,
            provisional: false,
            frame_bytes: usize::MAX,
            fragments: 4096,
            opening_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            opening_bytes: 16 << 10,
            opening_headers: 100,
            one_frame_per_write: None,
        }
    }
}

impl From<&Limits> for Config {
    /// The defaults, with [`message_bytes`](Self::message_bytes) taken from a session's limits.
    fn from(limits: &Limits) -> Self {
        Self { message_bytes: limits.message_bytes, ..Self::default() }
    }
}
