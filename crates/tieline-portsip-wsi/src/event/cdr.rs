//! The call detail record.

use alloc::vec::Vec;

use tieline_core::{Timestamp, wire_struct};

use super::payload::payload;
use crate::{CallType, CdrStatus, Direction, EndReason};

wire_struct! {
    /// One target that a call was put through to, in the order it happened.
    pub struct CallTarget<S> {
        /// When it was answered, in Unix seconds; `0` for never.
        pub answered_time: Timestamp<S>,
        /// What kind of call it was called by.
        pub call_type: CallType<S>,
        /// The number that was called.
        pub callee: S,
        /// The number that called.
        pub caller: S,
        /// The device: `sip:5000@192.168.0.16:8922`.
        pub destination: S = "destination" | "destiantion",
        /// The number dialled from outside; v22.
        pub did: S,
        /// Why it ended.
        pub end_reason: EndReason<S> = "end_reason" | "ended_reason",
        /// When it ended, in Unix seconds; `0` for never.
        pub ended_time: Timestamp<S>,
        /// An id; in the samples that of the tenant.
        pub id: S,
        /// The number shown to the outside.
        pub outbound_caller_id: S,
        /// How long it rang, in seconds as a string; v22.
        pub ring_duration: S,
        /// When it began to ring, in Unix seconds; `0` for never.
        pub ring_time: Timestamp<S>,
        /// When it was called, in Unix seconds.
        pub start_time: Timestamp<S>,
        /// How it went; v22.
        pub status: CdrStatus<S>,
        /// The SIP status, 0 for none. A number here, a string in the record itself.
        pub status_code: i64,
        /// How long was talked, in seconds as a string (a number in the record itself); v22.
        pub talk_duration: S,
        /// The trunk. v16 writes its name, v22 `122:883631675865563136`.
        pub trunk_name: S,
    }
}

payload! {
    /// `call_cdr`: the record of a call that has ended. v16 and v22 show it; that of v12 is ASSUMED to be like v16's.
    pub struct CallCdr<S> {
        /// When it was answered, in Unix seconds; `0` for never.
        pub answered_time: Timestamp<S>,
        /// The SIP call id.
        pub call_id: S,
        /// How the call went; v22.
        pub call_status: CdrStatus<S>,
        /// Whom it was put through to, in order.
        pub call_targets: Vec<CallTarget<S>>,
        /// The number that was called; a plain number, not a SIP address.
        pub callee: S,
        /// The callee's SIP domain.
        pub callee_domain: S,
        /// The number that called; a plain number, not a SIP address.
        pub caller: S,
        /// The caller's name; may be empty.
        pub caller_display_name: S,
        /// The caller's SIP domain or address.
        pub caller_domain: S,
        /// The id of the record. In the documents' tables, not in their samples.
        pub cdr_id: S,
        /// What the call costs. In the documents' tables, not in their samples: that it is text is ASSUMED.
        pub cost: S,
        /// The number dialled from outside; v22.
        pub did: S,
        /// The number dialled from outside; v16.
        pub did_cid: S,
        /// Between whom the call went.
        pub direction: Direction<S>,
        /// Why it ended. `ended_reason` in the samples, `end_reason` in the tables; both are read.
        pub ended_reason: EndReason<S> = "ended_reason" | "end_reason",
        /// When it ended, in Unix seconds.
        pub ended_time: Timestamp<S>,
        /// The number shown to the outside; may be empty.
        pub outbound_caller_id: S,
        /// How long it rang, in seconds as a string; v22.
        pub ring_duration: S,
        /// When it began to ring, in Unix seconds; `0` for never.
        pub ring_time: Timestamp<S>,
        /// The id of the call, by which the REST interface finds its recording.
        pub session_id: S,
        /// When it began, in Unix seconds.
        pub start_time: Timestamp<S>,
        /// The SIP status as a string, `0` for none.
        pub status_code: S,
        /// How long was talked, in seconds; v22. A number here, a string in the targets.
        pub talk_duration: i64,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant.
        pub tenant_name: S,
        /// The trunk. v16 writes its name, v22 `122:883631675865563136`.
        pub trunk_name: S,
        /// What a program attached to the call; may be empty.
        pub user_data: S,
    }
}
