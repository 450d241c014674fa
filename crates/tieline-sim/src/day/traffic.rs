//! Random traffic, all from the seed.

use std::time::Duration;

use super::act::{Act, Caller};
use super::office::{CARRIER_ONE, CARRIER_TWO, DID_OFFICE, DID_SALES, DID_SUPPORT};
use super::plan::{Answer, Patience, Plan};
use super::{Day, SHIFT};
use crate::world::{AgentMode, Availability, Side, TenantKey};

/// Mean seconds between two arrivals, for each hour of a shift.
const PACE: [u32; 8] = [7, 5, 4, 5, 8, 5, 4, 7];

const CALLERS: &[&str] = &[
    "Thomas Young",
    "Sara Lopez",
    "Igor Petrenko",
    "Yuki Mori",
    "Nadia Khan",
    "Peter Braun",
    "Lucia Ferri",
    "Omar Said",
];

const NOTES: &[&str] = &["", "", "Driving", "In a meeting", "Back in ten minutes"];

impl Day {
    /// Something random happens, and the next thing is planned.
    pub(super) fn arrive(&mut self) {
        let hour = self.world.now().since_epoch().as_secs() % SHIFT.as_secs() / 3600;
        let pace = usize::try_from(hour).ok().and_then(|hour| PACE.get(hour)).copied().unwrap_or(5) * 1000;
        let next = self.millis(pace / 4, pace * 7 / 4);
        self.plan_in(next, Act::Arrival);
        match self.random.below(100) {
            0..29 => self.caller_to_queue(Duration::ZERO),
            29..50 => self.colleagues_talk(),
            50..61 => self.call_out(),
            61..70 => self.caller_to_extension(),
            70..80 => self.change_presence(),
            80..87 => self.take_a_break(),
            87..90 => self.restart_device(),
            90..91 => self.lend_agent(),
            91..92 => self.hire(),
            92..93 => self.open_queue(),
            93..94 => self.lose_trunk(),
            94..96 => self.rush_hour(),
            _ => self.next_door(),
        }
    }

    fn millis(&mut self, low: u32, high: u32) -> Duration {
        Duration::from_millis(u64::from(low + self.random.below(high.saturating_sub(low))))
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.random.below(chances) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let index = self.random.below(u32::try_from(from.len()).unwrap_or(u32::MAX));
        from.get(index as usize).cloned()
    }

    /// An extension that is in no call, other than `but`.
    fn free_extension(&mut self, tenant: TenantKey, but: &str) -> Option<String> {
        let numbers: Vec<String> = self
            .world
            .extension_states(tenant)
            .map(|extension| extension.profile.number.clone())
            .filter(|number| number != but && self.world.is_free(tenant, number))
            .collect();
        self.pick(&numbers)
    }

    fn random_plan(&mut self) -> Plan {
        let mut plan = Plan { talk: self.millis(6000, 50_000), ..Plan::default() };
        for _ in 0..3 {
            let answer = match self.random.below(10) {
                0 => Answer::Never,
                1 => Answer::Reject(self.millis(1000, 4000)),
                _ => Answer::After(self.millis(1000, 6000)),
            };
            plan.answers.push_back(answer);
        }
        if self.one_in(4) {
            plan.hold = Some((self.millis(1500, 5000), self.millis(2000, 15_000)));
        }
        if self.one_in(10) {
            let to = self.free_extension(self.offices.acme, "").unwrap_or_else(|| "110".to_owned());
            plan.transfer = Some((self.millis(3000, 6000), to));
            plan.hold = None;
        }
        if self.one_in(3) {
            plan.hangs_up = Side::Callee;
        }
        if self.one_in(20) {
            plan.gives_up = Some(self.millis(2000, 9000));
        }
        plan.patience = match self.random.below(10) {
            0 | 1 => Some(Patience::HangUp(self.millis(8000, 40_000))),
            2 | 3 => Some(Patience::Callback(self.millis(8000, 25_000))),
            _ => None,
        };
        plan
    }

    fn somebody_outside(&mut self, did: &str) -> Caller {
        let known = self.one_in(2);
        let name = self.pick(CALLERS).filter(|_| known).unwrap_or_default().to_owned();
        Caller::Outside {
            trunk: CARRIER_TWO.to_owned(),
            number: format!("120255501{:02}", self.random.below(100)),
            name,
            did: did.to_owned(),
        }
    }

    fn dial_in(&mut self, delay: Duration, tenant: TenantKey, caller: Caller, to: String, plan: Plan) {
        self.plan_in(delay, Act::Dial { tenant, caller, to, plan: Box::new(plan) });
    }

    fn caller_to_queue(&mut self, delay: Duration) {
        let (queue, did) = if self.one_in(2) { ("8001", DID_SALES) } else { ("8002", DID_SUPPORT) };
        let caller = self.somebody_outside(did);
        let plan = self.random_plan();
        self.dial_in(delay, self.offices.acme, caller, queue.to_owned(), plan);
    }

    fn caller_to_extension(&mut self) {
        let caller = self.somebody_outside(DID_OFFICE);
        let mut plan = self.random_plan();
        plan.name = self.pick(CALLERS).map(str::to_owned);
        let tenant = self.offices.acme;
        let to = self.free_extension(tenant, "").unwrap_or_else(|| "110".to_owned());
        self.dial_in(Duration::ZERO, tenant, caller, to, plan);
    }

