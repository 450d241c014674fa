//! Calls: what the phones do in them, and the events that tell them.

use tieline_axeos::{Call, Caller, Event, Target, TargetPhoneType};

use super::Axeos;
use super::phone::{Part, Telephone};
use crate::filled::filled;
use crate::world::{self, CallChange, CallInfo, Direction, Party, PartyKind, TargetChange, Trunk};

/// A call that goes on.
#[derive(Debug, Default)]
pub(super) struct Ongoing {
    /// The uuid of the phone that calls.
    calls_from: Option<String>,
    /// Who answered last.
    answered_by: Option<Target<String>>,
    /// Whether anybody but a queue answered.
    talks: bool,
}

/// Where a call goes.
enum Goes {
    To(Vec<Target<String>>),
    /// As one `target`.
    ToOne(Option<Target<String>>),
}

impl Goes {
    /// One place as `target`, several as `targets`: clients are to know both.
    fn new(mut targets: Vec<Target<String>>) -> Self {
        if targets.len() == 1 { Self::ToOne(targets.pop()) } else { Self::To(targets) }
    }
}

impl Axeos {
    pub(super) fn note_call(&mut self, info: &CallInfo, change: &CallChange) -> Vec<Event<String>> {
        let id = info.session_id.as_str();
        match change {
            CallChange::Started => {
                let calls_from = self.begin_calling(info);
                self.calls.insert(id.to_owned(), Ongoing { calls_from, ..Ongoing::default() });
                let targets = self.targets(&info.callee, info);
                let by_api = self.by_api.remove(id);
                let event = |call| match info.direction {
                    _ if by_api => Event::ApiCall(call),
                    Direction::Inbound | Direction::InboundOutbound => Event::IncomingCall(call),
                    _ => Event::InternalDial(call),
                };
                let goes = match info.direction {
                    Direction::Inbound => Goes::To(targets),
                    _ => Goes::new(targets),
                };
                vec![event(self.told(info, goes).into())]
            }
            CallChange::Rerouted { from, to } => {
                let talks = self.calls.get(id).is_some_and(|call| call.talks);
                let forwards = from.extension().and_then(|number| self.people.get(number)).filter(|_| !talks);
                let goes = match forwards {
                    Some(person) => Goes::ToOne(Some(filled!(Target {
                        user_uuid: person.uuid.clone(),
                        number: to.number.clone(),
                        user_phone_type: TargetPhoneType::Forward,
                    }))),
                    None => Goes::new(self.targets(to, info)),
                };
                vec![Event::InternalDial(self.told(info, goes).into())]
            }
            CallChange::Established { with } if with.kind != PartyKind::Queue => {
                let call = self.calls.entry(id.to_owned()).or_default();
                call.talks = true;
                let goes = Goes::ToOne(call.answered_by.clone());
                vec![Event::CallAnswered(self.told(info, goes).into())]
            }
            CallChange::Held { by, .. } => self.hold(id, by, Part::Talks, Part::Holds),
            CallChange::Unheld { by, .. } => self.hold(id, by, Part::Holds, Part::Talks),
            CallChange::NoAnswer => self.finish(info, |_| "no answer"),
            CallChange::Failed { code } => self.finish(info, |_| failure(*code)),
            CallChange::Ended { .. } => self.finish(info, |call| if call.talks { "hangup" } else { "cancelled" }),
            CallChange::Established { .. } | CallChange::InfoUpdated => Vec::new(),
        }
    }

    pub(super) fn note_target(&mut self, info: &CallInfo, target: &world::Target, change: TargetChange) {
        let id = info.session_id.as_str();
        let phone = target.device.as_ref().and_then(|device| {
            let person = self.people.get_mut(target.party.extension()?)?;
            person.phones.iter_mut().find(|phone| phone.is(device))
        });
        let mut phone_uuid = None;
        if let Some(phone) = phone {
            match change {
                TargetChange::Added => {}
                TargetChange::Ringing => phone.take_part(id, Some(Part::Rings)),
                TargetChange::Answered => phone.take_part(id, Some(Part::Talks)),
                TargetChange::NoAnswer | TargetChange::Failed | TargetChange::Ended => phone.take_part(id, None),
            }
            phone_uuid = Some(phone.uuid.clone());
        }
        if change == TargetChange::Answered {
            let person = target.party.extension().and_then(|number| self.people.get(number));
            let answered_by = match (person, phone_uuid) {
                (Some(person), Some(phone)) => person.target_at(&phone),
                _ => Some(self.outside(&target.party.number, info.trunk.as_deref())),
            };
            self.calls.entry(id.to_owned()).or_default().answered_by = answered_by;
        }
    }

