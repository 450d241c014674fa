//! The steps of a timeline, from a document.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::expect;
use super::fields::{Fields, LONGEST, Mistakes, parse_time, word};
use super::im;
use super::node::{Node, Value};
use super::setting::{self, MODES, habit};
use crate::fault::Rule;
use crate::scenario::place::{Place, Word};
use crate::scenario::setting::Habit;
use crate::scenario::step::{Act, Call, Moment, Traffic};
use crate::world::{AgentMode, Availability, Side};

/// Every verb of a timeline.
pub const VERBS: [&str; 32] = [
    "call",
    "answer",
    "reject",
    "hold",
    "unhold",
    "transfer",
    "hang-up",
    "name-caller",
    "callback",
    "register",
    "unregister",
    "presence",
    "agent",
    "add-agent",
    "remove-agent",
    "trunk",
    "add-extension",
    "rename-extension",
    "remove-extension",
    "add-queue",
    "rename-queue",
    "remove-queue",
    "traffic",
    "sms",
    "message",
    "receipt",
    "typing",
    "im-login",
    "im-logout",
    "fault",
    "clear-faults",
    "expect",
];
const STATES: [(&str, Availability); 5] = [
    ("online", Availability::Online),
    ("away", Availability::Away),
    ("do-not-disturb", Availability::DoNotDisturb),
    ("business-trip", Availability::BusinessTrip),
    ("lunch", Availability::Lunch),
];
const SIDES: [(&str, Side); 2] = [("caller", Side::Caller), ("callee", Side::Callee)];

/// A step with its time; `+2s` counts from `before`.
pub(super) fn moment(node: &Node, before: Duration, mistakes: &mut Mistakes) -> Option<Moment> {
    let mut fields = Fields::of(node, "a table with `at` and a step", mistakes)?;
    let at = match fields.needed("at", mistakes) {
        Some(at) => moment_of(&at, before, mistakes),
        None => None,
    };
    let act = act(&mut fields, mistakes);
    fields.finish(mistakes);
    let (place, act) = act?;
    Some(Moment { at: at?, place, act, random: false })
}

fn moment_of(at: &Word, before: Duration, mistakes: &mut Mistakes) -> Option<Duration> {
    let found = match at.text.strip_prefix('+') {
        Some(later) => parse_time(later).map(|later| before.saturating_add(later)),
        None => parse_time(&at.text),
    };
    let found = found.filter(|at| *at <= LONGEST);
    if found.is_none() {
        let message = format!("`{}` is no time such as 90s, 1m30s, 250ms, or +2s after the step before", at.text);
        mistakes.note(at.place, message);
    }
    found
}

