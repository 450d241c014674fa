//! Messages of topics: each once, and none missing without a word.

use alloc::vec::Vec;

use tieline_core::{Instant, Text};

use super::event::{ClientEvent, Gap, GapClosed, NumbersReset, Received};
use super::flight::{Answered, Collected, Job};
use super::session::ImClient;
use super::track::Arrival;
use super::work::TRIES;
use crate::{SeqRange, Topic};

/// So many messages of a topic are kept whose numbers may have gone back.
const MOST_DOUBTFUL: usize = 64;

/// So many live messages may stand among those that the owner asked for.
const LIVE_AMONG_HISTORY: usize = 64;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    /// By itself.
    Unasked,
    /// By itself, among those that were asked for: it was looked at when it came.
    AmongAskedFor,
    /// As a part of an answer.
    AskedFor,
}

impl ImClient {
    pub(super) fn handle_data(&mut self, now: Instant, received: Received) {
        let topic = received.message.topic().map(|topic| Text::from(topic.as_str()));
        let (Some(topic), Some(seq)) = (topic, received.seq()) else { return self.deliver(received) };
        let limits = self.config.limits;
        let deadline = now + self.config.request_timeout;
        let mut how = Coming::Unasked;
        let mut flush = None;
        if let Some(flight) = self.flights.iter_mut().find(|flight| flight.job.collects(&topic, seq)) {
            how = Coming::AskedFor;
            match &mut flight.job {
                Job::Owner { request: super::command::Request::History(history), collected, .. } => {
                    let most = history.limit.map_or(limits.queued_events, |limit| limit as usize);
                    let most = most.saturating_add(LIVE_AMONG_HISTORY);
                    if collected.add(seq, received.clone(), most, limits.queued_bytes) {
                        flight.deadline = deadline;
                    }
                }
                Job::Refill { collected, came, .. } => {
                    *came = Some(came.map_or((seq, seq), |(low, high)| (low.min(seq), high.max(seq))));
                    if collected.add(seq, received, usize::MAX, usize::MAX) {
                        flight.deadline = deadline;
                    }
                    if collected.bytes() >= limits.queued_bytes / 2 {
                        flush = Some(core::mem::take(collected));
                    }
                    if let Some(collected) = flush {
                        self.refilled(&topic, collected, Vec::new());
                    }
                    return;
                }
                _ => {}
            }
        }
        self.deliver_live(received, how);
    }

    /// Delivers a message, unless it was delivered before, or was asked for and is of the time before the topic was
    /// followed. Tells of messages that are missing before it.
    pub(super) fn deliver_live(&mut self, received: Received, how: Coming) {
        let asked_for = how == Coming::AskedFor;
        let topic = received.message.topic().map(|topic| Text::from(topic.as_str()));
        let (Some(topic), Some(seq)) = (topic, received.seq()) else { return self.deliver(received) };
        let Some(state) = self.topics.get_mut(&*topic) else {
            if !asked_for {
                self.deliver(received);
            }
            return;
        };
        // What was asked for does not tell where the topic stands.
        if asked_for && !state.track.is_known() {
            return;
        }
        match state.track.arrive(seq) {
            Arrival::Repeated => {}
            Arrival::Duplicate if how != Coming::Unasked => {}
            // The server sent it twice, or its numbers went back.
            Arrival::Duplicate => {
                state.doubtful.add(seq, received, MOST_DOUBTFUL, self.config.limits.queued_bytes);
                state.probe.get_or_insert(0);
                self.enqueue(&topic);
            }
            Arrival::Before if asked_for => {}
            Arrival::Before => {
                state.track.deliver_early(seq);
                self.deliver(received);
            }
            Arrival::New => {
                let opened = state.track.look_back(self.config.refill_at_most);
                self.tell_gaps(&topic, &opened);
                self.deliver(received);
                self.settle(&topic);
            }
        }
    }

    /// Delivers missing messages that came, and notes what the answers say of those that did not.
    pub(super) fn refilled(&mut self, topic: &Text, collected: Collected, answered: Vec<Answered>) {
        self.deliver_refill(topic, collected);
        if let Some(state) = self.topics.get_mut(&**topic) {
            for (window, came) in answered {
                state.track.answered(window, came);
            }
        }
        self.mind_backpressure();
    }

