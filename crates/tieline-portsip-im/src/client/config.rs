//! What a client session is started with.

use core::time::Duration;

use tieline_core::Limits;

use crate::{Credentials, Hi};

/// The login, the limits and the times of a client session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The login, sent first on every line.
    pub credentials: Credentials,
    /// What is said before the login. Default nothing: PortSIP's documents do not have it, Tinode demands it.
    pub hello: Option<Hi<alloc::string::String>>,
    /// The bounds of what the peer may cost.
    pub limits: Limits,
    /// How long the login may take. Default 10 s.
    pub login_timeout: Duration,
    /// How long an answer may take. Default 15 s.
    pub request_timeout: Duration,
    /// So many messages are asked for at once when a gap is refilled. Default 100, the most that Tinode gives.
    pub page: u32,
    /// So many messages of one gap are asked for at most, the newest; the others are told as lost. Default 10,000.
    /// With 0 gaps are told and not refilled.
    pub refill_at_most: u64,
    /// A ping goes out when nothing was heard for this long. Default 20 s.
    pub ping_after: Duration,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default 50 s.
    pub idle_timeout: Duration,
    /// How long the closing handshake may take. Default 5 s.
    pub close_timeout: Duration,
}

impl ClientConfig {
    /// The usual times and limits for a login.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            hello: None,
            limits: Limits::default(),
            login_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            page: 100,
            refill_at_most: 10_000,
            ping_after: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(50),
            close_timeout: Duration::from_secs(5),
        }
    }
}
