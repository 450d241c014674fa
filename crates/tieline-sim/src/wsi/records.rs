//! The payload of call detail records.

use std::time::Duration;

use tieline_core::Instant;
use tieline_portsip_wsi::{CallCdr, CallTarget, Dialect};

use super::words;
use super::writer::{Writer, filled};
use crate::world::{Cdr, Target};

impl Writer<'_> {
    /// The record as v16 prints it, which v12 is taken to do as well; or as v22 does.
    pub(super) fn call_cdr(&self, cdr: &Cdr) -> CallCdr<String> {
        let call = &cdr.call;
        let mut payload = filled!(CallCdr {
            answered_time: self.time_or_never(cdr.answered),
            call_id: call.call_id.clone(),
            call_targets: cdr.targets.iter().map(|target| self.call_target(cdr, target)).collect(),
            callee: call.callee.number.clone(),
            callee_domain: call.callee.host.clone(),
            caller: call.caller.number.clone(),
            caller_display_name: call.caller.display_name.clone(),
            caller_domain: call.caller.host.clone(),
            direction: words::direction(call.direction, self.dialect),
            ended_reason: words::end_reason(cdr.end_reason),
            ended_time: self.time(cdr.ended),
            outbound_caller_id: call.outbound_caller_id.clone(),
            ring_time: self.time_or_never(cdr.rang),
            session_id: call.session_id.clone(),
            start_time: self.time(cdr.started),
            status_code: cdr.status_code.to_string(),
            tenant_id: self.tenant_id(),
            tenant_name: self.tenant.name.clone(),
            trunk_name: self.trunk_name(cdr),
            user_data: String::new(),
        });
        if self.dialect >= Dialect::V22 {
            payload.call_status = Some(words::cdr_status(cdr.status));
            payload.did = Some(call.did.clone());
            payload.ring_duration = Some(whole_seconds(cdr.ring_time()));
            payload.talk_duration = i64::try_from(cdr.talk_time().as_secs()).ok();
        } else {
            payload.did_cid = Some(call.did.clone());
        }
        payload
    }

    fn call_target(&self, cdr: &Cdr, target: &Target) -> CallTarget<String> {
        let call = &cdr.call;
        let mut payload = filled!(CallTarget {
            answered_time: self.time_or_never(target.answered),
            call_type: words::call_type(target.call_type),
            callee: target.party.number.clone(),
            caller: call.caller.number.clone(),
            destination: target.destination.clone(),
            end_reason: words::end_reason(target.end_reason),
            ended_time: self.time_or_never(target.ended),
            // Every sample has the tenant's id here.
            id: self.tenant_id(),
            outbound_caller_id: call.outbound_caller_id.clone(),
            ring_time: self.time_or_never(target.rang),
            start_time: self.time(target.started),
            status_code: i64::from(target.status_code),
            trunk_name: self.trunk_name(cdr),
        });
        if self.dialect >= Dialect::V22 {
            payload.did = Some(call.did.clone());
            payload.ring_duration = Some(seconds_between(target.rang, target.answered.or(target.ended)));
            payload.talk_duration = Some(seconds_between(target.answered, target.ended));
            payload.status = Some(words::target_status(target));
        }
        payload
    }

    /// v16 prints the trunk's name, v22 its name and id; both nothing for an internal call.
    fn trunk_name(&self, cdr: &Cdr) -> String {
        match &cdr.call.trunk {
            Some(trunk) if self.dialect >= Dialect::V22 => format!("{}:{}", trunk.name, trunk.id),
            Some(trunk) => trunk.name.clone(),
            None => String::new(),
        }
    }
}

fn seconds_between(from: Option<Instant>, to: Option<Instant>) -> String {
    let between = from.zip(to).map_or(Duration::ZERO, |(from, to)| to.since(from));
    whole_seconds(between)
}

fn whole_seconds(duration: Duration) -> String {
    duration.as_secs().to_string()
}
