//! What there is at the beginning: trunks, extensions, queues and their agents.

use std::time::Duration;

use super::place::{Place, Word};
use crate::world::{AgentMode, Role};

/// A trunk to the telephone network.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Trunk {
    pub(crate) name: Word,
    pub(crate) host: String,
    pub(crate) number: String,
    pub(crate) up: bool,
}

impl Trunk {
    /// A trunk that is up, by its name.
    pub fn new(name: impl Into<String>) -> Self {
        let host = "sip.carrier.test".to_owned();
        Self { name: Word::from(name.into()), host, number: "18005550100".to_owned(), up: true }
    }

    /// The provider's host: the host part of outside numbers' addresses. Default `sip.carrier.test`.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The number that calls going out show. Default 18005550100.
    pub fn number(mut self, number: impl Into<String>) -> Self {
        self.number = number.into();
        self
    }

    /// Whether it is up at the beginning. Default yes.
    pub const fn up(mut self, up: bool) -> Self {
        self.up = up;
        self
    }
}

/// What somebody does whose telephone rings, or who talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Habit {
    /// After this time.
    After(Duration),
    /// Not at all, unless told to.
    Never,
}

impl From<Duration> for Habit {
    fn from(time: Duration) -> Self {
        Self::After(time)
    }
}

/// An extension.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Extension {
    pub(crate) number: Word,
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) role: Role,
    pub(crate) forward: Option<Word>,
    pub(crate) devices: u32,
    pub(crate) online: bool,
    pub(crate) im: bool,
    pub(crate) answers: Habit,
}

impl Extension {
    /// An extension with one registered device. The first word of the name, in lower case, is the name to log in by.
    pub fn new(number: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            number: Word::from(number.into()),
            name: name.into(),
            group: "office".to_owned(),
            role: Role::Extension,
            forward: None,
            devices: 1,
            online: true,
            im: true,
            answers: Habit::Never,
        }
    }

    /// The group, whose members may watch each other (PBX 12). Default `office`.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = group.into();
        self
    }

    /// What its owner may see. Default: what an extension may.
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Where calls go that nobody answers here.
    pub fn forward(mut self, to: impl Into<String>) -> Self {
        self.forward = Some(Word::from(to.into()));
        self
    }

    /// How many devices it has, 1 to 8. Default 1.
    pub const fn devices(mut self, devices: u32) -> Self {
        self.devices = devices;
        self
    }

    /// Whether the devices are registered at the beginning. Default yes.
    pub const fn online(mut self, online: bool) -> Self {
        self.online = online;
        self
    }

    /// Whether its owner is in IM while a device is registered. Default yes; without it nobody is there but clients, and who
    /// a step lets in.
    pub const fn im(mut self, im: bool) -> Self {
        self.im = im;
        self
    }

    /// When its owner answers whatever rings. Default never.
    pub fn answers(mut self, habit: impl Into<Habit>) -> Self {
        self.answers = habit.into();
        self
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Queue {
    pub(crate) number: Word,
    pub(crate) name: String,
    pub(crate) agents: Vec<Agent>,
    pub(crate) ring: Duration,
    pub(crate) sla: Duration,
    pub(crate) wait: Duration,
    pub(crate) wrap_up: Duration,
    pub(crate) capacity: usize,
    pub(crate) overflow: Option<Word>,
    pub(crate) manager: Option<Word>,
}

/// An agent of a queue.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) extension: Word,
    pub(crate) mode: AgentMode,
    pub(crate) place: Place,
}

/// The same wherever they stand.
impl PartialEq for Agent {
    fn eq(&self, other: &Self) -> bool {
        (&self.extension, self.mode) == (&other.extension, other.mode)
    }
}

impl Queue {
    /// A queue without agents.
    pub fn new(number: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            number: Word::from(number.into()),
            name: name.into(),
            agents: Vec::new(),
            ring: Duration::from_secs(12),
            sla: Duration::from_secs(20),
            wait: Duration::from_secs(45),
            wrap_up: Duration::from_secs(8),
            capacity: 5,
            overflow: None,
            manager: None,
        }
    }

    /// An agent, and how it begins.
    pub fn agent(mut self, extension: impl Into<String>, mode: AgentMode) -> Self {
        let extension = Word::from(extension.into());
        self.agents.push(Agent { extension, mode, place: Place::default() });
        self
    }

    /// How long an agent's telephone rings before the next one is tried. Default 12 s.
    pub const fn ring(mut self, time: Duration) -> Self {
        self.ring = time;
        self
    }

    /// How long a caller may wait before the service level is breached. Default 20 s.
    pub const fn sla(mut self, time: Duration) -> Self {
        self.sla = time;
        self
    }

    /// How long a caller waits before the call overflows. Default 45 s.
    pub const fn wait(mut self, time: Duration) -> Self {
        self.wait = time;
        self
    }

    /// How long an agent works after a call. Default 8 s.
    pub const fn wrap_up(mut self, time: Duration) -> Self {
        self.wrap_up = time;
        self
    }

    /// How many may wait. Default 5.
    pub const fn capacity(mut self, callers: usize) -> Self {
        self.capacity = callers;
        self
    }

    /// Where calls go that wait too long or find the queue full. Default: the first extension.
    pub fn overflow(mut self, to: impl Into<String>) -> Self {
        self.overflow = Some(Word::from(to.into()));
        self
    }

    /// Who manages it. Default: the first extension.
    pub fn manager(mut self, extension: impl Into<String>) -> Self {
        self.manager = Some(Word::from(extension.into()));
        self
    }
}
