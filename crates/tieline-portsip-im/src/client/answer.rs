//! What comes from the server: answers to their requests, everything else to the owner.

use alloc::boxed::Box;
use alloc::vec::Vec;

use tieline_core::{CloseReason, Instant, RequestError, RequestId, Secret, Text, Timestamp};

use super::command::Request;
use super::data::Coming;
use super::event::{ClientEvent, LoggedIn, LostCause, Noted, Received};
use super::flight::{Collected, Flight, Job};
use super::phase::Phase;
use super::reply::{Changed, HistoryPage, Published, Reply, Subscribed};
use super::session::ImClient;
use super::work::TRIES;
use crate::{Access, AccessMode, Ctrl, Meta, Params, PresWhat, ServerMessage, Topic, TopicKind, UserId};

/// The code of what was the case already.
const NOT_MODIFIED: i64 = 304;

impl ImClient {
    pub(super) fn handle_text(&mut self, now: Instant, text: Text) {
        // The answer to a probe of the line, which is no JSON message.
        if text == "0" {
            return;
        }
        let message = match ServerMessage::<Text>::decode_frame(&text, self.config.limits.depth) {
            Ok(message) => message,
            Err(error) => return self.malformed(now, text.into_bytes(), error),
        };
        // Answers are taken even then: they are not queued behind events.
        if !self.is_answer(&message) && self.overflows() {
            return;
        }
        let received = Received::new(now, message, text);
        match &received.message {
            ServerMessage::Ctrl(ctrl) => match id_of(ctrl.id.as_ref()) {
                Some(id) => match self.flights.iter().position(|flight| flight.wire_id == id) {
                    Some(at) => {
                        let flight = self.flights.remove(at);
                        self.answered(now, flight, ctrl);
                    }
                    None => self.note(Noted::UnmatchedAnswer, received),
                },
                None => self.notice(received),
            },
            ServerMessage::Meta(meta) => match id_of(meta.id.as_ref()) {
                Some(id) => match self.flights.iter().position(|f| f.wire_id == id && takes_meta(&f.job)) {
                    Some(at) => {
                        let ServerMessage::Meta(meta) = received.message else { return };
                        let flight = self.flights.remove(at);
                        self.answered_with_meta(flight, meta);
                    }
                    None => self.note(Noted::UnmatchedAnswer, received),
                },
                None => self.deliver(received),
            },
            ServerMessage::Data(_) => self.handle_data(now, received),
            ServerMessage::Pres(pres) => {
                let gone = (pres.what == Some(PresWhat::Gone))
                    .then(|| match (&pres.topic, &pres.src) {
                        (Some(topic), Some(src)) if topic.kind() == TopicKind::Me => Some(src.as_str().into()),
                        (Some(topic), None) => Some(topic.as_str().into()),
                        _ => None,
                    })
                    .flatten();
                self.deliver(received);
                if let Some(topic) = gone {
                    self.lose_topic(&topic, LostCause::Gone);
                }
            }
            ServerMessage::Info(_) => self.deliver(received),
            ServerMessage::Unknown(_) => self.note(Noted::Unknown, received),
        }
    }

    /// Whether a message of ours waits for it.
    fn is_answer(&self, message: &ServerMessage<Text>) -> bool {
        let id = match message {
            ServerMessage::Ctrl(ctrl) => id_of(ctrl.id.as_ref()),
            ServerMessage::Meta(meta) => id_of(meta.id.as_ref()),
            _ => None,
        };
        id.is_some_and(|id| self.flights.iter().any(|flight| flight.wire_id == id))
    }

    pub(super) fn deliver(&mut self, received: Received) {
        let bytes = received.raw().len();
        self.tell(ClientEvent::Received(received), bytes);
    }

    fn note(&mut self, why: Noted, received: Received) {
        let bytes = received.raw().len();
        self.tell(ClientEvent::Noted(why, received), bytes);
    }

    /// A `ctrl` that answers nothing.
    fn notice(&mut self, received: Received) {
        let ServerMessage::Ctrl(ctrl) = &received.message else { return };
        let evicted = ctrl.topic.as_ref().filter(|_| ctrl.code() == 205).map(|topic| Text::from(topic.as_str()));
        let unsubscribed = ctrl.known_params().is_ok_and(|params| params.unsub == Some(true));
        self.deliver(received);
        if let Some(topic) = evicted {
            self.lose_topic(&topic, LostCause::Evicted { unsubscribed });
        }
    }

