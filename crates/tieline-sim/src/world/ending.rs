//! Calls end and are recorded.

use std::sync::Arc;

use super::call::{CallKey, CallType, EndReason, Side, TargetState};
use super::cdr::{Cdr, CdrStatus};
use super::timers::Timer;
use super::{CDRS_KEPT, CallChange, Happening, Refused, TargetChange, World};

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ended(EndReason),
    NoAnswer,
    Failed(u16),
}

impl World {
    /// One side hangs up: the caller at any time, the callee once connected.
    ///
    /// # Errors
    /// No such call; or the callee has not answered.
    pub fn hang_up(&mut self, key: CallKey, by: Side) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        if by == Side::Callee && !call.is_talking() {
            return Err(Refused::NotNow);
        }
        let reason = match by {
            Side::Caller => EndReason::CallerDisconnect,
            Side::Callee => EndReason::CalleeDisconnect,
        };
        self.finish(key, Outcome::Ended(reason))?;
        self.settle();
        Ok(())
    }

    /// A live target is over. An agent of a queue begins its wrap-up.
    pub(super) fn end_target(&mut self, key: CallKey, index: usize, reason: EndReason) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&key) else { return };
        let Some(target) = call.targets.get_mut(index).filter(|target| target.state.is_live()) else { return };
        target.state = TargetState::Ended;
        target.ended = Some(now);
        target.end_reason = reason;
        let (tenant, queue) = (call.tenant, call.queue.clone());
        let worked = target.answered.is_some() && target.call_type != CallType::Normal;
        let agent = target.party.extension().filter(|_| worked).map(str::to_owned);
        self.tell_target(key, index, TargetChange::Ended);
        if let (Some(agent), Some(queue)) = (agent, queue) {
            let Ok(wrap_up) = self.queue(tenant, &queue).map(|queue| queue.profile.wrap_up) else { return };
            if let Ok(extension) = self.extension_mut(tenant, &agent) {
                extension.wrap_up = Some((queue, now + wrap_up));
                self.after(wrap_up, Timer::WrapUpOver);
            }
        }
    }

    /// The call is over: its targets end, it leaves its queue, and its record is written.
    pub(super) fn finish(&mut self, key: CallKey, outcome: Outcome) -> Result<(), Refused> {
        let call = self.calls.get(&key).ok_or(Refused::NoSuchCall)?;
        let (reason, change, status, status_code) = match outcome {
            Outcome::Ended(reason) => {
                let status = if call.answered.is_some() { CdrStatus::Answered } else { CdrStatus::NoAnswer };
                (reason, CallChange::Ended { reason }, status, 0)
            }
            Outcome::NoAnswer => (EndReason::None, CallChange::NoAnswer, CdrStatus::NoAnswer, 0),
            Outcome::Failed(code) => (EndReason::None, CallChange::Failed { code }, CdrStatus::Failed, code),
        };
        let live: Vec<(usize, bool)> = call
            .targets
            .iter()
            .enumerate()
            .filter_map(|(index, target)| target.state.is_live().then_some((index, target.answered.is_some())))
            .collect();
        for (index, answered) in live {
            self.end_target(key, index, if answered { reason } else { EndReason::Cancelled });
        }
        self.leave_queue(key);
        let Some(call) = self.calls.remove(&key) else { return Err(Refused::NoSuchCall) };
        self.emit(call.tenant, Happening::Call { call: Arc::clone(&call.info), change });
        let cdr = Arc::new(Cdr {
            call: call.info,
            status,
            started: call.started,
            rang: call.rang,
            answered: call.answered,
            ended: self.now,
            end_reason: reason,
            status_code,
            targets: call.targets,
        });
        if self.cdrs.len() == CDRS_KEPT {
            self.cdrs.pop_front();
        }
        self.cdrs.push_back((call.tenant, Arc::clone(&cdr)));
        self.emit(call.tenant, Happening::Cdr(cdr));
        Ok(())
    }
}
