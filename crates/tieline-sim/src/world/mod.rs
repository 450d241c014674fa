//! The simulated PBX: tenants with extensions, trunks and queues, and the calls between them.
//!
//! A [`World`] opens no socket and reads no clock. What people do comes in through its verbs ([`World::dial`],
//! [`World::answer`], [`World::hang_up`] …), which are refused where a PBX would not allow them; what the PBX does by
//! itself (ringing out, offering callers to agents, overflowing, ending wrap-up) happens in [`World::advance`]. Both
//! yield [`Occurrence`]s.

mod agents;
mod answering;
mod call;
mod cdr;
mod clock;
mod dialling;
mod ending;
mod extension;
mod ids;
mod occurrence;
mod presence;
mod provisioning;
mod queue;
mod queueing;
mod refused;
mod settle;
mod snapshot;
mod tenant;
mod timers;
mod trunk;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tieline_core::{Instant, Seed};

pub use call::{Call, CallInfo, CallKey, CallType, Direction, EndReason, Party, PartyKind, Side, Target, TargetState};
pub use cdr::{Cdr, CdrStatus};
pub use clock::Clock;
pub use dialling::Origin;
pub use extension::{
    Availability, Contact, Device, ExtensionState, LineStatus, Presence, Profile, REGISTRATION_LIFETIME, Role,
};
pub use occurrence::{Administration, CallChange, Happening, Occurrence, QueueCallerReason, TargetChange};
pub use provisioning::{NewExtension, NewQueue};
pub use queue::{AgentMode, AgentState, AgentView, QueueProfile, QueueState, WaitingKind, WaitingView};
pub use refused::Refused;
pub use tenant::{Tenant, TenantKey};
pub use trunk::Trunk;

use extension::Extension;
use ids::Ids;
use queue::Queue;
use tenant::Premises;
use timers::Timers;

/// How many records of past calls are kept; older ones are forgotten.
const CDRS_KEPT: usize = 10_000;

/// The PBX and everything in it.
#[derive(Debug)]
pub struct World {
    clock: Clock,
    now: Instant,
    ids: Ids,
    premises: Vec<Premises>,
    calls: BTreeMap<CallKey, Call>,
    next_call: u64,
    timers: Timers,
    occurrences: Vec<Occurrence>,
    cdrs: VecDeque<(TenantKey, Arc<Cdr>)>,
}

impl World {
    /// An empty world whose scenario starts `start_unix_seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn new(seed: Seed, start_unix_seconds: i64) -> Self {
        Self {
            clock: Clock::starting_at(start_unix_seconds),
            now: Instant::EPOCH,
            ids: Ids::new(seed, start_unix_seconds),
            premises: Vec::new(),
            calls: BTreeMap::new(),
            next_call: 0,
            timers: Timers::default(),
            occurrences: Vec::new(),
            cdrs: VecDeque::new(),
        }
    }

    /// What scenario time is on the calendar.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Puts the clock forward by `seconds`, or back: the calendar of everything that is told from now on, also of what has
    /// happened before.
    pub fn put_clock_forward(&mut self, seconds: i64) {
        self.clock = self.clock.put_forward(seconds);
    }

    /// The scenario time of the world.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// When the PBX itself does something next; `None` while nothing is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.timers.next_due()
    }

    /// Takes what happened since the last call, in order.
    #[must_use]
    pub fn take_occurrences(&mut self) -> Vec<Occurrence> {
        std::mem::take(&mut self.occurrences)
    }

    fn emit(&mut self, tenant: TenantKey, happening: Happening) {
        if let Some(premises) = self.premises.get(tenant.0) {
            self.occurrences.push(Occurrence { at: self.now, tenant: Arc::clone(&premises.tenant), happening });
        }
    }

    fn site(&self, tenant: TenantKey) -> Result<&Premises, Refused> {
        self.premises.get(tenant.0).ok_or(Refused::NoSuchTenant)
    }

    fn site_mut(&mut self, tenant: TenantKey) -> Result<&mut Premises, Refused> {
        self.premises.get_mut(tenant.0).ok_or(Refused::NoSuchTenant)
    }

    fn extension(&self, tenant: TenantKey, number: &str) -> Result<&Extension, Refused> {
        self.site(tenant)?.extensions.get(number).ok_or(Refused::NoSuchExtension)
    }

    fn extension_mut(&mut self, tenant: TenantKey, number: &str) -> Result<&mut Extension, Refused> {
        self.site_mut(tenant)?.extensions.get_mut(number).ok_or(Refused::NoSuchExtension)
    }

    fn queue(&self, tenant: TenantKey, number: &str) -> Result<&Queue, Refused> {
        self.site(tenant)?.queues.get(number).ok_or(Refused::NoSuchQueue)
    }

    fn queue_mut(&mut self, tenant: TenantKey, number: &str) -> Result<&mut Queue, Refused> {
        self.site_mut(tenant)?.queues.get_mut(number).ok_or(Refused::NoSuchQueue)
    }

    /// What a number is at a tenant, as the side of a call.
    fn party(&self, tenant: TenantKey, number: &str) -> Result<Party, Refused> {
        let site = self.site(tenant)?;
        let mut party = Party {
            kind: PartyKind::Unknown,
            number: number.to_owned(),
            id: None,
            display_name: String::new(),
            host: site.tenant.domain.clone(),
        };
        if let Some(extension) = site.extensions.get(number) {
            party.kind = PartyKind::Extension;
            party.id = Some(extension.profile.id.clone());
            party.display_name.clone_from(&extension.profile.display_name);
        } else if let Some(queue) = site.queues.get(number) {
            party.kind = PartyKind::Queue;
            party.id = Some(queue.profile.id.clone());
            party.display_name.clone_from(&queue.profile.name);
        } else if number.trim_start_matches('+').len() > 4 {
            party.kind = PartyKind::External;
            if let Some(line) = site.trunks.values().find(|line| line.connected) {
                party.host.clone_from(&line.trunk.host);
            }
        }
        Ok(party)
    }
}
