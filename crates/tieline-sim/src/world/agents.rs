//! Agents come, go, and say whether they take calls.

use std::sync::Arc;

use super::call::{CallInfo, CallType, TargetState};
use super::queue::{AgentMode, AgentState, AgentView, Member};
use super::{Happening, Refused, TenantKey, World};

impl World {
    /// An extension becomes an agent of a queue.
    ///
    /// # Errors
    /// No such tenant, queue or extension; or it is one already.
    pub fn add_agent(
        &mut self,
        tenant: TenantKey,
        queue: &str,
        extension: &str,
        mode: AgentMode,
    ) -> Result<(), Refused> {
        let profile = Arc::clone(&self.extension(tenant, extension)?.profile);
        if self.queue(tenant, queue)?.members.iter().any(|member| member.number == extension) {
            return Err(Refused::NotNow);
        }
        let mut member =
            Member { number: extension.to_owned(), mode, state: AgentState::Offline, since: self.now, call: None };
        (member.state, member.call) = self.agent_state(tenant, queue, &member);
        let agent = AgentView { profile, state: member.state, since: member.since, call: member.call.clone() };
        let found = self.queue_mut(tenant, queue)?;
        found.members.push(member);
        found.members.sort_by(|a, b| a.number.cmp(&b.number));
        let queue = Arc::clone(&found.profile);
        self.emit(tenant, Happening::Agent { queue, agent, added: true });
        self.settle();
        Ok(())
    }

    /// An extension is no longer an agent of a queue.
    ///
    /// # Errors
    /// No such tenant, queue or agent; or it is in a call.
    pub fn remove_agent(&mut self, tenant: TenantKey, queue: &str, extension: &str) -> Result<(), Refused> {
        let profile = Arc::clone(&self.extension(tenant, extension)?.profile);
        if self.is_busy(tenant, extension) {
            return Err(Refused::Busy);
        }
        let found = self.queue_mut(tenant, queue)?;
        let index = found.members.iter().position(|member| member.number == extension).ok_or(Refused::NoSuchAgent)?;
        found.members.remove(index);
        let queue = Arc::clone(&found.profile);
        self.emit(tenant, Happening::AgentRemoved { queue, profile });
        Ok(())
    }

    /// An agent logs in or out of a queue, or says whether it takes its calls.
    ///
    /// # Errors
    /// No such tenant, queue or agent; or the agent said so before.
    pub fn set_agent_mode(
        &mut self,
        tenant: TenantKey,
        queue: &str,
        extension: &str,
        mode: AgentMode,
    ) -> Result<(), Refused> {
        self.declare(tenant, queue, extension, mode)?;
        self.settle();
        Ok(())
    }

    pub(super) fn declare(
        &mut self,
        tenant: TenantKey,
        queue: &str,
        extension: &str,
        mode: AgentMode,
    ) -> Result<(), Refused> {
        let profile = Arc::clone(&self.extension(tenant, extension)?.profile);
        let found = self.queue_mut(tenant, queue)?;
        let member = found.members.iter_mut().find(|member| member.number == extension).ok_or(Refused::NoSuchAgent)?;
        if member.mode == mode {
            return Err(Refused::NotNow);
        }
        member.mode = mode;
        let queue = Arc::clone(&found.profile);
        self.emit(tenant, Happening::AgentMode { queue, profile, mode });
        Ok(())
    }

    /// What the agent does, as the queue sees it, and the queue's call that it is in.
    pub(super) fn agent_state(
        &self,
        tenant: TenantKey,
        queue: &str,
        member: &Member,
    ) -> (AgentState, Option<Arc<CallInfo>>) {
        let Ok(extension) = self.extension(tenant, &member.number) else { return (AgentState::Offline, None) };
        let mut in_call = false;
        for call in self.calls.values().filter(|call| call.tenant == tenant) {
            for target in &call.targets {
                let talks = target.state == TargetState::Answered && target.party.extension() == Some(&member.number);
                let for_queue = target.call_type != CallType::Normal && call.queue.as_deref() == Some(queue);
                if talks && for_queue {
                    return (AgentState::QueueCall, Some(Arc::clone(&call.info)));
                }
                in_call |= talks;
            }
            in_call |= call.info.caller.extension() == Some(&member.number);
        }
        let wraps_up = extension.wrap_up.as_ref().map(|(of, _)| of == queue);
        let state = match (member.mode, wraps_up) {
            _ if extension.contacts.is_empty() && !in_call => AgentState::Offline,
            (AgentMode::LoggedOut, _) => AgentState::LoggedOut,
            _ if in_call => AgentState::OtherCall,
            (_, Some(true)) => AgentState::WrapUp,
            (_, Some(false)) | (AgentMode::NotReady, None) => AgentState::NotReady,
            (AgentMode::Ready, None) => AgentState::Ready,
        };
        (state, None)
    }
}
