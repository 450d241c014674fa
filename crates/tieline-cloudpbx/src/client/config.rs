//! What a client session is started with.

use core::time::Duration;

use tieline_core::Limits;

use crate::stream::EVENTS_PER_MESSAGE;

/// The limits and times of a client session. The key stands in the address, so there is no login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The bounds of what the server may cost; `subscriptions` bounds the states that are remembered as known.
    pub limits: Limits,
    /// The most events of one message that are read; the rest is counted and [noted](super::Noted::Omitted). Default
    /// [`EVENTS_PER_MESSAGE`]. Half of [`Limits::queued_events`] when that is less.
    pub events_per_message: usize,
    /// How long numbers may be missing before that is told: messages may overtake each other. Default 3 s.
    pub hole_timeout: Duration,
    /// A ping goes out when nothing was heard for this long. Default 20 s. The server may be silent for long.
    pub ping_after: Duration,
    /// The line counts as lost when nothing, pongs included, was heard for this long. Default 50 s.
    pub idle_timeout: Duration,
    /// How long the end of the line may take after our close frame. Default 5 s.
    pub close_timeout: Duration,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            events_per_message: EVENTS_PER_MESSAGE,
            hole_timeout: Duration::from_secs(3),
            ping_after: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(50),
            close_timeout: Duration::from_secs(5),
        }
    }
}
