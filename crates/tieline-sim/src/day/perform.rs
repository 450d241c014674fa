//! People do what they mean to do.

use std::time::Duration;

use super::Day;
use super::act::{Act, CallAct, Caller};
use super::office::ACME_AGENTS;
use crate::world::{AgentMode, CallKey, NewExtension, NewQueue, Origin, Refused, Role, Side};

impl Day {
    pub(super) fn perform(&mut self, act: Act) -> Result<(), Refused> {
        let world = &mut self.world;
        match act {
            Act::Register { tenant, extension, device } => world.register(tenant, &extension, device),
            Act::Unregister { tenant, extension, device } => world.unregister(tenant, &extension, device),
            Act::Presence { tenant, extension, availability, note } => {
                world.set_presence(tenant, &extension, availability, &note)
            }
            Act::Trunk { tenant, name, connected } => world.set_trunk(tenant, &name, connected),
            Act::Agent { tenant, queue, extension, mode } => world.set_agent_mode(tenant, &queue, &extension, mode),
            Act::AddAgent { tenant, queue, extension } => world.add_agent(tenant, &queue, &extension, AgentMode::Ready),
            Act::RemoveAgent { tenant, queue, extension } => world.remove_agent(tenant, &queue, &extension),
            Act::CreateExtension { tenant, number, name } => world.create_extension(
                tenant,
                &NewExtension {
                    number: &number,
                    display_name: &name,
                    department: "",
                    group: "office",
                    role: Role::Extension,
                    forward_no_answer: None,
                    devices: &[("PortSIP ONE iOS 22.3", "203.0.113.90:49800")],
                },
            ),
            Act::UpdateExtension { tenant, number, name, department } => {
                world.update_extension(tenant, &number, &name, &department)
            }
            Act::DestroyExtension { tenant, number } => world.destroy_extension(tenant, &number),
            Act::CreateQueue { tenant, number, name } => world.create_queue(
                tenant,
                &NewQueue {
                    number: &number,
                    name: &name,
                    overflow_to: "110",
                    capacity: 5,
                    ring_time: Duration::from_secs(12),
                    sla: Duration::from_secs(20),
                    max_wait: Duration::from_secs(45),
                    wrap_up: Duration::from_secs(8),
                    manager: "109",
                },
            ),
            Act::UpdateQueue { tenant, number, name } => world.update_queue(tenant, &number, &name),
            Act::DestroyQueue { tenant, number } => world.destroy_queue(tenant, &number),
            Act::Dial { tenant, caller, to, plan } => {
                let origin = match &caller {
                    Caller::Extension(number) => Origin::Extension(number),
                    Caller::Outside { trunk, number, name, did } => {
                        Origin::Trunk { trunk, number, display_name: name, did }
                    }
                };
                let call = world.dial(tenant, origin, &to)?;
                let gives_up = plan.gives_up;
                self.plans.insert(call, *plan);
                if let Some(delay) = gives_up {
                    self.plan_in(delay, Act::Call { call, generation: 0, act: CallAct::GiveUp });
                }
                Ok(())
            }
            Act::Call { call, generation, act } => self.perform_in_call(call, generation, act),
            Act::Arrival => {
                self.arrive();
                Ok(())
            }
            Act::ShiftChange => {
                self.change_shift();
                Ok(())
            }
        }
    }

    /// Does something in a call, unless the call is over or has gone another way since it was meant.
    fn perform_in_call(&mut self, key: CallKey, generation: u32, act: CallAct) -> Result<(), Refused> {
        let (Some(call), Some(plan)) = (self.world.call(key), self.plans.get(&key)) else { return Ok(()) };
        let anew = plan.generation != generation;
        let talks = call.is_talking();
        let waits = call.queue.is_some() && !talks;
        let holder = call.connected().and_then(|target| {
            let caller = &call.info.caller;
            target.party.extension().or_else(|| caller.extension()).map(str::to_owned)
        });
        let world = &mut self.world;
        match (act, holder) {
            (CallAct::Answer { number }, _) => world.answer(key, &number).or(Ok(())),
            (CallAct::Reject { number }, _) => world.reject(key, &number).or(Ok(())),
            (CallAct::AskForCallback, _) if waits => world.request_callback(key).or(Ok(())),
            (CallAct::GiveUp, _) if !talks => world.hang_up(key, Side::Caller),
            _ if anew => Ok(()),
            (CallAct::Hold, Some(by)) => world.hold(key, &by),
            (CallAct::Unhold, Some(by)) => world.unhold(key, &by),
            (CallAct::Transfer { to }, Some(by)) => world.transfer(key, &by, &to),
            (CallAct::NameCaller { name }, _) => world.name_caller(key, &name),
            (CallAct::HangUp { by }, _) => world.hang_up(key, by),
            _ => Ok(()),
        }
    }

    /// The agents log out one after the other, and those of the next shift log in.
    fn change_shift(&mut self) {
        let tenant = self.offices.acme;
        for (place, (queue, extension, _)) in (0_u64..).zip(ACME_AGENTS) {
            let agent =
                |mode| Act::Agent { tenant, queue: (*queue).to_owned(), extension: (*extension).to_owned(), mode };
            self.plan_in(Duration::from_millis(place * 1700), agent(AgentMode::LoggedOut));
            self.plan_in(Duration::from_millis(90_000 + place * 2300), agent(AgentMode::Ready));
        }
        self.plan_in(super::SHIFT, Act::ShiftChange);
    }
}
