//! What there is at the beginning, from a document.

use std::time::Duration;

use super::fields::{Fields, Mistakes, choice, parse_time, word};
use super::node::{Node, Value};
use crate::scenario::Scenario;
use crate::scenario::place::Place;
use crate::scenario::setting::{Agent, Extension, Habit, Queue, Trunk};
use crate::world::{AgentMode, Role};

pub(super) const MODES: [(&str, AgentMode); 3] =
    [("ready", AgentMode::Ready), ("not-ready", AgentMode::NotReady), ("logged-out", AgentMode::LoggedOut)];
/// 2000-01-01 to 2100-01-01, in Unix seconds: on their way through the vendors' formats other years would be lost.
const CENTURY: std::ops::Range<i64> = 946_684_800..4_102_444_800;
const ROLES: [(&str, Role); 3] =
    [("extension", Role::Extension), ("queue-manager", Role::QueueManager), ("tenant-admin", Role::TenantAdmin)];

/// A moment on the calendar, as Unix seconds.
pub(super) fn start(node: &Node, mistakes: &mut Mistakes) -> Option<i64> {
    let text = match &node.value {
        Value::Text(text) | Value::Time(text) => text,
        _ => "",
    };
    let found: Option<jiff::Timestamp> = text.parse().ok();
    let found = found.map(jiff::Timestamp::as_second).filter(|start| CENTURY.contains(start));
    if found.is_none() {
        mistakes.note(node.place, "expected a moment of this century with its zone, as in 2026-01-01T08:00:00Z");
    }
    found
}

pub(super) fn speed(node: &Node, mistakes: &mut Mistakes) -> Option<f64> {
    let speed = match node.value {
        Value::Whole(speed) => speed as f64,
        Value::Real(speed) => speed,
        _ => f64::NAN,
    };
    if speed > 0.0 && speed <= 100_000.0 {
        return Some(speed);
    }
    mistakes.note(node.place, "expected a number above 0 and up to 100000");
    None
}

/// A time, or `never`.
pub(super) fn habit(node: &Node, mistakes: &mut Mistakes) -> Option<Habit> {
    let word = word(node, mistakes)?;
    if word.text == "never" {
        return Some(Habit::Never);
    }
    let time = parse_time(&word.text);
    if time.is_none() {
        mistakes.note(word.place, format!("`{}` is neither a time such as 3s nor `never`", word.text));
    }
    time.map(Habit::After)
}

pub(super) fn pbx(node: &Node, scenario: &mut Scenario, mistakes: &mut Mistakes) {
    let Some(mut fields) = Fields::of(node, "a table", mistakes) else { return };
    if let Some(tenant) = fields.word("tenant", mistakes) {
        if tenant.text.chars().any(|letter| letter.is_ascii_alphanumeric()) {
            scenario.tenant = tenant.text;
        } else {
            mistakes.note(tenant.place, "the name of a tenant has a letter or digit: CloudPBX goes by them");
        }
    }
    if let Some(domain) = fields.text("domain", mistakes) {
        scenario.domain = domain;
    }
    fields.finish(mistakes);
}

pub(super) fn clients(node: &Node, scenario: &mut Scenario, mistakes: &mut Mistakes) {
    let Some(mut fields) = Fields::of(node, "a table", mistakes) else { return };
    if let Some(habit) = fields.take("answered").and_then(|node| habit(node, mistakes)) {
        scenario.clients_answered = habit;
    }
    if let Some(habit) = fields.take("talk").and_then(|node| habit(node, mistakes)) {
        scenario.clients_talk = habit;
    }
    fields.finish(mistakes);
}

pub(super) fn trunk(node: &Node, mistakes: &mut Mistakes) -> Option<Trunk> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let mut trunk = fields.needed("name", mistakes).map(|name| Trunk { name, ..Trunk::new("") });
    let host = fields.text("host", mistakes);
    let number = fields.text("number", mistakes);
    let up = fields.flag("up", mistakes);
    if let Some(trunk) = &mut trunk {
        trunk.host = host.unwrap_or_else(|| trunk.host.clone());
        trunk.number = number.unwrap_or_else(|| trunk.number.clone());
        trunk.up = up.unwrap_or(true);
    }
    fields.finish(mistakes);
    trunk
}

pub(super) fn extension(node: &Node, mistakes: &mut Mistakes) -> Option<Extension> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let number = fields.needed("number", mistakes);
    let name = fields.needed("name", mistakes);
    let mut extension = Extension::new("", "");
    if let Some(group) = fields.text("group", mistakes) {
        extension.group = group;
    }
    if let Some(role) = fields.choice("role", &ROLES, mistakes) {
        extension.role = role;
    }
    extension.forward = fields.word("forward", mistakes);
    if let Some(devices) = fields.whole("devices", 1, 8, mistakes) {
        extension.devices = u32::try_from(devices).unwrap_or(1);
    }
    if let Some(online) = fields.flag("online", mistakes) {
        extension.online = online;
    }
    if let Some(im) = fields.flag("im", mistakes) {
        extension.im = im;
    }
    if let Some(habit) = fields.take("answers").and_then(|node| habit(node, mistakes)) {
        extension.answers = habit;
    }
    fields.finish(mistakes);
    Some(Extension { number: number?, name: name?.text, ..extension })
}

pub(super) fn queue(node: &Node, mistakes: &mut Mistakes) -> Option<Queue> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let number = fields.needed("number", mistakes);
    let name = fields.needed("name", mistakes);
    let mut queue = Queue::new("", "");
    queue.agents = fields.list("agents", mistakes).iter().filter_map(|node| agent(node, mistakes)).collect();
    let mut times = |key, time: &mut Duration| *time = fields.time(key, mistakes).unwrap_or(*time);
    times("ring", &mut queue.ring);
    times("sla", &mut queue.sla);
    times("wait", &mut queue.wait);
    times("wrap-up", &mut queue.wrap_up);
    if let Some(capacity) = fields.whole("capacity", 0, 1_000, mistakes) {
        queue.capacity = usize::try_from(capacity).unwrap_or(queue.capacity);
    }
    queue.overflow = fields.word("overflow", mistakes);
    queue.manager = fields.word("manager", mistakes);
    fields.finish(mistakes);
    Some(Queue { number: number?, name: name?.text, ..queue })
}

/// `"101"`, or `{ extension = "101", mode = "not-ready" }`.
fn agent(node: &Node, mistakes: &mut Mistakes) -> Option<Agent> {
    if !matches!(node.value, Value::Table(_)) {
        let extension = word(node, mistakes)?;
        return Some(Agent { place: extension.place, extension, mode: AgentMode::Ready });
    }
    let mut fields = Fields::of(node, "a number or a table", mistakes)?;
    let extension = fields.needed("extension", mistakes);
    let mode = fields.word("mode", mistakes).and_then(|word| choice(&word, &MODES, mistakes));
    let place: Place = fields.place();
    fields.finish(mistakes);
    Some(Agent { extension: extension?, mode: mode.unwrap_or(AgentMode::Ready), place })
}
