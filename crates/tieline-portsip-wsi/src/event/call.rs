//! Events of calls and of the targets that calls are put through to.

use tieline_core::Timestamp;

use super::payload::payload;
use crate::Direction;

payload! {
    /// `call_hold` and `call_unhold`: a party put a call on hold or resumed it. v12 and v16.
    pub struct CallHold<S> {
        /// The party that did it: `sip:102@portsip.io`.
        pub aor: S,
        /// The SIP call id.
        pub call_id: S,
        /// The other party.
        pub peer_aor: S,
        /// The id of the call, by which the REST interface finds its recording.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12.
        pub tenant_name: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `call_start`: a call begins. An extension event in v12 and v16, a CDR event in v22.
    pub struct CallStart<S> {
        /// The SIP call id.
        pub call_id: S,
        /// Who is called: `sip:103@portsip.io`.
        pub callee: S,
        /// The callee's name; v22.
        pub callee_display_name: S,
        /// Who calls: `sip:102@portsip.io`.
        pub caller: S,
        /// The caller's name; may be empty.
        pub caller_display_name: S,
        /// The id of the call detail record to come.
        pub cdr_id: S,
        /// The number dialled from outside; v22, where there is one.
        pub did: S,
        /// Between whom the call goes.
        pub direction: Direction<S>,
        /// The number shown to the outside; v22, where there is one.
        pub outbound_caller_id: S,
        /// A number as a string, `0` in the samples; v12 and v16.
        pub request_id: S,
        /// The id of the call, by which the REST interface finds its recording.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12.
        pub tenant_name: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
        /// What a program attached to the call; v22, where there is some.
        pub user_data: S,
    }

    /// `call_established`, `call_ended` and `call_noanswer`. v12 and v16.
    pub struct CallProgress<S> {
        /// The SIP call id.
        pub call_id: S,
        /// Who answered: `sip:103@portsip.io`; empty where nobody did, and at the end.
        pub call_target: S,
        /// Who was called.
        pub callee: S,
        /// Who called.
        pub caller: S,
        /// The id of the call.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12.
        pub tenant_name: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `call_fail`. v12 and v16.
    pub struct CallFail<S> {
        /// The SIP call id.
        pub call_id: S,
        /// Empty in the samples.
        pub call_target: S,
        /// Who was called.
        pub callee: S,
        /// Who called.
        pub caller: S,
        /// The SIP status: 480 for a callee that is offline.
        pub fail_code: i64,
        /// The id of the call.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12.
        pub tenant_name: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `call_update_info`: who talks to whom has changed. v22.
    pub struct CallUpdateInfo<S> {
        /// Who is called.
        pub callee: S,
        /// The callee's name.
        pub callee_display_name: S,
        /// Who calls.
        pub caller: S,
        /// The caller's name.
        pub caller_display_name: S,
        /// The id of the call detail record to come.
        pub cdr_id: S,
        /// The number dialled from outside.
        pub did: S,
        /// Between whom the call goes.
        pub direction: Direction<S>,
        /// The number shown to the outside.
        pub outbound_caller_id: S,
        /// The id of the call.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// `target_add`, `target_ringing`, `target_answer`, `target_noanswer`, `target_fail` and `target_ended`: what
    /// becomes of one device that a call is put through to.
    ///
    /// ASSUMED: no document shows a payload. `session_id`, `call_id`, `tenant_id`, `tenant_name` and `time` are what
    /// other events have; the rest is what the release notes of 22.5 and 22.6 and the webhook events
    /// ([`CdrTarget`]) name.
    pub struct Target<S> {
        /// The SIP call id. ASSUMED.
        pub call_id: S,
        /// Who calls. From the webhook event.
        pub caller: S,
        /// The id of the call detail record to come. From the webhook event.
        pub cdr_id: S,
        /// The caller's line identification. From the release notes of 22.6.
        pub cli: S,
        /// The target: `sip:102@192.168.0.18:5066`. From the release notes of 22.5.
        pub destination: S = "destination" | "destiantion",
        /// The number dialled from outside. From the webhook event.
        pub did: S,
        /// Between whom the call goes. From the release notes of 22.6.
        pub direction: Direction<S>,
        /// The number shown to the outside. From the release notes of 22.6.
        pub outbound_caller_id: S,
        /// The id of the call. ASSUMED.
        pub session_id: S,
        /// The id of the tenant. ASSUMED.
        pub tenant_id: S,
        /// The name of the tenant; v12. ASSUMED.
        pub tenant_name: S,
        /// When, in Unix seconds. ASSUMED.
        pub time: Timestamp<S>,
    }

    /// The events of targets as PortSIP's webhooks send them: `cdr_target_add`, `cdr_target_ringing`,
    /// `cdr_target_answer`, `cdr_target_noanswer`, `cdr_target_fail`, `cdr_target_end`.
    pub struct CdrTarget<S> {
        /// Who calls.
        pub caller: S,
        /// The id of the call detail record to come.
        pub cdr_id: S,
        /// The target: `sip:102@192.168.0.18:5066`. The document spells it `destiantion`, and so does this crate when
        /// it writes; both spellings are read.
        pub destination: S = "destiantion" | "destination",
        /// The number dialled from outside.
        pub did: S,
        /// Between whom the call goes.
        pub direction: Direction<S>,
        /// The number shown to the outside.
        pub outbound_caller_id: S,
        /// The id of the call.
        pub session_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// When, in Unix seconds.
        pub time: Timestamp<S>,
    }

    /// What an event has of which no document shows a payload: `call_reroute`, `queue_member_state`,
    /// `trunk_connected`, `trunk_disconnected`.
    ///
    /// ASSUMED: every field; they are what most other events have. Whatever else the server writes is in the frame.
    pub struct Envelope<S> {
        /// The SIP call id. ASSUMED.
        pub call_id: S,
        /// The id of the call. ASSUMED.
        pub session_id: S,
        /// The id of the tenant. ASSUMED.
        pub tenant_id: S,
        /// The name of the tenant; v12. ASSUMED.
        pub tenant_name: S,
        /// When, in Unix seconds. ASSUMED.
        pub time: Timestamp<S>,
    }
}
