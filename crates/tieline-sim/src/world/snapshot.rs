//! The world as it is now.

use std::sync::Arc;

use tieline_core::Instant;

use super::extension::{Contact, ExtensionState};
use super::queue::{AgentView, Queue, QueueState};
use super::tenant::Premises;
use super::{Call, CallKey, Cdr, Tenant, TenantKey, Trunk, World};

impl World {
    /// The tenants, in the order they were added.
    pub fn tenants(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.premises.iter().map(|site| &site.tenant)
    }

    /// Every extension of a tenant, by number; none of a tenant that does not exist.
    pub fn extension_states(&self, tenant: TenantKey) -> impl Iterator<Item = ExtensionState> {
        self.premises.get(tenant.0).into_iter().flat_map(|site| site.extensions.values().map(|found| found.state()))
    }

    /// One extension; `None` when there is none of this number.
    #[must_use]
    pub fn extension_state(&self, tenant: TenantKey, number: &str) -> Option<ExtensionState> {
        self.extension(tenant, number).ok().map(super::Extension::state)
    }

    /// The registered devices of an extension; none of one that does not exist.
    #[must_use]
    pub fn contacts(&self, tenant: TenantKey, number: &str) -> Vec<Contact> {
        self.extension(tenant, number).map(|found| found.contacts.clone()).unwrap_or_default()
    }

    /// Every queue of a tenant, by number; none of a tenant that does not exist.
    pub fn queue_states(&self, tenant: TenantKey) -> impl Iterator<Item = QueueState> {
        self.premises
            .get(tenant.0)
            .into_iter()
            .flat_map(|site| site.queues.values().map(|queue| queue_state(site, queue)))
    }

    /// One queue; `None` when there is none of this number.
    #[must_use]
    pub fn queue_state(&self, tenant: TenantKey, number: &str) -> Option<QueueState> {
        let site = self.premises.get(tenant.0)?;
        site.queues.get(number).map(|queue| queue_state(site, queue))
    }

    /// Every trunk of a tenant, by name, and whether it is up.
    pub fn trunks(&self, tenant: TenantKey) -> impl Iterator<Item = (&Arc<Trunk>, bool)> {
        self.premises
            .get(tenant.0)
            .into_iter()
            .flat_map(|site| site.trunks.values().map(|line| (&line.trunk, line.connected)))
    }

    /// The calls that are going on, oldest first.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// A call that is going on.
    #[must_use]
    pub fn call(&self, key: CallKey) -> Option<&Call> {
        self.calls.get(&key)
    }

    /// The call that is going on with this session id.
    #[must_use]
    pub fn call_of_session(&self, session_id: &str) -> Option<&Call> {
        self.calls.values().find(|call| call.info.session_id == session_id)
    }

    /// The records of a tenant's past calls, oldest first; at most the last 10,000 of the world are kept.
    pub fn cdrs(&self, tenant: TenantKey) -> impl Iterator<Item = &Arc<Cdr>> {
        self.cdrs.iter().filter(move |(of, _)| *of == tenant).map(|(_, cdr)| cdr)
    }

    /// Whether the extension has a registered device and is in no call, not even a ringing one.
    #[must_use]
    pub fn is_free(&self, tenant: TenantKey, number: &str) -> bool {
        self.extension(tenant, number).is_ok_and(|found| !found.contacts.is_empty()) && !self.is_busy(tenant, number)
    }

    /// The registration that has gone longest without a refresh: whose, which device (counted from 0), since when.
    #[must_use]
    pub fn stalest_registration(&self) -> Option<(TenantKey, String, usize, Instant)> {
        let mut stalest = None;
        for site in &self.premises {
            for (number, extension) in &site.extensions {
                for contact in &extension.contacts {
                    let older = |(_, _, _, than): &(_, _, _, Instant)| contact.refreshed < *than;
                    if stalest.as_ref().is_none_or(older)
                        && let Some(device) =
                            extension.profile.devices.iter().position(|device| *device == contact.device)
                    {
                        stalest = Some((site.tenant.key, number, device, contact.refreshed));
                    }
                }
            }
        }
        stalest.map(|(tenant, number, device, since)| (tenant, number.clone(), device, since))
    }
}

fn queue_state(site: &Premises, queue: &Queue) -> QueueState {
    let agent = |member: &super::queue::Member| {
        let profile = Arc::clone(&site.extensions.get(&member.number)?.profile);
        Some(AgentView { profile, state: member.state, since: member.since, call: member.call.clone() })
    };
    QueueState {
        profile: Arc::clone(&queue.profile),
        waiting: queue.waiting.iter().enumerate().map(|(index, entry)| entry.view(index)).collect(),
        agents: queue.members.iter().filter_map(agent).collect(),
    }
}