/// The one step that a table holds, and the place of its verb.
pub(super) fn act(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<(Place, Act)> {
    let around = fields.place();
    let Some(entry) = fields.take_one_of(&VERBS, mistakes) else {
        mistakes.note(around, format!("no step; known are {}", VERBS.join(", ")));
        return None;
    };
    let act = match entry.key.as_str() {
        "fault" => fault(&entry.node, mistakes),
        "sms" if !is_table(&entry.node) => word(&entry.node, mistakes).map(|to| Act::Sms { to }),
        "clear-faults" => match entry.node.value {
            Value::Flag(true) => Some(Act::ClearFaults),
            _ => {
                mistakes.note(entry.node.place, "`clear-faults` is true or absent");
                None
            }
        },
        verb => detailed(verb, &entry.node, mistakes),
    };
    Some((entry.place, act?))
}

const fn is_table(node: &Node) -> bool {
    matches!(node.value, Value::Table(_))
}

fn fault(node: &Node, mistakes: &mut Mistakes) -> Option<Act> {
    let rule = word(node, mistakes)?;
    match rule.text.parse::<Rule>() {
        Ok(rule) => Some(Act::Fault(Box::new(rule))),
        Err(error) => {
            mistakes.note(rule.place, format!("{error}; `tieline sim --fault help` prints how it is written"));
            None
        }
    }
}

/// The steps that have a table, or one word instead of it.
fn detailed(verb: &str, node: &Node, mistakes: &mut Mistakes) -> Option<Act> {
    match verb {
        "call" => return Some(Act::Call(Box::new(call(node, mistakes)?))),
        "traffic" => return Some(Act::Traffic(Box::new(traffic(node, mistakes)?))),
        "add-extension" => return Some(Act::AddExtension(Box::new(setting::extension(node, mistakes)?))),
        "add-queue" => return Some(Act::AddQueue(Box::new(setting::queue(node, mistakes)?))),
        "message" | "receipt" | "typing" | "im-login" | "im-logout" => {
            return Some(Act::Im(im::act(verb, node, mistakes)?));
        }
        "expect" => return Some(Act::Expect(Box::new(expect::expect(node, mistakes)?))),
        _ => {}
    }
    let mut subject = Subject::of(node, mistakes)?;
    let act = match verb {
        "answer" => subject.call(mistakes).map(|(call, by)| Act::Answer { call, by }),
        "reject" => subject.call(mistakes).map(|(call, by)| Act::Reject { call, by }),
        "hold" => subject.call(mistakes).map(|(call, by)| Act::Hold { call, by }),
        "unhold" => subject.call(mistakes).map(|(call, by)| Act::Unhold { call, by }),
        "transfer" => {
            let (call, to) = (subject.call(mistakes), subject.needed("to", mistakes));
            call.zip(to).map(|((call, by), to)| Act::Transfer { call, by, to })
        }
        "hang-up" => {
            let by = subject.choice("by", &SIDES, mistakes).unwrap_or(Side::Caller);
            subject.key("call", mistakes).map(|call| Act::HangUp { call, by })
        }
        "name-caller" => {
            let (call, name) = (subject.key("call", mistakes), subject.needed("name", mistakes));
            call.zip(name).map(|(call, name)| Act::NameCaller { call, name: name.text })
        }
        "callback" => subject.key("call", mistakes).map(|call| Act::Callback { call }),
        "register" | "unregister" => {
            let extension = subject.key("extension", mistakes);
            let device = subject.device(mistakes);
            match verb {
                "register" => extension.map(|extension| Act::Register { extension, device }),
                _ => extension.map(|extension| Act::Unregister { extension, device }),
            }
        }
        "presence" => {
            let (extension, note) = (subject.key("extension", mistakes), subject.text("note", mistakes));
            let state = subject.needed("state", mistakes);
            let state = state.and_then(|state| super::fields::choice(&state, &STATES, mistakes));
            extension.zip(state).map(|(extension, state)| Act::Presence { extension, state, note })
        }
        "agent" | "add-agent" | "remove-agent" => membership(verb, &mut subject, mistakes),
        "trunk" => {
            let up = subject.flag("up", mistakes).unwrap_or(true);
            subject.key("name", mistakes).map(|name| Act::Trunk { name, up })
        }
        "rename-extension" => {
            let (extension, name) = (subject.key("extension", mistakes), subject.needed("name", mistakes));
            let department = subject.text("department", mistakes);
            extension.zip(name).map(|(extension, name)| Act::RenameExtension { extension, name: name.text, department })
        }
        "remove-extension" => subject.key("extension", mistakes).map(|extension| Act::RemoveExtension { extension }),
        "rename-queue" => {
            let (queue, name) = (subject.key("queue", mistakes), subject.needed("name", mistakes));
            queue.zip(name).map(|(queue, name)| Act::RenameQueue { queue, name: name.text })
        }
        "remove-queue" => subject.key("queue", mistakes).map(|queue| Act::RemoveQueue { queue }),
        // "sms"
        _ => subject.key("to", mistakes).map(|to| Act::Sms { to }),
    };
    subject.finish(mistakes);
    act
}

fn membership(verb: &str, subject: &mut Subject<'_>, mistakes: &mut Mistakes) -> Option<Act> {
    let (queue, extension) = (subject.needed("queue", mistakes), subject.needed("extension", mistakes));
    let mode = match verb {
        "remove-agent" => Some(AgentMode::Ready),
        "add-agent" => subject.choice("mode", &MODES, mistakes).or(Some(AgentMode::Ready)),
        _ => {
            let mode = subject.needed("mode", mistakes);
            mode.and_then(|mode| super::fields::choice(&mode, &MODES, mistakes))
        }
    };
    let ((queue, extension), mode) = queue.zip(extension).zip(mode)?;
    Some(match verb {
        "remove-agent" => Act::RemoveAgent { queue, extension },
        "add-agent" => Act::AddAgent { queue, extension, mode },
        _ => Act::Agent { queue, extension, mode },
    })
}

/// What a step is about: one word, or a table.
enum Subject<'n> {
    Word(Option<Word>),
    Table(Fields<'n>),
}

impl<'n> Subject<'n> {
    fn of(node: &'n Node, mistakes: &mut Mistakes) -> Option<Self> {
        if is_table(node) {
            return Fields::of(node, "a table", mistakes).map(Self::Table);
        }
        word(node, mistakes).map(|word| Self::Word(Some(word)))
    }

    /// The main word.
    fn key(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Word> {
        match self {
            Self::Word(word) => word.take(),
            Self::Table(fields) => fields.needed(key, mistakes),
        }
    }

    fn needed(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Word> {
        match self {
            Self::Word(word) => {
                let place = word.as_ref().map_or(Place::default(), |word| word.place);
                mistakes.note(place, format!("a table is needed here: `{key}` is missing"));
                None
            }
            Self::Table(fields) => fields.needed(key, mistakes),
        }
    }

    fn call(&mut self, mistakes: &mut Mistakes) -> Option<(Word, Option<Word>)> {
        let by = match self {
            Self::Word(_) => None,
            Self::Table(fields) => fields.word("by", mistakes),
        };
        self.key("call", mistakes).map(|call| (call, by))
    }

    fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> String {
        match self {
            Self::Word(_) => String::new(),
            Self::Table(fields) => fields.text(key, mistakes).unwrap_or_default(),
        }
    }

    fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        match self {
            Self::Word(_) => None,
            Self::Table(fields) => fields.flag(key, mistakes),
        }
    }

    /// Devices count from 1.
    fn device(&mut self, mistakes: &mut Mistakes) -> usize {
        let device = match self {
            Self::Word(_) => None,
            Self::Table(fields) => fields.whole("device", 1, 8, mistakes),
        };
        device.and_then(|device| usize::try_from(device - 1).ok()).unwrap_or_default()
    }

    fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        match self {
            Self::Word(_) => None,
            Self::Table(fields) => fields.choice(key, choices, mistakes),
        }
    }

    fn finish(self, mistakes: &mut Mistakes) {
        if let Self::Table(fields) = self {
            fields.finish(mistakes);
        }
    }
}

fn call(node: &Node, mistakes: &mut Mistakes) -> Option<Call> {
    let mut fields = Fields::of(node, "a table with `from` and `to`", mistakes)?;
    let id = fields.word("id", mistakes);
    let (from, to) = (fields.needed("from", mistakes), fields.needed("to", mistakes));
    let (name, did) = (fields.text("name", mistakes), fields.text("did", mistakes));
    let trunk = fields.word("trunk", mistakes);
    let answered = fields.take("answered").and_then(|node| habit(node, mistakes));
    let mut habits = |key| fields.take(key).and_then(|node| habit(node, mistakes)).unwrap_or(Habit::Never);
    let (talk, gives_up) = (habits("talk"), habits("gives-up"));
    let wrong_number = fields.flag("wrong-number", mistakes).unwrap_or(false);
    fields.finish(mistakes);
    let call = Call::of(id.unwrap_or_default(), from?, to?);
    let (name, did) = (name.unwrap_or_default(), did.unwrap_or_default());
    Some(Call { name, did, trunk, answered, talk, gives_up, wrong_number, ..call })
}

fn traffic(node: &Node, mistakes: &mut Mistakes) -> Option<Traffic> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let to = fields.needed("to", mistakes);
    let calls = fields.whole("calls", 1, 2_000, mistakes);
    let mut times = |key| fields.take(key).and_then(|node| times(node, mistakes));
    let (every, answered, talk, gives_up) = (times("every"), times("answered"), times("talk"), times("gives-up"));
    let place = fields.place();
    fields.finish(mistakes);
    let (Some(calls), Some(every)) = (calls, every) else {
        mistakes.note(place, "traffic needs `calls` and `every`");
        return None;
    };
    let mut traffic = Traffic::of(to?, u32::try_from(calls).unwrap_or(u32::MAX), every);
    traffic.talk = talk.unwrap_or(traffic.talk);
    Some(Traffic { answered, gives_up, ..traffic })
}

/// `5s`, or `5s-20s`.
fn times(node: &Node, mistakes: &mut Mistakes) -> Option<RangeInclusive<Duration>> {
    let word = word(node, mistakes)?;
    let found = match word.text.split_once('-') {
        None => parse_time(&word.text).map(|time| time..=time),
        Some((from, to)) => {
            parse_time(from).zip(parse_time(to)).filter(|(from, to)| from <= to).map(|(from, to)| from..=to)
        }
    };
    if found.is_none() {
        mistakes.note(word.place, format!("`{}` is no time such as 5s, nor two as in 5s-20s", word.text));
    }
    found
}
