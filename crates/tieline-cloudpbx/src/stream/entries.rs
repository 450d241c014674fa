//! The events of one message.

use alloc::vec::{self, Vec};
use core::{fmt, iter, option, slice};

use tieline_core::json::DecodeError;

use super::event::Event;

/// One event of a message, or why it is none.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<S> {
    /// The event. One that cannot be read takes no other with it.
    pub event: Result<Event<S>, BadEvent<S>>,
    /// The JSON text of the event, without its name: `{"peer":"Kolejka1","calls":"1"}`. When the envelope held the events
    /// as a string, or was repaired, the text is that within the string, or after the repair.
    pub body: S,
}

impl<S> Entry<S> {
    pub(super) const fn new(event: Result<Event<S>, BadEvent<S>>, body: S) -> Self {
        Self { event, body }
    }
}

// The body says nothing that the event does not; of one that could not be read nobody knows what it holds.
impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            Ok(event) => event.fmt(f),
            Err(bad) => write!(f, "{bad:?}, {} bytes", self.body.as_ref().len()),
        }
    }
}

/// Why an event could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadEvent<S> {
    /// The name it came under; `None` when it came under none.
    pub event_type: Option<S>,
    /// What is wrong, and where: in the text of the message, or in that of the string that held the events.
    pub error: DecodeError,
}

impl<S> fmt::Display for BadEvent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S: fmt::Debug> core::error::Error for BadEvent<S> {}

/// The events of one message, in order. A single one, the usual case, costs no allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct Entries<S> {
    first: Option<Entry<S>>,
    rest: Vec<Entry<S>>,
}

impl<S> Entries<S> {
    pub(super) const fn new() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    pub(super) fn push(&mut self, entry: Entry<S>) {
        if self.first.is_none() {
            self.first = Some(entry);
        } else {
            self.rest.push(entry);
        }
    }

    /// Drops all but the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        self.rest.truncate(count.saturating_sub(1));
        if count == 0 {
            self.first = None;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The entries in order.
    pub fn iter(&self) -> Iter<'_, S> {
        self.first.iter().chain(&self.rest)
    }
}

/// The entries of a message, borrowed.
pub type Iter<'e, S> = iter::Chain<option::Iter<'e, Entry<S>>, slice::Iter<'e, Entry<S>>>;

impl<S> IntoIterator for Entries<S> {
    type Item = Entry<S>;
    type IntoIter = iter::Chain<option::IntoIter<Entry<S>>, vec::IntoIter<Entry<S>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}

impl<'e, S> IntoIterator for &'e Entries<S> {
    type Item = &'e Entry<S>;
    type IntoIter = Iter<'e, S>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Entries<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
