//! Events: one payload type per shape, one enum over them, one table that everything follows.

mod call;
mod cdr;
mod decode;
mod extension;
mod extensions;
mod payload;
mod queue;
pub(crate) mod table;

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, ObjectWriter, Raw, Scanner, Shape};
use tieline_core::{Str, Timestamp};

pub use call::{CallFail, CallHold, CallProgress, CallStart, CallUpdateInfo, CdrTarget, Envelope, Target};
pub use cdr::{CallCdr, CallTarget};
pub(crate) use decode::decode as decode_event;
pub use extension::{
    AgentQueueState, Contact, ExtensionAccount, ExtensionAgentStatus, ExtensionCall, ExtensionHold, ExtensionPresence,
    ExtensionRegister, ExtensionState, ExtensionStatus,
};
pub use extensions::Extensions;
pub use queue::{
    QueueAgent, QueueAgentStatus, QueueCaller, QueueCallerStatus, QueueChange, QueueSlaBreached, QueueStatus,
};

use payload::{AsFacts as _, Facts, Payload};
use table::{EventInfo, Evidence};

use crate::{Dialect, Topic};

macro_rules! events {
    ($(
        $(#[$meta:meta])*
        $variant:ident($payload:ty) = $word:literal in [
            $( $topic:ident: $($dialect:ident)+ => $evidence:ident ),+
        ],
    )*) => {
        /// An event of the PBX. An event type that this crate does not know is [`Event::Unknown`], wholly kept.
        #[derive(Clone, PartialEq, Eq, serde::Serialize)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
        #[serde(tag = "event_type", bound(serialize = "S: AsRef<str> + serde::Serialize"))]
        #[non_exhaustive]
        pub enum Event<S> {
            $( $(#[$meta])* #[serde(rename = $word)] $variant($payload), )*
            /// An event type that this crate does not know.
            #[serde(untagged)]
            Unknown(Unknown<S>),
        }

        /// Every event type with its topic, dialects and evidence. Within a topic and a dialect the order is that of
        /// the documents' commands.
        pub const EVENT_TYPES: &[EventInfo] = &[$($(
            EventInfo {
                event_type: $word,
                topic: Topic::$topic,
                dialects: &[$( Dialect::$dialect ),+],
                evidence: Evidence::$evidence,
            },
        )+)*];

        /// The rows of one event type, found without searching the table.
        pub(crate) fn rows(event_type: &str) -> &'static [EventInfo] {
            match event_type {
                $( $word => {
                    const ROWS: &[EventInfo] = &[$(
                        EventInfo {
                            event_type: $word,
                            topic: Topic::$topic,
                            dialects: &[$( Dialect::$dialect ),+],
                            evidence: Evidence::$evidence,
                        },
                    )+];
                    ROWS
                } )*
                _ => &[],
            }
        }

        impl<S: AsRef<str>> Event<S> {
            /// The word of the wire.
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $word, )*
                    Self::Unknown(unknown) => unknown.event_type.as_ref(),
                }
            }

            fn facts(&self) -> Facts<'_, S> {
                match self {
                    $( Self::$variant(payload) => payload.facts(), )*
                    Self::Unknown(_) => Facts::default(),
                }
            }
        }

        impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Event<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$variant(payload) => f.debug_tuple(stringify!($variant)).field(payload).finish(), )*
                    Self::Unknown(unknown) => unknown.fmt(f),
                }
            }
        }

        impl<S: AsRef<str> + Encode> Encode for Event<S> {
            fn encode(&self, out: &mut String) {
                match self {
                    $( Self::$variant(payload) => {
                        let mut object = ObjectWriter::new(out);
                        object.member("event_type", $word);
                        payload.encode_members(&mut object);
                        object.end();
                    } )*
                    Self::Unknown(unknown) => unknown.body.encode(out),
                }
            }
        }

        /// What the documents write for the payload of the event that `word` names; `None` for a word that names none.
        pub(crate) fn shape_of<S>(word: &str) -> Option<Shape>
        where
            S: Decode<'static, ()> + AsRef<str>,
        {
            match word {
                $( $word => Some(<$payload as Decode<'static, ()>>::SHAPE), )*
                _ => None,
            }
        }

        /// Decodes the object at the cursor as the event that `word` names, over `event`; `false` for a word that names
        /// none. `tag` becomes the `event_type` that stood at its top level.
        fn decode_as<'a, C, S>(
            word: &str,
            scanner: &mut Scanner<'a>,
            context: &C,
            tag: &mut Option<Str<'a>>,
            event: &mut Event<S>,
        ) -> Result<bool, DecodeError>
        where
            C: ?Sized,
            S: Decode<'a, C> + AsRef<str>,
        {
            match word {
                $( $word => {
                    *event = Event::$variant(Default::default());
                    if let Event::$variant(payload) = event {
                        payload.fill(scanner, context, tag)?;
                    }
                    Ok(true)
                } )*
                _ => Ok(false),
            }
        }
    };
}

