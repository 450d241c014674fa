//! Where a client session is, and from where it can get there.

use core::fmt;

/// The state of a client session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Events may come: from the beginning, as there is no login.
    Live,
    /// The owner closed; waiting for the end of the line.
    Closing,
    /// Over.
    Closed,
}

impl Phase {
    /// Every way from one phase to another; the session moves by no other.
    pub const TRANSITIONS: &'static [(Self, &'static str, Self)] = &[
        (Self::Live, "refused, channel deleted, line lost", Self::Closed),
        (Self::Live, "closed by owner", Self::Closing),
        (Self::Closing, "line ended, or the deadline passed", Self::Closed),
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
