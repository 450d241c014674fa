//! What a peer may cost at most.

/// The bounds of one session. Everything a peer controls is under one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message taken, in bytes. Default 1 MiB. A longer one ends the line with close code 1009.
    pub message_bytes: usize,
    /// The longest message taken before the login is accepted, in bytes, in both roles. Default 16 KiB.
    pub message_bytes_before_login: usize,
    /// The deepest nesting of JSON values that are materialised. Default 64. Values that are skipped or kept raw may
    /// nest as deep as their message is long.
    pub depth: u32,
    /// The most requests that wait for their answer or their turn. Default 64. A server session reads on below it only,
    /// and while what waits is less than [`queued_bytes`](Self::queued_bytes); at twice either it closes.
    pub in_flight: usize,
    /// Above this many unread events a session wants no more input. Default 1024. At twice as many it closes.
    pub queued_events: usize,
    /// Above this many bytes of unread events a session wants no more input. Default 4 MiB. At twice as many, plus
    /// one message, it closes. It also ends when this many bytes wait to be sent, as the peer does not read then.
    pub queued_bytes: usize,
    /// The most subscriptions a server session holds. Default 10,000 names (extensions, queues, tenants, keys). A
    /// command with a longer list is refused at once.
    pub subscriptions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 1 << 20,
            message_bytes_before_login: 16 << 10,
            depth: 64,
            in_flight: 64,
            queued_events: 1024,
            queued_bytes: 4 << 20,
            subscriptions: 10_000,
        }
    }
}

/// The longest message that a session takes now, for the WebSocket endpoint that reads for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLimit {
    /// In bytes. A longer one is answered with close code 1009.
    pub bytes: usize,
    /// Whether the next message may change the limit, as a login does. What a peer sends on the heels of a login is then
    /// judged by the limit after it, however the bytes were cut.
    pub provisional: bool,
}

impl MessageLimit {
    /// A limit for good.
    #[must_use]
    pub const fn settled(bytes: usize) -> Self {
        Self { bytes, provisional: false }
    }

    /// A limit that the next message may change.
    #[must_use]
    pub const fn provisional(bytes: usize) -> Self {
        Self { bytes, provisional: true }
    }
}
