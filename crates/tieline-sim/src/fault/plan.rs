//! The rules that are in force, and what they have met.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::Instant;
use tokio::sync::Notify;

use super::kind::{Fault, Occasion, Service};
use super::rule::Rule;

/// The rules of a simulator, to be changed while it runs; cheap to clone. What has befallen a connection stays: one that
/// is a black hole does not come back when its rule is taken away.
#[derive(Clone, Default)]
pub struct Faults(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Whether there is any rule: asked for each frame.
    armed: AtomicBool,
    rules: Mutex<Vec<Armed>>,
    /// Wakes who waits for the time of a rule.
    changed: Notify,
}

struct Armed {
    rule: Rule,
    /// The occasions that fulfilled all conditions but their number.
    met: u64,
    taken: u64,
    /// The open connections that were judged.
    judged: HashSet<u64>,
}

impl Armed {
    /// Counts an occasion; whether it is one of those that the rule takes.
    fn meet(&mut self) -> bool {
        self.met += 1;
        let takes = self.rule.nth.contains(&self.met);
        self.taken += u64::from(takes);
        takes
    }
}

/// Where an occasion comes up.
pub(super) struct Place<'a> {
    pub(super) connection: u64,
    pub(super) now: Instant,
    /// The latest path that was asked for; `None` before the first.
    pub(super) path: Option<(Option<Service>, &'a str)>,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule. One of a time that has come is done at once.
    pub fn add(&self, rule: impl Into<Rule>) {
        let armed = Armed { rule: rule.into(), met: 0, taken: 0, judged: HashSet::new() };
        let mut rules = self.lock();
        rules.push(armed);
        self.0.armed.store(true, Ordering::Release);
        drop(rules);
        self.0.changed.notify_one();
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        let mut rules = self.lock();
        rules.clear();
        self.0.armed.store(false, Ordering::Release);
    }

    /// The rules in force, in the order in which they apply, and how often each was applied.
    #[must_use]
    pub fn rules(&self) -> Vec<(Rule, u64)> {
        self.lock().iter().map(|armed| (armed.rule.clone(), armed.taken)).collect()
    }

    pub(super) fn is_armed(&self) -> bool {
        self.0.armed.load(Ordering::Acquire)
    }

    /// The faults of an occasion that came up, in the order of their rules.
    pub(super) fn judge(&self, occasion: Occasion, place: &Place<'_>) -> Vec<Fault> {
        if !self.is_armed() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for armed in self.lock().iter_mut() {
            let rule = &armed.rule;
            if !rule.takes_connection(place.connection, place.now) {
                continue;
            }
            let takes = match place.path {
                Some((service, path)) => rule.takes_place(occasion, service, path),
                None => rule.takes_beginning(occasion),
            };
            if !takes || (occasion == Occasion::Connection && !armed.judged.insert(place.connection)) {
                continue;
            }
            if armed.meet() {
                faults.push(armed.rule.fault.clone());
            }
        }
        faults
    }

    /// A connection is over.
    pub(super) fn forget(&self, connection: u64) {
        if self.is_armed() {
            for armed in self.lock().iter_mut() {
                armed.judged.remove(&connection);
            }
        }
    }

    /// The faults of a time that are due by `until` and not done, the earliest first; they are done with this.
    pub(crate) fn take_due(&self, until: Instant) -> Vec<(Instant, Fault)> {
        if !self.is_armed() {
            return Vec::new();
        }
        let mut due: Vec<_> = self
            .lock()
            .iter_mut()
            .filter(|armed| armed.rule.fault.is_of_time() && armed.met == 0)
            .map(|armed| (Instant::from_epoch(armed.rule.from), armed))
            .filter(|(at, _)| *at <= until)
            .map(|(at, armed)| {
                armed.meet();
                (at, armed.rule.fault.clone())
            })
            .collect();
        due.sort_by_key(|(at, _)| *at);
        due
    }

    /// When the next of them is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        if !self.is_armed() {
            return None;
        }
        let rules = self.lock();
        let due = rules.iter().filter(|armed| armed.rule.fault.is_of_time() && armed.met == 0);
        due.map(|armed| Instant::from_epoch(armed.rule.from)).min()
    }

    /// Waits until a rule was added.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lock().iter().map(|armed| armed.rule.to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str]) -> Faults {
        let faults = Faults::default();
        rules.iter().for_each(|rule| faults.add(rule.parse::<Rule>().expect("a rule")));
        faults
    }

    fn event(connection: u64) -> Place<'static> {
        Place { connection, now: Instant::EPOCH, path: Some((Some(Service::Wsi), "/wsi")) }
    }

    #[test]
    fn occasions_are_counted_over_all_connections() {
        let faults = faults(&["nth=2-3:duplicate"]);
        let taken = [1, 2, 1, 2].map(|connection| faults.judge(Occasion::Event, &event(connection)).len());
        assert_eq!(taken, [0, 1, 1, 0]);
        assert_eq!(faults.rules()[0].1, 2);
    }

    #[test]
    fn a_connection_is_one_occasion_however_often_it_is_looked_at() {
        let faults = faults(&["nth=2:reset=9"]);
        let judge = |connection| faults.judge(Occasion::Connection, &event(connection)).len();
        assert_eq!([judge(1), judge(1), judge(2), judge(2), judge(3)], [0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_rule_with_a_path_waits_for_the_first_request() {
        let faults = faults(&["on=wsi:refuse", "mute"]);
        let beginning = Place { path: None, ..event(1) };
        assert_eq!(faults.judge(Occasion::Connection, &beginning), [Fault::Mute]);
        assert_eq!(faults.judge(Occasion::Connection, &event(1)), [Fault::Refuse]);
    }

    #[test]
    fn what_is_due_is_taken_once_and_in_order() {
        let faults = faults(&["at=9s:restart=forget", "at=5s:clock-skew=3", "duplicate"]);
        assert_eq!(faults.next_due(), Some(Instant::from_millis(5_000)));
        let due = faults.take_due(Instant::from_millis(9_000));
        assert_eq!(due.iter().map(|(at, _)| at.since_epoch().as_secs()).collect::<Vec<_>>(), [5, 9]);
        assert!(faults.take_due(Instant::from_millis(60_000)).is_empty() && faults.next_due().is_none());
    }

    #[test]
    fn without_rules_nothing_is_taken() {
        let faults = faults(&["duplicate"]);
        faults.clear();
        assert!(faults.judge(Occasion::Event, &event(1)).is_empty() && faults.rules().is_empty());
    }
}
