//! What people and administrators do, and when.

use std::collections::BTreeMap;

use tieline_core::Instant;

use super::plan::Plan;
use crate::world::{AgentMode, Availability, CallKey, Side, TenantKey};

/// Who calls.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    Extension(String),
    Outside { trunk: String, number: String, name: String, did: String },
}

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Register {
        tenant: TenantKey,
        extension: String,
        device: usize,
    },
    Unregister {
        tenant: TenantKey,
        extension: String,
        device: usize,
    },
    Presence {
        tenant: TenantKey,
        extension: String,
        availability: Availability,
        note: String,
    },
    Trunk {
        tenant: TenantKey,
        name: String,
        connected: bool,
    },
    Dial {
        tenant: TenantKey,
        caller: Caller,
        to: String,
        plan: Box<Plan>,
    },
    Call {
        call: CallKey,
        generation: u32,
        act: CallAct,
    },
    Agent {
        tenant: TenantKey,
        queue: String,
        extension: String,
        mode: AgentMode,
    },
    AddAgent {
        tenant: TenantKey,
        queue: String,
        extension: String,
    },
    RemoveAgent {
        tenant: TenantKey,
        queue: String,
        extension: String,
    },
    CreateExtension {
        tenant: TenantKey,
        number: String,
        name: String,
    },
    UpdateExtension {
        tenant: TenantKey,
        number: String,
        name: String,
        department: String,
    },
    DestroyExtension {
        tenant: TenantKey,
        number: String,
    },
    CreateQueue {
        tenant: TenantKey,
        number: String,
        name: String,
    },
    UpdateQueue {
        tenant: TenantKey,
        number: String,
        name: String,
    },
    DestroyQueue {
        tenant: TenantKey,
        number: String,
    },
    /// Something random, and the next one after it.
    Arrival,
    /// The agents of one shift go, those of the next come.
    ShiftChange,
}

/// One thing that somebody in a call does.
#[derive(Clone, Debug)]
pub(super) enum CallAct {
    Answer {
        number: String,
    },
    Reject {
        number: String,
    },
    Hold,
    Unhold,
    Transfer {
        to: String,
    },
    NameCaller {
        name: String,
    },
    HangUp {
        by: Side,
    },
    /// The caller hangs up unless somebody talks to it.
    GiveUp,
    AskForCallback,
}

/// Acts in order of time, and of planning at the same time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    acts: BTreeMap<(Instant, u64), Act>,
    next: u64,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: Instant, act: Act) {
        self.acts.insert((at, self.next), act);
        self.next += 1;
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.acts.keys().next().map(|(due, _)| *due)
    }

    pub(super) fn take_due(&mut self, until: Instant) -> Option<Act> {
        self.next_due().filter(|due| *due <= until)?;
        self.acts.pop_first().map(|(_, act)| act)
    }
}
