//! One stream: the session, and its owner that listens to the hub.

use std::task::{Context, Poll, ready};

use tieline_cloudpbx::server::{Phase, PushServer, ServerConfig, ServerEvent};
use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::{CloseReason, Frame, Instant, Limits, MessageLimit, PeerMisbehaved, Session as _};

use super::hub::{Seat, StreamHub};
use crate::{Line, Writer};

pub(super) struct PushLine {
    session: PushServer,
    hub: StreamHub,
    limits: Limits,
    /// Until the end.
    seat: Option<Seat>,
}

impl PushLine {
    /// A stream of a client that was let in.
    pub(super) fn new(config: ServerConfig, target: StreamTarget, hub: StreamHub, now: Instant) -> Self {
        let limits = config.limits;
        let seat = Some(hub.seat(&target, limits.queued_bytes));
        let mut line = Self { session: PushServer::start(config, target, now), hub, limits, seat };
        line.answer(now);
        line
    }

    /// Answers what the session tells.
    fn answer(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                // It was judged before the WebSocket opened.
                ServerEvent::Opened(_) => {
                    self.session.accept(now);
                }
                ServerEvent::Closed(reason) => self.closed(&reason),
                _ => {}
            }
        }
    }

    fn closed(&mut self, reason: &CloseReason) {
        tracing::debug!(%reason, "stream closed");
        self.seat = None;
        if *reason == CloseReason::SlowPeer {
            self.hub.note_slow_peer();
        }
    }
}

impl Line for PushLine {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        self.session.handle_input(now, frame);
        self.answer(now);
    }

    fn handle_misbehaviour(&mut self, now: Instant, rule: PeerMisbehaved) {
        tracing::debug!(%rule, "the listener broke a rule");
        self.hub.note_misbehaved_peer();
        self.handle_input(now, Frame::Eof);
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
        self.session.close(now);
        self.answer(now);
    }

    fn has_ended(&self) -> bool {
        self.session.phase() == Phase::Closed
    }

    /// Clients have nothing to say, so what they say is never given much room.
    fn message_limit(&self) -> MessageLimit {
        MessageLimit::settled(self.limits.message_bytes_before_login)
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
        let mut writer = self.seat.as_ref()?.recall()?;
        if let Some(at) = writer.take_wrote() {
            self.session.note_sent(at);
        }
        Some(writer)
    }
}
