//! Since when frames may have waited unread.

use core::time::Duration;

use crate::Instant;

/// When nothing came for so long although input was wanted, nothing waits any more.
const QUIET: Duration = Duration::from_secs(1);

/// What a slow application does to the time of frames: those that are read after a stop of the reading may be older than
/// the stop, and so may those behind them, which a loss takes with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backlog {
    since: Option<Instant>,
    /// Since when input is wanted and nothing came.
    quiet_from: Option<Instant>,
}

impl Backlog {
    /// When the reading stopped, if what comes may have waited since then.
    pub(super) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Looks whether it is over. `wanted`: whether input was wanted until now.
    pub(super) fn look(&mut self, now: Instant, wanted: bool) {
        if self.since.is_none() {
            return;
        }
        match self.quiet_from {
            _ if !wanted => self.quiet_from = None,
            None => self.quiet_from = Some(now),
            Some(from) if now.since(from) >= QUIET => *self = Self::default(),
            Some(_) => {}
        }
    }

    /// A frame was read. `wanted`: whether input is still wanted.
    pub(super) fn read(&mut self, now: Instant, wanted: bool) {
        if !wanted {
            self.since.get_or_insert(now);
        }
        if self.since.is_some() {
            self.quiet_from = wanted.then_some(now);
        }
    }
}
