//! What telephones do, as the stream tells it: more than the world's own line states, since several states combine.

use std::collections::{BTreeMap, BTreeSet};

use tieline_cloudpbx::stream::{DeviceState, State};

use crate::world::{Administration, CallChange, CallInfo, Happening, Party, PartyKind, Target, TargetChange};

/// Number and name of whom somebody talks to, or is to talk to.
pub(super) type Peer = (String, String);

/// The telephones of all extensions, by number.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<String, Line>);

#[derive(Debug, Default)]
struct Line {
    /// Whether any device is registered.
    online: bool,
    /// Its part in calls, by session id.
    parts: BTreeMap<String, Part>,
}

/// What an extension does in one call.
#[derive(Debug, Default)]
struct Part {
    /// It calls, and whether it was put through.
    calls: Option<bool>,
    /// The targets that ring there.
    ringing: BTreeSet<String>,
    /// The target that answered there.
    answered: Option<String>,
    holds: bool,
    peer: Peer,
}

impl Part {
    fn state(&self) -> State {
        if self.calls == Some(true) || self.answered.is_some() {
            if self.holds { State::IN_USE | State::ON_HOLD } else { State::IN_USE }
        } else if self.calls.is_some() {
            State::CONNECTING
        } else {
            State::RINGING
        }
    }

    fn is_over(&self) -> bool {
        self.calls.is_none() && self.ringing.is_empty() && self.answered.is_none()
    }
}

impl Lines {
    /// An extension, and whether any device of it is registered.
    pub(super) fn add(&mut self, number: &str, online: bool) {
        self.0.entry(number.to_owned()).or_default().online = online;
    }

    /// What the telephones of an extension do together. `None` when there is no such extension.
    pub(super) fn state(&self, number: &str) -> Option<State> {
        let line = self.0.get(number)?;
        Some(match line.parts.values().map(Part::state).reduce(|all, one| all | one) {
            Some(state) => state,
            None if line.online => State::IDLE,
            None => State::UNAVAILABLE,
        })
    }

    /// The other side of the extension's latest call.
    pub(super) fn peer(&self, number: &str) -> Option<&Peer> {
        self.0.get(number)?.parts.values().next_back().map(|part| &part.peer)
    }

    /// Notes what happened; the extensions that it concerns.
    pub(super) fn note(&mut self, happening: &Happening) -> Vec<String> {
        match happening {
            Happening::Registration { extension, .. } => {
                self.add(&extension.profile.number, extension.online);
                vec![extension.profile.number.clone()]
            }
            Happening::Extension { profile, change: Administration::Created } => {
                self.add(&profile.number, false);
                vec![profile.number.clone()]
            }
            Happening::Extension { profile, change: Administration::Destroyed } => {
                self.0.remove(&profile.number);
                Vec::new()
            }
            Happening::Call { call, change } => self.note_call(call, change),
            Happening::Target { call, target, change } => self.note_target(call, target, *change),
            _ => Vec::new(),
        }
    }

    fn note_call(&mut self, call: &CallInfo, change: &CallChange) -> Vec<String> {
        match change {
            CallChange::Started => self.change(&call.caller, call, |part| {
                part.calls = Some(false);
                part.peer = peer(&call.callee);
            }),
            CallChange::Established { with } => self.change(&call.caller, call, |part| {
                part.calls = Some(true);
                part.peer = peer(with);
            }),
            CallChange::Held { by, .. } => self.change(by, call, |part| part.holds = true),
            CallChange::Unheld { by, .. } => self.change(by, call, |part| part.holds = false),
            CallChange::Rerouted { .. } => Vec::new(),
            CallChange::InfoUpdated => self.in_call(call, |part| {
                if part.peer.0 == call.caller.number {
                    part.peer = peer(&call.caller);
                }
                true
            }),
            CallChange::NoAnswer | CallChange::Failed { .. } | CallChange::Ended { .. } => {
                self.in_call(call, |_| false)
            }
        }
    }

    fn note_target(&mut self, call: &CallInfo, target: &Target, change: TargetChange) -> Vec<String> {
        // Who asked a queue to be called back is the called party of that call.
        let other = if call.caller.kind == PartyKind::Queue { &call.callee } else { &call.caller };
        self.change(&target.party, call, |part| {
            part.ringing.remove(&target.id);
            match change {
                TargetChange::Added => {}
                TargetChange::Ringing => {
                    part.ringing.insert(target.id.clone());
                    part.peer = peer(other);
                }
                TargetChange::Answered => part.answered = Some(target.id.clone()),
                TargetChange::NoAnswer | TargetChange::Failed | TargetChange::Ended => {
                    if part.answered.as_ref() == Some(&target.id) {
                        part.answered = None;
                        part.holds = false;
                    }
                }
            }
        })
    }

    /// Changes the part that a party has in a call, if it is an extension.
    fn change(&mut self, party: &Party, call: &CallInfo, change: impl FnOnce(&mut Part)) -> Vec<String> {
        let Some(number) = party.extension() else { return Vec::new() };
        let Some(line) = self.0.get_mut(number) else { return Vec::new() };
        let part = line.parts.entry(call.session_id.clone()).or_default();
        change(part);
        if part.is_over() {
            line.parts.remove(&call.session_id);
        }
        vec![number.to_owned()]
    }

    /// Changes all parts in a call; those for which `keep` is false are over.
    fn in_call(&mut self, call: &CallInfo, mut keep: impl FnMut(&mut Part) -> bool) -> Vec<String> {
        let mut numbers = Vec::new();
        for (number, line) in &mut self.0 {
            let Some(part) = line.parts.get_mut(&call.session_id) else { continue };
            if !keep(part) {
                line.parts.remove(&call.session_id);
            }
            numbers.push(number.clone());
        }
        numbers
    }
}