    /// A `ctrl` that answers a message of ours.
    fn answered(&mut self, now: Instant, flight: Flight, ctrl: &Ctrl<Text>) {
        let fine = ctrl.is_success() || ctrl.code() == NOT_MODIFIED;
        let refused = || RequestError::Refused {
            status: ctrl.code(),
            reason: ctrl.text.as_ref().map(Text::detached).unwrap_or_default(),
        };
        match flight.job {
            Job::Hello if fine => self.log_in(flight.deadline),
            Job::Login if fine => self.logged_in(ctrl),
            Job::Hello | Job::Login => {
                self.say_goodbye(1000);
                let RequestError::Refused { status, reason } = refused() else { return };
                self.end(if status >= 500 {
                    CloseReason::LoginUnavailable { status }
                } else {
                    CloseReason::LoginRefused { status, reason }
                });
            }
            Job::Restore { topic, .. } if fine => self.attached(&topic, ctrl),
            Job::Restore { topic, tries } => self.restore_failed(topic, tries, refused()),
            Job::Probe { topic, tries, .. } => self.probe_failed(&topic, tries, ctrl.code() >= 500),
            Job::Refill { topic, window, collected, came: Some((low, high)), mut before }
                if fine && low > window.start && self.topics.contains_key(&*topic) =>
            {
                // Servers give the newest first, and not always as many as asked for: what is older comes first.
                let older = window.start..low;
                before.push((window, Some((low, high))));
                self.ask_for(now, topic, older, collected, before);
            }
            Job::Refill { topic, window, collected, came, mut before } => {
                if fine {
                    before.push((window.clone(), came));
                }
                self.refilled(&topic, collected, before);
                if let Some(state) = self.topics.get_mut(&*topic) {
                    if !fine {
                        state.track.failed(&window, if ctrl.code() >= 500 { TRIES } else { 1 });
                    }
                    self.settle(&topic);
                }
            }
            Job::Owner { id, request, collected } => {
                self.settle_leave(&request, fine);
                if fine {
                    self.complete(id, &request, collected, ctrl);
                } else {
                    self.replies.push_back((id, Err(refused())));
                }
            }
            Job::Abandoned => {}
        }
    }

    fn logged_in(&mut self, ctrl: &Ctrl<Text>) {
        let params = ctrl.known_params().unwrap_or_default();
        self.enter(Phase::Restoring);
        let user = params.user.map_or_else(Text::new, |user| Text::from(user.as_str()));
        let token = params.token.map(|token| Secret::from(token.expose()));
        let expires = params.expires.map(|expires| Timestamp::new(Text::from(expires.raw())));
        self.tell(ClientEvent::LoggedIn(LoggedIn { user: UserId::new(user), token, expires }), 0);
    }

    /// A request of the owner succeeded.
    fn complete(&mut self, id: RequestId, request: &Request, mut collected: Collected, ctrl: &Ctrl<Text>) {
        let params = ctrl.known_params().unwrap_or_default();
        let access = params.acs.as_ref().map(to_text);
        let user = params.user.as_ref().map(|user| UserId::new(Text::from(user.as_str())));
        let reply = match request {
            Request::Subscribe(subscribe) => {
                // The server names a new group; any other topic keeps the name it was asked for by.
                let topic = match &ctrl.topic {
                    Some(topic) if subscribe.topic.kind().is_new() => Text::from(topic.as_str()),
                    _ => Text::from(subscribe.topic.as_str()),
                };
                // Who wants no J is subscribed, but not attached.
                let in_force = access.as_ref().and_then(Access::in_force);
                if in_force.is_none_or(|mode| mode.contains(AccessMode::JOIN)) && !TopicKind::of(&topic).is_new() {
                    self.topics.entry(topic.clone()).or_default().leaving = false;
                    self.attached(&topic, ctrl);
                }
                Reply::Subscribed(Subscribed {
                    topic: Topic::new(topic),
                    created: params.tmpname.is_some(),
                    access,
                    seq: params.seq,
                    ctrl: ctrl.clone(),
                })
            }
            Request::Publish(publish) => {
                // Without echo nothing else tells of this number.
                if let Some(seq) = params.seq.filter(|_| publish.noecho)
                    && let Some(state) = self.topics.get_mut(publish.topic.as_str())
                {
                    state.track.hold(seq);
                    self.settle(&Text::from(publish.topic.as_str()));
                }
                let id = ctrl.id.clone().unwrap_or_default();
                Reply::Published(Published { seq: params.seq, ts: ctrl.ts.clone(), id })
            }
            Request::History(_) => {
                let truncated = collected.is_truncated();
                let mut messages: Vec<Received> = collected.take().into_iter().map(|(_, message)| message).collect();
                // Messages that were published meanwhile came among those that were asked for: they are the newest.
                let asked = params.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(messages.len());
                for live in messages.split_off(asked.min(messages.len())) {
                    self.deliver_live(live, Coming::AmongAskedFor);
                }
                Reply::History(HistoryPage { messages, count: params.count, truncated })
            }
            Request::SetDesc { .. }
            | Request::SetAccess { .. }
            | Request::SetTags { .. }
            | Request::TransferOwnership { .. } => {
                Reply::Changed(Changed { changed: ctrl.code() != NOT_MODIFIED, access, user })
            }
            Request::DeleteMessages { .. } => Reply::Deleted { id: params.del },
            Request::DeleteTopic { topic, .. } => {
                self.drop_topic(&Text::from(topic.as_str()));
                Reply::Done(ctrl.clone())
            }
            // There is nothing of what was asked for.
            Request::Desc { .. } => Reply::Desc(Box::default()),
            Request::Subscribers(_) => Reply::Subscribers(Vec::new()),
            Request::Deletions(_) => Reply::Deletions(crate::Deletions::default()),
            Request::Tags(_) => Reply::Tags(Vec::new()),
            Request::Credentials => Reply::Credentials(Vec::new()),
            Request::Leave { .. } | Request::RemoveMember { .. } | Request::Note { .. } => Reply::Done(ctrl.clone()),
        };
        self.replies.push_back((id, Ok(reply)));
    }

