//! The world of a scenario, and what is done in it.

use std::collections::BTreeMap;

use tieline_core::Seed;

use super::Scenario;
use super::place::{Mistake, Place, Word};
use super::setting::{Extension, Queue};
use super::step::{Act, Call};
use crate::world::{
    Call as WorldCall, CallKey, NewExtension, NewQueue, Origin, Refused, TargetState, TenantKey, World,
};

/// What the devices of scenarios call themselves.
const USER_AGENT: &str = "Yealink SIP-T46U 108.86.0.90";

/// Sets up the world of a scenario. What it refuses comes with the places.
pub(super) fn open(scenario: &Scenario, seed: Seed) -> (World, TenantKey, Vec<Mistake>) {
    let mut world = World::new(seed, scenario.start);
    world.keep_registrations();
    let tenant = world.add_tenant(&scenario.tenant, &scenario.domain);
    let mut mistakes = Vec::new();
    let mut noted = |place: Place, what: String, done: Result<(), Refused>| {
        if let Err(refused) = done {
            mistakes.push(Mistake::at(place, format!("{what}: {refused}")));
        }
    };
    for trunk in &scenario.trunks {
        let name = &trunk.name;
        let what = || format!("trunk `{}`", name.text);
        noted(name.place, what(), world.add_trunk(tenant, &name.text, &trunk.host, &trunk.number));
        if trunk.up {
            // One that was refused is told of already.
            let _known = world.set_trunk(tenant, &name.text, true);
        }
    }
    for extension in &scenario.extensions {
        let done = add_extension(&mut world, tenant, extension);
        noted(extension.number.place, format!("extension {}", extension.number.text), done);
    }
    let first = scenario.extensions.first().map_or("", |extension| extension.number.text.as_str());
    for queue in &scenario.queues {
        noted(queue.number.place, format!("queue {}", queue.number.text), add_queue(&mut world, tenant, queue, first));
        for agent in &queue.agents {
            let done = world.add_agent(tenant, &queue.number.text, &agent.extension.text, agent.mode);
            noted(agent.place, format!("agent {}", agent.extension.text), done);
        }
    }
    // How the offices came to be is no news.
    drop(world.take_occurrences());
    (world, tenant, mistakes)
}

fn add_extension(world: &mut World, tenant: TenantKey, new: &Extension) -> Result<(), Refused> {
    let number = new.number.text.as_str();
    let addresses: Vec<String> = (1..=new.devices).map(|device| format!("192.0.2.{device}:5060")).collect();
    let devices: Vec<(&str, &str)> = addresses.iter().map(|address| (USER_AGENT, address.as_str())).collect();
    world.create_extension(
        tenant,
        &NewExtension {
            number,
            display_name: &new.name,
            department: &new.group,
            group: &new.group,
            role: new.role,
            forward_no_answer: new.forward.as_ref().map(|to| to.text.as_str()),
            devices: &devices,
        },
    )?;
    for device in 0..devices.len() {
        if new.online {
            world.register(tenant, number, device)?;
        }
    }
    Ok(())
}

fn add_queue(world: &mut World, tenant: TenantKey, new: &Queue, first: &str) -> Result<(), Refused> {
    let or_first = |word: &Option<Word>| word.as_ref().map_or(first, |word| word.text.as_str()).to_owned();
    world.create_queue(
        tenant,
        &NewQueue {
            number: &new.number.text,
            name: &new.name,
            overflow_to: &or_first(&new.overflow),
            capacity: new.capacity,
            ring_time: new.ring,
            sla: new.sla,
            max_wait: new.wait,
            wrap_up: new.wrap_up,
            manager: &or_first(&new.manager),
        },
    )
}

/// The calls that steps speak of.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    calls: BTreeMap<String, CallKey>,
    begun_by_clients: u64,
}

impl Stage {
    /// A client began a call: it is `client-1`, `client-2` and so on.
    pub(crate) fn begun_by_client(&mut self, key: CallKey) {
        self.begun_by_clients += 1;
        self.calls.insert(format!("client-{}", self.begun_by_clients), key);
    }

    /// The call of this name, whether it goes on or is over.
    pub(super) fn call(&self, name: &Word) -> Option<CallKey> {
        self.calls.get(&name.text).copied()
    }

