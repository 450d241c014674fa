//! Payloads of queues.

use tieline_portsip_wsi::{
    Dialect, QueueAgent, QueueAgentStatus, QueueCaller, QueueCallerStatus, QueueChange, QueueSlaBreached, QueueStatus,
};

use super::words;
use super::writer::{Writer, filled};
use crate::world::{
    AgentView, CallInfo, Profile, QueueCallerReason, QueueProfile, QueueState, WaitingKind, WaitingView,
};

impl Writer<'_> {
    /// All callers and agents. No document of v12 shows a payload: there only what all events share.
    pub(super) fn queue_status(&self, queue: &QueueState) -> QueueStatus<String> {
        if self.dialect == Dialect::V12 {
            return self.queue_status_envelope();
        }
        filled!(QueueStatus {
            tenant_id: self.tenant_id(),
            queue_id: queue.profile.id.clone(),
            queue_number: queue.profile.number.clone(),
            queue_name: queue.profile.name.clone(),
            waiting_list: queue.waiting.iter().map(|waiting| self.waiting(waiting)).collect(),
            agents: queue.agents.iter().map(|agent| self.agent(agent)).collect(),
        })
    }

    pub(super) fn queue_status_envelope(&self) -> QueueStatus<String> {
        let mut payload = filled!(QueueStatus { tenant_id: self.tenant_id(), time: self.now() });
        payload.tenant_name = self.tenant_name();
        payload
    }

    fn waiting(&self, waiting: &WaitingView) -> QueueCaller<String> {
        filled!(QueueCaller {
            position: waiting.position.to_string(),
            session_id: waiting.call.session_id.clone(),
            caller_number: waiting.call.caller.number.clone(),
            caller_name: waiting.call.caller.display_name.clone(),
            timestamp: self.time(waiting.since),
            waiting_type: words::waiting_type(waiting.kind),
        })
    }

    /// Out of a queue call, the keys of the call are there and empty.
    fn agent(&self, agent: &AgentView) -> QueueAgent<String> {
        let of_call = |part: fn(&CallInfo) -> &String| agent.call.as_deref().map(part).cloned().unwrap_or_default();
        filled!(QueueAgent {
            state: words::agent_state(agent.state),
            agent_extension_number: agent.profile.number.clone(),
            session_id: of_call(|call| &call.session_id),
            caller_number: of_call(|call| &call.caller.number),
            caller_name: of_call(|call| &call.caller.display_name),
            timestamp: self.time(agent.since),
        })
    }

    pub(super) fn queue_caller_status(
        &self,
        queue: &QueueProfile,
        call: &CallInfo,
        position: usize,
        kind: WaitingKind,
        reason: QueueCallerReason,
    ) -> QueueCallerStatus<String> {
        let caller = filled!(QueueCaller {
            position: position.to_string(),
            session_id: call.session_id.clone(),
            caller_number: call.caller.number.clone(),
            reason: words::caller_reason(reason),
            timestamp: self.now(),
            waiting_type: words::waiting_type(kind),
        });
        filled!(QueueCallerStatus {
            tenant_id: self.tenant_id(),
            queue_id: queue.id.clone(),
            updated_callers: vec![caller],
        })
    }

    pub(super) fn queue_agent_status(&self, queue: &QueueProfile, agent: &AgentView) -> QueueAgentStatus<String> {
        self.agents_changed(queue, vec![self.agent(agent)], Vec::new())
    }

    pub(super) fn queue_agent_removed(&self, queue: &QueueProfile, profile: &Profile) -> QueueAgentStatus<String> {
        let agent = filled!(QueueAgent { agent_extension_number: profile.number.clone() });
        self.agents_changed(queue, Vec::new(), vec![agent])
    }

    /// Both lists are always there, as in the documents' sample.
    fn agents_changed(
        &self,
        queue: &QueueProfile,
        updated: Vec<QueueAgent<String>>,
        removed: Vec<QueueAgent<String>>,
    ) -> QueueAgentStatus<String> {
        filled!(QueueAgentStatus {
            queue_id: queue.id.clone(),
            tenant_id: self.tenant_id(),
            updated_agents: updated,
            removed_agents: removed,
        })
    }

    pub(super) fn queue_sla_breached(
        &self,
        queue: &QueueProfile,
        call: &CallInfo,
        total_breached: u64,
        waiting: usize,
    ) -> QueueSlaBreached<String> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        filled!(QueueSlaBreached {
            queue_id: queue.id.clone(),
            tenant_id: self.tenant_id(),
            caller: call.caller.number.clone(),
            total_callers_breached: number(total_breached),
            sla_time_secs: number(queue.sla.as_secs()),
            waiting_callers: number(waiting as u64),
            timestamp: self.now(),
        })
    }

    pub(super) fn queue_change(&self, queue: &QueueProfile) -> QueueChange<String> {
        filled!(QueueChange { queue_number: queue.number.clone(), tenant_id: self.tenant_id() })
    }
}
