//! What happens on the timeline.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::expect::Expect;
use super::im::ImAct;
use super::place::{Place, Word};
use super::setting::{Extension, Habit, Queue};
use crate::fault::Rule;
use crate::world::{AgentMode, Availability, Side};

/// One thing that happens: what a person, an administrator or the network does, or what is expected of clients.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Step(pub(crate) Act);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Call(Box<Call>),
    Answer { call: Word, by: Option<Word> },
    Reject { call: Word, by: Option<Word> },
    Hold { call: Word, by: Option<Word> },
    Unhold { call: Word, by: Option<Word> },
    Transfer { call: Word, by: Option<Word>, to: Word },
    HangUp { call: Word, by: Side },
    NameCaller { call: Word, name: String },
    Callback { call: Word },
    Register { extension: Word, device: usize },
    Unregister { extension: Word, device: usize },
    Presence { extension: Word, state: Availability, note: String },
    Agent { queue: Word, extension: Word, mode: AgentMode },
    AddAgent { queue: Word, extension: Word, mode: AgentMode },
    RemoveAgent { queue: Word, extension: Word },
    Trunk { name: Word, up: bool },
    AddExtension(Box<Extension>),
    RenameExtension { extension: Word, name: String, department: String },
    RemoveExtension { extension: Word },
    AddQueue(Box<Queue>),
    RenameQueue { queue: Word, name: String },
    RemoveQueue { queue: Word },
    Traffic(Box<Traffic>),
    Sms { to: Word },
    Im(ImAct),
    Fault(Box<Rule>),
    ClearFaults,
    Expect(Box<Expect>),
}

/// A step and when it happens.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Duration,
    /// Of its verb.
    pub(crate) place: Place,
    pub(crate) act: Act,
    /// It is one of much traffic: that it is refused is no mistake.
    pub(crate) random: bool,
}

/// The same wherever they stand.
impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        (self.at, &self.act, self.random) == (other.at, &other.act, other.random)
    }
}

/// Somebody calls.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Call {
    pub(crate) id: Word,
    pub(crate) from: Word,
    pub(crate) to: Word,
    pub(crate) name: String,
    pub(crate) trunk: Option<Word>,
    pub(crate) did: String,
    pub(crate) answered: Option<Habit>,
    pub(crate) talk: Habit,
    pub(crate) gives_up: Habit,
    pub(crate) wrong_number: bool,
}

impl Call {
    /// `from` calls `to`; other steps speak of the call by its `id`.
    pub fn new(id: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self::of(Word::from(id.into()), Word::from(from.into()), Word::from(to.into()))
    }

    pub(crate) const fn of(id: Word, from: Word, to: Word) -> Self {
        Self {
            id,
            from,
            to,
            name: String::new(),
            trunk: None,
            did: String::new(),
            answered: None,
            talk: Habit::Never,
            gives_up: Habit::Never,
            wrong_number: false,
        }
    }

    /// The caller's name, as the network tells it.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The trunk that a call from outside comes through. Default: the first that is up.
    pub fn trunk(mut self, name: impl Into<String>) -> Self {
        self.trunk = Some(Word::from(name.into()));
        self
    }

    /// The number that a caller from outside dialled. Default: that of the trunk.
    pub fn did(mut self, number: impl Into<String>) -> Self {
        self.did = number.into();
        self
    }

    /// When whoever rings answers. Default: the habit of the extension; nobody outside answers by himself.
    pub fn answered(mut self, habit: impl Into<Habit>) -> Self {
        self.answered = Some(habit.into());
        self
    }

    /// How long they talk before the caller hangs up, anew with each one who answers. Default: until somebody is told to.
    pub fn talk(mut self, habit: impl Into<Habit>) -> Self {
        self.talk = habit.into();
        self
    }

    /// When the caller hangs up if nobody talks to him. Default never.
    pub fn gives_up(mut self, habit: impl Into<Habit>) -> Self {
        self.gives_up = habit.into();
        self
    }

    /// The called number leads nowhere, and that is meant.
    pub const fn wrong_number(mut self) -> Self {
        self.wrong_number = true;
        self
    }
}

/// Many callers from outside, all from the seed.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Traffic {
    pub(crate) to: Word,
    pub(crate) calls: u32,
    pub(crate) every: RangeInclusive<Duration>,
    pub(crate) answered: Option<RangeInclusive<Duration>>,
    pub(crate) talk: RangeInclusive<Duration>,
    pub(crate) gives_up: Option<RangeInclusive<Duration>>,
}

impl Traffic {
    /// So many calls to a queue or an extension, one `every` so long.
    pub fn new(to: impl Into<String>, calls: u32, every: RangeInclusive<Duration>) -> Self {
        Self::of(Word::from(to.into()), calls, every)
    }

    pub(crate) const fn of(to: Word, calls: u32, every: RangeInclusive<Duration>) -> Self {
        let talk = Duration::from_secs(20)..=Duration::from_secs(20);
        Self { to, calls, every, answered: None, talk, gives_up: None }
    }

    /// When whoever rings answers. Default: the habit of the extension.
    pub fn answered(mut self, time: RangeInclusive<Duration>) -> Self {
        self.answered = Some(time);
        self
    }

    /// How long they talk. Default 20 s.
    pub fn talk(mut self, time: RangeInclusive<Duration>) -> Self {
        self.talk = time;
        self
    }

