//! One frame a write, for servers that handle one frame a read.

use std::time::Duration;

use tieline_core::Instant;

/// Whether the next frame may go out. See [`Config::one_frame_per_write`](crate::Config::one_frame_per_write).
pub(crate) struct Pacing {
    wait: Duration,
    /// A frame was written; the next waits for a sign of life, or until then.
    until: Option<Instant>,
    /// The latest time that any call brought: when bytes were written is not told.
    now: Instant,
}

impl Pacing {
    pub(crate) fn new(wait: Duration) -> Self {
        Self { wait, until: None, now: Instant::EPOCH }
    }

    /// When the next frame may go out without a sign of life; `None`: at once.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Notes that a whole frame is written.
    pub(crate) fn written(&mut self) {
        self.until = Some(self.now + self.wait);
    }

    /// Notes that the peer said something: it reads.
    pub(crate) fn heard(&mut self) {
        self.until = None;
    }

    /// Notes the time.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.until = self.until.filter(|until| *until > now);
    }
}
