//! From what happened to the events that tell it.

use tieline_portsip_wsi::{Dialect, EVENT_TYPES, Event};

use super::Rendered;
use super::writer::Writer;
use crate::world::{
    Administration, AgentMode, CallChange, CallInfo, Clock, Happening, Occurrence, Party, Target, TargetChange,
};

/// Tells an occurrence in a dialect: mostly by one event, by none when the dialect has no word for it, sometimes by
/// two (an agent's state is a queue's affair and an extension's).
#[must_use]
pub fn render(occurrence: &Occurrence, dialect: Dialect, clock: Clock) -> Vec<Rendered> {
    let writer = Writer { dialect, clock, tenant: &occurrence.tenant, at: occurrence.at };
    let mut told = Told { writer, rendered: Vec::new() };
    told.tell(&occurrence.happening);
    told.rendered
}

/// What has been told; only what the dialect knows is taken.
struct Told<'a> {
    writer: Writer<'a>,
    rendered: Vec<Rendered>,
}

impl Told<'_> {
    fn push(&mut self, event: Event<String>, queue: Option<&str>, also: &[&Party]) {
        let dialect = self.writer.dialect;
        let word = event.event_type();
        if EVENT_TYPES.iter().any(|row| row.event_type == word && row.dialects.contains(&dialect)) {
            let queue = queue.map(str::to_owned);
            let also = also.iter().map(|party| party.number.clone()).collect();
            self.rendered.push(Rendered { event, dialect, also, queue });
        }
    }

    fn tell(&mut self, happening: &Happening) {
        let w = self.writer;
        let v12 = w.dialect == Dialect::V12;
        match happening {
            Happening::Registration { extension, contacts, removed } => {
                let payload = w.extension_register(extension, contacts, removed);
                self.push(Event::ExtensionRegister(payload), None, &[]);
                // Where registrations are not told, the state is that follows from them.
                if w.dialect >= Dialect::V22 {
                    self.push(Event::ExtensionStatus(w.extension_status([extension])), None, &[]);
                }
            }
            Happening::Presence(extension) => {
                self.push(Event::ExtensionPresence(w.extension_presence(extension)), None, &[]);
            }
            Happening::Line(extension) => self.push(Event::ExtensionCall(w.extension_call(extension)), None, &[]),
            Happening::Extension { profile, change } => {
                let payload = w.extension_account(profile);
                let event = match change {
                    Administration::Created => Event::ExtensionCreated(payload),
                    Administration::Updated => Event::ExtensionUpdated(payload),
                    Administration::Destroyed => Event::ExtensionDestroyed(payload),
                };
                self.push(event, None, &[]);
            }
            Happening::Call { call, change } => self.tell_call(call, change),
            Happening::Target { call, target, change } => self.tell_target(call, target, *change),
            Happening::Cdr(cdr) => self.push(Event::CallCdr(Box::new(w.call_cdr(cdr))), None, &[]),
            Happening::QueueCaller { queue, call, position, kind, reason } => {
                let event = if v12 {
                    Event::QueueStatus(w.queue_status_envelope())
                } else {
                    Event::QueueCallerStatus(w.queue_caller_status(queue, call, *position, *kind, *reason))
                };
                self.push(event, Some(&queue.number), &[]);
            }
            Happening::Agent { queue, agent, .. } => {
                let event = if v12 {
                    Event::QueueStatus(w.queue_status_envelope())
                } else {
                    Event::QueueAgentStatus(w.queue_agent_status(queue, agent))
                };
                self.push(event, Some(&queue.number), &[]);
                self.push(Event::ExtensionAgentStatus(w.extension_agent_status(queue, agent)), None, &[]);
            }
            Happening::AgentRemoved { queue, profile } => {
                let event = if v12 {
                    Event::QueueStatus(w.queue_status_envelope())
                } else {
                    Event::QueueAgentStatus(w.queue_agent_removed(queue, profile))
                };
                self.push(event, Some(&queue.number), &[]);
            }
            Happening::AgentMode { queue, mode: AgentMode::Ready | AgentMode::NotReady, .. } => {
                self.push(Event::QueueMemberState(w.envelope(None)), Some(&queue.number), &[]);
            }
            Happening::AgentMode { .. } => {}
            Happening::SlaBreached { queue, call, total_breached, waiting } => {
                let payload = w.queue_sla_breached(queue, call, *total_breached, *waiting);
                self.push(Event::QueueSlaBreached(payload), Some(&queue.number), &[]);
            }
            Happening::Queue { profile, change } => {
                let payload = w.queue_change(profile);
                let event = match change {
                    Administration::Created => Event::QueueCreated(payload),
                    Administration::Updated => Event::QueueUpdated(payload),
                    Administration::Destroyed => Event::QueueDestroy(payload),
                };
                self.push(event, Some(&profile.number), &[]);
            }
            Happening::Trunk { connected, .. } => {
                let payload = w.envelope(None);
                let event = if *connected { Event::TrunkConnected(payload) } else { Event::TrunkDisconnected(payload) };
                self.push(event, None, &[]);
            }
        }
    }

    fn tell_call(&mut self, call: &CallInfo, change: &CallChange) {
        let w = self.writer;
        let event = match change {
            CallChange::Started => Event::CallStart(w.call_start(call)),
            CallChange::Established { with } => Event::CallEstablished(w.call_progress(call, Some(with))),
            CallChange::Held { by, peer } if w.dialect >= Dialect::V22 => {
                Event::ExtensionHold(w.extension_hold(call, by, peer))
            }
            CallChange::Unheld { by, peer } if w.dialect >= Dialect::V22 => {
                Event::ExtensionUnhold(w.extension_hold(call, by, peer))
            }
            CallChange::Held { by, peer } => Event::CallHold(w.call_hold(call, by, peer)),
            CallChange::Unheld { by, peer } => Event::CallUnhold(w.call_hold(call, by, peer)),
            CallChange::Rerouted { from, to } => {
                let event = Event::CallReroute(w.envelope(Some(call)));
                return self.push(event, None, &[&call.caller, &call.callee, from, to]);
            }
            CallChange::InfoUpdated => Event::CallUpdateInfo(w.call_update_info(call)),
            CallChange::NoAnswer => Event::CallNoanswer(w.call_progress(call, None)),
            CallChange::Failed { code } => Event::CallFail(w.call_fail(call, *code)),
            CallChange::Ended { .. } => Event::CallEnded(w.call_progress(call, None)),
        };
        self.push(event, None, &[]);
    }

    fn tell_target(&mut self, call: &CallInfo, target: &Target, change: TargetChange) {
        let payload = self.writer.target(call);
        let event = match change {
            TargetChange::Added => Event::TargetAdd(payload),
            TargetChange::Ringing => Event::TargetRinging(payload),
            TargetChange::Answered => Event::TargetAnswer(payload),
            TargetChange::NoAnswer => Event::TargetNoanswer(payload),
            TargetChange::Failed => Event::TargetFail(payload),
            TargetChange::Ended => Event::TargetEnded(payload),
        };
        self.push(event, None, &[&call.caller, &call.callee, &target.party]);
    }
}
