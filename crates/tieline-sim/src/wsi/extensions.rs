//! Payloads of extensions.

use std::sync::Arc;

use tieline_core::Instant;
use tieline_portsip_wsi::{
    AgentQueueState, Contact as WireContact, Dialect, ExtensionAccount, ExtensionAgentStatus, ExtensionCall,
    ExtensionPresence, ExtensionRegister, ExtensionState as WireState, ExtensionStatus,
};

use super::words;
use super::writer::{Writer, filled};
use crate::world::{AgentView, Contact, ExtensionState, Profile, QueueProfile};

impl Writer<'_> {
    pub(super) fn extension_register(
        &self,
        extension: &ExtensionState,
        contacts: &[Contact],
        removed: &[Contact],
    ) -> ExtensionRegister<String> {
        let number = &extension.profile.number;
        let mut payload = filled!(ExtensionRegister {
            extension: self.aor(number),
            extension_id: extension.profile.id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        let write = |contacts: &[Contact], gone| {
            let written: Vec<_> = contacts.iter().map(|contact| self.contact(number, contact, gone)).collect();
            // The documents' server leaves out what is empty.
            (!written.is_empty()).then_some(written)
        };
        payload.registration_contacts = write(contacts, false);
        payload.removed_contacts = write(removed, true);
        payload.tenant_name = self.tenant_name();
        payload
    }

    fn contact(&self, number: &str, contact: &Contact, gone: bool) -> WireContact<String> {
        let device = &contact.device;
        let instance = format!("<urn:uuid:{}>", device.instance);
        let expired = if gone { "expires=0;" } else { "" };
        filled!(WireContact {
            contact_uri: format!("<sip:{number}@{}>;{expired}+sip.instance=\"{instance}\"", device.address),
            expires: self.unix(contact.expires),
            instance: instance,
            last_update: self.unix(contact.refreshed),
            public_address: device.address.clone(),
            received_from: device.address.clone(),
            reg_id: 0,
            user_agent: device.user_agent.clone(),
        })
    }

    fn unix(&self, at: Instant) -> i64 {
        self.clock.unix_seconds(at)
    }

    pub(super) fn extension_presence(&self, extension: &ExtensionState) -> ExtensionPresence<String> {
        let presence = &extension.presence;
        let mut payload = filled!(ExtensionPresence {
            extension: self.aor(&extension.profile.number),
            tenant_id: self.tenant_id(),
            time: self.now(),
        });
        if self.dialect >= Dialect::V22 {
            payload.extension_id = Some(extension.profile.id.clone());
            payload.presence = Some(words::presence(presence.availability));
            payload.presence_note = Some(presence.note.clone());
        } else if presence.note.is_empty() {
            payload.note = Some(words::presence_label(presence.availability).to_owned());
        } else {
            payload.note = Some(presence.note.clone());
        }
        payload
    }

    pub(super) fn extension_status<'s>(
        &self,
        extensions: impl IntoIterator<Item = &'s ExtensionState>,
    ) -> ExtensionStatus<String> {
        let states = extensions.into_iter().map(|extension| {
            let mut state = filled!(WireState {
                extension: self.aor(&extension.profile.number),
                extension_id: extension.profile.id.clone(),
                call_status: words::call_status(extension.line),
                online: extension.online,
                presence_note: extension.presence.note.clone(),
                push_online: false,
                time: self.time(extension.changed),
            });
            if self.dialect >= Dialect::V22 {
                state.presence = Some(words::presence(extension.presence.availability));
            }
            state
        });
        filled!(ExtensionStatus { status: states.collect(), tenant_id: self.tenant_id() })
    }

    pub(super) fn extension_call(&self, extension: &ExtensionState) -> ExtensionCall<String> {
        filled!(ExtensionCall {
            extension: self.aor(&extension.profile.number),
            extension_id: extension.profile.id.clone(),
            call_status: words::call_status(extension.line),
            tenant_id: self.tenant_id(),
            time: self.now(),
        })
    }

    pub(super) fn extension_agent_status(
        &self,
        queue: &QueueProfile,
        agent: &AgentView,
    ) -> ExtensionAgentStatus<String> {
        let status =
            filled!(AgentQueueState { queue_number: queue.number.clone(), status: words::agent_state(agent.state) });
        filled!(ExtensionAgentStatus {
            agent_status: vec![status],
            extension: self.aor(&agent.profile.number),
            extension_id: agent.profile.id.clone(),
            tenant_id: self.tenant_id(),
            time: self.now(),
        })
    }

    pub(super) fn extension_account(&self, profile: &Arc<Profile>) -> ExtensionAccount<String> {
        let mut payload = filled!(ExtensionAccount {
            extension_number: profile.number.clone(),
            disp_name: profile.display_name.clone(),
            email: profile.email.clone(),
            extension_id: profile.id.clone(),
            tenant_id: self.tenant_id(),
            username: profile.username.clone(),
            enabled: profile.enabled,
        });
        payload.department = Some(profile.department.clone()).filter(|department| !department.is_empty());
        payload
    }
}
