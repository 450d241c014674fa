//! How the supervisor sees the session.

use tieline_core::supervisor::{EventKind, Supervised};
use tieline_core::{CloseReason, MessageLimit};

use super::command::{Confirmation, Reply, Request};
use super::config::ClientConfig;
use super::event::ClientEvent;
use super::phase::Phase;
use super::session::WsiClient;
use crate::{Auth, Subscriptions};

impl Supervised for WsiClient {
    type Credentials = Auth;

    fn configure(base: &ClientConfig, credentials: Auth) -> ClientConfig {
        ClientConfig { auth: credentials, ..base.clone() }
    }

    fn is_live(&self) -> bool {
        self.phase() == Phase::Live
    }

    fn message_limit(&self) -> Option<MessageLimit> {
        Some(Self::message_limit(self))
    }

    fn close_reason(&self) -> Option<&CloseReason> {
        Self::close_reason(self)
    }

    fn deferred_reply(_: &Request) -> Option<Reply> {
        Some(Reply { confirmation: Confirmation::Deferred })
    }

    fn edit(resume: &mut Subscriptions, request: &Request) {
        match request {
            Request::Subscribe(subscription) => resume.apply(subscription),
            Request::Unsubscribe(subscription) => resume.remove(subscription),
        }
    }

    fn kind_of(event: &ClientEvent) -> EventKind {
        match event {
            ClientEvent::Closed(_) => EventKind::Closed,
            ClientEvent::Received(received) if received.event.is_snapshot() => EventKind::Snapshot,
            _ => EventKind::Other,
        }
    }
}
