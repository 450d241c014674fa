//! The words with a fixed set of values. Each set is open: a value that is not known is kept as `Other`.

use tieline_core::open_enum;

open_enum! {
    /// Whether an extension is in a call: `extension_status`, `extension_call`. Older servers wrote `On Call` and
    /// `Ringing`, and one document has the slip `ON_ACLL`; those are `Other`.
    pub enum CallStatus {
        /// In a call.
        OnCall = "ON_CALL",
        /// Ringing.
        Ringing = "RINGING",
        /// Neither.
        Idle = "",
    }

    /// The presence that a user has chosen. v22.0 to v22.2 had `AVAILABLE`, which v22.3 calls `ONLINE`; v16 has free
    /// text in `note` instead.
    pub enum Presence {
        /// Available; v22.3.
        Online = "ONLINE",
        /// Available; v22.0 to v22.2, and still in an example of v22.3.
        Available = "AVAILABLE",
        /// Away.
        Away = "AWAY",
        /// Not to be disturbed.
        DoNotDisturb = "DO_NOT_DISTURB",
        /// At lunch.
        Lunch = "LUNCH",
        /// On a business trip.
        BusinessTrip = "BUSINESS_TRIP",
        /// Offline; documented for the REST interface only.
        Offline = "OFFLINE",
    }

    /// The state of an agent in a queue. `READY` and `QUEUE_CALL` stand in samples; the other words are ASSUMED from
    /// the labels that the documents print ("Wrap Up").
    pub enum AgentState {
        /// Takes calls of the queue.
        Ready = "READY",
        /// In a call of the queue.
        QueueCall = "QUEUE_CALL",
        /// In after-call work. ASSUMED.
        WrapUp = "WRAP_UP",
        /// In a call that is not the queue's. ASSUMED.
        OtherCall = "OTHER_CALL",
        /// Takes no calls of the queue for now. ASSUMED.
        NotReady = "NOT_READY",
        /// Logged out of the queue. ASSUMED.
        Logout = "LOGOUT",
        /// Not registered. ASSUMED.
        Offline = "OFFLINE",
    }

    /// Why the callers of a queue changed: `queue_caller_status`.
    pub enum CallerReason {
        /// The caller came to the queue.
        Enqueue = "enqueue",
        /// An agent answered.
        AgentAnswered = "agent_answered",
        /// The caller waited too long and was forwarded.
        Overflow = "overflow",
        /// The caller hung up.
        Hangup = "hangup",
        /// The caller asked to be called back.
        Callback = "callback",
    }

    /// How a caller waits in a queue.
    pub enum WaitingType {
        /// On the line.
        Normal = "normal",
        /// For a call back.
        Callback = "callback",
    }

    /// Between whom a call goes. v12 and v16 write the short words; documents of v22 from mid-2026 on show the long ones.
    pub enum Direction {
        /// Between extensions; the older word.
        Ext = "ext",
        /// From outside; the older word.
        In = "in",
        /// To the outside; the older word.
        Out = "out",
        /// From outside and out again; the older word.
        InToOut = "in2out",
        /// Between extensions.
        Internal = "internal",
        /// From outside.
        Inbound = "inbound",
        /// To the outside.
        Outbound = "outbound",
        /// From outside and out again.
        InboundOutbound = "inbound_outbound",
    }

    /// Why a call, or the part of it to one target, ended: `call_cdr`. The documents' samples and tables differ in
    /// spelling (`disconnect`, `disconnected`); both are known.
    pub enum EndReason {
        /// No reason: also of targets that were never reached.
        None = "None",
        /// The caller hung up, as samples spell it.
        CallerDisconnect = "caller_disconnect",
        /// The caller hung up, as tables spell it.
        CallerDisconnected = "caller_disconnected",
        /// The callee hung up, as samples spell it.
        CalleeDisconnect = "callee_disconnect",
        /// The callee hung up, as tables spell it.
        CalleeDisconnected = "callee_disconnected",
        /// Replaced by another call.
        Replaced = "replaced",
        /// Referred to another target.
        Referred = "referred",
        /// Redirected.
        Redirected = "redirected",
        /// Transferred without asking back.
        BlindTransferComplete = "blind_transfer_complete",
        /// Transferred after asking back.
        AttendedTransferComplete = "attended_transfer_complete",
        /// Cancelled by the caller.
        Cancelled = "cancelled",
    }

    /// What kind of call a target was called by: `call_cdr`.
    pub enum CallType {
        /// A plain call.
        Normal = "normal_call",
        /// A call of a queue.
        Queue = "queue_call",
        /// A call of a ring group.
        RingGroup = "ring_group_call",
        /// A call back, as one table spells it.
        CallbackCall = "callback_call",
        /// A call back, as the other table spells it.
        Callback = "callback",
        /// A call back of a queue, as one table spells it.
        QueueCallbackCall = "queue_callback_call",
        /// A call back of a queue, as the other table spells it.
        QueueCallback = "queue_callback",
        /// None.
        None = "none",
    }

    /// How a call, or the part of it to one target, went: `call_cdr` of v22.
    pub enum CdrStatus {
        /// Answered.
        Answered = "answered",
        /// Not answered.
        NoAnswer = "noanswer",
        /// Failed.
        Fail = "fail",
    }
}