    /// Delivers missing messages that came, in the order of their numbers.
    pub(super) fn deliver_refill(&mut self, topic: &Text, mut collected: Collected) {
        for (seq, received) in collected.take() {
            let Some(state) = self.topics.get_mut(&**topic) else { return };
            if state.track.arrive(seq) == Arrival::New {
                // The session asked for it, and not for more than may be unread.
                let bytes = received.raw().len();
                self.events.push_always(ClientEvent::Received(received), bytes);
            }
        }
    }

    /// The server named the number of a topic's last message, or none: then it has no messages, or does not say. `known`:
    /// the highest number that was known when it was asked, which the last cannot be below unless the numbers went back.
    pub(super) fn last_is(&mut self, topic: &Text, last: Option<u64>, known: u64) {
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        if let Some(last) = last.filter(|last| *last < known) {
            return self.numbers_reset(topic, known, last);
        }
        state.doubtful = Collected::default();
        self.incomplete |= last.is_none() && known > 0;
        let last = last.unwrap_or_default();
        if state.track.is_known() {
            let opened = state.track.catch_up(last, self.config.refill_at_most);
            self.tell_gaps(topic, &opened);
            self.settle(topic);
        } else {
            state.track.follow_after(last);
        }
    }

    fn numbers_reset(&mut self, topic: &Text, before: u64, last: u64) {
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        state.track.abandon();
        self.settle(topic);
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        // Of what came under numbers that were there before, the latest in a row are messages of the new count.
        let mut doubtful = state.doubtful.take();
        let mut floor = last;
        for (seq, _) in doubtful.iter().rev() {
            if *seq == floor && floor > 0 {
                floor -= 1;
            }
        }
        state.track.restart(floor);
        doubtful.retain(|(seq, _)| floor < *seq && *seq <= last);
        self.incomplete = true;
        let reset = NumbersReset { topic: Topic::new(topic.clone()), before, last: floor };
        self.tell(ClientEvent::NumbersReset(reset), 0);
        for (_, received) in doubtful {
            self.deliver_live(received, Coming::Unasked);
        }
    }

    /// Asks again for the number of a topic's last message.
    pub(super) fn ask_again(&mut self, topic: &Text, tries: u32) {
        if let Some(state) = self.topics.get_mut(&**topic) {
            state.probe = Some(tries);
            self.enqueue(topic);
        }
    }

    /// The server did not name the number of a topic's last message.
    pub(super) fn probe_failed(&mut self, topic: &Text, tries: u32, again: bool) {
        if again && tries + 1 < TRIES {
            return self.ask_again(topic, tries + 1);
        }
        self.incomplete = true;
        let Some(state) = self.topics.get_mut(&**topic) else { return };
        // What may be missing is told at least; the next message tells how much it is.
        if let Some(mark) = state.track.mark() {
            let range = SeqRange::new(mark.low_water().saturating_add(1)..u64::MAX);
            self.tell_gaps(topic, &[range]);
        }
        self.settle(topic);
    }

    fn tell_gaps(&mut self, topic: &Text, opened: &[SeqRange]) {
        for range in opened {
            let gap = Gap { topic: Topic::new(topic.clone()), range: *range };
            self.tell(ClientEvent::Gap(gap), 0);
        }
    }

    /// Tells of the gaps in which nothing is missing any more, and goes on with the others.
    pub(super) fn settle(&mut self, topic: &Text) {
        while let Some(closed) = self.topics.get_mut(&**topic).and_then(|state| state.track.close_gap()) {
            self.incomplete |= !closed.lost.is_empty();
            let topic = Topic::new(topic.clone());
            let closed = GapClosed { topic, range: closed.range, lost: closed.lost };
            self.tell(ClientEvent::GapClosed(closed), 0);
        }
        self.enqueue(topic);
    }

    /// Forgets a topic. What was missing of it is lost. Whether it was known.
    pub(super) fn drop_topic(&mut self, topic: &Text) -> bool {
        let Some(state) = self.topics.get_mut(&**topic) else { return false };
        state.track.abandon();
        self.settle(topic);
        self.todo.retain(|waiting| waiting != topic);
        self.topics.remove(&**topic).is_some()
    }
}
