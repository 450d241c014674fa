//! Targets ring, answer, refuse, or ring in vain; calls are held and transferred.

use std::sync::Arc;

use super::call::{Call, CallKey, CallType, EndReason, Party, PartyKind, Side, TargetState};
use super::ending::Outcome;
use super::extension::Device;
use super::{CallChange, Happening, Refused, TargetChange, TenantKey, World};

impl World {
    pub(super) fn begin_ringing(&mut self, key: CallKey, round: u32, index: usize) -> Result<(), Refused> {
        let now = self.now;
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let target = call.targets.get_mut(index).ok_or(Refused::NoSuchCall)?;
        if call.round != round || target.state != TargetState::Added {
            return Err(Refused::NotNow);
        }
        target.state = TargetState::Ringing;
        target.rang = Some(now);
        call.rang.get_or_insert(now);
        self.tell_target(key, index, TargetChange::Ringing);
        Ok(())
    }

    /// `number` answers: an extension on the device that began to ring first, or a number outside. What else rings
    /// for the call stops.
    ///
    /// # Errors
    /// No such call; or it does not ring there.
    pub fn answer(&mut self, key: CallKey, number: &str) -> Result<(), Refused> {
        self.answer_on(key, |target| target.party.number == number)
    }

    /// The extension `number` answers on the device with this instance id.
    ///
    /// # Errors
    /// No such call; or it does not ring there.
    pub fn answer_at(&mut self, key: CallKey, number: &str, instance: &str) -> Result<(), Refused> {
        self.answer_on(key, |target| {
            target.party.number == number && target.device.as_ref().is_some_and(|device| device.instance == instance)
        })
    }

