//! What comes from the client: refused where it must be, told to the owner where it may not.

use tieline_core::{Instant, PeerMisbehaved, Text};

use super::answer::Answer;
use super::check::check;
use super::event::ServerEvent;
use super::hello::{Version, version};
use super::open::Open;
use super::phase::Phase;
use super::session::ImServer;
use crate::{BadSecret, ClientBody, ClientMessage, Credentials, Hi, Login, Status};

impl ImServer {
    pub(super) fn handle_text(&mut self, now: Instant, text: Text) {
        if self.is_over() {
            return;
        }
        // A probe of the line, which is no JSON message.
        if text == "1" {
            return self.send(Text::from_static("0"));
        }
        let limits = self.config.limits;
        let longest = if self.phase == Phase::Open { limits.message_bytes } else { limits.message_bytes_before_login };
        if text.len() > longest {
            return self.misbehaved(1009, PeerMisbehaved::MessageTooBig);
        }
        if self.open.login_pending() {
            if self.held.len() >= limits.in_flight {
                return self.misbehaved(1008, PeerMisbehaved::TooManyRequests);
            }
            return self.held.push_back(text);
        }
        if self.open.len() >= limits.in_flight.saturating_mul(2) {
            return self.misbehaved(1008, PeerMisbehaved::TooManyRequests);
        }
        let message = match ClientMessage::<Text>::decode_frame(&text, limits.depth) {
            Ok(message) => message,
            Err(error) => return self.malformed(now, text.into_bytes(), Some(error)),
        };
        // On behalf of others nobody may act here: only a root user could, and there is none.
        let obo = message
            .extra
            .as_ref()
            .is_some_and(|extra| [&extra.obo, &extra.authlevel].into_iter().flatten().any(|value| !value.is_empty()));
        if obo {
            return self.send_status(now, None, None, Status::PERMISSION_DENIED);
        }
        match message.body {
            ClientBody::Unknown(_) => self.malformed(now, text.into_bytes(), None),
            ClientBody::Hi(hi) => self.handle_hello(now, hi),
            ClientBody::Login(login) => self.handle_login(now, &login, text.len()),
            ClientBody::Note(note) => {
                if self.phase == Phase::Open {
                    self.tell(ServerEvent::Note(note), text.len());
                }
            }
            ClientBody::Acc(_) => self.request(now, message, text),
            _ => {
                let refused = if self.phase == Phase::Open {
                    check(&message.body).err()
                } else {
                    Some(Status::AUTHENTICATION_REQUIRED)
                };
                match refused {
                    Some(status) => {
                        let (id, topic) = (message.body.id(), message.body.topic());
                        self.send_status(now, id.map(Text::as_str), topic.map(|topic| topic.as_str()), status);
                    }
                    None => self.request(now, message, text),
                }
            }
        }
    }

    fn request(&mut self, now: Instant, message: ClientMessage<Text>, raw: Text) {
        let id = self.open.next_id();
        let wire_id = message.body.id().filter(|id| !id.is_empty()).cloned();
        self.open.push(Open {
            id,
            quiet: wire_id.is_none() && matches!(message.body, ClientBody::Pub(_)),
            wire_id,
            topic: message.body.topic().map(|topic| Text::from(topic.as_str())),
            is_login: false,
            deadline: now + self.config.answer_timeout,
        });
        let weight = raw.len();
        self.tell(ServerEvent::Request { id, message, raw }, weight);
    }

    fn handle_login(&mut self, now: Instant, login: &Login<Text>, weight: usize) {
        let wire_id = login.id.clone().filter(|id| !id.is_empty());
        if self.phase == Phase::Open {
            return self.send_status(now, wire_id.as_deref(), None, Status::ALREADY_AUTHENTICATED);
        }
        match Credentials::from_login(login) {
            Ok(credentials) => {
                let id = self.open.next_id();
                let deadline = now + self.config.answer_timeout;
                self.open.push(Open { id, wire_id, topic: None, is_login: true, quiet: false, deadline });
                self.tell(ServerEvent::Login { id, credentials }, weight);
            }
            Err(BadSecret) => {
                self.send_status(now, wire_id.as_deref(), None, Status::MALFORMED);
                self.login_refused();
            }
        }
    }

    /// A hello is answered here: the first with what the server is, a later one if it changes nothing.
    fn handle_hello(&mut self, now: Instant, hi: Hi<Text>) {
        let id = hi.id.clone().filter(|id| !id.is_empty());
        let told = hi.ver.as_deref().filter(|ver| !ver.is_empty()).map(version);
        let status = match (self.version, told) {
            (None, Some(Version::TooOld)) => Status::VERSION_NOT_SUPPORTED,
            (None, None | Some(Version::Unreadable)) => Status::MALFORMED,
            (None, Some(served)) => {
                self.version = Some(served);
                self.device = told_device(&hi);
                let params = self.config.hello.clone();
                let answer = Answer::status(Status::CREATED).with(&params);
                let message = answer.message(id.as_deref(), None, self.timestamp(now));
                self.send(tieline_core::json::Encode::to_json(&message).into());
                let weight = hi.ua.as_ref().map_or(0, |ua| ua.len());
                return self.tell(ServerEvent::Hello(hi), weight);
            }
            (Some(before), Some(now)) if before != now => Status::OUT_OF_SEQUENCE,
            (Some(_), _) if self.phase != Phase::Open => Status::AUTHENTICATION_REQUIRED,
            (Some(_), _) if hi.dev.is_some() && told_device(&hi) != self.device => {
                self.device = told_device(&hi);
                self.tell(ServerEvent::Hello(hi), 0);
                Status::OK
            }
            (Some(_), _) => Status::CREATED,
        };
        self.send_status(now, id.as_deref(), None, status);
    }
}

/// The device of a hello, or that there is none any more.
fn told_device(hi: &Hi<Text>) -> Option<Text> {
    hi.dev.as_ref().filter(|dev| !dev.is_empty() && dev.as_str() != crate::CLEAR).map(Text::detached)
}
