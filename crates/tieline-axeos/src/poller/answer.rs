//! What a poller does with an answer.

use alloc::vec::Vec;

use tieline_core::supervisor::{DownCause, Gap, LineEvent, LineId, Phase};
use tieline_core::{ExchangeFailure, ExchangeFailureKind, Instant, Sent, Text};

use super::batch::{Event, Order, fresh, holds, newest, order};
use super::cursor::Cursor;
use super::event::{AxeosEvent, Malformed, Received, Snapshot};
use super::exchange::Answer;
use super::session::{Doubt, Flight, Poller, Step};
use crate::{Batch, Element, Entry, Listing, Phone, User};

type Users = Listing<User<Text>>;
type Phones = Listing<Phone<Text>>;

impl Poller {
    pub(super) fn answered(&mut self, now: Instant, flight: Flight, answer: Answer) {
        self.answered_at = now;
        match (flight.step, answer) {
            (Step::Users, Answer::Users(users)) => {
                self.users = Some(users);
                self.next = Some((Step::Phones, now));
            }
            (Step::Phones, Answer::Phones(phones)) => {
                let users = self.users.take();
                self.go_live(now, Some((users, phones)));
            }
            (Step::ReloadUsers, Answer::Users(users)) => {
                self.tell_lists(now, Some(users), None);
                self.next = Some((Step::Poll, now));
            }
            (Step::ReloadPhones, Answer::Phones(phones)) => {
                self.tell_lists(now, None, Some(phones));
                self.next = Some((Step::Poll, now));
            }
            (step, Answer::Events(batch)) => {
                self.heard = now;
                match step {
                    Step::Newest => self.took_place(now, flight, &batch),
                    Step::Poll => self.polled(now, flight, batch),
                    Step::Behind => self.looked_behind(now, flight, batch),
                    Step::Settle => self.settled(now, &batch),
                    Step::Probe => self.probed(now, &batch),
                    _ => self.unreadable(now, flight, "an answer to another question"),
                }
            }
            _ => self.unreadable(now, flight, "an answer to another question"),
        }
    }

    fn unreadable(&mut self, now: Instant, flight: Flight, reason: &'static str) {
        let kind = ExchangeFailureKind::Unreadable { reason: Text::from_static(reason) };
        self.failed(now, flight, ExchangeFailure::new(kind, Sent::All));
    }

    /// Where the log is: what comes after is what polls are for. The lists come now, so that they are newer.
    fn took_place(&mut self, now: Instant, flight: Flight, batch: &Batch) {
        let newest = newest(batch);
        if newest.is_none() && !batch.is_empty() {
            return self.unreadable(now, flight, "no event of the answer has a number");
        }
        self.forget_place();
        self.cursor = newest;
        self.now_sure(now);
        self.read_lists(now);
    }

    fn read_lists(&mut self, now: Instant) {
        if self.phase != Phase::Resuming {
            self.enter(Phase::Resuming);
        }
        self.next = Some((Step::Users, now));
    }

    fn now_sure(&mut self, now: Instant) {
        self.sure = now;
        self.numbers.cut_short = false;
        self.numbers.unreadable = 0;
    }

    /// Events flow from here on; tells what was missed, the lists if they were read, and what waited for them.
    fn go_live(&mut self, now: Instant, lists: Option<(Option<Users>, Phones)>) {
        if self.phase != Phase::Live {
            self.enter(Phase::Live);
        }
        self.live_since.get_or_insert(now);
        self.was_live = true;
        self.had_events = true;
        if !core::mem::replace(&mut self.announced, true) {
            self.tell(LineEvent::Live(LineId::new(self.line)), 0);
        }
        let doubt = self.doubt.take();
        let resynced = doubt.is_some() && lists.is_some();
        if let Some(Doubt { since, cause, lost, .. }) = doubt {
            self.tell(LineEvent::Gap(Gap::new(since, now, cause, !lost)), 0);
        }
        if resynced {
            self.tell(LineEvent::Resynced, 0);
        }
        if let Some((users, phones)) = lists {
            self.tell_lists(now, users, Some(phones));
        }
        let held = core::mem::take(&mut self.held);
        self.deliver(now, held);
    }

    fn tell_lists(&mut self, at: Instant, users: Option<Users>, phones: Option<Phones>) {
        let mut bytes = 0;
        if let Some(users) = &users {
            bytes += users.body().len();
            self.known_users.set(users.values().filter_map(|user| user.uuid.as_ref()));
        }
        if let Some(phones) = &phones {
            bytes += phones.body().len();
            self.known_phones.set(phones.values().filter_map(|phone| phone.uuid.as_ref()));
        }
        self.tell(LineEvent::Session(AxeosEvent::Snapshot(Snapshot { at, users, phones })), bytes);
    }

