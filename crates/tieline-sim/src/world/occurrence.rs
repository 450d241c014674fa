//! What happens in the world, in no vendor's words.

use std::sync::Arc;

use tieline_core::Instant;

use super::call::{CallInfo, EndReason, Party, Target};
use super::cdr::Cdr;
use super::extension::{Contact, ExtensionState, Profile};
use super::queue::{AgentMode, AgentView, QueueProfile, WaitingKind};
use super::tenant::Tenant;
use super::trunk::Trunk;

/// Something that happened, complete in itself: telling it needs no look at the world, which has gone on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occurrence {
    /// When, in scenario time.
    pub at: Instant,
    /// At whose site.
    pub tenant: Arc<Tenant>,
    /// What.
    pub happening: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A device registered, refreshed its registration, or is gone.
    Registration {
        /// The extension, after the change.
        extension: ExtensionState,
        /// The devices registered now.
        contacts: Vec<Contact>,
        /// The devices that are gone.
        removed: Vec<Contact>,
    },
    /// An owner said something else of himself. Holds the extension after the change.
    Presence(ExtensionState),
    /// An extension's line changed. Holds the extension after the change.
    Line(ExtensionState),
    /// An extension was set up, changed or removed.
    Extension {
        /// The extension, after the change.
        profile: Arc<Profile>,
        /// Which of the three.
        change: Administration,
    },
    /// Something happened to a call as a whole.
    Call {
        /// The call.
        call: Arc<CallInfo>,
        /// What.
        change: CallChange,
    },
    /// Something happened at one target of a call.
    Target {
        /// The call.
        call: Arc<CallInfo>,
        /// The target, after the change.
        target: Target,
        /// What.
        change: TargetChange,
    },
    /// A call is over and its record is written.
    Cdr(Arc<Cdr>),
    /// Somebody entered or left a queue, or chose to be called back.
    QueueCaller {
        /// The queue.
        queue: Arc<QueueProfile>,
        /// The call that brought the caller.
        call: Arc<CallInfo>,
        /// The place that the caller had, from 1.
        position: usize,
        /// On the line, or to be called back.
        kind: WaitingKind,
        /// What happened.
        reason: QueueCallerReason,
    },
    /// An agent does something else, or is new to the queue.
    Agent {
        /// The queue.
        queue: Arc<QueueProfile>,
        /// The agent, after the change.
        agent: AgentView,
        /// Whether the agent is new to the queue.
        added: bool,
    },
    /// An agent no longer belongs to the queue.
    AgentRemoved {
        /// The queue.
        queue: Arc<QueueProfile>,
        /// The agent.
        profile: Arc<Profile>,
    },
    /// An agent declared itself ready or not ready, or logged in or out.
    AgentMode {
        /// The queue.
        queue: Arc<QueueProfile>,
        /// The agent.
        profile: Arc<Profile>,
        /// What it declared.
        mode: AgentMode,
    },
    /// Somebody has waited longer than the service level allows.
    SlaBreached {
        /// The queue.
        queue: Arc<QueueProfile>,
        /// The call that waits.
        call: Arc<CallInfo>,
        /// How many callers waited too long since the start, this one included.
        total_breached: u64,
        /// How many wait now.
        waiting: usize,
    },
    /// A queue was set up, changed or removed.
    Queue {
        /// The queue, after the change.
        profile: Arc<QueueProfile>,
        /// Which of the three.
        change: Administration,
    },
    /// A trunk came up or went down.
    Trunk {
        /// The trunk.
        trunk: Arc<Trunk>,
        /// Whether it is up now.
        connected: bool,
    },
}

/// What was done to something that is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Administration {
    /// It is new.
    Created,
    /// It changed.
    Updated,
    /// It is gone.
    Destroyed,
}

/// What happened to a call as a whole. [`NoAnswer`](Self::NoAnswer), [`Failed`](Self::Failed) and
/// [`Ended`](Self::Ended) are final: every call comes to exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallChange {
    /// Somebody called.
    Started,
    /// The caller is connected: to the party that was called, to a queue, later to its agent or to whom the call was
    /// sent on.
    Established {
        /// Who answered.
        with: Party,
    },
    /// The call is held.
    Held {
        /// Who holds.
        by: Party,
        /// Who is held.
        peer: Party,
    },
    /// The call goes on.
    Unheld {
        /// Who held.
        by: Party,
        /// Who was held.
        peer: Party,
    },
    /// The call is sent on.
    Rerouted {
        /// Who had it, or should have had it.
        from: Party,
        /// Who is to have it.
        to: Party,
    },
    /// What is known of the call changed.
    InfoUpdated,
    /// Nobody answered in time.
    NoAnswer,
    /// The call could not be put through.
    Failed {
        /// The SIP status.
        code: u16,
    },
    /// The call is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// What happened at a target. [`NoAnswer`](Self::NoAnswer), [`Failed`](Self::Failed) and [`Ended`](Self::Ended) are
/// final: every target comes to exactly one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetChange {
    /// It is called.
    Added,
    /// It rings.
    Ringing,
    /// It answered.
    Answered,
    /// It rang in vain.
    NoAnswer,
    /// It refused or could not be reached.
    Failed,
    /// It is over.
    Ended,
}

/// Why a queue's callers changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum QueueCallerReason {
    /// Began to wait.
    Enqueued,
    /// An agent answered.
    AgentAnswered,
    /// Waited too long and was sent on.
    Overflow,
    /// Hung up.
    HungUp,
    /// Will be called back; keeps the place.
    Callback,
}
