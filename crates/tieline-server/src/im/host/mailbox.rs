//! What the engine tells, on its way to the task of each line.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::Text;
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{MessageRecord, SessionId, UserNumber};

use super::Outside;
use crate::backlog::{Rouse, Waiting, weight};
use crate::im::engine::Outlet;

/// The mailboxes of so many are fetched at a time.
const FETCHED: usize = 16;

/// One thing for one line.
pub(super) enum Mail {
    Opened {
        login: ServerRequestId,
        kept: bool,
    },
    Answer {
        request: ServerRequestId,
        answer: Box<Answer>,
        last: bool,
    },
    Push(Pushed),
    /// Some of the notes that waited were decided.
    NotesDecided,
    /// The user may no longer be here.
    End,
}

impl Waiting for Mail {
    fn messages(&self) -> &[Text] {
        match self {
            Self::Push(pushed) => pushed.messages(),
            Self::Answer { .. } | Self::Opened { .. } | Self::NotesDecided | Self::End => &[],
        }
    }

    fn weight(&self) -> Option<usize> {
        match self {
            Self::Push(pushed) => Some(weight(pushed.messages())),
            Self::Answer { answer, .. } => Some(answer.weight()),
            Self::Opened { .. } | Self::NotesDecided | Self::End => None,
        }
    }

    fn skip(&mut self, count: usize) {
        if let Self::Push(pushed) = self {
            pushed.skipped += count;
        }
    }
}

/// Messages that came together, at least one; all that receive them share them.
pub(super) struct Pushed {
    all: Arc<[Text]>,
    /// How many of them are written.
    skipped: usize,
}

impl Pushed {
    pub(super) fn messages(&self) -> &[Text] {
        self.all.get(self.skipped..).unwrap_or_default()
    }
}

/// What waits for one line, and who is logged in on it.
///
/// Messages and answers are no longer taken while more than its limit of them wait, the `queued_bytes` of the line's session:
/// then the line ends, as its peer is too slow.
pub(super) type Mailbox = crate::mailbox::Mailbox<Option<UserNumber>, Mail>;

/// The mailboxes of all lines. Clones share them.
#[derive(Clone)]
pub(super) struct Post {
    boxes: Arc<Mutex<HashMap<SessionId, Arc<Mailbox>>>>,
    outside: Arc<Outside>,
}

impl Post {
    pub(super) fn new(outside: Box<Outside>) -> Self {
        Self { boxes: Arc::default(), outside: outside.into() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Mailbox>>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a line its mailbox.
    pub(super) fn put_up(&self, id: SessionId, limit: usize) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox::new(None, limit));
        self.lock().insert(id, Arc::clone(&mailbox));
        mailbox
    }

    /// Takes the mailbox of a line away.
    pub(super) fn take_down(&self, id: SessionId) {
        self.lock().remove(&id);
    }

    /// The lines on which somebody is logged in, and who.
    pub(super) fn logged_in(&self) -> Vec<(SessionId, UserNumber)> {
        let lines: Vec<_> = self.lock().iter().map(|(id, line)| (*id, Arc::clone(line))).collect();
        lines.iter().filter_map(|(id, line)| Some((*id, line.look(|user| *user)?))).collect()
    }

    /// Ends the lines of users for whom `stays` says so. How many lines.
    pub(super) fn end_unless(&self, stays: impl Fn(UserNumber) -> bool) -> usize {
        let mut ended: Vec<Arc<Mailbox>> = self.lock().values().cloned().collect();
        let mut known = BTreeMap::new();
        ended.retain(|line| {
            let user = line.look(|user| *user);
            user.is_some_and(|user| !*known.entry(user).or_insert_with(|| stays(user)))
        });
        let mut roused = Vec::new();
        for line in &ended {
            // Told once, however long its client takes to go.
            line.rewrite(|user| *user = None);
            line.put([Mail::End], &mut roused);
        }
        Rouse::all(roused);
        ended.len()
    }
}

/// Puts what the engine tells into the mailboxes, and rouses who sees to each when all of it is there: so what one commit
/// brought a line goes out together.
pub(super) struct Postman {
    post: Post,
    roused: Vec<Rouse>,
    /// Messages that go to the same sessions, and were not put into their mailboxes yet.
    messages: Vec<Text>,
    /// The sessions.
    readers: Vec<SessionId>,
}

impl Postman {
    pub(super) const fn new(post: Post) -> Self {
        Self { post, roused: Vec::new(), messages: Vec::new(), readers: Vec::new() }
    }

    fn send(&mut self, to: SessionId, mail: Mail) {
        if self.readers.contains(&to) {
            self.hand_out();
        }
        if let Some(mailbox) = self.post.lock().get(&to) {
            mailbox.put([mail], &mut self.roused);
        }
    }

    /// Puts the messages into the mailboxes of those they go to: each is looked for once.
    fn hand_out(&mut self) {
        if self.messages.is_empty() {
            return self.readers.clear();
        }
        let messages: Arc<[Text]> = self.messages.drain(..).collect();
        let boxes = self.post.lock();
        let boxes: Vec<_> = self.readers.drain(..).filter_map(|reader| boxes.get(&reader)).collect();
        for boxes in boxes.chunks(FETCHED) {
            boxes.iter().for_each(|mailbox| mailbox.fetch());
            for mailbox in boxes {
                mailbox.put_shared(&messages, |all| Mail::Push(Pushed { all, skipped: 0 }), &mut self.roused);
            }
        }
    }
}

impl Outlet for Postman {
    fn room(&mut self, session: SessionId) -> usize {
        if self.readers.contains(&session) {
            self.hand_out();
        }
        self.post.lock().get(&session).map_or(0, |mailbox| mailbox.room())
    }

    fn opened(&mut self, session: SessionId, login: ServerRequestId, kept: bool) {
        self.send(session, Mail::Opened { login, kept });
    }

    fn answer(&mut self, session: SessionId, request: ServerRequestId, answer: Answer, last: bool) {
        self.send(session, Mail::Answer { request, answer: Box::new(answer), last });
    }

    fn push(&mut self, to: &[SessionId], message: &Text) {
        if self.readers != to {
            self.hand_out();
            self.readers.extend_from_slice(to);
        }
        self.messages.push(message.clone());
    }

    fn forward(&mut self, channel: &Text, message: MessageRecord) {
        (self.post.outside)(channel, message);
    }

    fn told(&mut self) {
        self.hand_out();
        Rouse::all(self.roused.drain(..));
    }
}
