//! One WSI connection: the session, and its owner that asks the directory and listens to the hub.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tieline_core::{CloseReason, Frame, Instant, Limits, MessageLimit, PeerMisbehaved, Session as _, Text};
use tieline_portsip_wsi::server::{Phase, ServerConfig, ServerEvent, ServerRequestId, WsiServer};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions};

use super::directory::Directory;
use super::hub::{Hub, Seat};
use crate::{Line, Writer};

/// Up to so many subscriptions session and mailbox hold in common.
const MOST_SHARED: usize = 64;

pub(super) struct WsiLine {
    session: WsiServer,
    directory: Arc<dyn Directory>,
    hub: Hub,
    limits: Limits,
    /// From the login to the end.
    seat: Option<Seat>,
}

impl WsiLine {
    pub(super) fn new(config: ServerConfig, directory: Arc<dyn Directory>, hub: Hub, now: Instant) -> Self {
        let limits = config.limits;
        Self { session: WsiServer::start(config, now), directory, hub, limits, seat: None }
    }

    /// Answers what the session tells.
    fn answer(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                ServerEvent::Login { id, auth, dialect } => self.login(now, id, &auth, dialect),
                ServerEvent::Subscribe { id, subscription } => self.subscribe(now, id, &subscription),
                ServerEvent::Unsubscribe { id, subscription } => self.unsubscribe(now, id, &subscription),
                ServerEvent::Malformed { error, .. } => tracing::debug!(%error, "malformed command"),
                ServerEvent::Closed(reason) => self.closed(&reason),
                _ => {}
            }
        }
        if let Some(seat) = &mut self.seat {
            seat.speak(self.session.dialect());
        }
    }

    fn login(&mut self, now: Instant, id: ServerRequestId, auth: &Auth, dialect: Dialect) {
        match self.directory.login(auth, dialect) {
            Ok(viewer) => {
                if self.session.accept(now, id) && self.session.phase() == Phase::Open {
                    tracing::debug!(%dialect, "logged in");
                    self.seat = Some(self.hub.seat(viewer, dialect, self.limits.queued_bytes));
                }
            }
            Err(refused) => {
                tracing::debug!(%dialect, "login refused");
                self.hub.note_refused_login();
                self.session.reject(now, id, &refused.words);
            }
        }
    }

    /// Answers a subscribe, and sends what holds now.
    ///
    /// Nothing is lost between snapshot and live events, and none is sent too early, without any lock around both:
    /// - The mailbox takes the new subscriptions before the snapshot is taken. What is published from then on waits there
    ///   until this returns, as only this task empties it: so it is sent after the snapshot.
    /// - What is published before that does not get in. The directory had changed its state before it published, and the
    ///   snapshot is taken later, so the snapshot holds it.
    /// - A change between the two is in the snapshot and follows as an event, too. That is the lesser evil, and events
    ///   of WSI tell states, not differences.
    fn subscribe(&mut self, now: Instant, id: ServerRequestId, subscription: &Subscription) {
        let Some(seat) = &self.seat else {
            self.session.respond(now, id, Err("not authenticated"));
            return;
        };
        let (viewer, mailbox) = (seat.viewer.clone(), seat.mailbox.clone());
        let dialect = self.session.dialect();
        if let Err(words) = self.directory.subscribe(&viewer, subscription, dialect) {
            self.session.respond(now, id, Err(&words));
            return;
        }
        // The session holds the same under the same limit, so it does not refuse what the mailbox took.
        let limit = self.limits.subscriptions;
        let earlier = match mailbox.change(|held| held.subscriptions.apply_within(subscription, limit)) {
            Ok(earlier) => earlier,
            Err(refused) => {
                self.session.respond(now, id, Err(&refused.to_string()));
                return;
            }
        };
        if !self.session.respond(now, id, Ok(())) {
            return;
        }
        self.speak(dialect);
        self.push(now, earlier);
        self.share_subscriptions();
        let snapshots = self.directory.snapshots(&viewer, subscription, dialect);
        self.push(now, snapshots);
    }

    /// Answers an unsubscribe. What was published before goes out before the answer, and nothing of it after.
    fn unsubscribe(&mut self, now: Instant, id: ServerRequestId, subscription: &Subscription) {
        if let Some(seat) = &self.seat {
            let Ok(earlier) = seat.mailbox.change(|held| {
                held.subscriptions.remove(subscription);
                Ok::<_, Infallible>(())
            });
            self.push(now, earlier);
        }
        self.session.respond(now, id, Ok(()));
        self.share_subscriptions();
    }

    /// Lets the mailbox hold the very subscriptions of the session, which equal its own: for the memory.
    fn share_subscriptions(&self) {
        // Every further change copies what is shared: nothing for those who hold many.
        let held = self.session.subscriptions();
        if let Some(seat) = &self.seat
            && held.len() <= MOST_SHARED
        {
            seat.mailbox.rewrite(|own| own.subscriptions.clone_from(held));
        }
    }

    fn speak(&mut self, dialect: Dialect) {
        if let Some(seat) = &mut self.seat {
            seat.speak(dialect);
        }
    }

    fn push(&mut self, now: Instant, events: impl IntoIterator<Item = Text>) {
        for event in events {
            self.session.push(now, event);
        }
    }

    fn closed(&mut self, reason: &CloseReason) {
        tracing::debug!(%reason, "session closed");
        self.seat = None;
        match reason {
            CloseReason::SlowPeer => self.hub.note_slow_peer(),
            CloseReason::PeerMisbehaved(_) => self.hub.note_misbehaved_peer(),
            _ => {}
        }
    }
}

impl Line for WsiLine {
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
            let Ok(earlier) = seat.mailbox.change(|held| {
                held.subscriptions = Subscriptions::new();
                Ok::<_, Infallible>(())
            });
            self.push(now, earlier);
        }
        self.session.close(now);
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
        ready!(seat.mailbox.poll_take(cx, |event| session.push(now, event)));
        self.answer(now);
        Poll::Ready(())
    }
    fn lend(&mut self, writer: Writer) -> Option<Writer> {
        match &self.seat {
            Some(seat) => seat.mailbox.lend(writer),
            None => Some(writer),
        }
    }

    fn recall(&mut self) -> Option<Writer> {
        self.seat.as_ref()?.mailbox.recall()
    }
}
