//! What a client session is started with.

use core::time::Duration;

use tieline_core::Limits;

use crate::{Auth, Dialect};

/// The dialect, the login, and the times of a client session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The generation of the server.
    pub dialect: Dialect,
    /// The login, sent first on every line.
    pub auth: Auth,
    /// The bounds of what the peer may cost.
    pub limits: Limits,
    /// How long the answer to the login may take. Default 10 s.
    pub login_timeout: Duration,
    /// How long a subscribe or unsubscribe waits for an answer that may never come. Default 3 s.
    pub grace: Duration,
    /// A ping goes out when nothing was heard for this long. Default 20 s.
    pub ping_after: Duration,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default 50 s.
    pub idle_timeout: Duration,
    /// How long the closing handshake may take. Default 5 s.
    pub close_timeout: Duration,
}

impl ClientConfig {
    /// The usual times and limits for a dialect and a login.
    #[must_use]
    pub fn new(dialect: Dialect, auth: Auth) -> Self {
        Self {
            dialect,
            auth,
            limits: Limits::default(),
            login_timeout: Duration::from_secs(10),
            grace: Duration::from_secs(3),
            ping_after: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(50),
            close_timeout: Duration::from_secs(5),
        }
    }
}