    /// When a caller hangs up to whom nobody talks. Default never.
    pub fn gives_up(mut self, time: RangeInclusive<Duration>) -> Self {
        self.gives_up = Some(time);
        self
    }
}

fn word(text: impl Into<String>) -> Word {
    Word::from(text.into())
}

impl Step {
    /// `by` answers the call.
    pub fn answer(call: impl Into<String>, by: impl Into<String>) -> Self {
        Self(Act::Answer { call: word(call), by: Some(word(by)) })
    }

    /// `by` refuses the call.
    pub fn reject(call: impl Into<String>, by: impl Into<String>) -> Self {
        Self(Act::Reject { call: word(call), by: Some(word(by)) })
    }

    /// `by` holds the call.
    pub fn hold(call: impl Into<String>, by: impl Into<String>) -> Self {
        Self(Act::Hold { call: word(call), by: Some(word(by)) })
    }

    /// `by`, who holds the call, goes on.
    pub fn unhold(call: impl Into<String>, by: impl Into<String>) -> Self {
        Self(Act::Unhold { call: word(call), by: Some(word(by)) })
    }

    /// `by`, who answered the call, sends its caller on to `to`.
    pub fn transfer(call: impl Into<String>, by: impl Into<String>, to: impl Into<String>) -> Self {
        Self(Act::Transfer { call: word(call), by: Some(word(by)), to: word(to) })
    }

    /// One side hangs up.
    pub fn hang_up(call: impl Into<String>, by: Side) -> Self {
        Self(Act::HangUp { call: word(call), by })
    }

    /// The caller's name becomes known.
    pub fn name_caller(call: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Act::NameCaller { call: word(call), name: name.into() })
    }

    /// Who waits in a queue hangs up, to be called back.
    pub fn callback(call: impl Into<String>) -> Self {
        Self(Act::Callback { call: word(call) })
    }

    /// The first device of an extension registers.
    pub fn register(extension: impl Into<String>) -> Self {
        Self(Act::Register { extension: word(extension), device: 0 })
    }

    /// The first device of an extension unregisters.
    pub fn unregister(extension: impl Into<String>) -> Self {
        Self(Act::Unregister { extension: word(extension), device: 0 })
    }

    /// An owner says something else of himself.
    pub fn presence(extension: impl Into<String>, state: Availability, note: impl Into<String>) -> Self {
        Self(Act::Presence { extension: word(extension), state, note: note.into() })
    }

    /// An agent logs in or out of a queue, or says whether it takes calls.
    pub fn agent(queue: impl Into<String>, extension: impl Into<String>, mode: AgentMode) -> Self {
        Self(Act::Agent { queue: word(queue), extension: word(extension), mode })
    }

    /// An extension becomes an agent.
    pub fn add_agent(queue: impl Into<String>, extension: impl Into<String>, mode: AgentMode) -> Self {
        Self(Act::AddAgent { queue: word(queue), extension: word(extension), mode })
    }

    /// An extension is no longer an agent.
    pub fn remove_agent(queue: impl Into<String>, extension: impl Into<String>) -> Self {
        Self(Act::RemoveAgent { queue: word(queue), extension: word(extension) })
    }

    /// An extension gets another name and department.
    pub fn rename_extension(
        extension: impl Into<String>,
        name: impl Into<String>,
        department: impl Into<String>,
    ) -> Self {
        let (name, department) = (name.into(), department.into());
        Self(Act::RenameExtension { extension: word(extension), name, department })
    }

    /// An extension is removed.
    pub fn remove_extension(extension: impl Into<String>) -> Self {
        Self(Act::RemoveExtension { extension: word(extension) })
    }

    /// A queue gets another name.
    pub fn rename_queue(queue: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Act::RenameQueue { queue: word(queue), name: name.into() })
    }

    /// A queue is removed.
    pub fn remove_queue(queue: impl Into<String>) -> Self {
        Self(Act::RemoveQueue { queue: word(queue) })
    }

    /// A trunk comes up or goes down.
    pub fn trunk(name: impl Into<String>, up: bool) -> Self {
        Self(Act::Trunk { name: word(name), up })
    }

    /// Somebody at the PBX sends a text message.
    pub fn sms(to: impl Into<String>) -> Self {
        Self(Act::Sms { to: word(to) })
    }

    /// Something begins to go wrong; see [`fault`](crate::fault).
    pub fn fault(rule: impl Into<Rule>) -> Self {
        Self(Act::Fault(Box::new(rule.into())))
    }

    /// Nothing goes wrong any more.
    pub const fn clear_faults() -> Self {
        Self(Act::ClearFaults)
    }
}

impl From<Call> for Step {
    fn from(call: Call) -> Self {
        Self(Act::Call(Box::new(call)))
    }
}

impl From<Traffic> for Step {
    fn from(traffic: Traffic) -> Self {
        Self(Act::Traffic(Box::new(traffic)))
    }
}

impl From<Expect> for Step {
    fn from(expect: Expect) -> Self {
        Self(Act::Expect(Box::new(expect)))
    }
}

impl From<Extension> for Step {
    fn from(extension: Extension) -> Self {
        Self(Act::AddExtension(Box::new(extension)))
    }
}

impl From<Queue> for Step {
    fn from(queue: Queue) -> Self {
        Self(Act::AddQueue(Box::new(queue)))
    }
}
