//! The commands that wait for their answers, in the order in which they came.

use alloc::collections::VecDeque;
use alloc::string::String;

use tieline_core::json::Encode as _;
use tieline_core::{Instant, Text};

use super::event::ServerRequestId;
use crate::{Dialect, Response, Subscription};

/// What a command asks for, kept until it is answered.
#[derive(Debug)]
pub(super) enum Asked {
    Login,
    Subscribe(Subscription),
    Unsubscribe(Subscription),
    /// Answered by the session itself: a command that is unknown, too early or unreadable.
    Nothing,
}

impl Asked {
    /// The command's name as v22 answers repeat it.
    const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Login => Some("auth"),
            Self::Subscribe(_) => Some("subscribe"),
            Self::Unsubscribe(_) => Some("unsubscribe"),
            Self::Nothing => None,
        }
    }
}

/// One open command.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: ServerRequestId,
    pub(super) asked: Asked,
    /// The command's name as it was written, where `asked` does not know it.
    pub(super) name: Option<String>,
    pub(super) wire_id: Option<String>,
    /// The length of its message.
    pub(super) bytes: usize,
    pub(super) deadline: Instant,
    pub(super) answer: Option<Result<(), Text>>,
}

impl Open {
    /// The answer on the wire. `command` and `id` are written in v22, or when the command had an id.
    pub(super) fn encode(&self, dialect: Dialect, answer: &Result<(), Text>) -> String {
        let mut response = match answer {
            Ok(()) => Response::ok(),
            Err(reason) => Response::failed(reason.as_str()),
        };
        if dialect == Dialect::V22 || self.wire_id.is_some() {
            response.command = self.asked.name().or(self.name.as_deref());
            response.id = self.wire_id.as_deref();
        }
        response.to_json()
    }
}

/// All open commands. No ids on the wire mean that answers go out in the order of the commands.
#[derive(Debug, Default)]
pub(super) struct OpenCommands {
    queue: VecDeque<Open>,
    bytes: usize,
    next: u64,
}

impl OpenCommands {
    pub(super) fn next_id(&mut self) -> ServerRequestId {
        let id = ServerRequestId(self.next);
        self.next += 1;
        id
    }

    pub(super) fn push(&mut self, open: Open) {
        self.bytes = self.bytes.saturating_add(open.bytes);
        self.queue.push_back(open);
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The bytes of the commands.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn login_pending(&self) -> bool {
        self.queue.iter().any(|open| matches!(open.asked, Asked::Login) && open.answer.is_none())
    }

    pub(super) fn find(&mut self, id: ServerRequestId) -> Option<&mut Open> {
        self.queue.iter_mut().find(|open| open.id == id && open.answer.is_none())
    }

    /// The oldest command, when it is answered.
    pub(super) fn pop_answered(&mut self) -> Option<Open> {
        self.queue.front()?.answer.as_ref()?;
        let open = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(open.bytes);
        Some(open)
    }

    /// The first that is overdue and unanswered.
    pub(super) fn overdue(&self, now: Instant) -> Option<ServerRequestId> {
        self.queue.iter().find(|open| open.answer.is_none() && open.deadline <= now).map(|open| open.id)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.queue.iter().filter(|open| open.answer.is_none()).map(|open| open.deadline).min()
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}
