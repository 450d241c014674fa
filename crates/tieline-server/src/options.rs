//! What a server allows its clients.

use std::time::Duration;

use crate::census::Caps;
use tieline_websocket::upgrade::Strictness;

/// The largest read buffer.
const MAX_READ_BYTES: usize = 16 << 10;
/// The smallest read buffer: room for a frame header and a little more.
const MIN_READ_BYTES: usize = 64;

/// The bounds, deadlines and socket options of one server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The most connections at once, of whatever kind; more are closed as soon as they are accepted, and counted. Default
    /// 20,000. Mind the limit of open files.
    pub max_connections: usize,
    /// The most connections at once from one address (IPv6: from one /64 network); more are closed as soon as they are
    /// accepted, and counted. Default 1,024. Behind a proxy all clients share one address: raise it there.
    pub max_connections_per_address: usize,
    /// The most new connections from one address (IPv6: from one /64 network) in a minute, all of which may come at once;
    /// more are closed as soon as they are accepted, and counted. Default 3,000: a client that connects again without pause
    /// meets it, many clients behind one address that all come back at once do not. `u32::MAX` for no limit.
    pub max_connects_per_minute: u32,
    /// TLS on every connection; `None` is plain TCP. Default `None`.
    #[cfg(feature = "tls")]
    pub tls: Option<tieline_tls::ServerTls>,
    /// How long TLS and the head of the first HTTP request may take together. Afterwards about as long between two requests.
    /// Default 10 s.
    pub handshake_timeout: Duration,
    /// How exactly a WebSocket opening request must follow RFC 6455. Default to the letter.
    pub strictness: Strictness,
    /// Whether small segments leave at once (`TCP_NODELAY`). Default `true`.
    pub nodelay: bool,
    /// After how long a silence TCP asks whether the peer is still there; `None` never. Default 60 s. Sessions have their
    /// own, quicker pings; this one is for HTTP.
    pub keepalive: Option<Duration>,
    /// How many encoded bytes wait at most for one peer's socket. What goes beyond waits within the session, whose own limit
    /// ends it. Default 64 KiB.
    pub write_bytes: usize,
    /// How many bytes are read at once, from 64 to 16,384. The buffer is the thread's, not the connection's. Default 4 KiB.
    pub read_bytes: usize,
    /// How long a client may take to take its last bytes and to answer a close frame. Default 5 s.
    pub close_timeout: Duration,
    /// How long sessions may take to say goodbye when the server shuts down. Default 5 s.
    pub drain_timeout: Duration,
}

impl ServerOptions {
    pub(crate) const fn caps(&self) -> Caps {
        Caps {
            all: self.max_connections,
            per_address: self.max_connections_per_address,
            per_minute: self.max_connects_per_minute,
        }
    }

    pub(crate) fn read_size(&self) -> usize {
        self.read_bytes.clamp(MIN_READ_BYTES, MAX_READ_BYTES)
    }
}

/// Room for the largest read buffer.
pub(crate) const READ_BUFFER: usize = MAX_READ_BYTES;

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_connections_per_address: 1024,
            max_connects_per_minute: 3_000,
            #[cfg(feature = "tls")]
            tls: None,
            handshake_timeout: Duration::from_secs(10),
            strictness: Strictness::default(),
            nodelay: true,
            keepalive: Some(Duration::from_secs(60)),
            write_bytes: 64 << 10,
            read_bytes: 4 << 10,
            close_timeout: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(5),
        }
    }
}
