//! What the engine tells, on its way to the task of each line.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tieline_core::Text;
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{MessageRecord, SessionId, UserNumber};

use super::Outside;
use crate::im::engine::Outlet;

/// The places that an emptied mailbox keeps.
pub(super) const IDLE: usize = 4;
/// What an answer weighs: about as much as most.
const ANSWER: usize = 256;

/// One thing for one line.
pub(super) enum Mail {
    Opened {
        login: ServerRequestId,
        kept: bool,
    },
    Answer {
        request: ServerRequestId,
        answer: Answer,
        last: bool,
    },
    Push(Text),
    /// The user may no longer be here.
    End,
}

impl Mail {
    fn weight(&self) -> usize {
        match self {
            Self::Push(message) => message.len() + size_of::<Text>(),
            Self::Answer { .. } | Self::Opened { .. } | Self::End => ANSWER,
        }
    }
}

/// What waits for one line.
pub(super) struct Mailbox(Mutex<Inner>);

struct Inner {
    queue: VecDeque<Mail>,
    bytes: usize,
    limit: usize,
    waker: Option<Waker>,
    /// Who is logged in.
    user: Option<UserNumber>,
}

impl Mailbox {
    /// Nothing yet. Above `limit` bytes, the `queued_bytes` of the line's session, messages are no longer taken: the
    /// session, which gets what was taken, has the same limit and ends then, as its peer is too slow.
    pub(super) const fn new(limit: usize) -> Self {
        Self(Mutex::new(Inner { queue: VecDeque::new(), bytes: 0, limit, waker: None, user: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in. Whom to wake for it.
    fn offer(&self, mail: Mail) -> Option<Waker> {
        let mut inner = self.lock();
        // One beyond the limit is taken, so that the session finds itself over it.
        if inner.bytes > inner.limit && matches!(mail, Mail::Push(_)) {
            return None;
        }
        inner.bytes += mail.weight();
        inner.queue.push_back(mail);
        inner.waker.take()
    }

    /// Notes who is logged in.
    pub(super) fn belongs_to(&self, user: UserNumber) {
        self.lock().user = Some(user);
    }

    /// Exchanges what waits for `empty`, which is; `Pending`, and `cx` is woken later, when there is nothing.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, empty: &mut VecDeque<Mail>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.queue.is_empty() {
            match &mut inner.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                waker => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        inner.bytes = 0;
        std::mem::swap(&mut inner.queue, empty);
        Poll::Ready(())
    }

    /// Takes out what waits.
    pub(super) fn take(&self) -> VecDeque<Mail> {
        let mut inner = self.lock();
        inner.bytes = 0;
        std::mem::take(&mut inner.queue)
    }
}

/// The mailboxes of all lines. Clones share them.
#[derive(Clone)]
pub(super) struct Post {
    boxes: Arc<Mutex<BTreeMap<SessionId, Arc<Mailbox>>>>,
    outside: Arc<Outside>,
}

impl Post {
    pub(super) fn new(outside: Box<Outside>) -> Self {
        Self { boxes: Arc::default(), outside: outside.into() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<Mailbox>>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a line its mailbox.
    pub(super) fn put_up(&self, id: SessionId, limit: usize) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox::new(limit));
        self.lock().insert(id, Arc::clone(&mailbox));
        mailbox
    }

    /// Takes the mailbox of a line away.
    pub(super) fn take_down(&self, id: SessionId) {
        self.lock().remove(&id);
    }

    /// Ends the lines of users for whom `stays` says so. How many lines.
    pub(super) fn end_unless(&self, stays: impl Fn(UserNumber) -> bool) -> usize {
        let lines: Vec<Arc<Mailbox>> = self.lock().values().cloned().collect();
        let mut known = BTreeMap::new();
        let ended = lines.iter().filter(|line| {
            let user = line.lock().user;
            user.is_some_and(|user| !*known.entry(user).or_insert_with(|| stays(user)))
        });
        let woken: Vec<Option<Waker>> = ended.map(|line| line.offer(Mail::End)).collect();
        let lines = woken.len();
        woken.into_iter().flatten().for_each(Waker::wake);
        lines
    }
}

/// Puts what the engine tells into the mailboxes, and wakes each line when all of it is there: so a line takes together, and
/// writes together, what one commit brought it.
pub(super) struct Postman {
    post: Post,
    woken: Vec<Waker>,
}

impl Postman {
    pub(super) const fn new(post: Post) -> Self {
        Self { post, woken: Vec::new() }
    }

    fn send(&mut self, to: SessionId, mail: Mail) {
        let waker = self.post.lock().get(&to).and_then(|mailbox| mailbox.offer(mail));
        self.woken.extend(waker);
    }
}

impl Outlet for Postman {
    fn opened(&mut self, session: SessionId, login: ServerRequestId, kept: bool) {
        self.send(session, Mail::Opened { login, kept });
    }

    fn answer(&mut self, session: SessionId, request: ServerRequestId, answer: Answer, last: bool) {
        self.send(session, Mail::Answer { request, answer, last });
    }

    fn push(&mut self, to: &[SessionId], message: &Text) {
        let boxes = self.post.lock();
        let mailboxes = to.iter().filter_map(|session| boxes.get(session));
        self.woken.extend(mailboxes.filter_map(|mailbox| mailbox.offer(Mail::Push(message.clone()))));
    }

    fn forward(&mut self, channel: &Text, message: MessageRecord) {
        (self.post.outside)(channel, message);
    }

    fn told(&mut self) {
        self.woken.drain(..).for_each(Waker::wake);
    }
}
