//! For how long the peer has said nothing.

use core::time::Duration;

use crate::Instant;

/// What a silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceDue {
    /// A ping, to see whether the peer is there.
    Ping,
    /// The end.
    GiveUp,
}

/// The silence of a peer: when to ping, when to give up. While a session wants no input nobody can be heard, and that
/// silence does not count.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    ping_after: Duration,
    idle_timeout: Duration,
    /// When the last frame came.
    heard: Instant,
    /// When the last ping went out, if nothing was heard since.
    pinged: Option<Instant>,
    /// Whether input was unwanted.
    stalled: bool,
}

impl Silence {
    /// A silence that begins now, with a ping after each `ping_after`, and the end after `idle_timeout`.
    #[must_use]
    pub const fn new(ping_after: Duration, idle_timeout: Duration, now: Instant) -> Self {
        Self { ping_after, idle_timeout, heard: now, pinged: None, stalled: false }
    }

    /// A frame came, or could not have come: the silence begins anew.
    pub const fn restart(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    /// Whether input is unwanted from now on. Say so at the end of each call that may change it.
    pub const fn set_stalled(&mut self, stalled: bool) {
        self.stalled = stalled;
    }

    /// Whether input was unwanted when that was last said.
    #[must_use]
    pub const fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// When it began: when the last frame came, as a rule.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.heard
    }

    /// When [`due`](Self::due) has something to say.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.ping_time().min(self.heard + self.idle_timeout)
    }

    /// What the silence calls for by now. A ping is taken for sent.
    pub fn due(&mut self, now: Instant) -> Option<SilenceDue> {
        if self.heard + self.idle_timeout <= now {
            Some(SilenceDue::GiveUp)
        } else if self.ping_time() <= now {
            self.pinged = Some(now);
            Some(SilenceDue::Ping)
        } else {
            None
        }
    }

    fn ping_time(&self) -> Instant {
        self.pinged.unwrap_or(self.heard) + self.ping_after
    }
}
