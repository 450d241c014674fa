//! One IM connection: the session, and its owner that asks the desk and listens to the hub.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tieline_core::{CloseReason, Frame, Instant, Limits, MessageLimit, PeerMisbehaved, Session as _};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::server::{ImServer, Phase, ServerConfig, ServerEvent, ServerRequestId};

use super::desk::{ClientId, Desk, Exchange};
use super::hub::{ImHub, Seat};
use crate::{Line, Writer};

pub(super) struct ImLine {
    session: ImServer,
    desk: Arc<dyn Desk>,
    hub: ImHub,
    client: ClientId,
    limits: Limits,
    /// From the login to the end.
    seat: Option<Seat>,
}

impl ImLine {
    pub(super) fn new(config: ServerConfig, desk: Arc<dyn Desk>, hub: ImHub, now: Instant) -> Self {
        let limits = config.limits;
        let client = hub.next_client();
        Self { session: ImServer::start(config, now), desk, hub, client, limits, seat: None }
    }

    /// Answers what the session tells.
    fn answer(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                ServerEvent::Login { id, credentials } => self.login(now, id, &credentials),
                ServerEvent::Request { id, message, .. } => {
                    // What was sent through the hub before this answer arrives before it.
                    self.take_waiting(now);
                    let exchange = Exchange { session: &mut self.session, client: self.client, id, now };
                    self.desk.request(&message, exchange);
                }
                ServerEvent::Note(note) => self.desk.note(self.client, &note),
                ServerEvent::Malformed { error: Some(error), .. } => tracing::debug!(%error, "malformed message"),
                ServerEvent::Closed(reason) => self.closed(&reason),
                _ => {}
            }
        }
    }

    fn login(&mut self, now: Instant, id: ServerRequestId, credentials: &Credentials) {
        match self.desk.login(self.client, credentials) {
            Ok(accepted) => {
                if self.session.accept(now, id, accepted) {
                    tracing::debug!(client = self.client.0, "logged in");
                    self.seat = Some(self.hub.seat(self.client, self.limits.queued_bytes));
                }
            }
            Err(status) => {
                tracing::debug!(client = self.client.0, code = status.code, "login refused");
                self.hub.note_refused_login();
                self.session.reject(now, id, status);
            }
        }
    }

    fn take_waiting(&mut self, now: Instant) {
        let Some(seat) = &self.seat else { return };
        let session = &mut self.session;
        seat.take(|message| session.push(now, message));
    }

    fn closed(&mut self, reason: &CloseReason) {
        tracing::debug!(client = self.client.0, %reason, "session closed");
        self.seat = None;
        match reason {
            CloseReason::SlowPeer => self.hub.note_slow_peer(),
            CloseReason::PeerMisbehaved(_) => self.hub.note_misbehaved_peer(),
            _ => {}
        }
    }
}

impl Drop for ImLine {
    fn drop(&mut self) {
        self.seat = None;
        self.desk.left(self.client);
    }
}

impl Line for ImLine {
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
        if let Some(seat) = self.seat.take() {
            seat.leave().into_iter().for_each(|message| self.session.push(now, message));
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
        let Some(seat) = &self.seat else { return Poll::Pending };
        let session = &mut self.session;
        ready!(seat.poll_take(cx, |message| session.push(now, message)));
        self.answer(now);
        Poll::Ready(())
    }
    fn lend(&mut self, writer: Writer) -> Option<Writer> {
        match &self.seat {
            Some(seat) => seat.lend(writer),
            None => Some(writer),
        }
    }

    fn recall(&mut self) -> Option<Writer> {
        self.seat.as_ref()?.recall()
    }
}
