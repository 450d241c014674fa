//! How a pump behaves.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;

#[cfg(any(feature = "cloudpbx", feature = "portsip-im", feature = "wsi"))]
use tieline_core::Limits;
use tieline_core::Seed;
use tieline_core::supervisor::Policy;

/// What happens when the application does not take its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The server waits: once the session's own queue ([`Limits`](tieline_core::Limits)) is full as well, nothing more
    /// is read, until TCP's window is full. Pings and the silence deadline stand still, replies still come (up to twice
    /// the limits). Nothing is lost on this side; what the server does to a slow reader is its own affair.
    #[default]
    Block,
    /// The oldest event of the session gives way, and [`Item::Lagged`](crate::Item::Lagged) stands in its place. What
    /// tells of the line itself (`Live`, `Down`, `Gap` …) gives way last.
    DropOldest,
    /// The line is closed; its last event is `Closed` with the reason `Overflow`.
    Close,
}

/// How a pump behaves, whatever the protocol.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How the line is dialled anew.
    pub policy: Policy,
    /// Limits and deadlines of the WebSocket.
    pub websocket: tieline_websocket::Config,
    /// What happens when the application does not take its events.
    pub overflow: Overflow,
    /// How many events wait for the application, beside those in the session's own queue. Default 1024, at least 1.
    pub events: usize,
    /// How many commands wait for the driver. Default 64, at least 1. More wait in their callers.
    pub commands: usize,
    /// How long a line that is given up may take to write what is queued and to be closed by the server. The next one
    /// is dialled only then. Default 1 s.
    pub hangup_timeout: Duration,
    /// What masks, keys, ids and waits are drawn from. Default: from the operating system, anew for each driver.
    pub seed: Option<Seed>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            websocket: tieline_websocket::Config::default(),
            overflow: Overflow::default(),
            events: 1024,
            commands: 64,
            hangup_timeout: Duration::from_secs(1),
            seed: None,
        }
    }
}

impl Options {
    /// The options of a line whose session has these limits: they bound the messages of the WebSocket, too.
    #[cfg(any(feature = "cloudpbx", feature = "portsip-im", feature = "wsi"))]
    pub(crate) fn within(&self, limits: &Limits) -> Self {
        let mut options = self.clone();
        options.websocket.message_bytes = limits.message_bytes;
        options
    }

    /// The seed to draw from: the given one, or one from the operating system.
    pub(crate) fn seed(&self) -> Seed {
        self.seed.unwrap_or_else(os_seed)
    }
}

/// A seed from the operating system.
pub(crate) fn os_seed() -> Seed {
    // A keyed hash whose 128 secret bits are the operating system's: std's only source of randomness.
    let keyed = RandomState::new();
    let mut seed = [0; 16];
    let (low, high) = seed.split_at_mut(8);
    low.copy_from_slice(&keyed.hash_one(0_u8).to_le_bytes());
    high.copy_from_slice(&keyed.hash_one(1_u8).to_le_bytes());
    seed
}
