//! One phone: whether it is there, what it does in which calls, and how that is told.

use std::collections::BTreeMap;

use tieline_axeos::{Phone, Scalar};
use tieline_core::Text;

use crate::filled::filled;
use crate::world::Device;

/// What a phone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    InUse,
    Ringing,
    OnHold,
    Unreachable,
}

impl State {
    /// In words for people. ASSUMED, as is the code.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::InUse => "in use",
            Self::Ringing => "ringing",
            Self::OnHold => "on hold",
            Self::Unreachable => "unreachable",
        }
    }

    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Idle => 0,
            Self::InUse => 1,
            Self::Ringing => 2,
            Self::OnHold => 3,
            Self::Unreachable => 4,
        }
    }
}

/// What a phone does in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It rings.
    Rings,
    /// It calls or talks.
    Talks,
    /// It holds the call.
    Holds,
}

/// A device as a phone of Axeos.
#[derive(Debug)]
pub(super) struct Telephone {
    pub(super) uuid: String,
    instance: String,
    username: String,
    name: String,
    pub(super) registered: bool,
    /// By session id.
    parts: BTreeMap<String, Part>,
    told: State,
}

impl Telephone {
    /// The device of an extension at a place among its devices, from 0.
    pub(super) fn new(number: &str, place: usize, device: &Device) -> Self {
        let username = if place == 0 { number.to_owned() } else { format!("{number}-{}", place + 1) };
        Self {
            uuid: device.instance.to_lowercase(),
            instance: device.instance.clone(),
            username,
            name: device.user_agent.clone(),
            registered: false,
            parts: BTreeMap::new(),
            told: State::Unreachable,
        }
    }

    pub(super) fn is(&self, device: &Device) -> bool {
        self.instance == device.instance
    }

    /// It does something in a call, or, with `None`, nothing any more.
    pub(super) fn take_part(&mut self, session_id: &str, part: Option<Part>) {
        match part {
            Some(part) => {
                self.parts.insert(session_id.to_owned(), part);
            }
            None => {
                self.parts.remove(session_id);
            }
        }
    }

    pub(super) fn part(&self, session_id: &str) -> Option<Part> {
        self.parts.get(session_id).copied()
    }

    pub(super) fn state(&self) -> State {
        let has = |part| self.parts.values().any(|has| *has == part);
        match () {
            () if has(Part::Talks) => State::InUse,
            () if has(Part::Holds) => State::OnHold,
            () if has(Part::Rings) => State::Ringing,
            () if self.registered => State::Idle,
            () => State::Unreachable,
        }
    }

    /// Whether the state is another one than when this was asked last.
    pub(super) fn is_news(&mut self) -> bool {
        let state = self.state();
        std::mem::replace(&mut self.told, state) != state
    }

    /// As the list of phones has it.
    pub(super) fn listed(&self) -> Phone<Text> {
        filled!(Phone {
            uuid: Text::from(self.uuid.as_str()),
            phone_username: Text::from(self.username.as_str()),
            name: Text::from(self.name.as_str()),
            status: Text::from(self.state().word()),
            status_code: Scalar::Integer(self.state().code()),
        })
    }
}
