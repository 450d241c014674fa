//! How the supervisor sees the session.

use tieline_core::supervisor::{EventKind, Recovery, Supervised};
use tieline_core::{CloseReason, MessageLimit, Text};

use super::command::Request;
use super::config::ClientConfig;
use super::event::ClientEvent;
use super::phase::Phase;
use super::reply::Reply;
use super::resume::Resume;
use super::session::ImClient;
use crate::Credentials;

impl Supervised for ImClient {
    type Credentials = Credentials;

    fn configure(base: &ClientConfig, credentials: Credentials) -> ClientConfig {
        ClientConfig { credentials, ..base.clone() }
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

    fn deferred_reply(request: &Request) -> Option<Reply> {
        request.is_edit().then_some(Reply::Deferred)
    }

    fn edit(resume: &mut Resume, request: &Request) {
        match request {
            Request::Subscribe(subscribe) => {
                resume.topics.entry(Text::from(subscribe.topic.as_str())).or_default();
            }
            Request::Leave { topic, .. } => {
                resume.topics.remove(topic.as_str());
            }
            _ => {}
        }
    }

    fn recovery(&self) -> Recovery {
        Self::recovery(self)
    }

    fn kind_of(event: &ClientEvent) -> EventKind {
        match event {
            ClientEvent::Closed(_) => EventKind::Closed,
            _ => EventKind::Other,
        }
    }
}
