//! The events of a log, each encoded once.

use alloc::collections::VecDeque;
use alloc::string::String;

use tieline_core::Text;

use super::config::LogConfig;

/// A bounded run of events without holes.
#[derive(Debug)]
pub(super) struct Store {
    /// The number of the next event.
    next: u64,
    /// The events before it, the newest last.
    events: VecDeque<Text>,
    bytes: usize,
    /// The latest answer that was written, for the next who asks the same.
    latest: Option<(Key, Text)>,
}

/// What an answer depends on: the events from the first number to the second, the latter not among them.
type Key = (u64, u64);

impl Store {
    pub(super) const fn new(first_seq: u64) -> Self {
        Self { next: first_seq, events: VecDeque::new(), bytes: 0, latest: None }
    }

    pub(super) const fn next_seq(&self) -> u64 {
        self.next
    }

    /// The number of the oldest event held; that of the next one when none is.
    pub(super) fn oldest(&self) -> u64 {
        self.next.saturating_sub(self.events.len() as u64)
    }

    pub(super) fn newest(&self) -> Option<u64> {
        if self.events.is_empty() { None } else { self.next.checked_sub(1) }
    }

    pub(super) fn push(&mut self, json: Text, config: &LogConfig) {
        self.next = self.next.saturating_add(1);
        self.bytes = self.bytes.saturating_add(json.len());
        self.events.push_back(json);
        while self.events.len() > 1 && (self.events.len() > config.events || self.bytes > config.bytes) {
            let dropped = self.events.pop_front().map_or(0, |json| json.len());
            self.bytes = self.bytes.saturating_sub(dropped);
        }
    }

    /// The answer to a poll, as JSON.
    pub(super) fn answer(&mut self, last: Option<u64>, limit: usize) -> Text {
        let limit = limit as u64;
        let (from, to) = match last {
            Some(last) => {
                let from = last.saturating_add(1).max(self.oldest());
                (from, from.saturating_add(limit).min(self.next))
            }
            None => (self.next.saturating_sub(limit).max(self.oldest()), self.next),
        };
        if from >= to {
            return Text::from_static("[]");
        }
        if let Some((key, json)) = &self.latest
            && *key == (from, to)
        {
            return json.clone();
        }
        let skip = usize::try_from(from - self.oldest()).unwrap_or(usize::MAX);
        let take = usize::try_from(to - from).unwrap_or(usize::MAX);
        let mut out = String::from("[");
        for (index, json) in self.events.iter().skip(skip).take(take).enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(json);
        }
        out.push(']');
        let json = Text::from(out);
        self.latest = Some(((from, to), json.clone()));
        json
    }

    /// Forgets everything and counts anew.
    pub(super) fn restart(&mut self, first_seq: u64) {
        *self = Self::new(first_seq);
    }
}