events! {
    /// An extension registered or unregistered.
    ExtensionRegister(ExtensionRegister<S>) = "extension_register" in [ExtensionEvents: V12 V16 => Documented],
    /// A user changed the presence.
    ExtensionPresence(ExtensionPresence<S>) = "extension_presence" in [ExtensionEvents: V16 V22 => Documented],
    /// The state of extensions: on subscribing, and on change.
    ExtensionStatus(ExtensionStatus<S>) = "extension_status" in [ExtensionEvents: V16 V22 => Documented],
    /// An extension began or ended a call, or rings.
    ExtensionCall(ExtensionCall<S>) = "extension_call" in [ExtensionEvents: V22 => Documented],
    /// An extension's state as an agent.
    ExtensionAgentStatus(ExtensionAgentStatus<S>) = "extension_agent_status" in [ExtensionEvents: V22 => Documented],
    /// An extension put a call on hold; in a draft only.
    ExtensionHold(ExtensionHold<S>) = "extension_hold" in [ExtensionEvents: V22 => Documented],
    /// An extension resumed a call; in a draft only.
    ExtensionUnhold(ExtensionHold<S>) = "extension_unhold" in [ExtensionEvents: V22 => Documented],
    /// An extension was created.
    ExtensionCreated(ExtensionAccount<S>) = "extension_created" in [ExtensionManagementEvents: V22 => Documented],
    /// An extension was changed.
    ExtensionUpdated(ExtensionAccount<S>) = "extension_updated" in [ExtensionManagementEvents: V22 => Documented],
    /// An extension was removed.
    ExtensionDestroyed(ExtensionAccount<S>) = "extension_destroyed" in [ExtensionManagementEvents: V22 => Documented],
    /// A call begins.
    CallStart(CallStart<S>) = "call_start" in [
        ExtensionEvents: V12 V16 => Documented, CdrEvents: V22 => Documented
    ],
    /// A call failed.
    CallFail(CallFail<S>) = "call_fail" in [ExtensionEvents: V12 V16 => Documented],
    /// A call goes to another target.
    CallReroute(Envelope<S>) = "call_reroute" in [ExtensionEvents: V12 V16 => Assumed],
    /// A call was not answered in time.
    CallNoanswer(CallProgress<S>) = "call_noanswer" in [ExtensionEvents: V12 V16 => Documented],
    /// A call was put on hold.
    CallHold(CallHold<S>) = "call_hold" in [ExtensionEvents: V12 V16 => Documented],
    /// A call was resumed.
    CallUnhold(CallHold<S>) = "call_unhold" in [ExtensionEvents: V12 V16 => Documented],
    /// A call ended.
    CallEnded(CallProgress<S>) = "call_ended" in [ExtensionEvents: V12 V16 => Documented],
    /// A call was answered.
    CallEstablished(CallProgress<S>) = "call_established" in [ExtensionEvents: V12 V16 => Documented],
    /// Who talks to whom has changed.
    CallUpdateInfo(CallUpdateInfo<S>) = "call_update_info" in [CdrEvents: V22 => Documented],
    /// A device is called.
    TargetAdd(Target<S>) = "target_add" in [ExtensionEvents: V12 V16 => Assumed, CdrEvents: V22 => Assumed],
    /// A device refused a call, or could not take it.
    TargetFail(Target<S>) = "target_fail" in [ExtensionEvents: V12 V16 => Assumed, CdrEvents: V22 => Assumed],
    /// A device did not answer.
    TargetNoanswer(Target<S>) = "target_noanswer" in [ExtensionEvents: V12 V16 => Assumed, CdrEvents: V22 => Assumed],
    /// A device rings.
    TargetRinging(Target<S>) = "target_ringing" in [ExtensionEvents: V12 V16 => Assumed, CdrEvents: V22 => Assumed],
    /// A device answered.
    TargetAnswer(Target<S>) = "target_answer" in [CdrEvents: V22 => Assumed],
    /// A device hung up.
    TargetEnded(Target<S>) = "target_ended" in [ExtensionEvents: V12 V16 => Assumed, CdrEvents: V22 => Assumed],
    /// A device is called; webhook form.
    CdrTargetAdd(CdrTarget<S>) = "cdr_target_add" in [CdrEvents: V22 => Assumed],
    /// A device rings; webhook form.
    CdrTargetRinging(CdrTarget<S>) = "cdr_target_ringing" in [CdrEvents: V22 => Assumed],
    /// A device answered; webhook form.
    CdrTargetAnswer(CdrTarget<S>) = "cdr_target_answer" in [CdrEvents: V22 => Assumed],
    /// [`CdrTargetAnswer`](Self::CdrTargetAnswer) in another spelling.
    CdrTargetAnswered(CdrTarget<S>) = "cdr_target_answered" in [CdrEvents: V22 => Assumed],
    /// A device did not answer; webhook form.
    CdrTargetNoanswer(CdrTarget<S>) = "cdr_target_noanswer" in [CdrEvents: V22 => Assumed],
    /// A device refused a call, or could not take it; webhook form.
    CdrTargetFail(CdrTarget<S>) = "cdr_target_fail" in [CdrEvents: V22 => Assumed],
    /// A device hung up; webhook form.
    CdrTargetEnd(CdrTarget<S>) = "cdr_target_end" in [CdrEvents: V22 => Assumed],
    /// [`CdrTargetEnd`](Self::CdrTargetEnd) in another spelling.
    CdrTargetEnded(CdrTarget<S>) = "cdr_target_ended" in [CdrEvents: V22 => Assumed],
    /// The record of a call that has ended.
    CallCdr(Box<CallCdr<S>>) = "call_cdr" in [CdrEvents: V12 => Assumed, CdrEvents: V16 V22 => Documented],
    /// All callers and agents of a queue: on subscribing, in v12 on change.
    QueueStatus(QueueStatus<S>) = "queue_status" in [
        QueueEvents: V12 => Assumed, QueueEvents: V16 V22 => Documented
    ],
    /// An agent of a queue became ready or not ready.
    QueueMemberState(Envelope<S>) = "queue_member_state" in [QueueEvents: V12 => Assumed],
    /// The callers of a queue changed.
    QueueCallerStatus(QueueCallerStatus<S>) = "queue_caller_status" in [QueueEvents: V16 V22 => Documented],
    /// The agents of a queue changed.
    QueueAgentStatus(QueueAgentStatus<S>) = "queue_agent_status" in [QueueEvents: V16 V22 => Documented],
    /// A caller waits longer than the queue promises.
    QueueSlaBreached(QueueSlaBreached<S>) = "queue_sla_breached" in [QueueEvents: V16 V22 => Documented],
    /// A queue was created.
    QueueCreated(QueueChange<S>) = "queue_created" in [QueueManagementEvents: V22 => Documented],
    /// A queue was changed.
    QueueUpdated(QueueChange<S>) = "queue_updated" in [QueueManagementEvents: V22 => Documented],
    /// A queue was removed; the wire does not say `destroyed`.
    QueueDestroy(QueueChange<S>) = "queue_destroy" in [QueueManagementEvents: V22 => Documented],
    /// A trunk was connected.
    TrunkConnected(Envelope<S>) = "trunk_connected" in [TrunkEvents: V12 => Assumed],
    /// A trunk was lost.
    TrunkDisconnected(Envelope<S>) = "trunk_disconnected" in [TrunkEvents: V12 => Assumed],
}

