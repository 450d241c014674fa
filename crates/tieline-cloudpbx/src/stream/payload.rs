//! What the events say, field by field.

use tieline_core::wire_struct;

use super::quoted::{Flag, Quoted};
use super::state::{DeviceState, State};
use super::words::{MemberAction, Membership};
use crate::{Channel, Location, SmsState};

wire_struct! {
    /// `subscriber`: the state of a subscriber's account.
    pub struct Subscriber<S> {
        /// The account: the name of the PBX, a dash and the number, `MojaCentrala-101`; see
        /// [`subscriber_number`](crate::subscriber_number).
        pub peer: S,
        /// The state; a number on the wire.
        pub state: State = "statusValue",
        /// The number of the other party, when the event is about a call.
        pub connect_peer_number: S = "connectPeerNumber",
        /// The name that the other party shows, when the event is about a call.
        pub connect_peer_name: S = "connectPeerName",
    }

    /// `extstatus`: the state of a telephone, which often is that of its subscriber.
    pub struct ExtensionStatus<S> {
        /// The number: `130`.
        pub exten: S,
        /// The state, under the name that the sample shows and the vendor's client reads; a number on the wire.
        pub status: State,
        /// The state, under the name that the text of the document has; see [`state`](ExtensionStatus::state).
        pub status_value: State = "statusValue",
    }

    /// `queue`: how many calls wait in a queue.
    pub struct QueueCalls<S> {
        /// The name of the queue: `Kolejka1`.
        pub peer: S,
        /// How many calls wait; a string on the wire.
        pub calls: Quoted<u64>,
    }

    /// `qmember`: the state of an agent of a queue. Everything is a string on the wire.
    pub struct QueueMember<S> {
        /// The account of the agent: `MojaCentrala-101`.
        pub peer: S,
        /// The queue that it is about.
        pub queue: S,
        /// The state.
        pub status: DeviceState = "m_status",
        /// How many calls of the queue the agent answered.
        pub calls_taken: Quoted<u64> = "m_ct",
        /// How the agent belongs to the queue.
        pub membership: Membership<S> = "m_mbshp",
        /// Whether the agent is in a break and takes no calls.
        pub paused: Flag = "m_paused",
        /// Why the break began or ended; only in an event about that, and only if a reason was given.
        pub reason: S = "m_reason",
        /// The name of the agent: `Agent 1`.
        pub name: S = "m_name",
        /// Where the agent is called: `SIP/MojaCentrala-101`.
        pub location: Location<S> = "m_location",
    }

    /// `cmember`: somebody came to a conference, or left it.
    pub struct ConferenceMember<S> {
        /// The channel with which the member takes part.
        pub channel: Channel<S>,
        /// Whether the member came or left.
        pub action: MemberAction<S>,
        /// The name of the conference: `SesjaRady`.
        pub conference: S,
        /// The name that the member shows.
        pub caller_id_name: S = "callerIDName",
        /// The number of the member.
        pub caller_id_number: S = "callerIDNum",
    }

    /// `smsSendResponse`: the state of a text message changed. May come before the answer to the `sendSMS` that sent it.
    pub struct SmsSendResponse<S> {
        /// The `responseId` that `sendSMS` was answered with, which is also the `uniqueid` of the message's CDR: 19 digits,
        /// kept as text. `MsgID` in the text of the document is read too.
        pub message_id: S = "MsgId" | "MsgID",
        /// The number with country code and without plus: `48XXXXXXXXX`. `sendSMS` takes it without country code.
        pub to: S,
        /// The state.
        pub status: SmsState<S>,
    }
}

impl<S> ExtensionStatus<S> {
    /// The state, under whichever name it came; `status` goes before `statusValue`.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.status.or(self.status_value)
    }
}
