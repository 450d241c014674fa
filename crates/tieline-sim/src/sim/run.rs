//! Plays a scenario to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tieline_core::Instant;
use tokio::sync::Notify;

use super::Pbx;
use crate::scenario::{Pace, Report, Scenario};

/// How long stepped time stands, in real time, unless a scenario says it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is played.
#[derive(Debug)]
pub(crate) struct Run {
    name: String,
    seed: u64,
    /// Without a scenario there is none.
    end: Option<Instant>,
    patience: Duration,
    steps: bool,
    /// Somebody ended it before its time.
    stopped: AtomicBool,
    /// Woken then.
    told: Notify,
}

impl Run {
    pub(super) fn of(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name.clone(),
            seed: scenario.seed,
            end: Some(Instant::from_epoch(scenario.end())),
            patience: scenario.patience,
            steps: scenario.pace == Pace::Stepped,
            stopped: AtomicBool::new(false),
            told: Notify::new(),
        }
    }

    /// The day, which does not end.
    pub(super) fn day(seed: u64) -> Self {
        let (name, stopped, told) = ("day".to_owned(), AtomicBool::new(false), Notify::new());
        Self { name, seed, end: None, patience: PATIENCE, steps: false, stopped, told }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn end(&self) -> Option<Instant> {
        self.end
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

impl Pbx {
    /// Goes on by `time`, from one thing to the next, and stands before it goes on wherever a client is to do something
    /// that was expected: until that is done, or the patience is at its end.
    pub(crate) async fn step(&self, time: Duration) {
        let target = self.scenario_now() + time;
        self.skip(Duration::ZERO);
        loop {
            let now = self.scenario_now();
            if now >= target || self.run.is_stopped() {
                return;
            }
            self.watch.until_done(now, self.run.patience).await;
            let due = self.play().next_due();
            let dues = [due, self.im_due()].into_iter().flatten().filter(|due| *due > now);
            let next = dues.chain(self.watch.next_opening(now)).fold(target, Instant::min);
            self.skip(next.since(now));
            // Connections send what was published, before more is.
            tokio::task::yield_now().await;
        }
    }

    /// Whether the scenario is over.
    pub(crate) fn is_over(&self) -> bool {
        self.run.is_stopped() || self.run.end.is_some_and(|end| self.scenario_now() >= end)
    }

    /// Waits until the scenario is over, or, where somebody is to say so, until that. `steps` lets stepped time go on by
    /// itself.
    pub(super) async fn until_over(&self, steps: bool, until_told: bool) {
        let is_over = || if until_told { self.run.is_stopped() } else { self.is_over() };
        while !is_over() {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if is_over() {
                break;
            }
            let end = self.run.end.filter(|_| !until_told);
            if let Some(end) = end.filter(|_| steps && self.run.steps) {
                tokio::select! {
                    () = self.step(end.since(self.scenario_now())) => {}
                    () = self.run.told.notified() => {}
                }
                continue;
            }
            let real = end.and_then(|end| self.real(end));
            let over = async {
                match real {
                    Some(real) => tokio::time::sleep_until(real).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => {}
                () = moved => {}
            }
        }
        // What is due at the very end.
        self.skip(Duration::ZERO);
    }

    /// Ends the scenario before its time.
    pub(crate) fn stop_run(&self) {
        self.run.stopped.store(true, Ordering::Release);
        self.run.told.notify_one();
        self.moved.notify_waiters();
    }

    /// What has come of what was expected.
    pub(crate) fn report(&self) -> Report {
        self.watch.report(&self.run.name, self.run.seed, self.scenario_now(), self.is_over())
    }
}
