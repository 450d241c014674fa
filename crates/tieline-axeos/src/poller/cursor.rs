//! The place in the log.

use tieline_core::{Instant, Text};

use crate::Entry;

/// A place in the log: an event, and that everything up to it was had.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(super) seq: u64,
    /// The event as it came, to know it again: its number alone could be another's after the server counted anew.
    pub(super) raw: Text,
}

impl Cursor {
    /// The place after an event, given as it came ([`Received::raw`](super::Received::raw)): for those who note their
    /// place as they go. `None` when `raw` has no number.
    #[must_use]
    pub fn after(raw: &str) -> Option<Self> {
        let seq = tieline_core::json::peek(raw, "seq").ok()??;
        Some(Self { seq, raw: raw.into() })
    }

    /// The number of the event.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The event as it came: with [`after`](Self::after) what is to be kept to go on later.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        &self.raw
    }

    /// Whether `raw` is the same event: what this crate reads of the two is equal. Order, spaces and fields that no
    /// document names do not count, so that a server may write an event differently each time.
    pub(super) fn is(&self, seq: u64, raw: &str) -> bool {
        self.seq == seq
            && match (Entry::decode_str(&self.raw), Entry::decode_str(raw)) {
                (Ok(a), Ok(b)) => a == b || self.raw == *raw,
                _ => self.raw == *raw,
            }
    }
}

// The event can hold anything a server writes.
impl core::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Cursor({})", self.seq)
    }
}

/// Where a later poller is to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resume {
    /// The place; `None` to begin at the present.
    pub cursor: Option<Cursor>,
    /// When the place was last known to be right. What was lost since is told as a gap from here on; the epoch, and so
    /// the beginning of all time, when nothing is known.
    pub sure: Instant,
}

impl Resume {
    /// To go on at a place, of which nothing more is known.
    #[must_use]
    pub const fn at(cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), sure: Instant::EPOCH }
    }
}
