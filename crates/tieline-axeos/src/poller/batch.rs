//! What an answer says about the place in the log.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use tieline_core::Text;

use super::cursor::Cursor;
use crate::{Batch, Element, Entry};

pub(super) type Event = Element<Entry<Text>>;

/// How the numbers of an answer stand to the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// No numbers at all.
    Unnumbered,
    /// Each higher than the one before, all above the place.
    Clean {
        /// The lowest.
        first: u64,
    },
    /// Anything else: duplicates, or another count.
    Strange,
}

/// How the numbers of `batch` stand to `last`.
pub(super) fn order(batch: &Batch, last: Option<u64>) -> Order {
    let mut first = None;
    let mut before = last;
    for seq in batch.elements().iter().filter_map(Element::seq) {
        if before.is_some_and(|before| seq <= before) {
            return Order::Strange;
        }
        before = Some(seq);
        first.get_or_insert(seq);
    }
    first.map_or(Order::Unnumbered, |first| Order::Clean { first })
}

/// The event of the highest number, as a place.
pub(super) fn newest(batch: &Batch) -> Option<Cursor> {
    let numbered = batch.elements().iter().filter_map(|event| Some((event.seq()?, event.raw())));
    // Detached: a place must not keep the answer alive which it came in.
    numbered.max_by_key(|(seq, _)| *seq).map(|(seq, raw)| Cursor { seq, raw: raw.detached() })
}

/// Whether the event of the place is in the answer, and is the same.
pub(super) fn holds(batch: &Batch, cursor: &Cursor) -> bool {
    batch.elements().iter().any(|event| event.seq().is_some_and(|seq| cursor.is(seq, event.raw())))
}

/// The events of `batch` after `last`, by number, each once. One without a number stays behind the one it follows; those
/// before or between old events are old, and those whose text is among `told` were told.
pub(super) fn fresh(batch: Batch, last: Option<u64>, told: &Told) -> Vec<Event> {
    let is_old = |event: &Event| event.seq().is_some_and(|seq| last.is_some_and(|last| seq <= last));
    let begin = batch.elements().iter().rposition(is_old).map_or(0, |at| at + 1);
    let mut key = 0;
    let mut keyed: Vec<(u64, Event)> = Vec::new();
    for (at, event) in batch.into_elements().into_iter().enumerate() {
        let keep = match event.seq() {
            Some(seq) => {
                key = seq;
                !is_old(&event)
            }
            None => at >= begin && !told.contains(event.raw()),
        };
        if keep {
            keyed.push((key, event));
        }
    }
    // Stable: equal numbers and those without one keep their order.
    keyed.sort_by_key(|(key, _)| *key);
    keyed.dedup_by(|(_, later), (_, earlier)| later.seq().is_some() && later.seq() == earlier.seq());
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// Elements without a number that were told since the place last moved, so that they are not told again.
#[derive(Debug, Default)]
pub(super) struct Told {
    texts: VecDeque<Text>,
    bytes: usize,
}

impl Told {
    fn contains(&self, text: &Text) -> bool {
        self.texts.contains(text)
    }

    /// Notes one; beyond `most_bytes` the oldest are forgotten.
    pub(super) fn note(&mut self, text: &Text, most_bytes: usize) {
        self.bytes += text.len();
        self.texts.push_back(text.detached());
        while self.bytes > most_bytes
            && let Some(oldest) = self.texts.pop_front()
        {
            self.bytes -= oldest.len();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
