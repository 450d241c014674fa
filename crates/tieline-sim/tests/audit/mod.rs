//! Follows a stream of occurrences and insists that it makes sense.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tieline_core::Instant;
use tieline_sim::day::Day;
use tieline_sim::world::{
    AgentState, CallChange, CallInfo, Cdr, EndReason, Happening, LineStatus, Occurrence, QueueCallerReason, Target,
    TargetChange, TargetState, WaitingKind, World,
};

type Number = (String, String);

#[derive(Default)]
struct CallAudit {
    started: Instant,
    rang: Option<Instant>,
    answered: Option<Instant>,
    ended: Option<Instant>,
    held: bool,
    targets: Vec<Target>,
}

/// What has been seen so far.
#[derive(Default)]
pub(crate) struct Audit {
    last: Instant,
    calls: BTreeMap<String, CallAudit>,
    engaged: BTreeMap<Number, BTreeSet<String>>,
    waiting: BTreeMap<Number, Vec<(String, WaitingKind)>>,
    agents: BTreeMap<(Number, String), AgentState>,
    lines: BTreeMap<Number, LineStatus>,
    /// How many calls came to their end.
    pub(crate) finished: usize,
}

impl Audit {
    pub(crate) fn new(world: &World) -> Self {
        let mut audit = Self::default();
        for tenant in world.tenants() {
            for queue in world.queue_states(tenant.key) {
                for agent in queue.agents {
                    let queue = (tenant.id.clone(), queue.profile.number.clone());
                    audit.agents.insert((queue, agent.profile.number.clone()), agent.state);
                }
            }
        }
        audit
    }

    pub(crate) fn see(&mut self, occurrence: &Occurrence) {
        assert!(occurrence.at >= self.last, "time went back: {occurrence:?}");
        let gap = occurrence.at.since(self.last);
        assert!(gap <= Duration::from_secs(2), "nothing happened for {gap:?} before {occurrence:?}");
        self.last = occurrence.at;
        let at = |number: &str| (occurrence.tenant.id.clone(), number.to_owned());
        match &occurrence.happening {
            Happening::Call { call, change } => self.see_call(occurrence, call, change),
            Happening::Target { call, target, change } => self.see_target(occurrence, call, target, *change),
            Happening::Cdr(cdr) => self.see_cdr(occurrence, cdr),
            Happening::QueueCaller { queue, call, position, kind, reason } => {
                let waiting = self.waiting.entry(at(&queue.number)).or_default();
                if *reason == QueueCallerReason::Enqueued {
                    waiting.push((call.session_id.clone(), *kind));
                }
                let entry = waiting.get_mut(position - 1).expect("the position is one of the queue");
                assert_eq!(entry.0, call.session_id, "another one has this position");
                if *reason == QueueCallerReason::Callback {
                    assert_eq!((entry.1, *kind), (WaitingKind::Normal, WaitingKind::Callback));
                }
                entry.1 = *kind;
                if !matches!(reason, QueueCallerReason::Enqueued | QueueCallerReason::Callback) {
                    waiting.remove(position - 1);
                }
            }
            Happening::Agent { queue, agent, added } => {
                assert_eq!(agent.call.is_some(), agent.state == AgentState::QueueCall);
                let key = (at(&queue.number), agent.profile.number.clone());
                let before = self.agents.insert(key, agent.state);
                assert_eq!(before.is_none(), *added);
                if let Some(before) = before {
                    assert!(plausible(before, agent.state), "{before:?} to {:?}: {occurrence:?}", agent.state);
                }
            }
            Happening::AgentRemoved { queue, profile } => {
                assert!(self.agents.remove(&(at(&queue.number), profile.number.clone())).is_some());
            }
            Happening::Line(extension) => {
                let before = self.lines.insert(at(&extension.profile.number), extension.line).unwrap_or_default();
                assert_ne!(before, extension.line);
            }
            _ => {}
        }
    }

    fn see_call(&mut self, occurrence: &Occurrence, call: &CallInfo, change: &CallChange) {
        let caller = call.caller.extension().map(|number| (occurrence.tenant.id.clone(), number.to_owned()));
        if *change == CallChange::Started {
            let audit = CallAudit { started: occurrence.at, ..CallAudit::default() };
            assert!(self.calls.insert(call.session_id.clone(), audit).is_none(), "started twice");
            self.engage(caller, &call.session_id);
            return;
        }
        let audit = self.calls.get_mut(&call.session_id).expect("a call starts first");
        assert_eq!(audit.ended, None, "something happened after the end: {occurrence:?}");
        match change {
            CallChange::Established { with } => {
                audit.answered.get_or_insert(occurrence.at);
                let answered = audit.targets.iter().any(|t| t.state == TargetState::Answered && t.party == *with);
                assert!(answered, "established with one that did not answer");
            }
            CallChange::Held { .. } => assert!(!std::mem::replace(&mut audit.held, true)),
            CallChange::Unheld { .. } => assert!(std::mem::replace(&mut audit.held, false)),
            CallChange::NoAnswer | CallChange::Failed { .. } => {
                assert_eq!(audit.answered, None);
                audit.ended = Some(occurrence.at);
            }
            CallChange::Ended { .. } => audit.ended = Some(occurrence.at),
            _ => {}
        }
        if audit.ended.is_some() {
            assert!(audit.targets.iter().all(|target| !target.state.is_live()), "a target outlived its call");
            self.release(caller, &call.session_id);
        }
    }

