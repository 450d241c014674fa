//! Where a server session is, and from where it can get there.

use core::fmt;

/// The state of a server session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The client has not logged in.
    Greeting,
    /// The client is logged in.
    Open,
    /// The owner closed; waiting for the client to do so.
    Closing,
    /// Over.
    Closed,
}

impl Phase {
    /// Every way from one phase to another; the session moves by no other.
    pub const TRANSITIONS: &'static [(Self, &'static str, Self)] = &[
        (Self::Greeting, "login accepted", Self::Open),
        (Self::Greeting, "no login in time, refused too often, line lost", Self::Closed),
        (Self::Greeting, "closed by owner", Self::Closing),
        (Self::Open, "line lost, closed by the client", Self::Closed),
        (Self::Open, "closed by owner", Self::Closing),
        (Self::Closing, "client closed, or the deadline passed", Self::Closed),
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
            Self::Greeting => "greeting",
            Self::Open => "open",
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
