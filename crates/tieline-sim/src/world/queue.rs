//! Queues: who waits, and who answers.

use std::sync::Arc;
use std::time::Duration;

use tieline_core::Instant;

use super::call::{CallInfo, CallKey};
use super::extension::Profile;

/// What is set up for a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueProfile {
    /// The identifier on the wire: 18 digits.
    pub id: String,
    /// The number: `8001`.
    pub number: String,
    /// The name: `Sales Department`.
    pub name: String,
    /// How long an agent's telephone rings before the next one is tried.
    pub ring_time: Duration,
    /// How long a caller may wait before the service level is breached.
    pub sla: Duration,
    /// How long a caller waits before the call overflows.
    pub max_wait: Duration,
    /// How many may wait at once.
    pub capacity: usize,
    /// Where calls go that wait too long or find the queue full.
    pub overflow_to: String,
    /// How long an agent works after a call.
    pub wrap_up: Duration,
    /// Number of the extension that manages the queue.
    pub manager: String,
}

/// What an agent does, as one of its queues sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AgentState {
    /// Takes calls.
    Ready,
    /// In a call of this queue.
    QueueCall,
    /// Works after a queue call.
    WrapUp,
    /// In any other call.
    OtherCall,
    /// Logged in, takes no calls.
    NotReady,
    /// Logged out of the queue.
    LoggedOut,
    /// No device is registered.
    Offline,
}

impl AgentState {
    /// All seven.
    pub const ALL: [Self; 7] =
        [Self::Ready, Self::QueueCall, Self::WrapUp, Self::OtherCall, Self::NotReady, Self::LoggedOut, Self::Offline];
}

/// What an agent chose for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentMode {
    /// Logged in and willing.
    Ready,
    /// Logged in, not willing.
    NotReady,
    /// Logged out.
    LoggedOut,
}

/// An agent as one of its queues sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentView {
    /// Who it is.
    pub profile: Arc<Profile>,
    /// What it does.
    pub state: AgentState,
    /// Since when.
    pub since: Instant,
    /// The queue call it is in; absent in every state but [`AgentState::QueueCall`].
    pub call: Option<Arc<CallInfo>>,
}

/// Whether somebody waits on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingKind {
    /// On the line.
    Normal,
    /// Hung up, and will be called back.
    Callback,
}

/// Somebody who waits in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingView {
    /// The place in the queue, from 1.
    pub position: usize,
    /// The call that brought the caller here.
    pub call: Arc<CallInfo>,
    /// Since when.
    pub since: Instant,
    /// On the line, or to be called back.
    pub kind: WaitingKind,
}

/// The state of a queue as a snapshot tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueState {
    /// Which queue.
    pub profile: Arc<QueueProfile>,
    /// Who waits, in order.
    pub waiting: Vec<WaitingView>,
    /// Who answers, by number.
    pub agents: Vec<AgentView>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) info: Arc<CallInfo>,
    /// The waiting call; `None` once the caller asked to be called back.
    pub(super) call: Option<CallKey>,
    pub(super) since: Instant,
    /// The call that rings at an agent: the waiting one itself, or the callback's.
    pub(super) offered: Option<CallKey>,
}

impl Waiting {
    pub(super) fn kind(&self) -> WaitingKind {
        if self.call.is_some() { WaitingKind::Normal } else { WaitingKind::Callback }
    }

    pub(super) fn view(&self, index: usize) -> WaitingView {
        WaitingView { position: index + 1, call: Arc::clone(&self.info), since: self.since, kind: self.kind() }
    }
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) number: String,
    pub(super) mode: AgentMode,
    pub(super) state: AgentState,
    pub(super) since: Instant,
    pub(super) call: Option<Arc<CallInfo>>,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) profile: Arc<QueueProfile>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) members: Vec<Member>,
    /// How many callers waited longer than the service level allows, since the start.
    pub(super) breached: u64,
}
