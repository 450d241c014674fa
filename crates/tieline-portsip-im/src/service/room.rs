//! A topic in memory: what is kept of it, and who is there.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use tieline_core::Instant;

use super::audience::Audience;
use super::hidden::Hidden;
use super::record::{TopicRecord, UserNumber};
use super::step::SessionId;
use super::write::Write;

/// A topic in memory.
pub(super) struct Room {
    pub(super) record: TopicRecord,
    /// The record's deletions, added up.
    pub(super) hidden: Hidden,
    attached: BTreeMap<SessionId, UserNumber>,
    /// Who hears of a message, while nobody came, went or got other rights since somebody asked.
    pub(super) audience: Option<Arc<Audience>>,
    /// Whether it counts as online.
    pub(super) online: bool,
    pub(super) off_at: Option<Instant>,
    /// Steps that changed it and are neither committed nor failed.
    pub(super) pending: usize,
    /// Whether it was deleted, by a step that is not committed yet.
    pub(super) gone: bool,
}

impl Room {
    pub(super) fn new(record: TopicRecord) -> Self {
        let hidden = Hidden::of(&record.deletions);
        Self {
            record,
            hidden,
            attached: BTreeMap::new(),
            audience: None,
            online: false,
            off_at: None,
            pending: 0,
            gone: false,
        }
    }

    /// What is kept of it was loaded again.
    pub(super) fn reload(&mut self, record: TopicRecord) {
        self.hidden = Hidden::of(&record.deletions);
        self.record = record;
        self.audience = None;
        self.gone = false;
    }

    pub(super) fn apply(&mut self, write: &Write) {
        self.record.apply(write);
        match write {
            Write::Deletion { deletion, .. } => self.hidden.add(deletion),
            Write::Message { .. } | Write::Marks { .. } | Write::Topic(_) => {}
            _ => self.audience = None,
        }
    }

    /// The sessions that are attached, with their users.
    pub(super) const fn attached(&self) -> &BTreeMap<SessionId, UserNumber> {
        &self.attached
    }

    pub(super) fn attach(&mut self, session: SessionId, user: UserNumber) {
        self.audience = None;
        self.attached.insert(session, user);
    }

    /// The user whose session it was.
    pub(super) fn detach(&mut self, session: SessionId) -> Option<UserNumber> {
        self.audience = None;
        self.attached.remove(&session)
    }

    /// The sessions of a user that are attached.
    pub(super) fn sessions_of(&self, user: UserNumber) -> impl Iterator<Item = SessionId> {
        self.attached.iter().filter(move |(_, of)| **of == user).map(|(session, _)| *session)
    }

    pub(super) fn has_attached(&self, user: UserNumber) -> bool {
        self.attached.values().any(|of| *of == user)
    }
}
