//! One line: its session, and what the engine tells it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tieline_core::{CloseReason, Frame, Instant, MessageLimit, PeerMisbehaved, Session as _, Text};
use tieline_portsip_im::server::{Accepted, ImServer, Phase, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::service::SessionId;
use tieline_portsip_im::{ClientBody, ClientMessage, Credentials, Status, UserId};

use super::mailbox::{IDLE, Mail, Mailbox};
use super::{Admitted, Shared};
use crate::Line;
use crate::census;

pub(super) struct HostedLine {
    session: ImServer,
    id: SessionId,
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    /// Empty but while it is heard.
    mail: VecDeque<Mail>,
    agent: Option<Text>,
    background: bool,
    /// A login that is right and not kept yet.
    admitted: Option<Admitted>,
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
        let session = ImServer::start(config, now);
        Self {
            session,
            id,
            shared,
            mailbox,
            mail: VecDeque::new(),
            agent: None,
            background: false,
            admitted: None,
            known: false,
            _seat: seat,
        }
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
                ServerEvent::Request { id, message, .. } => self.shared.engine.request(self.id, id, message),
                ServerEvent::Note(note) => {
                    self.shared.engine.note(self.id, ClientMessage::from(ClientBody::Note(note)));
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
                self.admitted = Some(admitted);
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
            Mail::Push(message) => self.session.push(now, message),
            Mail::End => self.session.close(now),
            Mail::Answer { request, answer, last: true } => drop(self.session.respond(now, request, answer)),
            Mail::Answer { request, answer, last: false } => drop(self.session.part(now, request, answer)),
            Mail::Opened { login, kept } => match self.admitted.take().filter(|_| kept) {
                Some(Admitted { arrival, token }) => {
                    let mut accepted = Accepted::user(UserId::from_number(arrival.user));
                    accepted.token = token;
                    self.shared.meter.logins().add(1);
                    self.mailbox.belongs_to(arrival.user);
                    self.session.accept(now, login, accepted);
                }
                None => {
                    self.leave();
                    self.session.reject(now, login, Status::INTERNAL);
                }
            },
        }
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.known) {
            self.shared.engine.close(self.id);
        }
    }
}

impl Drop for HostedLine {
    fn drop(&mut self) {
        self.shared.post.take_down(self.id);
        self.shared.meter.lines().less();
        self.leave();
    }
}

impl Line for HostedLine {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        self.session.handle_input(now, frame);
        self.answer(now);
    }

    fn handle_misbehaviour(&mut self, now: Instant, rule: PeerMisbehaved) {
        self.session.handle_misbehaviour(rule);
        self.answer(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.answer(now);
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.session.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.session.poll_timeout()
    }

    fn wants_input(&self) -> bool {
        self.session.wants_input()
    }

    fn close(&mut self, now: Instant) {
        for mail in self.mailbox.take() {
            self.hear(now, mail);
        }
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
        ready!(self.mailbox.poll_take(cx, &mut self.mail));
        while let Some(mail) = self.mail.pop_front() {
            self.hear(now, mail);
        }
        if self.mail.capacity() > IDLE {
            self.mail = VecDeque::new();
        }
        self.answer(now);
        Poll::Ready(())
    }
}
