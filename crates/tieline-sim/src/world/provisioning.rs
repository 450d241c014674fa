//! Setting up tenants, extensions, queues and trunks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::extension::{Availability, Device, Extension, Presence, Profile, Role};
use super::queue::{Queue, QueueProfile};
use super::tenant::{Premises, Tenant, TenantKey};
use super::trunk::{Trunk, TrunkLine};
use super::{Administration, Happening, Refused, World};

/// What an extension is set up with.
#[derive(Clone, Debug)]
pub struct NewExtension<'a> {
    /// The number.
    pub number: &'a str,
    /// The name shown; the first word, in lower case, is the user name.
    pub display_name: &'a str,
    /// The department.
    pub department: &'a str,
    /// The extension group.
    pub group: &'a str,
    /// What its owner may see.
    pub role: Role,
    /// Where calls go that nobody answers.
    pub forward_no_answer: Option<&'a str>,
    /// Its devices: what they call themselves and where they send from.
    pub devices: &'a [(&'a str, &'a str)],
}

/// What a queue is set up with.
#[derive(Clone, Debug)]
pub struct NewQueue<'a> {
    /// The number.
    pub number: &'a str,
    /// The name.
    pub name: &'a str,
    /// Where calls overflow to.
    pub overflow_to: &'a str,
    /// How many may wait.
    pub capacity: usize,
    /// How long an agent's telephone rings.
    pub ring_time: Duration,
    /// The service level.
    pub sla: Duration,
    /// How long a caller waits before the call overflows.
    pub max_wait: Duration,
    /// How long an agent works after a call.
    pub wrap_up: Duration,
    /// Who manages it.
    pub manager: &'a str,
}

impl World {
    /// Adds a tenant.
    pub fn add_tenant(&mut self, name: &str, domain: &str) -> TenantKey {
        let key = TenantKey(self.premises.len());
        let id = self.ids.snowflake(self.now);
        self.premises.push(Premises {
            tenant: Arc::new(Tenant { key, id, name: name.to_owned(), domain: domain.to_owned() }),
            extensions: BTreeMap::new(),
            queues: BTreeMap::new(),
            trunks: BTreeMap::new(),
        });
        key
    }

    /// Adds a trunk, which is down at first.
    ///
    /// # Errors
    /// No such tenant; or the name is taken.
    pub fn add_trunk(
        &mut self,
        tenant: TenantKey,
        name: &str,
        host: &str,
        outbound_caller_id: &str,
    ) -> Result<(), Refused> {
        let id = self.ids.snowflake(self.now);
        let trunks = &mut self.site_mut(tenant)?.trunks;
        if trunks.contains_key(name) {
            return Err(Refused::NumberTaken);
        }
        let trunk = Arc::new(Trunk {
            id,
            name: name.to_owned(),
            host: host.to_owned(),
            outbound_caller_id: outbound_caller_id.to_owned(),
        });
        trunks.insert(name.to_owned(), TrunkLine { trunk, connected: false });
        Ok(())
    }

    /// A trunk comes up or goes down. Calls that run through it go on.
    ///
    /// # Errors
    /// No such tenant or trunk; or it is so already.
    pub fn set_trunk(&mut self, tenant: TenantKey, name: &str, connected: bool) -> Result<(), Refused> {
        let line = self.site_mut(tenant)?.trunks.get_mut(name).ok_or(Refused::NoSuchTrunk)?;
        if line.connected == connected {
            return Err(Refused::NotNow);
        }
        line.connected = connected;
        let trunk = Arc::clone(&line.trunk);
        self.emit(tenant, Happening::Trunk { trunk, connected });
        self.settle();
        Ok(())
    }

    /// Sets up an extension; no device of it is registered at first.
    ///
    /// # Errors
    /// No such tenant; or the number is taken.
    pub fn create_extension(&mut self, tenant: TenantKey, new: &NewExtension<'_>) -> Result<(), Refused> {
        let site = self.site(tenant)?;
        if site.extensions.contains_key(new.number) || site.queues.contains_key(new.number) {
            return Err(Refused::NumberTaken);
        }
        let first = new.display_name.split(' ').next().unwrap_or_default().to_lowercase();
        let email = format!("{first}@{}", site.tenant.domain);
        let device = |(user_agent, address): &(&str, &str), instance| {
            Arc::new(Device { instance, user_agent: (*user_agent).to_owned(), address: (*address).to_owned() })
        };
        let id = self.ids.snowflake(self.now);
        let devices = new.devices.iter().map(|given| device(given, self.ids.instance())).collect();
        let profile = Arc::new(Profile {
            id,
            number: new.number.to_owned(),
            display_name: new.display_name.to_owned(),
            username: first,
            email,
            department: new.department.to_owned(),
            group: new.group.to_owned(),
            role: new.role,
            enabled: true,
            forward_no_answer: new.forward_no_answer.map(str::to_owned),
            devices,
        });
        let extension = Extension {
            profile: Arc::clone(&profile),
            contacts: Vec::new(),
            presence: Presence { availability: Availability::Online, note: String::new() },
            line: super::LineStatus::Idle,
            changed: self.now,
            wrap_up: None,
        };
        self.site_mut(tenant)?.extensions.insert(new.number.to_owned(), extension);
        self.emit(tenant, Happening::Extension { profile, change: Administration::Created });
        Ok(())
    }

