//! What a server session is started with.

use core::time::Duration;

use tieline_core::Limits;

/// The limits and the times of a server session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The bounds of what the client may cost. `queued_bytes` bounds what is queued for it, too.
    pub limits: Limits,
    /// How long the owner may take to accept or reject. Default 10 s; then the client is rejected with status 503.
    pub answer_timeout: Duration,
    /// An empty ping goes out when nothing was sent for this long; `None`: never, as the real server is set up unless it
    /// is told otherwise. Default 30 s.
    pub ping_after: Option<Duration>,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default `None`: never, since a client
    /// as simple as the document's `curl` says nothing at all.
    pub idle_timeout: Option<Duration>,
    /// How long the closing handshake may take. Default 5 s.
    pub close_timeout: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            answer_timeout: Duration::from_secs(10),
            ping_after: Some(Duration::from_secs(30)),
            idle_timeout: None,
            close_timeout: Duration::from_secs(5),
        }
    }
}
