//! What a poller does when an exchange fails.

use tieline_core::supervisor::{DownCause, Gap, LineEvent, Phase};
use tieline_core::{Class, ExchangeFailure, Instant};

use super::failure::{class, is_end_of_wait, is_of_the_answer, is_refusal_to_look_behind, is_unreadable};
use super::session::{Doubt, Flight, Poller, Step};

impl Poller {
    pub(super) fn failed(&mut self, now: Instant, flight: Flight, failure: ExchangeFailure) {
        match flight.step {
            Step::ReloadUsers | Step::ReloadPhones if is_of_the_answer(&failure) => {
                // The list from before stays, and so does the place.
                let least = match class(&failure) {
                    Class::RetryAfter(least) => least.min(self.config.retry_after_max),
                    _ => core::time::Duration::ZERO,
                };
                let until = now + self.config.reload_interval.max(least);
                let known = match flight.step {
                    Step::ReloadUsers => &mut self.known_users,
                    _ => &mut self.known_phones,
                };
                known.postpone(until);
                self.next = Some((Step::Poll, now));
            }
            Step::Poll if is_end_of_wait(&failure) && !self.numbers.cut_short => {
                self.numbers.cut_short = true;
                let step = if self.cursor.is_some() { Step::Behind } else { Step::Poll };
                self.next = Some((step, now.max(flight.sent + self.config.least_interval)));
            }
            Step::Behind if is_refusal_to_look_behind(&failure) => {
                self.numbers.blind = true;
                self.lose_place(now);
            }
            step => {
                if matches!(step, Step::Poll | Step::Behind) && is_unreadable(&failure) {
                    self.numbers.unreadable += 1;
                }
                self.down(now, failure);
            }
        }
    }

    /// The line is lost: waits, or gives up.
    fn down(&mut self, now: Instant, failure: ExchangeFailure) {
        if self.live_since.take().is_some_and(|since| now.since(since) >= self.config.policy.stable_after) {
            self.backoff.reset();
        }
        let class = class(&failure);
        let cause = DownCause::Exchange(failure);
        self.doubt_from(now, cause.clone());
        if self.numbers.unreadable >= self.config.unreadable_limit.max(1) {
            // What stands after the place will not become readable by asking again.
            self.numbers.unreadable = 0;
            self.forget_place();
        }
        self.unsettled = None;
        self.held.clear();
        self.users = None;
        let policy = &self.config.policy;
        let never_worked = !self.was_live && !policy.retry_first;
        let least = match class {
            Class::Terminal if !policy.retry_terminal => None,
            Class::Reauthenticate if !policy.retry_refused_login => None,
            _ if never_worked || !policy.reconnect => None,
            Class::RetryAfter(least) => Some(least.min(self.config.retry_after_max)),
            _ => Some(core::time::Duration::ZERO),
        };
        let Some(least) = least else { return self.end(now, Some(cause)) };
        let retry_at = now + self.backoff.next_wait(&mut self.random).max(least);
        self.enter(Phase::Waiting);
        self.announced = false;
        let step =
            if self.cursor.is_some() && self.had_events && !self.numbers.blind { Step::Behind } else { Step::Newest };
        self.next = Some((step, retry_at));
        self.tell(LineEvent::Down { cause, retry_at }, 0);
    }

    /// Events may be missing from now on, if the application had any; of several causes the first is told.
    pub(super) fn doubt_from(&mut self, now: Instant, cause: DownCause) {
        if self.had_events {
            self.doubt.get_or_insert(Doubt { since: self.sure, noticed: now, cause, lost: false });
        }
    }

    /// There is no place any more, or another one: what came since it was last right is lost.
    pub(super) fn forget_place(&mut self) {
        self.cursor = None;
        self.told.clear();
        if let Some(doubt) = &mut self.doubt {
            doubt.lost = true;
        }
    }

    /// The place is lost: it is taken anew, and the lists are read.
    pub(super) fn lose_place(&mut self, now: Instant) {
        self.doubt_from(now, DownCause::CursorLost);
        self.forget_place();
        self.unsettled = None;
        self.held.clear();
        if self.phase == Phase::Live {
            self.enter(Phase::Resuming);
        }
        // A server that loses it again and again, two behind one address say, is not asked as fast as it answers.
        let again = self.lost_at.is_some_and(|lost| now.since(lost) < self.config.reload_interval);
        let wait = if again { self.backoff.next_wait(&mut self.random) } else { core::time::Duration::ZERO };
        self.lost_at = Some(now);
        self.next = Some((Step::Newest, now + wait));
    }

    pub(super) fn end(&mut self, now: Instant, cause: Option<DownCause>) {
        self.enter(Phase::Closed);
        if let Some(flight) = self.flight.take() {
            self.cancel(flight.id);
        }
        for exchange in self.calls.close() {
            self.cancel(exchange);
        }
        self.next = None;
        // Nothing comes any more that would tell it.
        if let Some(Doubt { since, cause, .. }) = self.doubt.take() {
            self.tell(LineEvent::Gap(Gap::new(since, now, cause, false)), 0);
        }
        self.tell(LineEvent::Closed(cause), 0);
    }
}
