//! One line: its session, and what the engine tells it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tieline_core::{CloseReason, Frame, Instant, MessageLimit, PeerMisbehaved, Session as _, Text};
use tieline_portsip_im::server::{Accepted, ImServer, Phase, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::service::SessionId;
use tieline_portsip_im::{ClientBody, ClientMessage, Credentials, Status, UserId};

use super::load::Load;
use super::mailbox::{Mail, Mailbox};
use super::notes::Notes;
use super::{Admitted, Shared};
use crate::census;
use crate::im::engine::OnDecided;
use crate::{Line, Writer};

/// How something was said.
enum Saying {
    /// With what it weighs.
    Request(ServerRequestId, usize),
    Note(OnDecided),
}

pub(super) struct HostedLine {
    session: ImServer,
    id: SessionId,
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    /// What came in and is to be decided together, as soon as there is room for what it is answered with.
    said: VecDeque<(Saying, ClientMessage<Text>)>,
    load: Load,
    /// Whether there is no room for that now.
    held_back: bool,
    /// Whether the client took something since the deadlines of what is held back were looked at.
    reads: bool,
    notes: Notes,
    agent: Option<Text>,
    background: bool,
    /// A login that is right and not kept yet.
    admitted: Option<(ServerRequestId, Admitted)>,
    /// Whether the engine knows the session.
    known: bool,
    /// Counts as a line as long as this lives.
    _seat: census::Admitted,
}

impl HostedLine {
    pub(super) fn new(
        config: ServerConfig,
        id: SessionId,
        shared: Arc<Shared>,
        now: Instant,
        seat: census::Admitted,
    ) -> Self {
        shared.meter.lines().add(1);
        let mailbox = shared.post.put_up(id, config.limits.queued_bytes);
        let notes = Notes::new(config.limits.in_flight);
        let load = Load::new(shared.costs, config.limits.queued_bytes);
        let session = ImServer::start(config, now);
        Self {
            session,
            id,
            shared,
            mailbox,
            said: VecDeque::new(),
            load,
            held_back: false,
            reads: false,
            notes,
            agent: None,
            background: false,
            admitted: None,
            known: false,
            _seat: seat,
        }
    }

    /// Tells the session what time of day it is: clocks are put forward and back.
    fn look_at_clock(&mut self, now: Instant) {
        self.session.put_clock(self.shared.epoch_unix_micros(now));
    }

    /// Hands on what the session tells.
    fn answer(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                ServerEvent::Hello(hi) => {
                    self.agent = hi.ua.as_ref().map(Text::detached);
                    self.background = hi.bkg == Some(true);
                }
                ServerEvent::Login { id, credentials } => self.login(now, id, &credentials),
                ServerEvent::Request { id, message, raw } => {
                    let weight = self.load.weight(&message, raw.len());
                    self.said.push_back((Saying::Request(id, weight), message));
                }
                ServerEvent::Note(note) => {
                    let decided = self.notes.came(&self.mailbox);
                    self.said.push_back((Saying::Note(decided), ClientMessage::from(ClientBody::Note(note))));
                }
                ServerEvent::Malformed { error: Some(error), .. } => tracing::debug!(%error, "malformed message"),
                ServerEvent::Closed(reason) => {
                    tracing::debug!(session = self.id.0, %reason, "session closed");
                    match reason {
                        CloseReason::SlowPeer => self.shared.meter.slow_peers().add(1),
                        CloseReason::PeerMisbehaved(_) => self.shared.meter.misbehaved_peers().add(1),
                        _ => {}
                    }
                    self.leave();
                }
                _ => {}
            }
        }
    }

    fn login(&mut self, now: Instant, login: ServerRequestId, credentials: &Credentials) {
        match self.shared.accounts.login(credentials) {
            Ok(admitted) => {
                let mut arrival = admitted.arrival.clone();
                arrival.agent.clone_from(&self.agent);
                arrival.background = self.background;
                self.admitted = Some((login, admitted));
                self.known = true;
                self.shared.engine.open(self.id, login, arrival);
            }
            Err(status) => {
                self.shared.meter.refused_logins().add(1);
                tracing::debug!(session = self.id.0, code = status.code, "login refused");
                self.session.reject(now, login, status);
            }
        }
    }

    fn hear(&mut self, now: Instant, mail: Mail) {
        match mail {
            Mail::Push(pushed) => {
                pushed.messages().iter().for_each(|message| self.session.push(now, message.clone()));
            }
            Mail::End => self.session.close(now),
            // What it is for is done by its coming: the line is asked again whether it wants input.
            Mail::NotesDecided => {}
            Mail::Answer { request, answer, last: true } => {
                self.load.end(request);
                self.session.respond(now, request, *answer);
            }
            Mail::Answer { request, answer, last: false } => drop(self.session.part(now, request, *answer)),
            Mail::Opened { login, kept } => {
                // The outcome of an earlier login, that took too long, is nobody's any more: the engine opens anew.
                if let Some((_, admitted)) = self.admitted.take_if(|(asked, _)| *asked == login) {
                    self.opened(now, login, kept.then_some(admitted));
                }
            }
        }
    }

    /// The login that is waited for was kept, or not.
    fn opened(&mut self, now: Instant, login: ServerRequestId, kept: Option<Admitted>) {
        let Some(Admitted { arrival, token }) = kept else {
            self.leave();
            self.session.reject(now, login, Status::INTERNAL);
            return;
        };
        let mut accepted = Accepted::user(UserId::from_number(arrival.user));
        accepted.token = token;
        if self.session.accept(now, login, accepted) {
            self.shared.meter.logins().add(1);
            self.mailbox.rewrite(|user| *user = Some(arrival.user));
        } else {
            // It took too long, and was answered so.
            self.leave();
        }
    }

    /// Takes what the engine told.
    fn hear_all(&mut self, now: Instant, mails: impl IntoIterator<Item = Mail>) {
        for mail in mails {
            self.hear(now, mail);
        }
        if self.mailbox.has_lost() {
            self.session.end_slow_peer();
        }
    }

    /// Tells the engine what came in, all that was read at once in one go: so it is decided, committed and told together. What
    /// is answered with more than there is room for waits until the client has read on, and all that was said after it.
    fn hand_in(&mut self) {
        while let Some((saying, message)) = self.said.pop_front() {
            if let Saying::Request(_, weight) = saying
                && !self.load.is_small(weight)
                && !self.load.admits(weight, self.session.queued_bytes() + self.mailbox.bytes())
            {
                self.said.push_front((saying, message));
                break;
            }
            self.tell(saying, message);
        }
        let held_back = !self.said.is_empty();
        if !held_back {
            // A line at rest holds no memory for more.
            self.said = VecDeque::new();
        }
        // What was taken before is no sign that room is coming.
        self.reads &= self.held_back;
        self.held_back = held_back;
        let is_full = self.is_full();
        self.session.hold_input(is_full);
    }

    fn tell(&mut self, saying: Saying, message: ClientMessage<Text>) {
        match saying {
            Saying::Request(request, weight) => {
                self.load.begin(request, weight);
                self.shared.engine.request(self.id, request, message);
            }
            Saying::Note(decided) => self.shared.engine.note_then(self.id, message, decided),
        }
    }

    /// Whether no more is to be read for now.
    fn is_full(&self) -> bool {
        self.held_back || self.notes.is_full()
    }

    fn leave(&mut self) {
        // What is held back is done all the same, but for questions, whose answers nobody hears.
        for (saying, message) in std::mem::take(&mut self.said) {
            if !matches!(message.body, ClientBody::Get(_)) {
                self.tell(saying, message);
            }
        }
        if std::mem::take(&mut self.known) {
            self.shared.engine.close(self.id);
        }
    }
}