    fn colleagues_talk(&mut self) {
        let tenant = self.offices.acme;
        let Some(from) = self.free_extension(tenant, "") else { return };
        let to = if self.one_in(8) { self.any_extension(tenant) } else { self.free_extension(tenant, &from) };
        let Some(to) = to.filter(|to| *to != from) else { return };
        let plan = self.random_plan();
        self.dial_in(Duration::ZERO, tenant, Caller::Extension(from), to, plan);
    }

    fn any_extension(&mut self, tenant: TenantKey) -> Option<String> {
        let numbers: Vec<String> =
            self.world.extension_states(tenant).map(|extension| extension.profile.number.clone()).collect();
        self.pick(&numbers)
    }

    fn call_out(&mut self) {
        let tenant = self.offices.acme;
        let Some(from) = self.free_extension(tenant, "") else { return };
        let to = format!("120255501{:02}", self.random.below(100));
        let plan = self.random_plan();
        self.dial_in(Duration::ZERO, tenant, Caller::Extension(from), to, plan);
    }

    fn change_presence(&mut self) {
        let tenant = self.offices.acme;
        let Some(extension) = self.any_extension(tenant) else { return };
        let availability = self.pick(&Availability::ALL).unwrap_or(Availability::Online);
        let note = self.pick(NOTES).unwrap_or_default().to_owned();
        self.plan_in(Duration::ZERO, Act::Presence { tenant, extension, availability, note });
    }

    /// An agent is not ready, or logged out, for a while.
    fn take_a_break(&mut self) {
        let Some((queue, extension, _)) = self.pick(super::office::ACME_AGENTS) else { return };
        let mode = if self.one_in(3) { AgentMode::LoggedOut } else { AgentMode::NotReady };
        let back = self.millis(20_000, 90_000);
        for (delay, mode) in [(Duration::ZERO, mode), (back, AgentMode::Ready)] {
            let (queue, extension) = (queue.to_owned(), extension.to_owned());
            self.plan_in(delay, Act::Agent { tenant: self.offices.acme, queue, extension, mode });
        }
    }

    fn restart_device(&mut self) {
        let tenant = self.offices.acme;
        let Some(extension) = self.free_extension(tenant, "") else { return };
        self.plan_in(Duration::ZERO, Act::Unregister { tenant, extension: extension.clone(), device: 0 });
        let back = self.millis(5000, 30_000);
        self.plan_in(back, Act::Register { tenant, extension, device: 0 });
    }

    /// An extension of the office helps sales for a minute.
    fn lend_agent(&mut self) {
        let tenant = self.offices.acme;
        let (queue, extension) = ("8001".to_owned(), "112".to_owned());
        self.plan_in(Duration::ZERO, Act::AddAgent { tenant, queue: queue.clone(), extension: extension.clone() });
        let back = self.millis(60_000, 120_000);
        self.plan_in(back, Act::RemoveAgent { tenant, queue, extension });
    }

    fn hire(&mut self) {
        let tenant = self.offices.acme;
        let number = format!("12{}", self.random.below(10));
        let name = self.pick(CALLERS).unwrap_or("Pia Quist").to_owned();
        self.plan_in(Duration::ZERO, Act::CreateExtension { tenant, number: number.clone(), name: name.clone() });
        let delay = self.millis(5000, 20_000);
        let department = "Field service".to_owned();
        self.plan_in(delay, Act::UpdateExtension { tenant, number: number.clone(), name, department });
        let delay = delay + self.millis(5000, 20_000);
        self.plan_in(delay, Act::DestroyExtension { tenant, number });
    }

    fn open_queue(&mut self) {
        let tenant = self.offices.acme;
        let number = format!("801{}", self.random.below(10));
        self.plan_in(Duration::ZERO, Act::CreateQueue { tenant, number: number.clone(), name: "Hotline".to_owned() });
        let delay = self.millis(5000, 20_000);
        self.plan_in(delay, Act::UpdateQueue { tenant, number: number.clone(), name: "Storm hotline".to_owned() });
        let delay = delay + self.millis(5000, 20_000);
        self.plan_in(delay, Act::DestroyQueue { tenant, number });
    }

    fn lose_trunk(&mut self) {
        let (tenant, name) = (self.offices.acme, CARRIER_ONE.to_owned());
        self.plan_in(Duration::ZERO, Act::Trunk { tenant, name: name.clone(), connected: false });
        let back = self.millis(3000, 20_000);
        self.plan_in(back, Act::Trunk { tenant, name, connected: true });
    }

    /// Many call at once: the queues fill.
    fn rush_hour(&mut self) {
        let mut delay = Duration::ZERO;
        for _ in 0..8 {
            self.caller_to_queue(delay);
            delay += self.millis(500, 2000);
        }
    }

    /// Something at the other tenant.
    fn next_door(&mut self) {
        let tenant = self.offices.globex;
        let Some(from) = self.free_extension(tenant, "") else { return };
        let Some(to) = self.free_extension(tenant, &from) else { return };
        let to = if self.one_in(3) { "8001".to_owned() } else { to };
        let mut plan = self.random_plan();
        plan.transfer = None;
        self.dial_in(Duration::ZERO, tenant, Caller::Extension(from), to, plan);
    }
}
