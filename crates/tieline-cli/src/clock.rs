//! Session time as wall-clock time.

use jiff::Timestamp;
use tieline_core::Instant;

/// The clock of a line, as wall-clock time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(pub(crate) tieline_tokio::Clock);

impl Clock {
    /// The wall-clock time of an instant.
    pub(crate) fn at(&self, instant: Instant) -> Timestamp {
        Timestamp::try_from(self.0.wall(instant)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How long it is until an instant.
    pub(crate) fn until(&self, instant: Instant) -> std::time::Duration {
        instant.since(self.0.now())
    }

    /// The wall-clock time now.
    pub(crate) fn now() -> Timestamp {
        Timestamp::now()
    }
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}
