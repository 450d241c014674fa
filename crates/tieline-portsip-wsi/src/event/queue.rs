//! Events of queues.

use alloc::vec::Vec;

use tieline_core::{Timestamp, wire_struct};

use super::payload::payload;
use crate::{AgentState, CallerReason, WaitingType};

wire_struct! {
    /// A caller in a queue.
    pub struct QueueCaller<S> {
        /// The place in the queue, a number as a string.
        pub position: S,
        /// The id of the call.
        pub session_id: S,
        /// The caller's number.
        pub caller_number: S,
        /// The caller's name; in `queue_status` only.
        pub caller_name: S,
        /// Why the caller is reported; in `queue_caller_status` only.
        pub reason: CallerReason<S>,
        /// When, in Unix seconds.
        pub timestamp: Timestamp<S>,
        /// How the caller waits; `type` on the wire.
        pub waiting_type: WaitingType<S> = "type",
    }

    /// An agent of a queue. A removed agent has its number only.
    pub struct QueueAgent<S> {
        /// What the agent does.
        pub state: AgentState<S>,
        /// The agent's extension: `101`.
        pub agent_extension_number: S,
        /// The id of the call the agent is in.
        pub session_id: S,
        /// The number the agent talks to.
        pub caller_number: S,
        /// The name of that caller.
        pub caller_name: S,
        /// Since when, in Unix seconds.
        pub timestamp: Timestamp<S>,
    }
}

payload! {
    /// `queue_status`: all callers and agents of a queue; pushed on subscribing. v12 names the event without showing
    /// its payload: `tenant_name` and `time` there are ASSUMED.
    pub struct QueueStatus<S> {
        /// The id of the tenant.
        pub tenant_id: S,
        /// The name of the tenant; v12. ASSUMED.
        pub tenant_name: S,
        /// The id of the queue.
        pub queue_id: S,
        /// The number of the queue.
        pub queue_number: S,
        /// The name of the queue.
        pub queue_name: S,
        /// The callers who wait.
        pub waiting_list: Vec<QueueCaller<S>>,
        /// The agents.
        pub agents: Vec<QueueAgent<S>>,
        /// When, in Unix seconds; v12. ASSUMED.
        pub time: Timestamp<S>,
    }

    /// `queue_caller_status`: the callers of a queue changed. v16 and v22.
    pub struct QueueCallerStatus<S> {
        /// The id of the tenant.
        pub tenant_id: S,
        /// The id of the queue; its number is not told.
        pub queue_id: S,
        /// The callers who came, moved or went.
        pub updated_callers: Vec<QueueCaller<S>>,
    }

    /// `queue_agent_status`: an agent's state changed, or agents were added or removed. v16 and v22.
    pub struct QueueAgentStatus<S> {
        /// The id of the queue; its number is not told.
        pub queue_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The agents that changed or were added.
        pub updated_agents: Vec<QueueAgent<S>>,
        /// The agents that were removed, with their numbers only.
        pub removed_agents: Vec<QueueAgent<S>>,
    }

    /// `queue_sla_breached`: a caller waits longer than the queue promises. v16 and v22.
    pub struct QueueSlaBreached<S> {
        /// The id of the queue; its number is not told.
        pub queue_id: S,
        /// The id of the tenant.
        pub tenant_id: S,
        /// The caller; a plain number, not a SIP address.
        pub caller: S,
        /// How many callers the promise was broken to.
        pub total_callers_breached: i64,
        /// The promise: how long a caller should wait at most, in seconds.
        pub sla_time_secs: i64,
        /// How many callers wait.
        pub waiting_callers: i64,
        /// When, in Unix seconds.
        pub timestamp: Timestamp<S>,
    }

    /// `queue_created`, `queue_updated` and `queue_destroy`. v22.
    pub struct QueueChange<S> {
        /// The number of the queue.
        pub queue_number: S,
        /// The id of the tenant.
        pub tenant_id: S,
    }
}