    fn answer_on(&mut self, key: CallKey, chosen: impl Fn(&super::Target) -> bool) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        let rings = |index: &usize| {
            call.targets.get(*index).is_some_and(|target| target.state == TargetState::Ringing && chosen(target))
        };
        let index = call.open_targets().find(rings).ok_or(Refused::NotNow)?;
        self.connect(key, index)?;
        self.settle();
        Ok(())
    }

    /// The target answers, and the caller is connected to it.
    pub(super) fn connect(&mut self, key: CallKey, index: usize) -> Result<(), Refused> {
        let now = self.now;
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let target = call.targets.get_mut(index).ok_or(Refused::NoSuchCall)?;
        target.state = TargetState::Answered;
        target.answered = Some(now);
        call.answered.get_or_insert(now);
        let with = target.party.clone();
        // The customer of a callback joins the agent, who stays connected.
        let joins = call.is_callback && call.connected.is_some();
        let before = if joins { None } else { call.connected.replace(index) };
        let others: Vec<usize> = call.open_targets().collect();
        let calls_back = call.is_callback && !joins;
        let (tenant, info) = (call.tenant, Arc::clone(&call.info));

        self.tell_target(key, index, TargetChange::Answered);
        for other in others {
            self.end_target(key, other, EndReason::Cancelled);
        }
        if let Some(before) = before {
            self.end_target(key, before, EndReason::Referred);
        }
        if !joins {
            self.agent_took(key)?;
        }
        self.emit(tenant, Happening::Call { call: Arc::clone(&info), change: CallChange::Established { with } });
        if calls_back {
            self.route(key, info.callee.clone(), CallType::QueueCallback)?;
        }
        Ok(())
    }

    /// The owner of `number` refuses the call.
    ///
    /// # Errors
    /// No such call; or it does not ring there.
    pub fn reject(&mut self, key: CallKey, number: &str) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        let refused = self.fail_targets(call.tenant, key, 603, |target| {
            target.party.number == number && target.state == TargetState::Ringing
        });
        if refused == 0 {
            return Err(Refused::NotNow);
        }
        self.give_up_if_hopeless(key, Outcome::Failed(603))?;
        self.settle();
        Ok(())
    }

    /// Devices are gone: what rings at them fails.
    pub(super) fn devices_are_gone(&mut self, tenant: TenantKey, number: &str, gone: &[Arc<Device>]) {
        let keys: Vec<CallKey> =
            self.calls.values().filter(|call| call.tenant == tenant).map(|call| call.key).collect();
        for key in keys {
            let failed = self.fail_targets(tenant, key, 480, |target| {
                target.party.extension() == Some(number)
                    && target.device.as_ref().is_some_and(|device| gone.contains(device))
            });
            if failed > 0 {
                // The call is there: targets of it just failed.
                let _over = self.give_up_if_hopeless(key, Outcome::Failed(480));
            }
        }
    }

    fn fail_targets(
        &mut self,
        tenant: TenantKey,
        key: CallKey,
        code: u16,
        concerned: impl Fn(&super::Target) -> bool,
    ) -> usize {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&key).filter(|call| call.tenant == tenant) else { return 0 };
        let open: Vec<usize> = call.open_targets().collect();
        let mut failed = Vec::new();
        for index in open {
            if let Some(target) = call.targets.get_mut(index).filter(|target| concerned(target)) {
                target.state = TargetState::Failed;
                target.ended = Some(now);
                target.status_code = code;
                failed.push(index);
            }
        }
        for index in &failed {
            self.tell_target(key, *index, TargetChange::Failed);
        }
        failed.len()
    }

    pub(super) fn attempt_fails(&mut self, key: CallKey, round: u32, code: u16) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        if call.round != round {
            return Err(Refused::NotNow);
        }
        self.fail_targets(call.tenant, key, code, |_| true);
        self.unreachable(key, Outcome::Failed(code))
    }

    pub(super) fn rang_out(&mut self, key: CallKey, round: u32) -> Result<(), Refused> {
        let now = self.now;
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let open: Vec<usize> = call.open_targets().collect();
        if call.round != round || open.is_empty() {
            return Err(Refused::NotNow);
        }
        for index in &open {
            if let Some(target) = call.targets.get_mut(*index) {
                target.state = TargetState::NoAnswer;
                target.ended = Some(now);
            }
        }
        for index in open {
            self.tell_target(key, index, TargetChange::NoAnswer);
        }
        self.unreachable(key, Outcome::NoAnswer)
    }

    fn give_up_if_hopeless(&mut self, key: CallKey, outcome: Outcome) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        if call.open_targets().next().is_some() { Ok(()) } else { self.unreachable(key, outcome) }
    }

    /// Nobody of the present attempt can be had: the queue tries another agent, the call is forwarded, or it is over.
    fn unreachable(&mut self, key: CallKey, outcome: Outcome) -> Result<(), Refused> {
        if self.is_offered(key) {
            return self.offer_failed(key);
        }
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        if call.answered.is_some() {
            return self.finish(key, Outcome::Ended(EndReason::None));
        }
        if outcome == Outcome::NoAnswer && !call.forwarded {
            call.forwarded = true;
            let (tenant, from) = (call.tenant, call.info.callee.clone());
            let forward =
                self.extension(tenant, &from.number).ok().and_then(|found| found.profile.forward_no_answer.clone());
            if let Some(to) = forward {
                return self.send_on(key, from, &to);
            }
        }
        self.finish(key, outcome)
    }

    /// The extension `by` holds the call it talks in.
    ///
    /// # Errors
    /// No such call; `by` does not talk in it; or it is held already.
    pub fn hold(&mut self, key: CallKey, by: &str) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let (side, by, peer) = talkers(call, by)?;
        if call.held_by.is_some() {
            return Err(Refused::NotNow);
        }
        call.held_by = Some(side);
        let (tenant, call) = (call.tenant, Arc::clone(&call.info));
        self.emit(tenant, Happening::Call { call, change: CallChange::Held { by, peer } });
        Ok(())
    }

    /// The extension `by`, which holds the call, goes on.
    ///
    /// # Errors
    /// No such call; or `by` does not hold it.
    pub fn unhold(&mut self, key: CallKey, by: &str) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let (side, by, peer) = talkers(call, by)?;
        if call.held_by != Some(side) {
            return Err(Refused::NotNow);
        }
        call.held_by = None;
        let (tenant, call) = (call.tenant, Arc::clone(&call.info));
        self.emit(tenant, Happening::Call { call, change: CallChange::Unheld { by, peer } });
        Ok(())
    }

    /// The extension `by`, which answered the call, sends its caller on to `to` and is out of it.
    ///
    /// # Errors
    /// No such call; `by` did not answer it; it is held; or it is a callback.
    pub fn transfer(&mut self, key: CallKey, by: &str, to: &str) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        let (side, by, _) = talkers(call, by)?;
        let Some(index) = call.connected else { return Err(Refused::NotNow) };
        if side != Side::Callee || call.held_by.is_some() || call.is_callback {
            return Err(Refused::NotNow);
        }
        self.end_target(key, index, EndReason::BlindTransferComplete);
        if let Some(call) = self.calls.get_mut(&key) {
            call.connected = None;
            call.queue = None;
        }
        self.send_on(key, by, to)?;
        self.settle();
        Ok(())
    }

    /// The caller's name became known.
    ///
    /// # Errors
    /// No such call.
    pub fn name_caller(&mut self, key: CallKey, display_name: &str) -> Result<(), Refused> {
        let call = self.calls.get_mut(&key).ok_or(Refused::NoSuchCall)?;
        display_name.clone_into(&mut Arc::make_mut(&mut call.info).caller.display_name);
        let (tenant, call) = (call.tenant, Arc::clone(&call.info));
        self.emit(tenant, Happening::Call { call, change: CallChange::InfoUpdated });
        Ok(())
    }
}

/// Which side of the call the extension `number` is, itself, and whom it talks to.
fn talkers(call: &Call, number: &str) -> Result<(Side, Party, Party), Refused> {
    let connected = call.connected().filter(|target| target.party.kind != PartyKind::Queue).ok_or(Refused::NotNow)?;
    let caller = if call.is_callback { &call.info.callee } else { &call.info.caller };
    if connected.party.extension() == Some(number) {
        Ok((Side::Callee, connected.party.clone(), caller.clone()))
    } else if caller.extension() == Some(number) {
        Ok((Side::Caller, caller.clone(), connected.party.clone()))
    } else {
        Err(Refused::NotNow)
    }
}
