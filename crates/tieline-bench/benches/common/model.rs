//! The events as somebody would write them down for serde's derive: owned with `String`, borrowed with
//! [`Str`](tieline_core::Str). Fields and words are those of the documents, everything optional as on the wire.

use serde::{Deserialize, Serialize};

macro_rules! records {
    ($( $name:ident { $( $field:ident $(= $key:literal)?: $ty:ty ),* $(,)? } )*) => {$(
        #[derive(Debug, Deserialize, Serialize)]
        pub(crate) struct $name<S> {
            $(
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $key)?)]
                pub(crate) $field: Option<$ty>,
            )*
        }
    )*};
}

macro_rules! words {
    ($( $name:ident { $( $variant:ident = $word:literal ),* $(,)? } )*) => {$(
        #[derive(Clone, Copy, Debug, Deserialize, Serialize)]
        pub(crate) enum $name {
            $( #[serde(rename = $word)] $variant, )*
            #[serde(other)]
            Other,
        }
    )*};
}

words! {
    CallStatus { OnCall = "ON_CALL", Ringing = "RINGING", Idle = "" }
    Presence {
        Online = "ONLINE", Available = "AVAILABLE", Away = "AWAY", DoNotDisturb = "DO_NOT_DISTURB", Lunch = "LUNCH",
        BusinessTrip = "BUSINESS_TRIP", Offline = "OFFLINE",
    }
    AgentState {
        Ready = "READY", QueueCall = "QUEUE_CALL", WrapUp = "WRAP_UP", OtherCall = "OTHER_CALL", NotReady = "NOT_READY",
        Logout = "LOGOUT", Offline = "OFFLINE",
    }
    CallerReason {
        Enqueue = "enqueue", AgentAnswered = "agent_answered", Overflow = "overflow", Hangup = "hangup",
        Callback = "callback",
    }
    WaitingType { Normal = "normal", Callback = "callback" }
    Direction {
        Ext = "ext", In = "in", Out = "out", InToOut = "in2out", Internal = "internal", Inbound = "inbound",
        Outbound = "outbound", InboundOutbound = "inbound_outbound",
    }
    EndReason {
        None = "None", CallerDisconnect = "caller_disconnect", CallerDisconnected = "caller_disconnected",
        CalleeDisconnect = "callee_disconnect", CalleeDisconnected = "callee_disconnected", Replaced = "replaced",
        Referred = "referred", Redirected = "redirected", BlindTransferComplete = "blind_transfer_complete",
        AttendedTransferComplete = "attended_transfer_complete", Cancelled = "cancelled",
    }
    CallType {
        Normal = "normal_call", Queue = "queue_call", RingGroup = "ring_group_call", CallbackCall = "callback_call",
        Callback = "callback", QueueCallbackCall = "queue_callback_call", QueueCallback = "queue_callback", None = "none",
    }
    CdrStatus { Answered = "answered", NoAnswer = "noanswer", Fail = "fail" }
}

records! {
    Contact {
        contact_uri: S, expires: i64, instance: S, last_update: i64, public_address: S, received_from: S, reg_id: i64,
        user_agent: S,
    }
    ExtensionState {
        extension: S, extension_id: S, call_status: CallStatus, online: bool, presence: Presence, presence_note: S,
        push_online: bool, time: S,
    }
    AgentQueueState { queue_number: S, status: AgentState }
    ExtensionRegister {
        extension: S, extension_id: S, registration_contacts: Vec<Contact<S>>, removed_contacts: Vec<Contact<S>>,
        tenant_id: S, tenant_name: S, time: S,
    }
    ExtensionPresence {
        extension: S, extension_id: S, note: S, presence: Presence, presence_note: S, tenant_id: S, time: S,
    }
    ExtensionStatus {
        status: Vec<ExtensionState<S>>, extension: S, extension_id: S, on_call: bool, online: bool, presence_note: S,
        push_online: bool, tenant_id: S, time: S,
    }
    ExtensionCall { extension: S, extension_id: S, call_status: CallStatus, on_call: bool, tenant_id: S, time: S }
    ExtensionHold {
        call_id: S, extension: S, extension_id: S, peer_extension: S, peer_extension_id: S, tenant_id: S, time: S,
    }
    ExtensionAgentStatus {
        agent_status: Vec<AgentQueueState<S>>, extension: S, extension_id: S, tenant_id: S, time: S,
    }
    ExtensionAccount {
        extension_number: S, disp_name: S, email: S, extension_id: S, tenant_id: S, username: S, department: S,
        enabled: bool,
    }
    CallHold { aor: S, call_id: S, peer_aor: S, session_id: S, tenant_id: S, tenant_name: S, time: S }
    CallStart {
        call_id: S, callee: S, callee_display_name: S, caller: S, caller_display_name: S, cdr_id: S, did: S,
        direction: Direction, outbound_caller_id: S, request_id: S, session_id: S, tenant_id: S, tenant_name: S, time: S,
        user_data: S,
    }
    CallProgress {
        call_id: S, call_target: S, callee: S, caller: S, session_id: S, tenant_id: S, tenant_name: S, time: S,
    }
    CallFail {
        call_id: S, call_target: S, callee: S, caller: S, fail_code: i64, session_id: S, tenant_id: S, tenant_name: S,
        time: S,
    }
    CallUpdateInfo {
        callee: S, callee_display_name: S, caller: S, caller_display_name: S, cdr_id: S, did: S, direction: Direction,
        outbound_caller_id: S, session_id: S, tenant_id: S, time: S,
    }
    Target {
        call_id: S, caller: S, cdr_id: S, cli: S, destination: S, did: S, direction: Direction, outbound_caller_id: S,
        session_id: S, tenant_id: S, tenant_name: S, time: S,
    }
    Envelope { call_id: S, session_id: S, tenant_id: S, tenant_name: S, time: S }
    CallTarget {
        answered_time: S, call_type: CallType, callee: S, caller: S, destination: S, did: S, end_reason: EndReason,
        ended_time: S, id: S, outbound_caller_id: S, ring_duration: S, ring_time: S, start_time: S, status: CdrStatus,
        status_code: i64, talk_duration: S, trunk_name: S,
    }
    CallCdr {
        answered_time: S, call_id: S, call_status: CdrStatus, call_targets: Vec<CallTarget<S>>, callee: S,
        callee_domain: S, caller: S, caller_display_name: S, caller_domain: S, cdr_id: S, cost: S, did: S, did_cid: S,
        direction: Direction, ended_reason: EndReason, ended_time: S, outbound_caller_id: S, ring_duration: S,
        ring_time: S, session_id: S, start_time: S, status_code: S, talk_duration: i64, tenant_id: S, tenant_name: S,
        trunk_name: S, user_data: S,
    }
    QueueCaller {
        position: S, session_id: S, caller_number: S, caller_name: S, reason: CallerReason, timestamp: S,
        waiting_type = "type": WaitingType,
    }
    QueueAgent {
        state: AgentState, agent_extension_number: S, session_id: S, caller_number: S, caller_name: S, timestamp: S,
    }
    QueueStatus {
        tenant_id: S, tenant_name: S, queue_id: S, queue_number: S, queue_name: S, waiting_list: Vec<QueueCaller<S>>,
        agents: Vec<QueueAgent<S>>, time: S,
    }
    QueueCallerStatus { tenant_id: S, queue_id: S, updated_callers: Vec<QueueCaller<S>> }
    QueueAgentStatus {
        queue_id: S, tenant_id: S, updated_agents: Vec<QueueAgent<S>>, removed_agents: Vec<QueueAgent<S>>,
    }
    QueueSlaBreached {
        queue_id: S, tenant_id: S, caller: S, total_callers_breached: i64, sla_time_secs: i64, waiting_callers: i64,
        timestamp: S,
    }
    QueueChange { queue_number: S, tenant_id: S }
}

macro_rules! tagged {
    ($( $variant:ident($payload:ty) = $word:literal, )*) => {
        /// All events, by serde's internally tagged enum.
        #[derive(Debug, Deserialize, Serialize)]
        #[serde(tag = "event_type", bound(deserialize = "S: Deserialize<'de>", serialize = "S: Serialize"))]
        pub(crate) enum Tagged<S> {
            $( #[serde(rename = $word)] $variant($payload), )*
        }

        /// The same events, when the word of the type is known before: straight into the payload.
        pub(crate) fn by_word<'de, S, E>(word: &str, parse: impl Parse<'de, E>) -> Option<Result<Tagged<S>, E>>
        where
            S: Deserialize<'de>,
        {
            Some(match word {
                $( $word => parse.parse().map(Tagged::$variant), )*
                _ => return None,
            })
        }
    };
}

/// A parser at the start of an event.
pub(crate) trait Parse<'de, E> {
    fn parse<T: Deserialize<'de>>(self) -> Result<T, E>;
}

