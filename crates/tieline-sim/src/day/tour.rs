//! The tour: each kind of occurrence in the first two and a half minutes, whatever the seed.
//!
//! Who is free when, and which agent has been ready longest, follows from the times below: a test counts what comes.

use std::time::Duration;

use super::Day;
use super::act::{Act, Caller};
use super::office::{CARRIER_ONE, CARRIER_TWO, DID_OFFICE, DID_SALES, DID_SUPPORT};
use super::plan::{Answer, Patience, Plan};
use crate::world::{AgentMode, Availability, Side, TenantKey};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) fn plan(day: &mut Day) {
    let (acme, globex) = (day.offices.acme, day.offices.globex);
    Guide { day, tenant: acme }.first_minute();
    Guide { day, tenant: acme }.rush();
    Guide { day, tenant: acme }.administration();
    Guide { day, tenant: acme }.mishaps();
    Guide { day, tenant: globex }.next_door();
}

/// Writes into the day's agenda, for one tenant; times are milliseconds from the start.
struct Guide<'a> {
    day: &'a mut Day,
    tenant: TenantKey,
}

impl Guide<'_> {
    fn at(&mut self, at: u64, act: Act) {
        self.day.plan(millis(at), act);
    }

    fn inside(&mut self, at: u64, from: &str, to: &str, plan: Plan) {
        let caller = Caller::Extension(from.to_owned());
        let act = Act::Dial { tenant: self.tenant, caller, to: to.to_owned(), plan: Box::new(plan) };
        self.at(at, act);
    }

    fn outside(&mut self, at: u64, (number, name): (&str, &str), did: &str, to: &str, plan: Plan) {
        let caller = Caller::Outside {
            trunk: CARRIER_TWO.to_owned(),
            number: number.to_owned(),
            name: name.to_owned(),
            did: did.to_owned(),
        };
        let act = Act::Dial { tenant: self.tenant, caller, to: to.to_owned(), plan: Box::new(plan) };
        self.at(at, act);
    }

    fn agent(&mut self, at: u64, queue: &str, extension: &str, mode: AgentMode) {
        let act = Act::Agent { tenant: self.tenant, queue: queue.to_owned(), extension: extension.to_owned(), mode };
        self.at(at, act);
    }

    fn presence(&mut self, at: u64, extension: &str, availability: Availability, note: &str) {
        let (tenant, extension, note) = (self.tenant, extension.to_owned(), note.to_owned());
        self.at(at, Act::Presence { tenant, extension, availability, note });
    }

    fn device(&mut self, at: u64, extension: &str, device: usize, there: bool) {
        let (tenant, extension) = (self.tenant, extension.to_owned());
        let act = if there {
            Act::Register { tenant, extension, device }
        } else {
            Act::Unregister { tenant, extension, device }
        };
        self.at(at, act);
    }

    fn trunk(&mut self, at: u64, name: &str, connected: bool) {
        let act = Act::Trunk { tenant: self.tenant, name: name.to_owned(), connected };
        self.at(at, act);
    }

    /// Something of everything: the two devices of 101, a hold, a trunk call each way, a queue call, a transfer.
    fn first_minute(mut self) {
        self.trunk(0, CARRIER_ONE, true);
        self.device(200, "101", 0, true);
        self.device(800, "101", 1, true);
        let mut call = Plan::talk(7);
        call.hold = Some((secs(2), secs(2)));
        call.hangs_up = Side::Callee;
        self.inside(1500, "102", "101", call);
        self.presence(2500, "111", Availability::Away, "Back at two");
        let mut call = Plan::talk(5);
        call.name = Some("Thomas Young".to_owned());
        self.outside(3000, ("12025550143", ""), DID_SUPPORT, "8002", call);
        self.inside(4000, "112", "104", Plan::default());
        self.inside(6000, "111", "12025550187", Plan::talk(4).answered(Answer::After(secs(2))));
        self.inside(8000, "109", "110", Plan::default().answered(Answer::Reject(secs(1))));
        self.agent(9000, "8001", "103", AgentMode::Ready);
        self.agent(10_500, "8002", "107", AgentMode::Ready);
        self.inside(11_000, "112", "109", Plan::default().answered(Answer::Never));
        self.agent(12_000, "8002", "106", AgentMode::Ready);
        self.agent(13_000, "8002", "108", AgentMode::NotReady);
        self.device(14_000, "104", 0, true);
        self.presence(15_000, "110", Availability::DoNotDisturb, "");
        let mut call = Plan::talk(4);
        call.transfer = Some((secs(2), "111".to_owned()));
        self.outside(16_000, ("12025550111", "Wendy Park"), DID_OFFICE, "110", call);
    }

    /// Sales stops working while callers come: the queue fills, breaches its service level, overflows, calls back.
    fn rush(mut self) {
        self.agent(20_000, "8001", "102", AgentMode::LoggedOut);
        for (at, agent) in [(21_000, "101"), (21_500, "103"), (22_000, "104")] {
            self.agent(at, "8001", agent, AgentMode::NotReady);
        }
        self.outside(24_000, ("12025550121", "Anna Bell"), DID_SALES, "8001", Plan::default());
        let hangs_up = Plan { patience: Some(Patience::HangUp(secs(6))), ..Plan::default() };
        self.outside(25_000, ("12025550122", "Carl Dunn"), DID_SALES, "8001", hangs_up);
        let mut calls_back = Plan::talk(4);
        calls_back.patience = Some(Patience::Callback(secs(8)));
        self.outside(26_000, ("12025550123", "Emma Frost"), DID_SALES, "8001", calls_back);
        self.inside(27_000, "112", "8001", Plan::talk(6));
        self.outside(28_000, ("12025550125", ""), DID_SALES, "8001", Plan::talk(5));
        // The queue holds five: this one goes to the reception at once.
        self.outside(29_000, ("12025550126", "Gus Hale"), DID_SALES, "8001", Plan::talk(4));
        self.agent(70_000, "8001", "102", AgentMode::Ready);
        self.agent(71_000, "8001", "103", AgentMode::Ready);
        self.agent(71_700, "8001", "104", AgentMode::Ready);
        self.agent(90_000, "8001", "101", AgentMode::Ready);
    }

    /// An extension and a queue come, change and go; a trunk fails; an agent is cut off.
    fn administration(mut self) {
        let tenant = self.tenant;
        let extension = || "120".to_owned();
        self.at(30_500, Act::CreateExtension { tenant, number: extension(), name: "Pia Quist".to_owned() });
        self.device(32_500, "120", 0, true);
        let name = "Pia Quist-Berg".to_owned();
        self.at(35_500, Act::UpdateExtension { tenant, number: extension(), name, department: "Sales".to_owned() });
        self.device(38_500, "120", 0, false);
        self.at(41_000, Act::DestroyExtension { tenant, number: extension() });
        let queue = || "8009".to_owned();
        self.at(45_000, Act::CreateQueue { tenant, number: queue(), name: "Campaign".to_owned() });
        self.at(47_000, Act::AddAgent { tenant, queue: queue(), extension: "111".to_owned() });
        self.at(49_000, Act::UpdateQueue { tenant, number: queue(), name: "Spring Campaign".to_owned() });
        self.at(51_000, Act::RemoveAgent { tenant, queue: queue(), extension: "111".to_owned() });
        self.at(53_000, Act::DestroyQueue { tenant, number: queue() });
        self.trunk(55_000, CARRIER_ONE, false);
        self.trunk(58_000, CARRIER_ONE, true);
        self.device(60_000, "108", 0, false);
        self.device(63_000, "108", 0, true);
        self.presence(64_000, "110", Availability::Online, "");
        self.presence(66_000, "111", Availability::Online, "");
        self.presence(67_500, "105", Availability::Lunch, "");
        self.presence(78_000, "112", Availability::BusinessTrip, "Lisbon");
    }

    /// Agents that do not answer, forwarding, an overflow to the outside, numbers that cannot be reached.
    fn mishaps(mut self) {
        let call = Plan::talk(5).answered(Answer::Never);
        self.outside(81_000, ("12025550131", "Ida Jones"), DID_SUPPORT, "8002", call);
        for (at, agent) in [(103_000, "106"), (103_500, "107"), (104_000, "101"), (104_500, "105")] {
            self.agent(at, "8002", agent, AgentMode::LoggedOut);
        }
        self.outside(106_000, ("12025550132", "Kurt Lind"), DID_SUPPORT, "8002", Plan::talk(4));
        self.inside(108_000, "112", "111", Plan::talk(4).answered(Answer::Never));
        self.inside(110_000, "109", "12025550188", Plan::default().answered(Answer::Reject(secs(2))));
        self.inside(116_000, "109", "999", Plan::default());
        let mut call = Plan::default().answered(Answer::Never);
        call.gives_up = Some(secs(6));
        self.inside(119_000, "109", "103", call);
        for (at, agent) in [(142_000, "106"), (143_000, "107"), (144_000, "101"), (145_000, "105"), (146_000, "108")] {
            self.agent(at, "8002", agent, AgentMode::Ready);
        }
        self.device(131_000, "101", 1, false);
        self.device(136_500, "101", 1, true);
        self.presence(147_000, "105", Availability::Online, "");
    }

    /// The other tenant, whose numbers are the same.
    fn next_door(mut self) {
        self.inside(5000, "101", "102", Plan::talk(4));
        self.presence(13_500, "102", Availability::Away, "");
        let call = Plan::talk(5);
        let caller = Caller::Outside {
            trunk: CARRIER_ONE.to_owned(),
            number: "12025550171".to_owned(),
            name: "Mona Neal".to_owned(),
            did: "18005550170".to_owned(),
        };
        self.at(19_000, Act::Dial { tenant: self.tenant, caller, to: "8001".to_owned(), plan: Box::new(call) });
        self.presence(43_000, "102", Availability::Online, "");
    }
}
