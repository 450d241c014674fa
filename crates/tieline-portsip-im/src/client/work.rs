//! What is sent next: what an earlier line had, what is missing, what the owner asks.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use tieline_core::{CloseReason, Instant, RequestError, Text};

use super::command::{History, Request, Subscribe};
use super::event::{ClientEvent, LostCause, SubscriptionLost};
use super::flight::{Answered, Collected, Job, Waiting};
use super::phase::Phase;
use super::reply::Reply;
use super::session::ImClient;
use crate::Topic;

/// So many messages of the session's own work are on their way at once.
const OWN_WORK: usize = 8;

/// So often the session's own work is tried.
pub(super) const TRIES: u32 = 3;

impl ImClient {
    /// Sends what can be sent.
    pub(super) fn advance(&mut self, now: Instant) {
        if self.phase == Phase::Restoring {
            self.restore_topics(now);
            let restored =
                self.restore.is_empty() && !self.flights.iter().any(|f| matches!(f.job, Job::Restore { .. }));
            // Nobody may take events before the session is live, so a flood of them must not keep it from that.
            if restored || self.events.is_high() {
                self.enter(Phase::Live);
            }
        } else if self.phase == Phase::Live {
            self.restore_topics(now);
        }
        // The owner's questions go first: a long refill must not keep them waiting.
        if self.phase == Phase::Live {
            self.send_waiting(now);
        }
        if matches!(self.phase, Phase::Restoring | Phase::Live) {
            self.work(now);
        }
    }

    fn own_work(&self) -> usize {
        self.flights.iter().filter(|flight| flight.job.rests()).count()
    }

    fn restore_topics(&mut self, now: Instant) {
        while self.own_work() < OWN_WORK {
            let Some((topic, tries)) = self.restore.pop_front() else { return };
            if self.topics.get(&*topic).is_none_or(|state| state.leaving || state.attached) {
                continue;
            }
            let request = Request::Subscribe(Subscribe::to(topic.as_str()));
            let deadline = now + self.config.request_timeout;
            self.launch(deadline, Job::Restore { topic, tries }, |id| request.message(id));
        }
    }

    /// Notes that something is to be asked for of a topic.
    pub(super) fn enqueue(&mut self, topic: &Text) {
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        let page = u64::from(self.config.page);
        let wanted = state.probe.is_some() || state.track.next_window(page).is_some();
        if wanted && state.attached && !state.in_todo {
            state.in_todo = true;
            self.todo.push_back(topic.clone());
        }
    }

    fn is_busy(&self, topic: &str) -> bool {
        self.flights.iter().any(|flight| flight.job.asks_for_messages_of(topic))
    }

    /// Whether [`work`](Self::work) would send something.
    pub(super) fn can_work(&self) -> bool {
        matches!(self.phase, Phase::Restoring | Phase::Live)
            && !self.todo.is_empty()
            && !self.events.is_high()
            && self.own_work() < OWN_WORK
            && self.todo.iter().any(|topic| !self.is_busy(topic))
    }

    /// Asks for the numbers of last messages and for missing messages, one question a topic at a time.
    fn work(&mut self, now: Instant) {
        for _ in 0..self.todo.len() {
            if self.events.is_high() || self.own_work() >= OWN_WORK {
                return;
            }
            let Some(topic) = self.todo.pop_front() else { return };
            if self.is_busy(&topic) {
                self.todo.push_back(topic);
                continue;
            }
            // What is asked for at once must fit into what may be unread.
            let page = u64::from(self.config.page).min(self.config.limits.queued_events as u64).max(1);
            let deadline = now + self.config.request_timeout;
            let Some(state) = self.topics.get_mut(&*topic) else { continue };
            state.in_todo = false;
            if !state.attached {
                continue;
            }
            let name = Topic::from(topic.as_str());
            if let Some(tries) = state.probe.take() {
                let request = Request::Desc { topic: name, ims: None };
                let known = state.track.highest();
                self.launch(deadline, Job::Probe { topic, tries, known }, |id| request.message(id));
            } else if let Some(window) = state.track.next_window(page) {
                self.ask_for(now, topic, window, Collected::default(), Vec::new());
            }
        }
    }

