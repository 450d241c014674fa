//! What is done in the world: by steps of a scenario, by those who control the simulator, by clients.

use tieline_core::Instant;

use super::pbx::Pbx;
use super::play::Play;
use crate::scenario::{Act, Deed, ImAct, Moment};
use crate::world::{CallChange, Happening, Refused};

impl Pbx {
    /// Takes a step of the scenario.
    pub(super) fn take(&self, day: &mut Play, moment: &Moment) {
        if let Err(refused) = self.act(day, &moment.act)
            && !moment.random
        {
            self.watch.refused(day.world().now(), moment.place, refused);
        }
    }

    /// Does what a step says, now.
    fn act(&self, day: &mut Play, act: &Act) -> Result<(), Refused> {
        let (now, clock) = (day.world().now(), day.world().clock());
        match act {
            Act::Fault(rule) => {
                self.faults.add((**rule).clone());
                for (_, fault) in self.faults.take_due(now) {
                    self.befall(day, &fault);
                }
            }
            Act::ClearFaults => self.faults.clear(),
            Act::Im(act) => self.chat(act)?,
            Act::Sms { to } => drop(self.text(now, &to.text, false).ok_or(Refused::Busy)?),
            // Those of the timeline are expected from the beginning on.
            Act::Expect(_) => {}
            Act::Traffic(traffic) => day.spread(traffic)?,
            act => {
                for occurrence in day.perform(act)? {
                    self.publish(&occurrence, clock);
                }
            }
        }
        Ok(())
    }

    /// Somebody does something now that is not on the timeline.
    pub(crate) fn act_now(&self, moment: Moment) -> Result<(), Refused> {
        let mut day = self.play();
        let now = self.present(&mut day);
        match moment.act {
            Act::Expect(expect) => self.watch.expect(*expect, moment.place, now).then_some(()).ok_or(Refused::Busy)?,
            act => self.act(&mut day, &act)?,
        }
        drop(day);
        self.repaced.notify_one();
        Ok(())
    }

    /// Calls `to` for an extension of the first tenant. Gives the session id of the call.
    pub(crate) fn originate(&self, from: &str, to: &str) -> Result<String, Refused> {
        let mut day = self.play();
        self.present(&mut day);
        let clock = day.world().clock();
        let occurrences = day.originate(from, to)?;
        let started = occurrences.iter().find_map(|occurrence| match &occurrence.happening {
            Happening::Call { call, change: CallChange::Started } => Some(call.session_id.clone()),
            _ => None,
        });
        let session_id = started.ok_or(Refused::NoSuchCall)?;
        self.axeos().begun_by_api(&session_id);
        for occurrence in occurrences {
            self.publish(&occurrence, clock);
        }
        self.repaced.notify_one();
        self.done(&Deed::Call { from: from.to_owned(), to: to.to_owned() });
        Ok(session_id)
    }

    /// Sends a text message; its id, or `None` when there are too many.
    pub(crate) fn send_message(&self, to: &str, test: bool) -> Option<String> {
        let mut day = self.play();
        let now = self.present(&mut day);
        let id = self.text(now, to, test)?;
        self.repaced.notify_one();
        self.done(&Deed::Sms { to: to.to_owned() });
        Some(id)
    }

    /// Does something in IM.
    pub(super) fn chat(&self, act: &ImAct) -> Result<(), Refused> {
        self.im.get().ok_or(Refused::NotNow)?.perform(act)
    }

    fn text(&self, now: Instant, to: &str, test: bool) -> Option<String> {
        let mut cloudpbx = self.cloudpbx();
        let id = cloudpbx.messages.send(now, to, test)?;
        if !test {
            cloudpbx.ledger.record_message(now, &id, to);
        }
        Some(id)
    }
}