fn peer(party: &Party) -> Peer {
    (party.number.clone(), party.display_name.clone())
}

/// The state of a telephone on the other scale, on which queues tell it.
pub(super) fn device_state(state: State) -> DeviceState {
    let has = |one| state.contains(one);
    let in_use = has(State::IN_USE) || has(State::CONNECTING);
    match () {
        () if has(State::UNAVAILABLE) => DeviceState::Unavailable,
        () if in_use && has(State::RINGING) => DeviceState::RingInUse,
        () if has(State::RINGING) => DeviceState::Ringing,
        () if has(State::ON_HOLD) => DeviceState::OnHold,
        () if in_use => DeviceState::InUse,
        () => DeviceState::NotInUse,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::world::{CallType, Direction, EndReason, TargetState};
    use tieline_core::Instant;

    fn party(number: &str) -> Party {
        let (number, display_name) = (number.to_owned(), format!("Name of {number}"));
        Party { kind: PartyKind::Extension, number, id: None, display_name, host: "acme.test".to_owned() }
    }

    /// A call of `from` to `to`.
    struct Scene {
        call: Arc<CallInfo>,
        lines: Lines,
    }

    impl Scene {
        fn new() -> Self {
            let mut lines = Lines::default();
            for number in ["101", "102", "103"] {
                lines.add(number, true);
            }
            Self { call: Self::info("1", "102", "101"), lines }
        }

        fn info(session_id: &str, from: &str, to: &str) -> Arc<CallInfo> {
            Arc::new(CallInfo {
                session_id: session_id.to_owned(),
                cdr_id: String::new(),
                call_id: String::new(),
                direction: Direction::Internal,
                caller: party(from),
                callee: party(to),
                did: String::new(),
                outbound_caller_id: String::new(),
                trunk: None,
            })
        }

        fn call(&mut self, change: CallChange) {
            self.lines.note(&Happening::Call { call: Arc::clone(&self.call), change });
        }

        fn target(&mut self, id: &str, change: TargetChange) {
            let target = Target {
                id: id.to_owned(),
                party: self.call.callee.clone(),
                destination: String::new(),
                device: None,
                call_type: CallType::Normal,
                state: TargetState::Added,
                started: Instant::EPOCH,
                rang: None,
                answered: None,
                ended: None,
                end_reason: EndReason::None,
                status_code: 0,
                round: 1,
            };
            self.lines.note(&Happening::Target { call: Arc::clone(&self.call), target, change });
        }

        fn state(&self, number: &str) -> i64 {
            self.lines.state(number).expect("an extension").value()
        }
    }

    #[test]
    fn a_call_goes_from_connecting_and_ringing_to_in_use_to_idle() {
        let mut scene = Scene::new();
        scene.call(CallChange::Started);
        scene.target("a", TargetChange::Added);
        assert_eq!((scene.state("102"), scene.state("101")), (32, 0));
        scene.target("a", TargetChange::Ringing);
        assert_eq!((scene.state("102"), scene.state("101")), (32, 8));
        assert_eq!(scene.lines.peer("101"), Some(&("102".to_owned(), "Name of 102".to_owned())));
        scene.target("a", TargetChange::Answered);
        scene.call(CallChange::Established { with: party("101") });
        assert_eq!((scene.state("102"), scene.state("101")), (1, 1));
        scene.target("a", TargetChange::Ended);
        scene.call(CallChange::Ended { reason: EndReason::CalleeDisconnect });
        assert_eq!((scene.state("102"), scene.state("101")), (0, 0));
        assert_eq!(scene.lines.peer("102"), None);
    }

    #[test]
    fn an_extension_rings_as_long_as_one_of_its_devices_does() {
        let mut scene = Scene::new();
        scene.target("a", TargetChange::Ringing);
        scene.target("b", TargetChange::Ringing);
        scene.target("a", TargetChange::Failed);
        assert_eq!(scene.state("101"), 8);
        scene.target("b", TargetChange::NoAnswer);
        assert_eq!(scene.state("101"), 0);
    }

    #[test]
    fn states_of_several_calls_combine() {
        let mut scene = Scene::new();
        scene.target("a", TargetChange::Ringing);
        scene.target("a", TargetChange::Answered);
        scene.call = Scene::info("2", "103", "101");
        scene.target("b", TargetChange::Ringing);
        assert_eq!(scene.state("101"), 9);
        assert_eq!(scene.lines.peer("101").map(|(number, _)| number.as_str()), Some("103"));
        assert_eq!(device_state(State::IN_USE | State::RINGING), DeviceState::RingInUse);
        scene.target("b", TargetChange::Ended);
        assert_eq!(scene.state("101"), 1);
    }

    #[test]
    fn who_holds_is_in_use_and_on_hold() {
        let mut scene = Scene::new();
        scene.target("a", TargetChange::Answered);
        scene.call(CallChange::Held { by: party("101"), peer: party("102") });
        assert_eq!(scene.state("101"), 17);
        assert_eq!(device_state(State::IN_USE | State::ON_HOLD), DeviceState::OnHold);
        scene.call(CallChange::Unheld { by: party("101"), peer: party("102") });
        assert_eq!(scene.state("101"), 1);
    }

    #[test]
    fn without_a_device_an_extension_is_unavailable_unless_it_is_in_a_call() {
        let mut scene = Scene::new();
        scene.lines.add("101", false);
        assert_eq!(scene.state("101"), 4);
        scene.target("a", TargetChange::Answered);
        assert_eq!(scene.state("101"), 1);
    }
}
