//! Whether frames may have waited unread.

use core::time::Duration;

use crate::Instant;

/// When nothing came for so long although input was wanted, nothing waits any more.
const QUIET: Duration = Duration::from_secs(1);

/// What a slow application does to the time of frames: those that are read after a stop of the reading may have come soon
/// after the stop, so that they do not tell how long the line was well.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backlog {
    waits: bool,
    /// Since when input is wanted and nothing came.
    quiet_from: Option<Instant>,
}

impl Backlog {
    /// Whether what is read now may have come long ago. `wanted`: whether input was wanted until now.
    pub(super) fn may_wait(&mut self, now: Instant, wanted: bool) -> bool {
        if self.waits {
            match self.quiet_from {
                _ if !wanted => self.quiet_from = None,
                None => self.quiet_from = Some(now),
                Some(from) if now.since(from) >= QUIET => *self = Self::default(),
                Some(_) => {}
            }
        }
        self.waits
    }

    /// A frame was read. `wanted`: whether input is still wanted.
    pub(super) fn read(&mut self, now: Instant, wanted: bool) {
        self.waits |= !wanted;
        if self.waits {
            self.quiet_from = wanted.then_some(now);
        }
    }
}
