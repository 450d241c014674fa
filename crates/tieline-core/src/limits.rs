//! What a peer may cost at most.

/// The bounds of one session. Everything a peer controls is under one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message taken, in bytes. Default 1 MiB. A longer one ends the line with close code 1009.
    pub message_bytes: usize,
    /// The longest message taken before the login, in bytes. Default 16 KiB.
    pub message_bytes_before_login: usize,
    /// The deepest nesting of JSON values that are materialised. Default 64. Values that are skipped or kept raw may
    /// nest as deep as their message is long.
    pub depth: u32,
    /// The most requests that wait for their answer or their turn. Default 64.
    pub in_flight: usize,
    /// Above this many unread events a session wants no more input. Default 1024. At twice as many it closes.
    pub queued_events: usize,
    /// Above this many bytes of unread events a session wants no more input. Default 4 MiB. At twice as many, plus
    /// one message, it closes.
    pub queued_bytes: usize,
    /// The most subscriptions a server session holds. Default 10,000 names (extensions, queues, tenants, keys).
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