    /// The phone that calls: the one that the user is on, ASSUMED.
    fn begin_calling(&mut self, info: &CallInfo) -> Option<String> {
        let person = self.people.get_mut(info.caller.extension()?)?;
        let phone = person.phones.iter_mut().rev().find(|phone| phone.registered)?;
        phone.take_part(&info.session_id, Some(Part::Talks));
        Some(phone.uuid.clone())
    }

    fn hold(&mut self, id: &str, by: &Party, from: Part, to: Part) -> Vec<Event<String>> {
        let person = by.extension().and_then(|number| self.people.get_mut(number));
        for phone in person.into_iter().flat_map(|person| &mut person.phones) {
            if phone.part(id) == Some(from) {
                phone.take_part(id, Some(to));
            }
        }
        Vec::new()
    }

    fn finish(&mut self, info: &CallInfo, reason: impl FnOnce(&Ongoing) -> &'static str) -> Vec<Event<String>> {
        let id = info.session_id.as_str();
        let phones = self.people.values_mut().flat_map(|person| &mut person.phones);
        phones.for_each(|phone: &mut Telephone| phone.take_part(id, None));
        let answered_by = self.calls.get(id).and_then(|call| call.answered_by.clone());
        let mut told = self.told(info, Goes::ToOne(answered_by));
        told.reason = Some(reason(&self.calls.remove(id).unwrap_or_default()).to_owned());
        vec![Event::CallFinished(told.into())]
    }

    /// What all events of a call say of it.
    fn told(&self, info: &CallInfo, goes: Goes) -> Call<String> {
        let CallInfo { caller, callee, .. } = info;
        let mut call = filled!(Call { unique_id: info.session_id.clone(), caller: self.caller(info) });
        let queue = [callee, caller].into_iter().find(|party| party.kind == PartyKind::Queue);
        call.event_tag = queue.map(|queue| queue.display_name.clone());
        call.called_did = Some(info.did.clone()).filter(|did| !did.is_empty());
        if matches!(callee.kind, PartyKind::Extension | PartyKind::Queue) {
            call.called_extension = Some(callee.number.clone());
        }
        // What was dialled from outside is the DID.
        call.called_number = (caller.kind != PartyKind::External).then(|| callee.number.clone());
        match goes {
            Goes::To(targets) => call.targets = Some(targets),
            Goes::ToOne(target) => call.target = target,
        }
        call
    }

    fn caller(&self, info: &CallInfo) -> Caller<String> {
        let party = &info.caller;
        let mut caller = filled!(Caller { number: party.number.clone() });
        caller.name = Some(party.display_name.clone()).filter(|name| !name.is_empty());
        caller.user_uuid =
            party.extension().and_then(|number| self.people.get(number)).map(|person| person.uuid.clone());
        caller.phone_uuid = self.calls.get(&info.session_id).and_then(|call| call.calls_from.clone());
        caller.normalized_number = (party.kind == PartyKind::External).then(|| format!("+{}", party.number));
        caller
    }

    /// What rings when a party is called. A queue, and a number that leads nowhere, ring nothing.
    fn targets(&self, to: &Party, info: &CallInfo) -> Vec<Target<String>> {
        match to.kind {
            PartyKind::Extension => self.people.get(&to.number).map(|person| person.targets()).unwrap_or_default(),
            PartyKind::External => vec![self.outside(&to.number, info.trunk.as_deref())],
            _ => Vec::new(),
        }
    }

    fn outside(&self, number: &str, trunk: Option<&Trunk>) -> Target<String> {
        let mut target = filled!(Target { number: number.to_owned() });
        target.trunk_uuid = trunk.map(|trunk| self.uuids.of(&trunk.id));
        target
    }
}

/// Why a call could not be put through, by its SIP status. ASSUMED.
const fn failure(code: u16) -> &'static str {
    match code {
        404 => "unknown number",
        480 => "unreachable",
        486 => "busy",
        503 => "congestion",
        603 => "rejected",
        _ => "failed",
    }
}
