//! Looks at what clients do, and judges what was expected of them.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_core::Instant;
use tokio::sync::Notify;

use super::Scenario;
use super::deed::Deed;
use super::expect::Expect;
use super::place::Place;
use super::report::{Check, Report, Verdict};
use super::step::{Act, Moment};
use crate::record::{Entry, What};
use crate::world::Refused;

/// So much of what happened instead is told of an expectation that was not met.
const SEEN: usize = 6;
/// And so many characters of each.
const SEEN_CHARS: usize = 160;
/// Refused steps that are remembered.
const REFUSED: usize = 1_000;
/// Expectations at once, those of the timeline and those added later together.
const MOST: usize = 50_000;

/// All expectations of a run.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    inner: Mutex<Inner>,
    /// Woken when an expectation is met.
    met: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    expected: Vec<Watched>,
    refused: Vec<(Instant, Place, Refused)>,
    /// The open connections that asked for something.
    asked: HashSet<u64>,
}

#[derive(Debug)]
struct Watched {
    expect: Expect,
    place: Place,
    opens: Instant,
    count: u32,
    met: Option<Instant>,
    seen: VecDeque<String>,
    /// Stepped time no longer stands for it.
    given_up: bool,
}

impl Watched {
    fn closes(&self) -> Instant {
        self.opens + self.expect.within
    }

    fn is_open(&self, now: Instant) -> bool {
        self.opens <= now && now <= self.closes()
    }

    /// Whether a client still has something to do.
    fn is_awaited(&self, now: Instant) -> bool {
        self.is_open(now) && self.count < self.expect.least && !self.given_up
    }

    fn verdict(&self, now: Instant, over: bool) -> Verdict {
        let (least, most) = (self.expect.least, self.expect.most.unwrap_or(u32::MAX));
        if self.count > most {
            return Verdict::TooOften;
        }
        let closed = now > self.closes() || (over && self.opens <= now);
        match self.met {
            Some(at) if self.expect.most.is_none() || closed => Verdict::Met(at.since_epoch()),
            None if least == 0 && closed => Verdict::Met(self.closes().since_epoch()),
            _ if closed => Verdict::Missed,
            _ => Verdict::Pending,
        }
    }

    fn note(&mut self, at: Instant, done: bool, shown: impl FnOnce() -> Option<String>) -> bool {
        if !self.is_open(at) {
            return false;
        }
        if !done {
            if let Some(mut shown) = shown() {
                if let Some((cut, _)) = shown.char_indices().nth(SEEN_CHARS) {
                    shown.truncate(cut);
                    shown.push('…');
                }
                if self.seen.len() == SEEN {
                    self.seen.pop_front();
                }
                self.seen.push_back(format!("at {:?}: {shown}", at.since_epoch()));
            }
            return false;
        }
        self.count = self.count.saturating_add(1);
        if self.count >= self.expect.least {
            self.met.get_or_insert(at);
        }
        true
    }
}

impl Watch {
    /// Of everything that a scenario expects.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let watch = Self::default();
        for moment in scenario.moments() {
            if let Moment { at, place, act: Act::Expect(expect), .. } = moment {
                watch.expect(*expect, place, Instant::from_epoch(at));
            }
        }
        watch
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expects something from a moment on. `false` when there are too many.
    pub(crate) fn expect(&self, expect: Expect, place: Place, opens: Instant) -> bool {
        let mut inner = self.lock();
        let room = inner.expected.len() < MOST;
        if room {
            let (count, met, seen) = (0, None, VecDeque::new());
            inner.expected.push(Watched { expect, place, opens, count, met, seen, given_up: false });
        }
        room
    }

    /// A step could not be done.
    pub(crate) fn refused(&self, at: Instant, place: Place, why: Refused) {
        let mut inner = self.lock();
        if inner.refused.len() < REFUSED {
            inner.refused.push((at, place, why));
        }
    }

    /// Something happened on a connection.
    pub(crate) fn note(&self, entry: &Entry) {
        let mut inner = self.lock();
        let first = match &entry.what {
            What::Request { .. } => inner.asked.insert(entry.connection),
            What::Ended(_) => {
                inner.asked.remove(&entry.connection);
                false
            }
            _ => false,
        };
        let shown = || match &entry.what {
            What::Request { method, target } => Some(format!("request {method} {target}")),
            What::Text(text) => Some(format!("text {text}")),
            What::Ended(why) => Some(format!("connection {} ended by {}", entry.connection, why.as_str())),
            _ => None,
        };
        let mut met = false;
        for watched in &mut inner.expected {
            let done = watched.expect.what.is_met_by(&entry.what, first);
            met |= watched.note(entry.scenario, done, shown);
        }
        drop(inner);
        if met {
            self.met.notify_waiters();
        }
    }

    /// The PBX let a client do something.
    pub(crate) fn done(&self, at: Instant, deed: &Deed) {
        let mut met = false;
        for watched in &mut self.lock().expected {
            met |= watched.note(at, watched.expect.what.is_done_by(deed), || Some(deed.to_string()));
        }
        if met {
            self.met.notify_waiters();
        }
    }

    /// When the next expectation begins after `now`.
    pub(crate) fn next_opening(&self, now: Instant) -> Option<Instant> {
        self.lock().expected.iter().map(|watched| watched.opens).filter(|opens| *opens > now).min()
    }

    /// Waits until clients have done what they are awaited to do at `now`, but no longer than `patience` in real time; then
    /// time no longer stands for it.
    pub(crate) async fn until_done(&self, now: Instant, patience: Duration) {
        let done = async {
            loop {
                let met = self.met.notified();
                tokio::pin!(met);
                met.as_mut().enable();
                if !self.lock().expected.iter().any(|watched| watched.is_awaited(now)) {
                    return;
                }
                met.await;
            }
        };
        if tokio::time::timeout(patience, done).await.is_err() {
            for watched in &mut self.lock().expected {
                watched.given_up |= watched.is_awaited(now);
            }
        }
    }

    /// What has come of everything by `now`; `over` when nothing more is to come.
    pub(crate) fn report(&self, name: &str, seed: u64, now: Instant, over: bool) -> Report {
        let inner = self.lock();
        let mut checks: Vec<Check> = inner
            .expected
            .iter()
            .map(|watched| Check {
                name: watched.expect.label.clone().unwrap_or_else(|| format!("expect {}", watched.expect)),
                line: watched.place.line,
                at: watched.opens.since_epoch(),
                verdict: watched.verdict(now, over),
                count: watched.count,
                seen: watched.seen.iter().cloned().collect(),
            })
            .collect();
        checks.extend(inner.refused.iter().map(|(at, place, why)| Check {
            name: format!("step: {why}"),
            line: place.line,
            at: at.since_epoch(),
            verdict: Verdict::Refused,
            count: 0,
            seen: Vec::new(),
        }));
        checks.sort_by_key(|check| check.at);
        Report { name: name.to_owned(), seed, now: now.since_epoch(), checks }
    }
}