/// An event of a type that this crate does not know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown<S> {
    /// The word of the wire.
    pub event_type: S,
    /// The whole event, as it was written.
    pub body: Raw<S>,
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Unknown<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unknown").field("event_type", &self.event_type).field("body", &self.body).finish()
    }
}

impl<S: AsRef<str>> serde::Serialize for Unknown<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.body.serialize(serializer)
    }
}

impl<S: AsRef<str>> Event<S> {
    /// When it happened, in Unix seconds: `time`, in `queue_sla_breached` the `timestamp`. `None` where the event
    /// itself has neither: most queue and management events, records, and `extension_status`, whose list has times.
    #[must_use]
    pub fn time(&self) -> Option<&Timestamp<S>> {
        self.facts().time
    }

    /// The id of the tenant.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.facts().tenant_id.map(AsRef::as_ref)
    }

    /// The id of the call, which its events and its record share.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.facts().session_id.map(AsRef::as_ref)
    }

    /// The SIP call id.
    #[must_use]
    pub fn call_id(&self) -> Option<&str> {
        self.facts().call_id.map(AsRef::as_ref)
    }

    /// The number of the queue it is about. Most queue events tell only the [`queue_id`](Self::queue_id).
    #[must_use]
    pub fn queue_number(&self) -> Option<&str> {
        self.facts().queue_number.map(AsRef::as_ref)
    }

    /// The id of the queue it is about.
    #[must_use]
    pub fn queue_id(&self) -> Option<&str> {
        self.facts().queue_id.map(AsRef::as_ref)
    }

    /// Whether the event tells a whole state, so that it also stands for every change that came before:
    /// `extension_status`, `queue_status`.
    #[must_use]
    pub const fn is_snapshot(&self) -> bool {
        matches!(self, Self::ExtensionStatus(_) | Self::QueueStatus(_))
    }

    /// The numbers of the extensions it concerns: the user parts of its extension, `aor`, `peer_aor`, `caller`,
    /// `callee`, `call_target` and destination, of the extensions in a status list, of the callees among a record's
    /// targets, and of agents. The wire does not tell extensions from outside numbers, so those come too; a number
    /// that stands twice comes twice. None for unknown events.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'_, S> {
        Extensions::of(self.facts())
    }
}
