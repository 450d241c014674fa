//! Calls, and the targets that each of them rings.

use std::sync::Arc;

use tieline_core::Instant;

use super::extension::Device;
use super::tenant::TenantKey;
use super::trunk::Trunk;

/// Names one call of one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey(pub(super) u64);

/// What kind of number a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartyKind {
    /// An extension of the tenant.
    Extension,
    /// A queue of the tenant.
    Queue,
    /// A number outside.
    External,
    /// A number that leads nowhere.
    Unknown,
}

/// One side of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party {
    /// What kind of number.
    pub kind: PartyKind,
    /// The number.
    pub number: String,
    /// The identifier of the extension or queue; absent for others.
    pub id: Option<String>,
    /// The name shown; may be empty.
    pub display_name: String,
    /// The host part of the address: the tenant's domain, or the trunk's host.
    pub host: String,
}

impl Party {
    /// The SIP address: `sip:101@acme.test`.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("sip:{}@{}", self.number, self.host)
    }

    /// The number, if it is an extension.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        (self.kind == PartyKind::Extension).then_some(self.number.as_str())
    }
}

/// Between whom a call runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// Between extensions.
    Internal,
    /// From outside.
    Inbound,
    /// To outside.
    Outbound,
    /// From outside to outside, through the PBX.
    InboundOutbound,
}

/// What is known of a call from its start on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallInfo {
    /// Names the call: 18 digits.
    pub session_id: String,
    /// Names its record: 18 digits.
    pub cdr_id: String,
    /// The SIP call id.
    pub call_id: String,
    /// Between whom.
    pub direction: Direction,
    /// Who calls.
    pub caller: Party,
    /// Who was called, whoever answered.
    pub callee: Party,
    /// The number that was dialled from outside; else empty.
    pub did: String,
    /// The number that a call to the outside shows; else empty.
    pub outbound_caller_id: String,
    /// The trunk that the call came or went through; absent for internal calls.
    pub trunk: Option<Arc<Trunk>>,
}

/// Why a call was put to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallType {
    /// It was dialled, or forwarded there.
    Normal,
    /// A queue chose it.
    Queue,
    /// A queue calls back.
    QueueCallback,
}

/// Why a call or a target ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// It never was answered.
    None,
    /// The caller hung up.
    CallerDisconnect,
    /// The callee hung up.
    CalleeDisconnect,
    /// The queue handed the call to an agent.
    Referred,
    /// The queue sent the call on.
    Redirected,
    /// The callee transferred the call.
    BlindTransferComplete,
    /// Another target answered, or the caller gave up.
    Cancelled,
}

/// How far a target got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetState {
    /// Called, does not ring yet.
    Added,
    /// Rings.
    Ringing,
    /// Answered.
    Answered,
    /// Over, answered or not.
    Ended,
    /// Rang in vain.
    NoAnswer,
    /// Refused or could not be reached.
    Failed,
}

impl TargetState {
    /// Whether the target is still in the call.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Added | Self::Ringing | Self::Answered)
    }
}

/// One target of a call: one device of an extension, a queue, or a number outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Names the target: 18 digits.
    pub id: String,
    /// Whose target it is.
    pub party: Party,
    /// The address that was called: `sip:102@192.0.2.12:5060`.
    pub destination: String,
    /// The device, when it is one of an extension.
    pub device: Option<Arc<Device>>,
    /// Why it was called.
    pub call_type: CallType,
    /// How far it got.
    pub state: TargetState,
    /// When it was called.
    pub started: Instant,
    /// When it began to ring.
    pub rang: Option<Instant>,
    /// When it answered.
    pub answered: Option<Instant>,
    /// When it was over.
    pub ended: Option<Instant>,
    /// Why it ended.
    pub end_reason: EndReason,
    /// The SIP status of a failure, else 0.
    pub status_code: u16,
    /// Which attempt of the call it belongs to.
    pub(crate) round: u32,
}

/// One side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// Who called.
    Caller,
    /// Who answered.
    Callee,
}

/// A call that is going on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// Names it.
    pub key: CallKey,
    /// Whose call it is.
    pub tenant: TenantKey,
    /// What is known of it from the start.
    pub info: Arc<CallInfo>,
    /// When it started.
    pub started: Instant,
    /// When the first target rang.
    pub rang: Option<Instant>,
    /// When the first target answered.
    pub answered: Option<Instant>,
    /// Every target so far, in order.
    pub targets: Vec<Target>,
    /// Who holds it.
    pub held_by: Option<Side>,
    /// The queue it waits in, or whose agent has it: the queue's number.
    pub queue: Option<String>,
    pub(super) connected: Option<usize>,
    pub(super) round: u32,
    pub(super) forwarded: bool,
    /// How often it was sent on.
    pub(super) hops: u32,
    pub(super) is_callback: bool,
}

impl Call {
    /// The target that the caller is connected to now.
    #[must_use]
    pub fn connected(&self) -> Option<&Target> {
        self.connected.and_then(|index| self.targets.get(index))
    }

    /// Whether a human (not a queue) is connected.
    #[must_use]
    pub fn is_talking(&self) -> bool {
        self.connected().is_some_and(|target| target.party.kind != PartyKind::Queue)
    }

    /// Whether a queue called this caller back.
    #[must_use]
    pub fn is_callback(&self) -> bool {
        self.is_callback
    }

    /// The targets of the current attempt that may still answer.
    pub(super) fn open_targets(&self) -> impl Iterator<Item = usize> {
        self.targets.iter().enumerate().filter_map(|(index, target)| {
            let open = target.round == self.round && matches!(target.state, TargetState::Added | TargetState::Ringing);
            open.then_some(index)
        })
    }
}