    fn answered_with_meta(&mut self, flight: Flight, meta: Meta<Text>) {
        let (id, request) = match flight.job {
            Job::Owner { id, request, .. } => (id, request),
            Job::Probe { topic, known, .. } => {
                let last = meta.desc.and_then(|desc| desc.seq);
                return self.last_is(&topic, last, known);
            }
            _ => return,
        };
        let reply = match request {
            Request::Desc { .. } => Reply::Desc(meta.desc.unwrap_or_default()),
            Request::Subscribers(_) => Reply::Subscribers(meta.sub.unwrap_or_default()),
            Request::Deletions(_) => Reply::Deletions(meta.del.unwrap_or_default()),
            Request::Tags(_) => Reply::Tags(meta.tags.unwrap_or_default()),
            _ => Reply::Credentials(meta.cred.unwrap_or_default()),
        };
        self.replies.push_back((id, Ok(reply)));
    }

    /// A leave is answered, or not: what was left is no longer tracked, what could not be left goes on.
    pub(super) fn settle_leave(&mut self, request: &Request, done: bool) {
        let Request::Leave { topic, .. } = request else { return };
        if done {
            self.drop_topic(&Text::from(topic.as_str()));
        } else if let Some(state) = self.topics.get_mut(topic.as_str()) {
            state.leaving = false;
        }
    }

    /// The session is attached to a topic.
    fn attached(&mut self, topic: &Text, ctrl: &Ctrl<Text>) {
        let params: Params<_> = ctrl.known_params().unwrap_or_default();
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        state.attached = true;
        if !TopicKind::of(topic).has_messages() {
            return;
        }
        match params.seq {
            _ if params.tmpname.is_some() => state.track.follow_after(0),
            Some(seq) if !state.track.is_known() => state.track.follow_after(seq),
            _ => {
                state.probe = Some(0);
                self.enqueue(topic);
            }
        }
    }
}

/// The id of an answer; an empty one is none.
fn id_of(id: Option<&Text>) -> Option<&str> {
    id.map(Text::as_str).filter(|id| !id.is_empty())
}

/// Whether a `meta` is the answer to it.
const fn takes_meta(job: &Job) -> bool {
    matches!(
        job,
        Job::Probe { .. }
            | Job::Owner {
                request: Request::Desc { .. }
                    | Request::Subscribers(_)
                    | Request::Deletions(_)
                    | Request::Tags(_)
                    | Request::Credentials,
                ..
            }
    )
}

/// The same access on its own.
fn to_text<S: AsRef<str>>(access: &Access<S>) -> Access<Text> {
    let mode = |mode: &Option<crate::Mode<S>>| mode.as_ref().map(|mode| crate::Mode::new(Text::from(mode.raw())));
    Access { want: mode(&access.want), given: mode(&access.given), mode: mode(&access.mode) }
}
