//! The one command in flight, and whose answer an answer is.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString as _};

use tieline_core::{Instant, Random, RequestId, Text};

use super::command::Request;
use crate::{Response, Subscriptions};

/// A request that waits for its turn or its answer.
#[derive(Debug)]
pub(super) struct Waiting {
    /// `None` for what the session restores by itself.
    pub(super) id: Option<RequestId>,
    pub(super) request: Request,
}

/// The command in flight.
#[derive(Debug)]
pub(super) enum Flight {
    /// The login.
    Login { wire_id: Option<String>, deadline: Instant },
    /// A request.
    Request { waiting: Waiting, wire_id: Option<String>, deadline: Instant },
}

impl Flight {
    pub(super) const fn deadline(&self) -> Instant {
        match self {
            Self::Login { deadline, .. } | Self::Request { deadline, .. } => *deadline,
        }
    }

    const fn wire_id(&self) -> Option<&String> {
        match self {
            Self::Login { wire_id, .. } | Self::Request { wire_id, .. } => wire_id.as_ref(),
        }
    }

    const fn command_name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "auth",
            Self::Request { waiting: Waiting { request: Request::Subscribe(_), .. }, .. } => "subscribe",
            Self::Request { waiting: Waiting { request: Request::Unsubscribe(_), .. }, .. } => "unsubscribe",
        }
    }

    /// Whether an event of `topics` is the first of a subscribe in flight.
    pub(super) fn is_confirmed_by(&self, event_type: &str, before: &Subscriptions) -> bool {
        let Self::Request { waiting: Waiting { request: Request::Subscribe(subscription), .. }, .. } = self else {
            return false;
        };
        subscription.topics.iter().any(|selection| {
            selection.topic.delivers(event_type) && !before.topics().any(|topic| topic.delivers(event_type))
        })
    }
}

/// Whose answer an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The command in flight's.
    Match,
    /// That of a command which completed without it.
    Late,
    /// Nobody's.
    Foreign,
}

/// What is in flight, what waits for its turn, and how many answers may still come for what was completed without.
#[derive(Debug, Default)]
pub(super) struct Flights {
    pub(super) current: Option<Flight>,
    pub(super) waiting: VecDeque<Waiting>,
    owed: u32,
}

impl Flights {
    /// The number of requests that wait for their turn or their answer.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.current.is_some())
    }

    /// Whose answer `response` is. Without ids answers come in order, so the answer of a command that was completed
    /// without one comes before that of the command in flight.
    pub(super) fn judge(&mut self, response: &Response<Text>) -> Verdict {
        let Some(current) = &self.current else {
            let late = self.owed > 0;
            self.owed = self.owed.saturating_sub(1);
            return if late { Verdict::Late } else { Verdict::Foreign };
        };
        if let (Some(theirs), Some(ours)) = (&response.id, current.wire_id()) {
            return if theirs.as_str() == ours { Verdict::Match } else { Verdict::Late };
        }
        if self.owed > 0 {
            self.owed -= 1;
            return Verdict::Late;
        }
        match &response.command {
            Some(command) if command.as_str() != current.command_name() => Verdict::Foreign,
            _ => Verdict::Match,
        }
    }

    /// Takes the command in flight whose answer did not come.
    pub(super) fn give_up_waiting(&mut self) -> Option<Flight> {
        let current = self.current.take()?;
        if current.wire_id().is_none() {
            self.owed = self.owed.saturating_add(1);
        }
        Some(current)
    }
}

/// An id for a command, in the dialect that has them.
pub(super) fn wire_id(random: &mut Random) -> String {
    random.next_uuid().to_string()
}
