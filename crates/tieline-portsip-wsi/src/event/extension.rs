//! Events of extensions.

use alloc::vec::Vec;

use tieline_core::{Timestamp, wire_struct};

use super::payload::payload;
use crate::{AgentState, CallStatus, Presence};

wire_struct! {
    /// One registration of an extension: a device or app that is reachable.
    pub struct Contact<S> {
        /// The SIP contact, as the device gave it: `<sip:102@113.246.194.98:10061>;+sip.instance="<urn:uuid:…>"`.
        pub contact_uri: S,
        /// When the registration ends, in Unix seconds.
        pub expires: i64,
        /// The instance of the device: `<urn:uuid:…>`.
        pub instance: S,
        /// When the registration was last renewed, in Unix seconds.
        pub last_update: i64,
        /// The address and port the device is seen at from outside.
        pub public_address: S,
        /// The address and port the registration came from.
        pub received_from: S,
        /// The registration's number within the device (RFC 5626); 0 in the samples.
        pub reg_id: i64,
        /// The device's name of itself.
        pub user_agent: S,
    }

    /// The state of one extension in `extension_status`; v16.2 and v22.
    pub struct ExtensionState<S> {
        /// The extension: `sip:101@test.io`.
        pub extension: S,
        /// Its id, a number as a string.
        pub extension_id: S,
        /// Whether it is in a call.
        pub call_status: CallStatus<S>,
        /// Whether it is registered.
        pub online: bool,
        /// The presence its user has chosen; from v22 on.
        pub presence: Presence<S>,
        /// What its user wrote beside the presence.
        pub presence_note: S,
        /// Whether a push can wake it. Means something only while `online` is false.
        pub push_online: bool,
        /// When the state was taken, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// The state of an agent in one of its queues.
    pub struct AgentQueueState<S> {
        /// The number of the queue.
        pub queue_number: S,
        /// The agent's state there.
        pub status: AgentState<S>,
    }
}

payload! {
    /// `extension_register`: an extension registered or unregistered. v12 and v16.
    pub struct ExtensionRegister<S> {
        /// The extension: `sip:102@portsip.io`.
        pub extension: S,
        /// Its id, a number as a string; servers before v16.0.1 may write a number.
        pub extension_id: S,
        /// Every registration there is now. Absent, not empty, when the last one is gone: the extension is offline.
        pub registration_contacts: Vec<Contact<S>>,
        /// The registrations that ended. Absent when one began.
        pub removed_contacts: Vec<Contact<S>>,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12.
        pub tenant_name: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `extension_presence`: a user changed the presence. Three shapes: v16 has `note`; v16.2 `presence_note` and
    /// `extension_id`; v22 `presence` as well.
    pub struct ExtensionPresence<S> {
        /// The extension: `sip:102@portsip.io`.
        pub extension: S,
        /// Its id; from v16.2 on.
        pub extension_id: S,
        /// The presence as free text ("Away"); v16.0 and v16.1.
        pub note: S,
        /// The presence; from v22 on.
        pub presence: Presence<S>,
        /// What the user wrote beside the presence; from v16.2 on.
        pub presence_note: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `extension_status`: the state of extensions; pushed on subscribing and on change. v16.2 and v22. The list is in
    /// `status`; servers of December 2023 wrote one extension flat, in the other fields.
    pub struct ExtensionStatus<S> {
        /// The states. Absent in the flat form.
        pub status: Vec<ExtensionState<S>>,
        /// The extension; flat form only.
        pub extension: S,
        /// Its id; flat form only.
        pub extension_id: S,
        /// Whether it is in a call; flat form only.
        pub on_call: bool,
        /// Whether it is registered; flat form only.
        pub online: bool,
        /// What its user wrote beside the presence; flat form only.
        pub presence_note: S,
        /// Whether a push can wake it; flat form only.
        pub push_online: bool,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds; flat form only.
        pub time: Timestamp<S>,
    }

    /// `extension_call`: an extension began or ended a call, or rings. v16.2 drafts and v22.
    pub struct ExtensionCall<S> {
        /// The extension: `sip:101@test.io`.
        pub extension: S,
        /// Its id.
        pub extension_id: S,
        /// Whether it is in a call.
        pub call_status: CallStatus<S>,
        /// The same in the older form, instead of `call_status`.
        pub on_call: bool,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `extension_hold` and `extension_unhold`: drafts of January 2024 only.
    pub struct ExtensionHold<S> {
        /// The SIP call id.
        pub call_id: S,
        /// The extension that holds or resumes: `sip:101@test.io`.
        pub extension: S,
        /// Its id.
        pub extension_id: S,
        /// The other party.
        pub peer_extension: S,
        /// Its id.
        pub peer_extension_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `extension_agent_status`: an extension's state as an agent of its queues. v22.
    pub struct ExtensionAgentStatus<S> {
        /// The state in each queue.
        pub agent_status: Vec<AgentQueueState<S>>,
        /// The extension: `sip:102@test.io`.
        pub extension: S,
        /// Its id; a number, not a string, before v22.2.11.
        pub extension_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `extension_created`, `extension_updated` and `extension_destroyed`. v22.3. One sample has `username` twice.
    pub struct ExtensionAccount<S> {
        /// The number.
        pub extension_number: S,
        /// The name that is shown.
        pub disp_name: S,
        /// The address for mail.
        pub email: S,
        /// The id of the extension.
        pub extension_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name to log in by.
        pub username: S,
        /// The department, where one is set.
        pub department: S,
        /// Whether the account may be used.
        pub enabled: bool,
    }
}
