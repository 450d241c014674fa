//! Callers wait, are offered to agents, overflow, are called back.

use std::sync::Arc;
use std::time::Duration;

use super::call::{CallInfo, CallKey, CallType, Direction, EndReason, PartyKind};
use super::ending::Outcome;
use super::queue::{AgentMode, AgentState, Waiting, WaitingKind};
use super::timers::Timer;
use super::{CallChange, Happening, QueueCallerReason, Refused, TenantKey, World};

impl World {
    /// The queue answers, and the caller begins to wait; a full queue sends the call on.
    pub(super) fn queue_takes(&mut self, key: CallKey, round: u32) -> Result<(), Refused> {
        let call = self.calls.get(&key).filter(|call| call.round == round).ok_or(Refused::NoSuchCall)?;
        let (tenant, info) = (call.tenant, Arc::clone(&call.info));
        let index = call.open_targets().next().ok_or(Refused::NotNow)?;
        let party = call.targets.get(index).ok_or(Refused::NoSuchCall)?.party.clone();
        let queue = self.queue(tenant, &party.number)?;
        let profile = Arc::clone(&queue.profile);
        let full = queue.waiting.len() >= profile.capacity;
        self.begin_ringing(key, round, index)?;
        self.connect(key, index)?;
        if full {
            self.disconnect_queue(key);
            return self.send_on(key, party, &profile.overflow_to);
        }
        if let Some(call) = self.calls.get_mut(&key) {
            call.queue = Some(party.number.clone());
        }
        let now = self.now;
        let waiting = &mut self.queue_mut(tenant, &party.number)?.waiting;
        waiting.push(Waiting { info: Arc::clone(&info), call: Some(key), since: now, offered: None });
        let (position, kind) = (waiting.len(), WaitingKind::Normal);
        let (queue, number) = (Arc::clone(&profile), party.number);
        let reason = QueueCallerReason::Enqueued;
        self.emit(tenant, Happening::QueueCaller { queue, call: info, position, kind, reason });
        self.after(profile.sla, Timer::Sla { tenant, queue: number.clone(), call: key });
        self.after(profile.max_wait, Timer::Overflow { tenant, queue: number, call: key });
        Ok(())
    }

