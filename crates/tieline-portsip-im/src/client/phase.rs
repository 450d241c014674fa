//! Where a client session is, and from where it can get there.

use core::fmt;

/// The state of a client session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The login is sent.
    LoggingIn,
    /// The login is accepted; what an earlier line was attached to is attached again.
    Restoring,
    /// Everything desired is attached.
    Live,
    /// The owner closed; waiting for the peer to do so.
    Closing,
    /// Over.
    Closed,
}

impl Phase {
    /// Every way from one phase to another; the session moves by no other.
    pub const TRANSITIONS: &'static [(Self, &'static str, Self)] = &[
        (Self::LoggingIn, "login accepted", Self::Restoring),
        (Self::LoggingIn, "login refused, line lost", Self::Closed),
        (Self::LoggingIn, "closed by owner", Self::Closing),
        (Self::Restoring, "everything restored", Self::Live),
        (Self::Restoring, "line lost", Self::Closed),
        (Self::Restoring, "closed by owner", Self::Closing),
        (Self::Live, "line lost", Self::Closed),
        (Self::Live, "closed by owner", Self::Closing),
        (Self::Closing, "peer closed, or the deadline passed", Self::Closed),
    ];

    /// Whether the table has a way from `self` to `to`.
    #[must_use]
    pub fn leads_to(self, to: Self) -> bool {
        Self::TRANSITIONS.iter().any(|(from, _, into)| *from == self && *into == to)
    }

    /// The name, as logs print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggingIn => "logging in",
            Self::Restoring => "restoring",
            Self::Live => "live",
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
