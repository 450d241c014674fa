//! What a server session is started with.

use core::time::Duration;

use tieline_core::Limits;

use crate::Dialect;

/// The dialect, the limits and the times of a server session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The dialect, if it is known beforehand (`?dialect=` on the URL); `None` tells it from what the client says.
    pub dialect: Option<Dialect>,
    /// The bounds of what the client may cost. `queued_bytes` bounds what is queued for it, too.
    pub limits: Limits,
    /// How long a client may take to log in. Default 30 s.
    pub login_timeout: Duration,
    /// How many logins may be refused before the line is closed. Default 3.
    pub login_attempts: u32,
    /// How long the owner may take to answer. Default 10 s; then the client is answered with status -1.
    pub answer_timeout: Duration,
    /// A ping goes out when nothing was heard for this long. Default 30 s.
    pub ping_after: Duration,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default 75 s.
    pub idle_timeout: Duration,
    /// How long the closing handshake may take. Default 5 s.
    pub close_timeout: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            dialect: None,
            limits: Limits::default(),
            login_timeout: Duration::from_secs(30),
            login_attempts: 3,
            answer_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            close_timeout: Duration::from_secs(5),
        }
    }
}
