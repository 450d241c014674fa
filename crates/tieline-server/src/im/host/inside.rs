//! A session without a line.

use std::fmt;
use std::sync::Arc;

use tieline_core::Text;
use tieline_portsip_im::ClientMessage;
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{Arrival, SessionId};

use super::Shared;
use super::mailbox::{Mail, Mailbox};

/// Somebody in the service who has no line: made by [`HostedIm::enter`](super::HostedIm::enter). What it asks is decided as
/// that of any other session, in the order in which it was asked. Dropped, it leaves.
pub struct InsideSession {
    id: SessionId,
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    asked: u64,
}

/// What an [`InsideSession`] was told.
#[non_exhaustive]
pub enum Told {
    /// A part of the answer to a request; the last one ends it.
    Answer {
        /// What [`InsideSession::request`] returned.
        request: ServerRequestId,
        /// The part.
        answer: Answer,
        /// Whether it is the last.
        last: bool,
    },
    /// A message.
    Push(Text),
}

impl InsideSession {
    pub(super) fn open(shared: Arc<Shared>, arrival: Arrival, limit: usize) -> Self {
        let id = shared.next_id();
        let mailbox = shared.post.put_up(id, limit);
        shared.engine.open(id, ServerRequestId::from_number(0), arrival);
        Self { id, shared, mailbox, asked: 0 }
    }

    /// Asks for something.
    pub fn request(&mut self, message: ClientMessage<Text>) -> ServerRequestId {
        self.asked += 1;
        let request = ServerRequestId::from_number(self.asked);
        self.shared.engine.request(self.id, request, message);
        request
    }

    /// Tells something that is not answered: a note.
    pub fn note(&self, message: ClientMessage<Text>) {
        self.shared.engine.note(self.id, message);
    }

    /// Takes out what it was told since the last time.
    pub fn take(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        for mail in self.mailbox.take() {
            match mail {
                Mail::Answer { request, answer, last } => told.push(Told::Answer { request, answer: *answer, last }),
                Mail::Push(pushed) => told.extend(pushed.messages().iter().cloned().map(Told::Push)),
                // It has no line that could end; who owns it lets it go.
                Mail::Opened { .. } | Mail::NotesDecided | Mail::End => {}
            }
        }
        told
    }
}

impl Drop for InsideSession {
    fn drop(&mut self) {
        self.shared.post.take_down(self.id);
        self.shared.engine.close(self.id);
    }
}

impl fmt::Debug for InsideSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InsideSession").field(&self.id.0).finish()
    }
}

// What is told holds messages.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { request, last, .. } => write!(f, "Answer({request:?}, last: {last})"),
            Self::Push(message) => write!(f, "Push({} bytes)", message.len()),
        }
    }
}