    fn disconnect_queue(&mut self, key: CallKey) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.queue = None;
        if let Some(index) = call.connected.take() {
            self.end_target(key, index, EndReason::Redirected);
        }
    }

    /// Takes an entry out of its queue and tells why.
    fn take_waiting(
        &mut self,
        tenant: TenantKey,
        number: &str,
        reason: QueueCallerReason,
        leaves: impl Fn(&Waiting) -> bool,
    ) -> Result<(), Refused> {
        let queue = self.queue_mut(tenant, number)?;
        let index = queue.waiting.iter().position(leaves).ok_or(Refused::NotNow)?;
        let entry = queue.waiting.remove(index);
        let (kind, position, queue) = (entry.kind(), index + 1, Arc::clone(&queue.profile));
        self.emit(tenant, Happening::QueueCaller { queue, call: entry.info, position, kind, reason });
        Ok(())
    }

    /// The call ends while it waits.
    pub(super) fn leave_queue(&mut self, key: CallKey) {
        let Some((tenant, queue)) = self.queue_of(key) else { return };
        // An agent has it already, or it is a callback of which nobody waits on the line.
        let _not_waiting =
            self.take_waiting(tenant, &queue, QueueCallerReason::HungUp, |entry| entry.call == Some(key));
    }

    /// An agent answered the call: its caller, or who is called back, no longer waits.
    pub(super) fn agent_took(&mut self, key: CallKey) -> Result<(), Refused> {
        let Some((tenant, queue)) = self.queue_of(key) else { return Ok(()) };
        self.take_waiting(tenant, &queue, QueueCallerReason::AgentAnswered, |entry| entry.offered == Some(key))
    }

    fn queue_of(&self, key: CallKey) -> Option<(TenantKey, String)> {
        let call = self.calls.get(&key)?;
        Some((call.tenant, call.queue.clone()?))
    }

    pub(super) fn is_offered(&self, key: CallKey) -> bool {
        let Some((tenant, queue)) = self.queue_of(key) else { return false };
        self.queue(tenant, &queue).is_ok_and(|queue| queue.waiting.iter().any(|entry| entry.offered == Some(key)))
    }

    /// An agent did not take the call that was offered: it takes no more until it says so, and another is tried.
    pub(super) fn offer_failed(&mut self, key: CallKey) -> Result<(), Refused> {
        let (tenant, number) = self.queue_of(key).ok_or(Refused::NoSuchCall)?;
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        let agent = call.targets.last().map(|target| target.party.number.clone()).unwrap_or_default();
        let is_callback = call.is_callback;
        for entry in &mut self.queue_mut(tenant, &number)?.waiting {
            if entry.offered == Some(key) {
                entry.offered = None;
            }
        }
        if is_callback {
            self.finish(key, Outcome::NoAnswer)?;
        }
        // An agent that declared itself not ready while its telephone rang stays so.
        let _so_already = self.declare(tenant, &number, &agent, AgentMode::NotReady);
        Ok(())
    }

    pub(super) fn sla_is_due(&mut self, tenant: TenantKey, number: &str, key: CallKey) -> Result<(), Refused> {
        let queue = self.queue_mut(tenant, number)?;
        let entry = queue.waiting.iter().find(|entry| entry.call == Some(key)).ok_or(Refused::NotNow)?;
        queue.breached += 1;
        let (call, total_breached, waiting) = (Arc::clone(&entry.info), queue.breached, queue.waiting.len());
        let queue = Arc::clone(&queue.profile);
        self.emit(tenant, Happening::SlaBreached { queue, call, total_breached, waiting });
        Ok(())
    }

    pub(super) fn overflow_is_due(&mut self, tenant: TenantKey, number: &str, key: CallKey) -> Result<(), Refused> {
        let queue = self.queue(tenant, number)?;
        let entry = queue.waiting.iter().find(|entry| entry.call == Some(key)).ok_or(Refused::NotNow)?;
        let overflow_to = queue.profile.overflow_to.clone();
        if entry.offered.is_some() {
            // It rings at an agent: wait for how that turns out.
            let queue = number.to_owned();
            self.after(Duration::from_secs(2), Timer::Overflow { tenant, queue, call: key });
            return Ok(());
        }
        self.take_waiting(tenant, number, QueueCallerReason::Overflow, |entry| entry.call == Some(key))?;
        self.disconnect_queue(key);
        let from = self.party(tenant, number)?;
        self.send_on(key, from, &overflow_to)
    }

    /// A waiting caller from outside hangs up and keeps the place, to be called back.
    ///
    /// # Errors
    /// No such call; it does not wait; it rings at an agent just now; or the caller has no number outside.
    pub fn request_callback(&mut self, key: CallKey) -> Result<(), Refused> {
        let (tenant, number) = self.queue_of(key).ok_or(Refused::NoSuchCall)?;
        let queue = self.queue_mut(tenant, &number)?;
        let waits = |entry: &Waiting| {
            entry.call == Some(key) && entry.offered.is_none() && entry.info.caller.kind == PartyKind::External
        };
        let index = queue.waiting.iter().position(waits).ok_or(Refused::NotNow)?;
        let entry = queue.waiting.get_mut(index).ok_or(Refused::NotNow)?;
        entry.call = None;
        let (call, kind, position) = (Arc::clone(&entry.info), entry.kind(), index + 1);
        let (queue, reason) = (Arc::clone(&queue.profile), QueueCallerReason::Callback);
        self.emit(tenant, Happening::QueueCaller { queue, call, position, kind, reason });
        self.finish(key, Outcome::Ended(EndReason::CallerDisconnect))?;
        self.settle();
        Ok(())
    }

    /// Offers waiting callers, first come first served, to the agents that have been ready longest.
    pub(super) fn dispatch(&mut self) {
        for tenant in (0..self.premises.len()).map(TenantKey) {
            let numbers: Vec<String> =
                self.site(tenant).map(|site| site.queues.keys().cloned().collect()).unwrap_or_default();
            for number in numbers {
                while let Some((index, agent)) = self.next_match(tenant, &number) {
                    if self.offer(tenant, &number, index, &agent).is_err() {
                        break;
                    }
                }
            }
        }
    }

    fn next_match(&self, tenant: TenantKey, number: &str) -> Option<(usize, String)> {
        let queue = self.queue(tenant, number).ok()?;
        let index = queue.waiting.iter().position(|entry| {
            entry.offered.is_none() && (entry.call.is_some() || self.any_trunk(tenant).is_ok_and(|some| some.is_some()))
        })?;
        let free = |member: &&super::queue::Member| {
            self.agent_state(tenant, number, member).0 == AgentState::Ready && !self.is_busy(tenant, &member.number)
        };
        let since = |member: &&super::queue::Member| {
            if member.state == AgentState::Ready { member.since } else { self.now }
        };
        let agent = queue.members.iter().filter(free).min_by_key(since)?;
        Some((index, agent.number.clone()))
    }

    fn offer(&mut self, tenant: TenantKey, number: &str, index: usize, agent: &str) -> Result<(), Refused> {
        let entry = self.queue(tenant, number)?.waiting.get(index).ok_or(Refused::NotNow)?;
        let (info, from) = (Arc::clone(&entry.info), self.party(tenant, number)?);
        let to = self.party(tenant, agent)?;
        let (key, call_type) = match entry.call {
            Some(key) => {
                let change = CallChange::Rerouted { from, to: to.clone() };
                self.emit(tenant, Happening::Call { call: info, change });
                (key, CallType::Queue)
            }
            None => (self.call_back(tenant, number, &info)?, CallType::QueueCallback),
        };
        if let Some(entry) = self.queue_mut(tenant, number)?.waiting.get_mut(index) {
            entry.offered = Some(key);
        }
        self.route(key, to, call_type)
    }

    /// Starts the call that rings an agent first, and then who asked to be called back.
    fn call_back(&mut self, tenant: TenantKey, number: &str, asked: &CallInfo) -> Result<CallKey, Refused> {
        let caller = self.party(tenant, number)?;
        let trunk = asked.trunk.clone();
        let key = self.open_call(tenant, |session_id, cdr_id, call_id| CallInfo {
            session_id,
            cdr_id,
            call_id,
            direction: Direction::Outbound,
            caller,
            callee: asked.caller.clone(),
            did: String::new(),
            outbound_caller_id: asked.did.clone(),
            trunk,
        });
        if let Some(call) = self.calls.get_mut(&key) {
            call.queue = Some(number.to_owned());
            call.is_callback = true;
        }
        Ok(key)
    }

    /// The numbers of the queues that the extension is an agent of.
    pub(super) fn queues_of(&self, tenant: TenantKey, extension: &str) -> Vec<String> {
        let Ok(site) = self.site(tenant) else { return Vec::new() };
        let has = |queue: &&super::queue::Queue| queue.members.iter().any(|member| member.number == extension);
        site.queues.values().filter(has).map(|queue| queue.profile.number.clone()).collect()
    }

    /// Whether the extension calls, is called or talks.
    pub(super) fn is_busy(&self, tenant: TenantKey, number: &str) -> bool {
        let is_own = |party: &super::Party| party.extension() == Some(number);
        self.calls.values().filter(|call| call.tenant == tenant).any(|call| {
            is_own(&call.info.caller)
                || call.targets.iter().any(|target| is_own(&target.party) && target.state.is_live())
        })
    }
}