    fn see_target(&mut self, occurrence: &Occurrence, call: &CallInfo, target: &Target, change: TargetChange) {
        let audit = self.calls.get_mut(&call.session_id).expect("a call starts first");
        assert_eq!(audit.ended, None, "a target moved after the end: {occurrence:?}");
        let known = audit.targets.iter_mut().find(|known| known.id == target.id);
        let before = known.as_ref().map(|known| known.state);
        use TargetState::{Added, Answered, Ended, Failed, NoAnswer, Ringing};
        let after = match change {
            TargetChange::Added => Added,
            TargetChange::Ringing => Ringing,
            TargetChange::Answered => Answered,
            TargetChange::NoAnswer => NoAnswer,
            TargetChange::Failed => Failed,
            TargetChange::Ended => Ended,
            other => panic!("{other:?}"),
        };
        assert_eq!(target.state, after);
        let allowed: &[Option<TargetState>] = match after {
            Added => &[None],
            Ringing => &[Some(Added)],
            Answered | NoAnswer => &[Some(Ringing)],
            Failed => &[Some(Added), Some(Ringing)],
            _ => &[Some(Added), Some(Ringing), Some(Answered)],
        };
        assert!(allowed.contains(&before), "{before:?} to {after:?}");
        let moment = match after {
            Added => Some(target.started),
            Ringing => target.rang,
            Answered => target.answered,
            _ => target.ended,
        };
        assert_eq!(moment, Some(occurrence.at));
        match known {
            Some(known) => *known = target.clone(),
            None => audit.targets.push(target.clone()),
        }
        if after == Ringing {
            audit.rang.get_or_insert(occurrence.at);
        }
        let extension = target.party.extension().map(|number| (occurrence.tenant.id.clone(), number.to_owned()));
        if after == Answered {
            self.engage(extension, &call.session_id);
        } else if before == Some(Answered) {
            self.release(extension, &call.session_id);
        }
    }

    fn see_cdr(&mut self, occurrence: &Occurrence, cdr: &Cdr) {
        let audit = self.calls.remove(&cdr.call.session_id).expect("one record a call");
        assert_eq!(
            (cdr.started, cdr.rang, cdr.answered, Some(cdr.ended)),
            (audit.started, audit.rang, audit.answered, audit.ended),
        );
        assert_eq!(cdr.ended, occurrence.at);
        assert_eq!(cdr.targets, audit.targets);
        assert!(cdr.status_code == 0 || cdr.end_reason == EndReason::None);
        self.finished += 1;
    }

    fn engage(&mut self, number: Option<Number>, session: &str) {
        let Some(number) = number else { return };
        let calls = self.engaged.entry(number.clone()).or_default();
        calls.insert(session.to_owned());
        assert!(calls.len() < 2, "{number:?} is in two calls: {calls:?}");
    }

    fn release(&mut self, number: Option<Number>, session: &str) {
        if let Some(calls) = number.and_then(|number| self.engaged.get_mut(&number)) {
            calls.remove(session);
        }
    }

    /// What was told agrees with what a snapshot shows.
    pub(crate) fn compare(&self, world: &World) {
        let sessions: BTreeSet<&str> = world.calls().map(|call| call.info.session_id.as_str()).collect();
        assert_eq!(sessions, self.calls.keys().map(String::as_str).collect());
        for tenant in world.tenants() {
            for queue in world.queue_states(tenant.key) {
                let key = (tenant.id.clone(), queue.profile.number.clone());
                let positions: Vec<usize> = queue.waiting.iter().map(|waiting| waiting.position).collect();
                assert_eq!(positions, (1..=queue.waiting.len()).collect::<Vec<_>>());
                let shown: Vec<(String, WaitingKind)> =
                    queue.waiting.iter().map(|waiting| (waiting.call.session_id.clone(), waiting.kind)).collect();
                assert_eq!(shown, self.waiting.get(&key).cloned().unwrap_or_default());
                for agent in &queue.agents {
                    let told = self.agents.get(&(key.clone(), agent.profile.number.clone()));
                    assert_eq!(told, Some(&agent.state));
                }
            }
            for extension in world.extension_states(tenant.key) {
                let key = (tenant.id.clone(), extension.profile.number.clone());
                assert_eq!(self.lines.get(&key).copied().unwrap_or_default(), extension.line);
            }
        }
    }

    /// How many calls are going on.
    pub(crate) fn open_calls(&self) -> usize {
        self.calls.len()
    }
}

/// Which steps an agent can take: queue calls come only to those who were ready when it began to ring, and wrap-up only
/// after a call.
fn plausible(before: AgentState, after: AgentState) -> bool {
    use AgentState::{LoggedOut, NotReady, OtherCall, QueueCall, Ready, WrapUp};
    match after {
        QueueCall => matches!(before, Ready | NotReady | LoggedOut),
        WrapUp => matches!(before, QueueCall | OtherCall),
        Ready => before != QueueCall,
        _ => before != after,
    }
}

/// Runs a day step by step to `until`, auditing it; gives what happened.
pub(crate) fn run(day: &mut Day, audit: &mut Audit, until: Instant) -> Vec<Occurrence> {
    let mut all = Vec::new();
    while day.next_due() <= until {
        let happened = day.advance(day.next_due());
        for occurrence in &happened {
            audit.see(occurrence);
        }
        audit.compare(day.world());
        all.extend(happened);
    }
    all
}