    /// Asks for missing messages.
    pub(super) fn ask_for(
        &mut self,
        now: Instant,
        topic: Text,
        window: Range<u64>,
        collected: Collected,
        before: Vec<Answered>,
    ) {
        let limit = u32::try_from(window.end - window.start).unwrap_or(u32::MAX);
        let history = History::of(topic.as_str()).since(window.start).before(window.end).limit(limit);
        let job = Job::Refill { topic, window, collected, came: None, before };
        let deadline = now + self.config.request_timeout;
        self.launch(deadline, job, |id| Request::History(history).message(id));
    }

    /// Sends the requests of the owner whose turn has come. Those of one topic keep their order.
    fn send_waiting(&mut self, now: Instant) {
        let mut kept: VecDeque<Waiting> = VecDeque::new();
        for Waiting { id, request } in core::mem::take(&mut self.waiting) {
            if self.must_wait(&request, &kept) {
                kept.push_back(Waiting { id, request });
                continue;
            }
            let deadline = now + self.config.request_timeout;
            if let Request::Note { .. } = request {
                self.say(encoded(&request));
                self.replies.push_back((id, Ok(Reply::Sent)));
                continue;
            }
            let message = request.clone();
            let job = Job::Owner { id, request, collected: Collected::default() };
            self.launch(deadline, job, |id| message.message(id));
        }
        self.waiting = kept;
    }

    fn must_wait(&self, request: &Request, before: &VecDeque<Waiting>) -> bool {
        let topic = request.topic();
        let asks_for_messages = matches!(request, Request::History(_));
        before.iter().any(|waiting| waiting.request.topic() == topic)
            || self.restore.iter().any(|(restored, _)| restored == topic)
            || self.flights.iter().any(|flight| flight.job.attaches(topic))
            || (asks_for_messages
                && (self.is_busy(topic) || self.topics.get(topic).is_some_and(|state| state.probe.is_some())))
    }

    /// Gives up the first message whose deadline has passed.
    pub(super) fn time_out(&mut self, now: Instant) {
        let resting = !tieline_core::Session::wants_input(self);
        let due = |job: &Job, deadline: Instant| deadline <= now && !(resting && job.rests());
        let Some(at) = self.flights.iter().position(|flight| due(&flight.job, flight.deadline)) else { return };
        let flight = self.flights.remove(at);
        // A line that says nothing at all refuses nothing: what is asked stays wanted, here or on the next line.
        let silent = self.silence.since() + self.config.request_timeout <= flight.deadline;
        match flight.job {
            Job::Hello | Job::Login => {
                self.say_goodbye(1000);
                self.end(CloseReason::LoginTimeout);
            }
            Job::Owner { id, request, .. } => {
                self.settle_leave(&request, false);
                self.replies.push_back((id, Err(RequestError::Timeout)));
            }
            Job::Restore { topic, tries } if silent => self.restore.push_back((topic, tries)),
            Job::Restore { topic, tries } => self.restore_failed(topic, tries, RequestError::Timeout),
            Job::Probe { topic, tries, .. } if silent => self.ask_again(&topic, tries),
            Job::Probe { topic, tries, .. } => self.probe_failed(&topic, tries, true),
            Job::Refill { topic, window, collected, came, before } => {
                self.refilled(&topic, collected, before);
                if let Some(state) = self.topics.get_mut(&*topic) {
                    if came.is_none() && !silent {
                        state.track.failed(&window, TRIES);
                    }
                    self.settle(&topic);
                }
            }
            Job::Abandoned => {}
        }
    }

    /// A topic of an earlier line could not be attached.
    pub(super) fn restore_failed(&mut self, topic: Text, tries: u32, error: RequestError) {
        let again = match &error {
            RequestError::Refused { status, .. } => *status >= 500,
            _ => true,
        };
        if again && tries + 1 < TRIES {
            return self.restore.push_back((topic, tries + 1));
        }
        self.lose_topic(&topic, LostCause::Refused(error));
    }

    /// A topic is no longer attached, not by the owner's will.
    pub(super) fn lose_topic(&mut self, topic: &Text, cause: LostCause) {
        if self.drop_topic(topic) {
            self.incomplete = true;
            let topic = Topic::new(topic.clone());
            self.tell(ClientEvent::SubscriptionLost(SubscriptionLost { topic, cause }), 0);
        }
    }
}

/// A message that is not answered.
fn encoded(request: &Request) -> String {
    tieline_core::json::Encode::to_json(&request.message(String::new()))
}