    /// Gives an extension another name and department.
    ///
    /// # Errors
    /// No such tenant or extension.
    pub fn update_extension(
        &mut self,
        tenant: TenantKey,
        number: &str,
        display_name: &str,
        department: &str,
    ) -> Result<(), Refused> {
        let profile = &mut self.extension_mut(tenant, number)?.profile;
        let changed = Arc::make_mut(profile);
        display_name.clone_into(&mut changed.display_name);
        department.clone_into(&mut changed.department);
        let profile = Arc::clone(profile);
        self.emit(tenant, Happening::Extension { profile, change: Administration::Updated });
        Ok(())
    }

    /// Removes an extension, its registrations, and its place in the queues.
    ///
    /// # Errors
    /// No such tenant or extension; or it is in a call.
    pub fn destroy_extension(&mut self, tenant: TenantKey, number: &str) -> Result<(), Refused> {
        let extension = self.extension(tenant, number)?;
        let profile = Arc::clone(&extension.profile);
        if self.is_busy(tenant, number) {
            return Err(Refused::Busy);
        }
        for queue in self.queues_of(tenant, number) {
            self.remove_agent(tenant, &queue, number)?;
        }
        self.unregister_all(tenant, number)?;
        self.site_mut(tenant)?.extensions.remove(number);
        self.emit(tenant, Happening::Extension { profile, change: Administration::Destroyed });
        Ok(())
    }

    /// Sets up a queue without agents.
    ///
    /// # Errors
    /// No such tenant; or the number is taken.
    pub fn create_queue(&mut self, tenant: TenantKey, new: &NewQueue<'_>) -> Result<(), Refused> {
        let site = self.site(tenant)?;
        if site.extensions.contains_key(new.number) || site.queues.contains_key(new.number) {
            return Err(Refused::NumberTaken);
        }
        let profile = Arc::new(QueueProfile {
            id: self.ids.snowflake(self.now),
            number: new.number.to_owned(),
            name: new.name.to_owned(),
            ring_time: new.ring_time,
            sla: new.sla,
            max_wait: new.max_wait,
            capacity: new.capacity,
            overflow_to: new.overflow_to.to_owned(),
            wrap_up: new.wrap_up,
            manager: new.manager.to_owned(),
        });
        let queue = Queue { profile: Arc::clone(&profile), waiting: Vec::new(), members: Vec::new(), breached: 0 };
        self.site_mut(tenant)?.queues.insert(new.number.to_owned(), queue);
        self.emit(tenant, Happening::Queue { profile, change: Administration::Created });
        Ok(())
    }

    /// Gives a queue another name.
    ///
    /// # Errors
    /// No such tenant or queue.
    pub fn update_queue(&mut self, tenant: TenantKey, number: &str, name: &str) -> Result<(), Refused> {
        let profile = &mut self.queue_mut(tenant, number)?.profile;
        name.clone_into(&mut Arc::make_mut(profile).name);
        let profile = Arc::clone(profile);
        self.emit(tenant, Happening::Queue { profile, change: Administration::Updated });
        Ok(())
    }

    /// Removes a queue and its agents' places in it.
    ///
    /// # Errors
    /// No such tenant or queue; or somebody waits in it or talks to one of its agents.
    pub fn destroy_queue(&mut self, tenant: TenantKey, number: &str) -> Result<(), Refused> {
        let queue = self.queue(tenant, number)?;
        let uses = |call: &&super::Call| {
            let goes_there = |target: &super::Target| target.state.is_live() && target.party.number == number;
            call.tenant == tenant && (call.queue.as_deref() == Some(number) || call.targets.iter().any(goes_there))
        };
        let in_use = self.calls.values().any(|call| uses(&call));
        if in_use || !queue.waiting.is_empty() {
            return Err(Refused::Busy);
        }
        let profile = Arc::clone(&queue.profile);
        let agents: Vec<String> = queue.members.iter().map(|member| member.number.clone()).collect();
        for agent in agents {
            self.remove_agent(tenant, number, &agent)?;
        }
        self.site_mut(tenant)?.queues.remove(number);
        self.emit(tenant, Happening::Queue { profile, change: Administration::Destroyed });
        Ok(())
    }
}
