//! How people react to what happens.

use std::time::Duration;

use super::Day;
use super::act::{Act, CallAct};
use super::plan::{Answer, Patience};
use crate::world::{
    AgentMode, CallChange, CallInfo, CallKey, Happening, Occurrence, PartyKind, QueueCallerReason, Target, TargetChange,
};

impl Day {
    pub(super) fn react(&mut self, occurrence: &Occurrence) {
        match &occurrence.happening {
            Happening::Target { call, target, change } => self.react_to_target(call, target, *change),
            Happening::Call { call, change: CallChange::Established { with } } => {
                let Some(call) = self.world.call_of_session(&call.session_id) else { return };
                // The agent of a callback waits for the customer.
                if with.kind != PartyKind::Queue && !(call.is_callback() && with.kind == PartyKind::Extension) {
                    let (key, held) = (call.key, call.info.caller.kind == PartyKind::External);
                    self.talk(key, held);
                }
            }
            Happening::Call { call, change: CallChange::Rerouted { .. } } => {
                if let Some(key) = self.key_of(call)
                    && let Some(plan) = self.plans.get_mut(&key)
                {
                    plan.generation += 1;
                }
            }
            Happening::QueueCaller { call, reason: QueueCallerReason::Enqueued, .. } => self.wait(call),
            Happening::Cdr(_) => {
                let world = &self.world;
                self.plans.retain(|key, _| world.call(*key).is_some());
            }
            _ => {}
        }
    }

    fn key_of(&self, call: &CallInfo) -> Option<CallKey> {
        self.world.call_of_session(&call.session_id).map(|call| call.key)
    }

    fn react_to_target(&mut self, call: &CallInfo, target: &Target, change: TargetChange) {
        let Some(call) = self.key_of(call) else { return };
        let plan = self.plans.entry(call).or_default();
        let number = target.party.number.clone();
        match change {
            TargetChange::Ringing if target.party.kind != PartyKind::Queue && !plan.asked.contains(&number) => {
                plan.asked.push(number.clone());
                let generation = plan.generation;
                let (delay, act) = match plan.answers.pop_front().unwrap_or_default() {
                    Answer::After(delay) => (delay, CallAct::Answer { number }),
                    Answer::Reject(delay) => (delay, CallAct::Reject { number }),
                    Answer::Never => return,
                };
                self.plan_in(delay, Act::Call { call, generation, act });
            }
            TargetChange::NoAnswer | TargetChange::Failed => plan.asked.retain(|asked| *asked != number),
            _ => {}
        }
    }

    /// They talk, and do in the meantime what they meant to.
    fn talk(&mut self, call: CallKey, from_outside: bool) {
        let plan = self.plans.entry(call).or_default();
        plan.generation += 1;
        let generation = plan.generation;
        let (hold, transfer, name) = (plan.hold.take(), plan.transfer.take(), plan.name.take());
        let (talk, by) = (plan.talk, plan.hangs_up);
        let mut act = |delay, act| self.plan_in(delay, Act::Call { call, generation, act });
        if let Some(name) = name.filter(|_| from_outside) {
            act(Duration::from_millis(700), CallAct::NameCaller { name });
        }
        if let Some((after, lasts)) = hold {
            act(after, CallAct::Hold);
            act(after + lasts, CallAct::Unhold);
        }
        if let Some((after, to)) = transfer {
            act(after, CallAct::Transfer { to });
        }
        act(talk, CallAct::HangUp { by });
    }

    fn wait(&mut self, call: &CallInfo) {
        let Some(call) = self.key_of(call) else { return };
        let plan = self.plans.entry(call).or_default();
        let generation = plan.generation;
        let (delay, act) = match plan.patience.take() {
            Some(Patience::HangUp(delay)) => (delay, CallAct::GiveUp),
            Some(Patience::Callback(delay)) => (delay, CallAct::AskForCallback),
            None => return,
        };
        self.plan_in(delay, Act::Call { call, generation, act });
    }

    /// An agent that missed a call pulls itself together.
    pub(super) fn ready_again(&mut self, occurrence: &Occurrence) {
        let Happening::AgentMode { queue, profile, mode: AgentMode::NotReady } = &occurrence.happening else { return };
        let act = Act::Agent {
            tenant: occurrence.tenant.key,
            queue: queue.number.clone(),
            extension: profile.number.clone(),
            mode: AgentMode::Ready,
        };
        self.plan_in(Duration::from_secs(9), act);
    }
}
