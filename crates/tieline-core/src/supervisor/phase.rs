//! Where a supervisor is, and from where it can get there.

use core::fmt;

/// The state of a supervised line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The driver is asked to open a line.
    Dialing,
    /// A line is open; the session logs in and restores what is desired.
    Resuming,
    /// Events flow.
    Live,
    /// There is no line; the next dial has its time.
    Waiting,
    /// The owner closed; the session says goodbye.
    Closing,
    /// Over.
    Closed,
}

impl Phase {
    /// Every way from one phase to another; the supervisor moves by no other.
    pub const TRANSITIONS: &'static [(Self, &'static str, Self)] = &[
        (Self::Dialing, "line opened", Self::Resuming),
        (Self::Dialing, "dial failed", Self::Waiting),
        (Self::Dialing, "gave up, or closed by owner", Self::Closed),
        (Self::Resuming, "logged in and restored", Self::Live),
        (Self::Resuming, "line lost", Self::Waiting),
        (Self::Resuming, "closed by owner", Self::Closing),
        (Self::Resuming, "login refused, gave up", Self::Closed),
        (Self::Live, "line lost", Self::Waiting),
        (Self::Live, "closed by owner", Self::Closing),
        (Self::Live, "gave up", Self::Closed),
        (Self::Waiting, "time to dial", Self::Dialing),
        (Self::Waiting, "closed by owner", Self::Closed),
        (Self::Closing, "session ended", Self::Closed),
    ];

    /// Whether the table has a way from `self` to `to`.
    #[must_use]
    pub fn leads_to(self, to: Self) -> bool {
        Self::TRANSITIONS.iter().any(|(from, _, into)| *from == self && *into == to)
    }

    /// The name, as logs and JSON print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dialing => "dialing",
            Self::Resuming => "resuming",
            Self::Live => "live",
            Self::Waiting => "waiting",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