impl Drop for HostedLine {
    fn drop(&mut self) {
        // Lent or not, the socket goes with the connection.
        drop(self.mailbox.recall());
        self.shared.post.take_down(self.id);
        self.shared.meter.lines().less();
        self.leave();
    }
}

impl Line for HostedLine {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        self.look_at_clock(now);
        self.session.handle_input(now, frame);
        self.answer(now);
    }

    fn handle_misbehaviour(&mut self, now: Instant, rule: PeerMisbehaved) {
        self.session.handle_misbehaviour(rule);
        self.answer(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.look_at_clock(now);
        // Who takes what comes is waited for.
        let reads = std::mem::take(&mut self.reads);
        for (saying, _) in &self.said {
            if let Saying::Request(request, _) = saying
                && reads
            {
                self.session.postpone(now, *request);
            }
        }
        self.session.handle_timeout(now);
        // What was answered 503 is not done any more.
        let session = &self.session;
        let is_open = session.phase() == Phase::Open;
        self.said.retain(
            |(saying, _)| !matches!(saying, Saying::Request(request, _) if is_open && !session.awaits(*request)),
        );
        self.answer(now);
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.hand_in();
        let frame = self.session.poll_transmit();
        self.reads |= frame.is_some();
        frame
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.session.poll_timeout()
    }

    fn wants_input(&self) -> bool {
        self.session.wants_input() && !self.is_full()
    }

    fn close(&mut self, now: Instant) {
        self.look_at_clock(now);
        self.hand_in();
        let waiting = self.mailbox.take();
        self.hear_all(now, waiting);
        self.session.shut_down(now);
        self.answer(now);
    }

    fn has_ended(&self) -> bool {
        self.session.phase() == Phase::Closed
    }

    fn message_limit(&self) -> MessageLimit {
        self.session.message_limit()
    }

    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        self.hand_in();
        let mail = ready!(self.mailbox.poll_all(cx));
        self.look_at_clock(now);
        self.hear_all(now, mail);
        self.answer(now);
        Poll::Ready(())
    }

    fn lend(&mut self, writer: Writer) -> Option<Writer> {
        match self.session.phase() {
            Phase::Open => self.mailbox.lend(writer),
            _ => Some(writer),
        }
    }

    fn recall(&mut self) -> Option<Writer> {
        self.mailbox.recall()
    }
}
