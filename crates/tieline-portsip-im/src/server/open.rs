//! The requests that wait for their answers.

use alloc::vec::Vec;

use tieline_core::{Instant, Text};

use super::event::ServerRequestId;

/// One open request.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: ServerRequestId,
    /// What the answer echoes.
    pub(super) wire_id: Option<Text>,
    pub(super) topic: Option<Text>,
    pub(super) is_login: bool,
    /// Whether the client does not want to hear of a success: a publish without id.
    pub(super) quiet: bool,
    pub(super) deadline: Instant,
}

/// All open requests. They are answered in any order.
#[derive(Debug, Default)]
pub(super) struct OpenRequests {
    open: Vec<Open>,
    next: u64,
}

impl OpenRequests {
    pub(super) fn next_id(&mut self) -> ServerRequestId {
        let id = ServerRequestId(self.next);
        self.next += 1;
        id
    }

    pub(super) fn push(&mut self, open: Open) {
        self.open.push(open);
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn login_pending(&self) -> bool {
        self.open.iter().any(|open| open.is_login)
    }

    pub(super) fn find(&self, id: ServerRequestId) -> Option<&Open> {
        self.open.iter().find(|open| open.id == id)
    }

    pub(super) fn take(&mut self, id: ServerRequestId) -> Option<Open> {
        let at = self.open.iter().position(|open| open.id == id)?;
        Some(self.open.remove(at))
    }

    /// Puts a deadline off. Whether there is such a request.
    pub(super) fn postpone(&mut self, id: ServerRequestId, deadline: Instant) -> bool {
        let open = self.open.iter_mut().find(|open| open.id == id);
        open.map(|open| open.deadline = deadline).is_some()
    }

    /// The first that is overdue.
    pub(super) fn overdue(&self, now: Instant) -> Option<ServerRequestId> {
        self.open.iter().find(|open| open.deadline <= now).map(|open| open.id)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.deadline).min()
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
    }
}
