//! What is on its way to the server, and what waits for its turn.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use tieline_core::{Instant, RequestId, Text};

use super::command::{History, Request};
use super::event::Received;

/// A request of the owner that waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: RequestId,
    pub(super) request: Request,
}

/// A message on its way: everything but notes is answered, by its id.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) wire_id: String,
    pub(super) deadline: Instant,
    pub(super) job: Job,
}

/// What a message was sent for.
#[derive(Debug)]
pub(super) enum Job {
    Hello,
    Login,
    /// A request of the owner.
    Owner {
        id: RequestId,
        request: Request,
        collected: Collected,
    },
    /// Attaches again what an earlier line was attached to.
    Restore {
        topic: Text,
        tries: u32,
    },
    /// Asks for the number of a topic's last message.
    Probe {
        topic: Text,
        tries: u32,
        /// The highest number that was known when it was asked.
        known: u64,
    },
    /// Asks for missing messages.
    Refill {
        topic: Text,
        window: Range<u64>,
        /// What came, also of the windows before it.
        collected: Collected,
        /// The lowest and the highest number that came.
        came: Option<(u64, u64)>,
        /// The windows above it that were asked for before, of which servers give the newest first.
        before: Vec<Answered>,
    },
    /// A request of the owner that was answered without the server's answer.
    Abandoned,
}

/// A window that was asked for, and the lowest and the highest number that came of it.
pub(super) type Answered = (Range<u64>, Option<(u64, u64)>);

impl Job {
    /// Whether it is the session's own work, which rests while input is unwanted.
    pub(super) const fn rests(&self) -> bool {
        matches!(self, Self::Restore { .. } | Self::Probe { .. } | Self::Refill { .. } | Self::Abandoned)
    }

    /// Whether it asks for messages of `topic`, or for the number that must be known before: one at a time does.
    pub(super) fn asks_for_messages_of(&self, topic: &str) -> bool {
        match self {
            Self::Probe { topic: of, .. } | Self::Refill { topic: of, .. } => of == topic,
            Self::Owner { request: Request::History(History { topic: of, .. }), .. } => of.as_str() == topic,
            _ => false,
        }
    }

    /// Whether it changes whether the session is attached to `topic`: what comes behind it must wait.
    pub(super) fn attaches(&self, topic: &str) -> bool {
        match self {
            Self::Restore { topic: of, .. } => of == topic,
            Self::Owner { request: request @ (Request::Subscribe(_) | Request::Leave { .. }), .. } => {
                request.topic() == topic
            }
            _ => false,
        }
    }

    /// Where a message of `topic` belongs that this asked for.
    pub(super) fn collects(&self, topic: &str, seq: u64) -> bool {
        match self {
            Self::Refill { topic: of, window, .. } => of == topic && window.contains(&seq),
            Self::Owner { request: Request::History(history), .. } => {
                history.topic.as_str() == topic && history.covers(seq)
            }
            _ => false,
        }
    }
}

/// Messages that an answer consists of.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// By number, each once.
    messages: Vec<(u64, Received)>,
    bytes: usize,
    /// Whether messages were left out.
    truncated: bool,
}

impl Collected {
    /// Adds a message unless it is there, or the bounds are reached. Whether it was added.
    pub(super) fn add(&mut self, seq: u64, received: Received, most: usize, most_bytes: usize) -> bool {
        let Err(at) = self.messages.binary_search_by_key(&seq, |(seq, _)| *seq) else { return false };
        if self.messages.len() >= most || self.bytes >= most_bytes {
            self.truncated = true;
            return false;
        }
        self.bytes += received.raw().len();
        self.messages.insert(at, (seq, received));
        true
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Takes the messages out, in the order of their numbers.
    pub(super) fn take(&mut self) -> Vec<(u64, Received)> {
        self.bytes = 0;
        core::mem::take(&mut self.messages)
    }
}
