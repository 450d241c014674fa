//! What follows from everything else: who is free, what lines and agents do now.

use std::sync::Arc;

use super::call::{CallInfo, TargetState};
use super::extension::LineStatus;
use super::queue::AgentView;
use super::{Happening, TenantKey, World};

impl World {
    /// Offers waiting callers to free agents, and tells which lines and agents changed. Ends every verb.
    pub(super) fn settle(&mut self) {
        self.end_wrap_ups();
        self.dispatch();
        for tenant in (0..self.premises.len()).map(TenantKey) {
            self.tell_lines(tenant);
            self.tell_agents(tenant);
        }
    }

    fn end_wrap_ups(&mut self) {
        let now = self.now;
        for extension in self.premises.iter_mut().flat_map(|site| site.extensions.values_mut()) {
            if extension.wrap_up.as_ref().is_some_and(|(_, until)| *until <= now) {
                extension.wrap_up = None;
            }
        }
    }

    fn tell_lines(&mut self, tenant: TenantKey) {
        let Ok(site) = self.site(tenant) else { return };
        let changed: Vec<(String, LineStatus)> = site
            .extensions
            .iter()
            .map(|(number, extension)| (number, extension.line, self.line_status(tenant, number)))
            .filter(|(_, before, now)| before != now)
            .map(|(number, _, now)| (number.clone(), now))
            .collect();
        let now = self.now;
        for (number, line) in changed {
            let Ok(extension) = self.extension_mut(tenant, &number) else { continue };
            extension.line = line;
            extension.changed = now;
            let state = extension.state();
            self.emit(tenant, Happening::Line(state));
        }
    }

    fn line_status(&self, tenant: TenantKey, number: &str) -> LineStatus {
        let mut status = LineStatus::Idle;
        for call in self.calls.values().filter(|call| call.tenant == tenant) {
            if call.info.caller.extension() == Some(number) {
                return LineStatus::OnCall;
            }
            for target in call.targets.iter().filter(|target| target.party.extension() == Some(number)) {
                match target.state {
                    TargetState::Answered => return LineStatus::OnCall,
                    TargetState::Ringing => status = LineStatus::Ringing,
                    _ => {}
                }
            }
        }
        status
    }

    fn tell_agents(&mut self, tenant: TenantKey) {
        let Ok(site) = self.site(tenant) else { return };
        let mut changed = Vec::new();
        for (queue, found) in &site.queues {
            for member in &found.members {
                let (state, call) = self.agent_state(tenant, queue, member);
                // A caller's new name is no news of the agent.
                let session = |call: &Option<Arc<CallInfo>>| call.as_ref().map(|call| call.session_id.clone());
                if state != member.state || session(&call) != session(&member.call) {
                    changed.push((queue.clone(), member.number.clone(), state, call));
                }
            }
        }
        for (queue, number, state, call) in changed {
            let (since, profile) = match self.extension(tenant, &number) {
                Ok(extension) => (self.now, Arc::clone(&extension.profile)),
                Err(_) => continue,
            };
            let Ok(found) = self.queue_mut(tenant, &queue) else { continue };
            let Some(member) = found.members.iter_mut().find(|member| member.number == number) else { continue };
            member.state = state;
            member.since = since;
            member.call.clone_from(&call);
            let queue = Arc::clone(&found.profile);
            let agent = AgentView { profile, state, since, call };
            self.emit(tenant, Happening::Agent { queue, agent, added: false });
        }
    }
}