    /// The names of calls, and which they are.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, CallKey)> {
        self.calls.iter().map(|(name, key)| (name.as_str(), *key))
    }

    fn going_on<'w>(&self, world: &'w World, name: &Word) -> Result<&'w WorldCall, Refused> {
        self.call(name).and_then(|key| world.call(key)).ok_or(Refused::NoSuchCall)
    }

    /// Does in the world what a step says; the call that it begins. Steps of no world are [`Refused::NotNow`].
    pub(crate) fn perform(
        &mut self,
        world: &mut World,
        tenant: TenantKey,
        act: &Act,
    ) -> Result<Option<CallKey>, Refused> {
        match act {
            Act::Call(call) => {
                let key = dial(world, tenant, call)?;
                if !call.id.text.is_empty() {
                    self.calls.insert(call.id.text.clone(), key);
                }
                return Ok(Some(key));
            }
            Act::Answer { call, by } => {
                let call = self.going_on(world, call)?;
                let by = whom(by, || ringing(call))?;
                world.answer(call.key, &by)
            }
            Act::Reject { call, by } => {
                let call = self.going_on(world, call)?;
                let by = whom(by, || ringing(call))?;
                world.reject(call.key, &by)
            }
            Act::Hold { call, by } => {
                let call = self.going_on(world, call)?;
                let by = whom(by, || talking(call))?;
                world.hold(call.key, &by)
            }
            Act::Unhold { call, by } => {
                let call = self.going_on(world, call)?;
                let by = whom(by, || holding(call))?;
                world.unhold(call.key, &by)
            }
            Act::Transfer { call, by, to } => {
                let call = self.going_on(world, call)?;
                let by = whom(by, || talking(call))?;
                world.transfer(call.key, &by, &to.text)
            }
            Act::HangUp { call, by } => world.hang_up(self.going_on(world, call)?.key, *by),
            Act::NameCaller { call, name } => world.name_caller(self.going_on(world, call)?.key, name),
            Act::Callback { call } => world.request_callback(self.going_on(world, call)?.key),
            Act::Register { extension, device } => world.register(tenant, &extension.text, *device),
            Act::Unregister { extension, device } => world.unregister(tenant, &extension.text, *device),
            Act::Presence { extension, state, note } => world.set_presence(tenant, &extension.text, *state, note),
            Act::Agent { queue, extension, mode } => world.set_agent_mode(tenant, &queue.text, &extension.text, *mode),
            Act::AddAgent { queue, extension, mode } => world.add_agent(tenant, &queue.text, &extension.text, *mode),
            Act::RemoveAgent { queue, extension } => world.remove_agent(tenant, &queue.text, &extension.text),
            Act::Trunk { name, up } => world.set_trunk(tenant, &name.text, *up),
            Act::AddExtension(new) => add_extension(world, tenant, new),
            Act::RenameExtension { extension, name, department } => {
                world.update_extension(tenant, &extension.text, name, department)
            }
            Act::RemoveExtension { extension } => world.destroy_extension(tenant, &extension.text),
            Act::AddQueue(new) => {
                let first = world.extension_states(tenant).next().map(|first| first.profile.number.clone());
                add_queue(world, tenant, new, &first.unwrap_or_default())?;
                for agent in &new.agents {
                    world.add_agent(tenant, &new.number.text, &agent.extension.text, agent.mode)?;
                }
                Ok(())
            }
            Act::RenameQueue { queue, name } => world.update_queue(tenant, &queue.text, name),
            Act::RemoveQueue { queue } => world.destroy_queue(tenant, &queue.text),
            Act::Traffic(_) | Act::Sms { .. } | Act::Im(_) | Act::Fault(_) | Act::ClearFaults | Act::Expect(_) => {
                Err(Refused::NotNow)
            }
        }
        .map(|()| None)
    }
}

fn dial(world: &mut World, tenant: TenantKey, call: &Call) -> Result<CallKey, Refused> {
    let from = call.from.text.as_str();
    if world.extension_state(tenant, from).is_some() {
        return world.dial(tenant, Origin::Extension(from), &call.to.text);
    }
    if !is_outside(from) {
        return Err(Refused::NoSuchExtension);
    }
    let wanted = call.trunk.as_ref().map(|trunk| trunk.text.as_str());
    let usable = |name: &str, up: bool| wanted.map_or(up, |wanted| wanted == name);
    let trunk = world.trunks(tenant).find(|(trunk, up)| usable(&trunk.name, *up)).map(|(trunk, _)| trunk.clone());
    let trunk = trunk.ok_or(Refused::NoSuchTrunk)?;
    let did = if call.did.is_empty() { &trunk.outbound_caller_id } else { &call.did };
    let origin = Origin::Trunk { trunk: &trunk.name, number: from, display_name: &call.name, did };
    world.dial(tenant, origin, &call.to.text)
}

/// Whether a number is one of the telephone network.
pub(crate) fn is_outside(number: &str) -> bool {
    let digits = number.trim_start_matches('+');
    digits.len() > 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Who was named, or who else it must be.
fn whom(by: &Option<Word>, else_by: impl FnOnce() -> Option<String>) -> Result<String, Refused> {
    by.as_ref().map(|by| by.text.clone()).or_else(else_by).ok_or(Refused::NotNow)
}

fn ringing(call: &WorldCall) -> Option<String> {
    let rings = call.targets.iter().find(|target| target.state == TargetState::Ringing);
    rings.map(|target| target.party.number.clone())
}

/// Who answered, if an extension; else the extension that called.
fn talking(call: &WorldCall) -> Option<String> {
    let answered = call.connected().and_then(|target| target.party.extension());
    answered.or_else(|| call.info.caller.extension()).map(str::to_owned)
}

fn holding(call: &WorldCall) -> Option<String> {
    match call.held_by? {
        crate::world::Side::Caller => call.info.caller.extension().map(str::to_owned),
        crate::world::Side::Callee => talking(call),
    }
}

/// What a call is doing, for those who were refused something.
pub(super) fn state_of(call: &WorldCall) -> String {
    let of = |state: TargetState| {
        let mut numbers: Vec<&str> = call
            .targets
            .iter()
            .filter(|target| target.state == state)
            .map(|target| target.party.number.as_str())
            .collect();
        numbers.dedup();
        numbers.join(", ")
    };
    let (answered, ringing) = (of(TargetState::Answered), of(TargetState::Ringing));
    match (&call.queue, call.is_talking()) {
        (_, true) if call.held_by.is_some() => format!("{answered} talks, and it is held"),
        (_, true) => format!("{answered} talks"),
        (Some(queue), _) if ringing.is_empty() => format!("it waits in {queue}"),
        _ if ringing.is_empty() => "it does not ring yet".to_owned(),
        _ => format!("it rings at {ringing}"),
    }
}