    fn polled(&mut self, now: Instant, flight: Flight, batch: Batch) {
        let last = self.last();
        self.numbers.more = self.config.limit.is_some_and(|limit| batch.len() as u64 >= limit);
        match (order(&batch, last), last) {
            (Order::Unnumbered, _) => {
                self.numbers.cut_short = false;
                let unnumbered = fresh(batch, last, &self.told);
                self.tell_events(now, unnumbered);
                self.rest(now, flight.sent);
            }
            (Order::Strange, _) => {
                self.unsettled = Some((batch, flight.sent));
                self.next = Some((Step::Settle, now));
            }
            (Order::Clean { first }, Some(last)) => {
                let skipped = first > last.saturating_add(1);
                if skipped && !self.numbers.sparse && !self.numbers.blind {
                    self.next = Some((Step::Behind, now));
                } else {
                    let events = fresh(batch, Some(last), &self.told);
                    self.now_sure(now);
                    self.deliver(now, events);
                }
            }
            // The log was empty. From its first event on nothing is missed, but the lists may be older than it.
            (Order::Clean { first: 0 | 1 }, None) => {
                self.known_users.changed(now);
                self.known_phones.changed(now);
                let events = fresh(batch, None, &self.told);
                self.now_sure(now);
                self.deliver(now, events);
            }
            // Nobody can tell what was there before it.
            (Order::Clean { .. }, None) => {
                self.doubt_from(now, DownCause::CursorLost);
                self.forget_place();
                self.held = fresh(batch, None, &self.told);
                self.now_sure(now);
                self.read_lists(now);
            }
        }
    }

    /// An answer that begins one event before the place.
    fn looked_behind(&mut self, now: Instant, flight: Flight, batch: Batch) {
        let Some(cursor) = self.cursor.as_ref().filter(|cursor| holds(&batch, cursor)) else {
            return self.lose_place(now);
        };
        let last = cursor.seq;
        let events = fresh(batch, Some(last), &self.told);
        let next = events.iter().find_map(Element::seq);
        self.numbers.sparse |= next.is_some_and(|next| next > last.saturating_add(1));
        self.now_sure(now);
        if self.phase == Phase::Live {
            if events.is_empty() {
                return self.rest(now, flight.sent);
            }
            return self.deliver(now, events);
        }
        self.held = events;
        let is_short = |doubt: &Doubt| !doubt.lost && now.since(doubt.noticed) < self.config.resync_after;
        if self.was_live && self.doubt.as_ref().is_some_and(is_short) {
            self.go_live(now, None);
        } else {
            self.read_lists(now);
        }
    }

    /// The newest event, asked for since an answer had old numbers.
    fn settled(&mut self, now: Instant, batch: &Batch) {
        let Some((unsettled, sent)) = self.unsettled.take() else { return self.rest(now, now) };
        if self.cursor.is_none() || !self.is_same_count(batch).unwrap_or(false) {
            return self.lose_place(now);
        }
        let events = fresh(unsettled, self.last(), &self.told);
        if events.is_empty() {
            return self.rest(now, sent);
        }
        self.now_sure(now);
        self.deliver(now, events);
    }

    /// The newest event, asked for since polls brought nothing for long.
    fn probed(&mut self, now: Instant, batch: &Batch) {
        self.probed = now;
        match self.is_same_count(batch) {
            Some(false) => return self.lose_place(now),
            Some(true) if newest(batch).map(|newest| newest.seq) == self.last() => self.now_sure(now),
            // An empty log tells nothing; a newer event comes with the next poll.
            _ => {}
        }
        self.next = Some((Step::Poll, now));
    }

    /// Whether the server counts as it did when the place was taken; `None` when its log is empty.
    fn is_same_count(&self, batch: &Batch) -> Option<bool> {
        let newest = newest(batch)?;
        Some(match &self.cursor {
            None => true,
            Some(Cursor { seq, .. }) if newest.seq > *seq => true,
            Some(cursor) => cursor.is(newest.seq, &newest.raw),
        })
    }

    /// Queues events, and moves the place behind the last of them.
    fn deliver(&mut self, now: Instant, events: Vec<Event>) {
        let numbered = events.iter().rev().find_map(|event| Some((event.seq()?, event.raw())));
        if let Some((seq, raw)) = numbered {
            self.cursor = Some(Cursor { seq, raw: raw.detached() });
            self.told.clear();
        }
        self.tell_events(now, events);
        self.next = Some((Step::Poll, now));
    }

    fn tell_events(&mut self, now: Instant, events: Vec<Event>) {
        for event in events {
            let bytes = event.raw().len();
            if event.seq().is_none() {
                self.told.note(event.raw(), self.config.policy.limits.message_bytes);
            } else {
                self.told.clear();
            }
            let event = match event {
                Element::Good(item) => {
                    self.note(now, &item.value);
                    AxeosEvent::Received(Received::new(now, item))
                }
                Element::Bad(element) => AxeosEvent::Malformed(Malformed { at: now, element }),
            };
            self.tell(LineEvent::Session(event), bytes);
        }
    }

    /// What an event says of the lists. Several in one answer give reason for one reload, since none begins before the
    /// answer is done.
    fn note(&mut self, now: Instant, entry: &Entry<Text>) {
        match &entry.event {
            crate::Event::UserListChanged => self.known_users.changed(now),
            crate::Event::PhoneListChanged => self.known_phones.changed(now),
            event => {
                let interval = self.config.reload_interval;
                event.user_uuids().for_each(|uuid| self.known_users.names(uuid, now, interval));
                event.phone_uuids().for_each(|uuid| self.known_phones.names(uuid, now, interval));
            }
        }
    }

    /// Nothing new came of an exchange sent at `sent`: the next does not follow at once.
    fn rest(&mut self, now: Instant, sent: Instant) {
        let due = now.max(sent + self.config.least_interval);
        let doubtful = now.since(self.sure.max(self.probed)) >= self.config.probe_every;
        let step = if doubtful && self.cursor.is_some() { Step::Probe } else { Step::Poll };
        self.next = Some((step, due));
    }
}