tagged! {
    ExtensionRegister(ExtensionRegister<S>) = "extension_register",
    ExtensionPresence(ExtensionPresence<S>) = "extension_presence",
    ExtensionStatus(ExtensionStatus<S>) = "extension_status",
    ExtensionCall(ExtensionCall<S>) = "extension_call",
    ExtensionAgentStatus(ExtensionAgentStatus<S>) = "extension_agent_status",
    ExtensionHold(ExtensionHold<S>) = "extension_hold",
    ExtensionUnhold(ExtensionHold<S>) = "extension_unhold",
    ExtensionCreated(ExtensionAccount<S>) = "extension_created",
    ExtensionUpdated(ExtensionAccount<S>) = "extension_updated",
    ExtensionDestroyed(ExtensionAccount<S>) = "extension_destroyed",
    CallStart(CallStart<S>) = "call_start",
    CallFail(CallFail<S>) = "call_fail",
    CallReroute(Envelope<S>) = "call_reroute",
    CallNoanswer(CallProgress<S>) = "call_noanswer",
    CallHold(CallHold<S>) = "call_hold",
    CallUnhold(CallHold<S>) = "call_unhold",
    CallEnded(CallProgress<S>) = "call_ended",
    CallEstablished(CallProgress<S>) = "call_established",
    CallUpdateInfo(CallUpdateInfo<S>) = "call_update_info",
    TargetAdd(Target<S>) = "target_add",
    TargetFail(Target<S>) = "target_fail",
    TargetNoanswer(Target<S>) = "target_noanswer",
    TargetRinging(Target<S>) = "target_ringing",
    TargetAnswer(Target<S>) = "target_answer",
    TargetEnded(Target<S>) = "target_ended",
    CallCdr(Box<CallCdr<S>>) = "call_cdr",
    QueueStatus(QueueStatus<S>) = "queue_status",
    QueueMemberState(Envelope<S>) = "queue_member_state",
    QueueCallerStatus(QueueCallerStatus<S>) = "queue_caller_status",
    QueueAgentStatus(QueueAgentStatus<S>) = "queue_agent_status",
    QueueSlaBreached(QueueSlaBreached<S>) = "queue_sla_breached",
    QueueCreated(QueueChange<S>) = "queue_created",
    QueueUpdated(QueueChange<S>) = "queue_updated",
    QueueDestroy(QueueChange<S>) = "queue_destroy",
    TrunkConnected(Envelope<S>) = "trunk_connected",
    TrunkDisconnected(Envelope<S>) = "trunk_disconnected",
}
