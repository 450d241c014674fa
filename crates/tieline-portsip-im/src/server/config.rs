//! What a server session is started with.

use alloc::string::String;
use core::time::Duration;

use tieline_core::Limits;

use crate::Params;

/// The clock, the limits and the times of a server session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// What the time of day is at [`Instant::EPOCH`](tieline_core::Instant::EPOCH): microseconds since 1970-01-01T00:00:00Z.
    /// Every answer carries a time.
    pub epoch_unix_micros: i64,
    /// What a `hi` is answered with. The default names the protocol version and the longest message.
    pub hello: Params<String>,
    /// The bounds of what the client may cost. `queued_bytes` bounds what is queued for it, too.
    pub limits: Limits,
    /// How long a client may take to log in. Default 30 s.
    pub login_timeout: Duration,
    /// How many logins may be refused before the line is closed. Default 3.
    pub login_attempts: u32,
    /// How long the owner may take to answer. Default 10 s; then the client is answered 503.
    pub answer_timeout: Duration,
    /// A ping goes out when nothing was heard for this long. Default 30 s.
    pub ping_after: Duration,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default 75 s.
    pub idle_timeout: Duration,
    /// How long the closing handshake may take. Default 5 s.
    pub close_timeout: Duration,
}

impl ServerConfig {
    /// The usual times and limits, for a clock.
    #[must_use]
    pub fn new(epoch_unix_micros: i64) -> Self {
        let limits = Limits::default();
        Self {
            epoch_unix_micros,
            hello: Params {
                ver: Some("0.25".into()),
                max_message_size: Some(limits.message_bytes as u64),
                ..Params::default()
            },
            limits,
            login_timeout: Duration::from_secs(30),
            login_attempts: 3,
            answer_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            close_timeout: Duration::from_secs(5),
        }
    }
}
