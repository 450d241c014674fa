//! Where a server session is, and from where it can get there.

use core::fmt;

/// The state of a server session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The client waits for its owner's answer.
    Asking,
    /// The client is accepted: it is sent what is pushed.
    Open,
    /// The owner closed; waiting for the client to do so.
    Closing,
    /// Over.
    Closed,
}

impl Phase {
    /// Every way from one phase to another; the session moves by no other.
    pub const TRANSITIONS: &'static [(Self, &'static str, Self)] = &[
        (Self::Asking, "accepted", Self::Open),
        (Self::Asking, "rejected, no answer in time, line lost", Self::Closed),
        (Self::Asking, "closed by owner", Self::Closing),
        (Self::Open, "line lost, closed by the client, too slow", Self::Closed),
        (Self::Open, "closed by owner, channel deleted", Self::Closing),
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
            Self::Asking => "asking",
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
