//! A session simple enough to be seen through: words in, words out.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod line;

use std::collections::VecDeque;
use std::time::Duration;

use tieline_core::supervisor::{EventKind, Recovery, Supervised};
use tieline_core::{
    ClientSession, CloseReason, Frame, Instant, MessageLimit, RequestError, RequestId, Seed, SendError, SendErrorKind,
    Sent, Session,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Said(String),
    Snapshot,
    Closed(CloseReason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// An edit of the desired state.
    Want(&'static str),
    /// A one-shot request.
    Once,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Deferred,
}

/// With so many unread events no input is wanted.
pub(crate) const MOST_UNREAD: usize = 3;

#[derive(Default)]
pub(crate) struct Toy {
    wanted: Vec<&'static str>,
    live: bool,
    recovery: Option<Recovery>,
    closing: Option<Instant>,
    closed: Option<CloseReason>,
    next: u64,
    pending: VecDeque<RequestId>,
    replies: VecDeque<(RequestId, Result<Reply, RequestError>)>,
    transmits: VecDeque<Frame>,
    events: VecDeque<Event>,
}

impl Toy {
    pub(crate) fn wanted(&self) -> &[&'static str] {
        &self.wanted
    }

    fn end(&mut self, reason: CloseReason) {
        let error = if self.closing.is_some() { RequestError::Closed } else { RequestError::Disconnected(Sent::Maybe) };
        while let Some(id) = self.pending.pop_front() {
            self.replies.push_back((id, Err(error.clone())));
        }
        self.closing = None;
        self.closed = Some(reason.clone());
        self.events.push_back(Event::Closed(reason));
    }
}

impl Session for Toy {
    type Input = Frame;
    type Transmit = Frame;
    type Event = Event;

    fn handle_input(&mut self, _: Instant, input: Frame) {
        if self.closed.is_some() {
            return;
        }
        match input {
            Frame::Eof if self.closing.is_some() => self.end(CloseReason::Local),
            Frame::Eof => self.end(CloseReason::Lost),
            Frame::Text(text) => match text.as_str() {
                "login ok" => self.live = true,
                "login no" => self.end(CloseReason::LoginRefused { status: -1, reason: "no".into() }),
                "recovering" => self.recovery = Some(Recovery::Pending),
                "recovered" => self.recovery = Some(Recovery::Complete),
                "snapshot" => self.events.push_back(Event::Snapshot),
                "reply" => {
                    if let Some(id) = self.pending.pop_front() {
                        self.replies.push_back((id, Ok(Reply::Done)));
                    }
                }
                other => self.events.push_back(Event::Said(other.into())),
            },
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.closing.is_some_and(|due| due <= now) {
            self.end(CloseReason::Local);
        }
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.transmits.pop_front()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.closing
    }

    fn wants_input(&self) -> bool {
        self.closed.is_none() && self.events.len() < MOST_UNREAD
    }

    fn close(&mut self, now: Instant) {
        if self.closed.is_none() && self.closing.is_none() {
            self.closing = Some(now + Duration::from_secs(5));
            self.transmits.push_back(Frame::Close(None));
        }
    }

    fn is_finished(&self) -> bool {
        self.closed.is_some() && self.events.is_empty() && self.replies.is_empty() && self.transmits.is_empty()
    }
}

impl ClientSession for Toy {
    type Config = ();
    type Command = Command;
    type Reply = Reply;
    type Resume = Vec<&'static str>;

    fn start((): (), _: Seed, resume: Option<Self::Resume>, _: Instant) -> Self {
        Self { wanted: resume.unwrap_or_default(), ..Self::default() }
    }

    fn send(&mut self, _: Instant, command: Command) -> Result<RequestId, SendError<Command>> {
        if self.closed.is_some() || self.closing.is_some() {
            return Err(SendError::new(command, SendErrorKind::Closed));
        }
        if let Command::Want(what) = command {
            self.wanted.push(what);
        }
        let id = RequestId::new(self.next);
        self.next += 1;
        self.pending.push_back(id);
        Ok(id)
    }

    fn poll_reply(&mut self) -> Option<(RequestId, Result<Reply, RequestError>)> {
        self.replies.pop_front()
    }

    fn into_resume(self) -> Result<Self::Resume, Self> {
        if self.is_finished() { Ok(self.wanted) } else { Err(self) }
    }
}

impl Supervised for Toy {
    type Credentials = ();

    fn configure((): &(), (): ()) {}

    fn is_live(&self) -> bool {
        self.live
    }

    fn recovery(&self) -> Recovery {
        self.recovery.unwrap_or(Recovery::Incomplete)
    }

    fn message_limit(&self) -> Option<MessageLimit> {
        Some(if self.live { MessageLimit::settled(1000) } else { MessageLimit::provisional(10) })
    }

    fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    fn deferred_reply(command: &Command) -> Option<Reply> {
        matches!(command, Command::Want(_)).then_some(Reply::Deferred)
    }

    fn edit(resume: &mut Self::Resume, command: &Command) {
        if let Command::Want(what) = command {
            resume.push(what);
        }
    }

    fn kind_of(event: &Event) -> EventKind {
        match event {
            Event::Closed(_) => EventKind::Closed,
            Event::Snapshot => EventKind::Snapshot,
            Event::Said(_) => EventKind::Other,
        }
    }
}
