//! How many notes of a line wait to be decided: nobody is answered one, so nothing else tells when it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::mailbox::{Mail, Mailbox};
use crate::backlog::Rouse;
use crate::im::engine::OnDecided;

/// The count of one line.
pub(super) struct Notes {
    undecided: Arc<AtomicUsize>,
    most: usize,
}

impl Notes {
    /// None yet. With `most` of them the line reads no more.
    pub(super) fn new(most: usize) -> Self {
        Self { undecided: Arc::default(), most: most.max(1) }
    }

    /// Whether no more may come.
    pub(super) fn is_full(&self) -> bool {
        self.undecided.load(Ordering::Acquire) >= self.most
    }

    /// One more came. What is returned is called when it is decided: the line is told once half of them are.
    pub(super) fn came(&self, mailbox: &Arc<Mailbox>) -> OnDecided {
        self.undecided.fetch_add(1, Ordering::AcqRel);
        let (undecided, mailbox, half) = (Arc::clone(&self.undecided), Arc::clone(mailbox), self.most / 2);
        Box::new(move || {
            if undecided.fetch_sub(1, Ordering::AcqRel) == half + 1 {
                let mut roused = Vec::new();
                mailbox.put([Mail::NotesDecided], &mut roused);
                Rouse::all(roused);
            }
        })
    }
}
