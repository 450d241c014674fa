//! What the session tells, and how it ends.

use bytes::Bytes;
use tieline_core::json::DecodeError;
use tieline_core::{CloseReason, Instant, Malformed, RequestError, Sent, Text};

use super::command::Request;
use super::event::ClientEvent;
use super::flight::{Job, Waiting};
use super::phase::Phase;
use super::session::ImClient;

impl ImClient {
    /// Queues an event. The hard limit is looked at before a frame is taken, so that all it has to say fits.
    pub(super) fn tell(&mut self, event: ClientEvent, bytes: usize) {
        if !self.is_over() {
            self.events.push_always(event, bytes);
            self.mind_backpressure();
        }
    }

    /// Whether the hard limit is reached, which is the end.
    pub(super) fn overflows(&mut self) -> bool {
        let full = self.events.is_full();
        if full {
            self.say_goodbye(1008);
            self.end(CloseReason::Overflow);
        }
        full
    }

    /// Above the hard limit no answer can be read any more: input is unwanted until the owner takes events.
    pub(super) fn mind_backpressure(&mut self) {
        if self.events.is_full() {
            self.fail_requests(|_| RequestError::Backpressure);
        }
    }

    pub(super) fn malformed(&mut self, now: Instant, bytes: Bytes, error: DecodeError) {
        if self.overflows() {
            return;
        }
        let weight = bytes.len();
        self.tell(ClientEvent::Malformed(Malformed::new(now, bytes, error)), weight);
    }

    pub(super) fn say_goodbye(&mut self, code: u16) {
        self.transmits.push_close(code);
    }

    /// Answers every request of the owner with an error; `error` is told whether the request was sent. An edit of what
    /// is desired stays desired.
    pub(super) fn fail_requests(&mut self, error: impl Fn(Sent) -> RequestError) {
        for at in 0..self.flights.len() {
            let Some(flight) = self.flights.get_mut(at) else { break };
            if !matches!(flight.job, Job::Owner { .. }) {
                continue;
            }
            let Job::Owner { id, request, .. } = core::mem::replace(&mut flight.job, Job::Abandoned) else { continue };
            if let Some(topic) = self.keep_desired(&request)
                && let Some(flight) = self.flights.get_mut(at)
            {
                flight.job = Job::Restore { topic, tries: 0 };
            }
            self.replies.push_back((id, Err(error(Sent::Maybe))));
        }
        for Waiting { id, request } in core::mem::take(&mut self.waiting) {
            if let Some(topic) = self.keep_desired(&request) {
                self.restore.push_back((topic, 0));
            }
            self.replies.push_back((id, Err(error(Sent::Nothing))));
        }
    }

    /// Notes the topic of a subscribe that got no answer as desired.
    fn keep_desired(&mut self, request: &Request) -> Option<Text> {
        let Request::Subscribe(subscribe) = request else { return None };
        if !request.is_edit() {
            return None;
        }
        let topic = Text::from(subscribe.topic.as_str());
        self.topics.entry(topic.clone()).or_default();
        Some(topic)
    }

    pub(super) fn end(&mut self, reason: CloseReason) {
        if self.phase == Phase::Closed {
            return;
        }
        // What came of a page whose end did not come is not asked for again.
        for flight in core::mem::take(&mut self.flights) {
            match flight.job {
                Job::Refill { topic, collected, .. } => self.deliver_refill(&topic, collected),
                _ => self.flights.push(flight),
            }
        }
        self.enter(Phase::Closed);
        let by_owner = reason == CloseReason::Local;
        self.fail_requests(|sent| if by_owner { RequestError::Closed } else { RequestError::Disconnected(sent) });
        self.flights.clear();
        self.restore.clear();
        self.todo.clear();
        self.close_deadline = None;
        self.closed = Some(reason.clone());
        self.events.push_always(ClientEvent::Closed(reason), 0);
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }
}
