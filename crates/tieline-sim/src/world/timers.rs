//! What the PBX does by itself when its time has come.

use std::collections::BTreeMap;
use std::time::Duration;

use tieline_core::Instant;

use super::call::CallKey;
use super::tenant::TenantKey;
use super::{Refused, World};

#[derive(Debug)]
pub(super) enum Timer {
    /// A device that was called begins to ring.
    Rings { call: CallKey, round: u32, target: usize },
    /// A queue takes the call.
    QueueTakes { call: CallKey, round: u32 },
    /// Nobody answered in time.
    RangOut { call: CallKey, round: u32 },
    /// Every target of the attempt fails.
    Fails { call: CallKey, round: u32, code: u16 },
    /// The service level is breached if the caller still waits.
    Sla { tenant: TenantKey, queue: String, call: CallKey },
    /// The caller has waited long enough.
    Overflow { tenant: TenantKey, queue: String, call: CallKey },
    /// An agent's wrap-up is over.
    WrapUpOver,
    /// A registration ends unless it was refreshed.
    ContactExpires { tenant: TenantKey, extension: String },
}

/// Timers in order of time, and of setting at the same time.
#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeMap<(Instant, u64), Timer>,
    next: u64,
}

impl Timers {
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.set.keys().next().map(|(due, _)| *due)
    }

    fn set(&mut self, due: Instant, timer: Timer) {
        self.set.insert((due, self.next), timer);
        self.next += 1;
    }

    fn take_due(&mut self, until: Instant) -> Option<(Instant, Timer)> {
        let due = self.next_due().filter(|due| *due <= until)?;
        self.set.pop_first().map(|(_, timer)| (due, timer))
    }
}

impl World {
    pub(super) fn after(&mut self, delay: Duration, timer: Timer) {
        self.timers.set(self.now + delay, timer);
    }

    /// Goes on to `to`, doing on the way what is due. Time never goes back: an earlier `to` changes nothing.
    pub fn advance(&mut self, to: Instant) {
        while let Some((due, timer)) = self.timers.take_due(to) {
            self.now = self.now.max(due);
            // A timer may come too late for what it was set for; then there is nothing to do.
            let _too_late = self.run(timer);
            self.settle();
        }
        self.now = self.now.max(to);
    }

    fn run(&mut self, timer: Timer) -> Result<(), Refused> {
        match timer {
            Timer::Rings { call, round, target } => self.begin_ringing(call, round, target),
            Timer::QueueTakes { call, round } => self.queue_takes(call, round),
            Timer::RangOut { call, round } => self.rang_out(call, round),
            Timer::Fails { call, round, code } => self.attempt_fails(call, round, code),
            Timer::Sla { tenant, queue, call } => self.sla_is_due(tenant, &queue, call),
            Timer::Overflow { tenant, queue, call } => self.overflow_is_due(tenant, &queue, call),
            Timer::WrapUpOver => Ok(()),
            Timer::ContactExpires { tenant, extension } => self.expire_contacts(tenant, &extension),
        }
    }
}
