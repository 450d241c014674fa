//! Whether a scenario can be played: it is, without clients.

use std::collections::BTreeSet;

use tieline_core::Instant;
use tieline_portsip_wsi::Topic;

use super::expect::Expected;
use super::im::ImAct;
use super::place::{Mistake, Word};
use super::script::Script;
use super::stage::{is_outside, state_of};
use super::step::{Act, Moment};
use super::{Pace, Scenario};
use crate::world::Refused;

/// The most calls of all traffic together.
const MOST_CALLS: u64 = 2_000;
/// What subscribes to the stream of CloudPBX.
pub(crate) const STREAM: &str = "stream";
/// What clients of IM subscribe to for presence.
pub(crate) const ME: &str = "me";
/// Who has the API key.
pub(crate) const KEY: &str = "key";

/// Everything about a scenario that cannot be meant.
pub(super) fn check(scenario: &Scenario) -> Result<(), Vec<Mistake>> {
    let mut mistakes = setting(scenario);
    let calls: u64 = scenario
        .timeline
        .iter()
        .map(|moment| if let Act::Traffic(traffic) = &moment.act { traffic.calls.into() } else { 0 })
        .sum();
    if calls > MOST_CALLS {
        let first = scenario.timeline.iter().find(|moment| matches!(moment.act, Act::Traffic(_)));
        let place = first.map(|moment| moment.place).unwrap_or_default();
        mistakes.push(Mistake::at(place, format!("{calls} calls of traffic; at most {MOST_CALLS}")));
    }
    // Without a setting that holds nothing of the timeline makes sense.
    if mistakes.is_empty() {
        mistakes = rehearse(scenario);
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn setting(scenario: &Scenario) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if let Pace::Scaled(speed) = scenario.pace
        && !(speed > 0.0 && speed.is_finite())
    {
        mistakes.push(Mistake::at(Default::default(), "the speed is a number above 0"));
    }
    if !scenario.tenant.chars().any(|letter| letter.is_ascii_alphanumeric()) {
        mistakes.push(Mistake::at(Default::default(), "the name of the tenant has no letter or digit"));
    }
    let numbers: BTreeSet<&str> = scenario.extensions.iter().map(|extension| extension.number.text.as_str()).collect();
    let mut names = BTreeSet::new();
    for extension in &scenario.extensions {
        let username = username(&extension.name);
        if !names.insert(username.clone()) {
            let message = format!("another extension logs in as `{username}` too: the first word of the name");
            mistakes.push(Mistake::at(extension.number.place, message));
        }
        if !(1..=8).contains(&extension.devices) {
            mistakes.push(Mistake::at(extension.number.place, "an extension has 1 to 8 devices"));
        }
    }
    let queues: BTreeSet<&str> = scenario.queues.iter().map(|queue| queue.number.text.as_str()).collect();
    for (index, group) in scenario.groups.iter().enumerate() {
        let before = scenario.groups.iter().take(index).any(|other| other.id == group.id);
        if before || numbers.contains(group.id.text.as_str()) || [ME, STREAM].contains(&group.id.text.as_str()) {
            mistakes.push(Mistake::at(group.id.place, format!("the name `{}` is taken", group.id.text)));
        }
    }
    let mut known = |word: &Option<Word>, what: &str, also: bool| {
        let Some(word) = word else { return };
        if !numbers.contains(word.text.as_str())
            && !(also && (queues.contains(word.text.as_str()) || is_outside(&word.text)))
        {
            mistakes.push(Mistake::at(word.place, format!("no {what} `{}`", word.text)));
        }
    };
    for extension in &scenario.extensions {
        known(&extension.forward, "extension or queue", true);
    }
    for group in &scenario.groups {
        for who in std::iter::once(&group.owner).chain(&group.members) {
            known(&Some(who.clone()), "extension", false);
        }
    }
    for queue in &scenario.queues {
        known(&queue.overflow, "extension or queue", true);
        known(&queue.manager, "extension", false);
        for agent in &queue.agents {
            known(&Some(agent.extension.clone()), "extension", false);
        }
    }
    mistakes
}

/// The name that an extension logs in by.
fn username(name: &str) -> String {
    name.split(' ').next().unwrap_or_default().to_lowercase()
}

/// Plays the scenario as if nobody were connected.
fn rehearse(scenario: &Scenario) -> Vec<Mistake> {
    let (mut script, mut mistakes) = Script::open(scenario, crate::sim::seed_of(scenario.seed));
    if !mistakes.is_empty() {
        return mistakes;
    }
    let end = scenario.length;
    while let Some(moment) = script.take_step(Instant::from_epoch(std::time::Duration::MAX)) {
        if end.is_some_and(|end| moment.at > end) {
            mistakes.push(Mistake::at(moment.place, format!("at {:?} the scenario is over", moment.at)));
            continue;
        }
        drop(script.advance(Instant::from_epoch(moment.at)));
        // What clients begin is not known here.
        if call_of(&moment.act).is_some_and(|call| call.text.starts_with("client-")) {
            continue;
        }
        let unknown = unknown(&script, scenario, &moment.act);
        if !unknown.is_empty() {
            for mistake in unknown {
                // Each call of much traffic makes the same one.
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
            }
            continue;
        }
        let played = match &moment.act {
            Act::Traffic(_) | Act::Sms { .. } | Act::Im(_) | Act::Fault(_) | Act::ClearFaults | Act::Expect(_) => {
                Ok(())
            }
            act => script.perform(act).map(drop),
        };
        if let Err(refused) = played
            && !moment.random
        {
            mistakes.push(Mistake::at(moment.place, describe(&script, &moment, refused)));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.position);
    mistakes
}

/// Why a step is refused, with the state of what it is about.
fn describe(script: &Script, moment: &Moment, refused: Refused) -> String {
    let call = call_of(&moment.act).and_then(|name| script.world().call(script.stage().call(name)?));
    match call {
        Some(call) => format!("at {:?} {refused}: {}", moment.at, state_of(call)),
        None => format!("at {:?} {refused}", moment.at),
    }
}

const fn call_of(act: &Act) -> Option<&Word> {
    match act {
        Act::Answer { call, .. }
        | Act::Reject { call, .. }
        | Act::Hold { call, .. }
        | Act::Unhold { call, .. }
        | Act::Transfer { call, .. }
        | Act::HangUp { call, .. }
        | Act::NameCaller { call, .. }
        | Act::Callback { call } => Some(call),
        _ => None,
    }
}

/// The words of a step that name nothing, at its moment.
fn unknown(script: &Script, scenario: &Scenario, act: &Act) -> Vec<Mistake> {
    let (world, tenant) = (script.world(), script.tenant());
    let mut mistakes = Vec::new();
    let mut note = |word: &Word, message: String| mistakes.push(Mistake::at(word.place, message));
    let is_extension = |word: &Word| world.extension_state(tenant, &word.text).is_some();
    let is_queue = |word: &Word| world.queue_state(tenant, &word.text).is_some();
    let no_extension = |word: &Word| format!("no extension `{}`", word.text);
    let no_queue = |word: &Word| format!("no queue `{}`", word.text);
    let nowhere =
        |word: &Word| format!("no extension or queue `{}`; a number outside has five digits or more", word.text);
    let reachable = |word: &Word| is_extension(word) || is_queue(word) || is_outside(&word.text);
    if let Some(call) = call_of(act) {
        match script.stage().call(call) {
            None => note(call, format!("no call `{}` has begun by then", call.text)),
            Some(key) if world.call(key).is_none() => note(call, format!("call `{}` is over by then", call.text)),
            Some(_) => {}
        }
    }
    match act {
        Act::Call(call) => {
            if !is_extension(&call.from) && !is_outside(&call.from.text) {
                note(
                    &call.from,
                    format!("no extension `{}`; a number outside has five digits or more", call.from.text),
                );
            }
            if !call.wrong_number && !reachable(&call.to) {
                note(&call.to, nowhere(&call.to) + "; `wrong-number = true` if that is meant");
            }
            if !call.id.text.is_empty() && script.stage().call(&call.id).is_some() {
                note(&call.id, format!("there was a call `{}` before", call.id.text));
            }
            if call.id.text.starts_with("client-") {
                note(&call.id, "`client-1` and so on are the calls that clients begin".to_owned());
            }
            if let Some(trunk) = &call.trunk
                && !world.trunks(tenant).any(|(known, _)| known.name == trunk.text)
            {
                note(trunk, format!("no trunk `{}`", trunk.text));
            }
        }
        Act::Answer { by: Some(by), .. } | Act::Reject { by: Some(by), .. }
            if !is_extension(by) && !is_outside(&by.text) =>
        {
            note(by, no_extension(by));
        }
        Act::Hold { by: Some(by), .. } | Act::Unhold { by: Some(by), .. } if !is_extension(by) => {
            note(by, no_extension(by));
        }
        Act::Transfer { by, to, .. } => {
            if let Some(by) = by.as_ref().filter(|by| !is_extension(by)) {
                note(by, no_extension(by));
            }
            if !reachable(to) {
                note(to, nowhere(to));
            }
        }
        Act::Register { extension, .. }
        | Act::Unregister { extension, .. }
        | Act::Presence { extension, .. }
        | Act::RenameExtension { extension, .. }
        | Act::RemoveExtension { extension }
            if !is_extension(extension) =>
        {
            note(extension, no_extension(extension));
        }
        Act::Agent { queue, extension, .. }
        | Act::AddAgent { queue, extension, .. }
        | Act::RemoveAgent { queue, extension } => {
            if !is_queue(queue) {
                note(queue, no_queue(queue));
            }
            if !is_extension(extension) {
                note(extension, no_extension(extension));
            }
        }
        Act::RenameQueue { queue, .. } | Act::RemoveQueue { queue } if !is_queue(queue) => note(queue, no_queue(queue)),
        Act::Trunk { name, .. } if !world.trunks(tenant).any(|(trunk, _)| trunk.name == name.text) => {
            note(name, format!("no trunk `{}`", name.text));
        }
        Act::Im(act) => unknown_in_im(scenario, act, &is_queue, &mut note),
        Act::Sms { to } if !is_outside(&to.text) => note(to, format!("`{}` is no number outside", to.text)),
        Act::Expect(expect) => {
            if let Some((word, message)) = unexpected(scenario, &expect.what) {
                note(word, message);
            }
        }
        _ => {}
    }
    mistakes
}

fn is_extension(scenario: &Scenario, word: &Word) -> bool {
    scenario.extensions.iter().any(|extension| extension.number == *word)
}

/// Whether it names somebody to write to: an extension, or a group.
fn is_chat(scenario: &Scenario, word: &Word) -> bool {
    is_extension(scenario, word) || scenario.groups.iter().any(|group| group.id == *word)
}

/// The words of a step of IM that name nothing.
fn unknown_in_im(
    scenario: &Scenario,
    act: &ImAct,
    is_queue: &dyn Fn(&Word) -> bool,
    note: &mut dyn FnMut(&Word, String),
) {
    let mut is_known = |word: &Word, also: bool, what: &str| {
        if !is_extension(scenario, word) && !also {
            note(word, format!("no {what} `{}`", word.text));
        }
    };
    match act {
        ImAct::Login { who } | ImAct::Logout { who } => is_known(who, false, "extension"),
        ImAct::Message { from, to, .. } if is_outside(&from.text) && !is_extension(scenario, from) => {
            is_known(to, is_queue(to), "extension or queue");
        }
        ImAct::Message { from: who, to, .. }
        | ImAct::Receipt { by: who, of: to, .. }
        | ImAct::Typing { by: who, to } => {
            is_known(who, false, "extension");
            is_known(to, is_chat(scenario, to), "extension or group");
        }
    }
}

/// What no client can ever do.
fn unexpected<'e>(scenario: &Scenario, what: &'e Expected) -> Option<(&'e Word, String)> {
    match what {
        Expected::Login { who } => {
            let name = who.text.as_str();
            let logs_in = name == "admin"
                || name == KEY
                || name == scenario.tenant
                || scenario
                    .extensions
                    .iter()
                    .any(|extension| extension.number.text == name || username(&extension.name) == name);
            let message = || {
                let tenant = &scenario.tenant;
                format!("nobody logs in as `{name}`: extensions by number or name, `{tenant}`, `admin`, or `{KEY}`")
            };
            (!logs_in).then(|| (who, message()))
        }
        Expected::Subscribe { topic } => {
            let known = topic.text == STREAM
                || topic.text == ME
                || is_chat(scenario, topic)
                || Topic::ALL.iter().any(|known| known.as_str() == topic.text);
            let topics: Vec<&str> = Topic::ALL.iter().map(Topic::as_str).collect();
            let topics = topics.join(", ");
            (!known).then(|| {
                let known = format!("known are {STREAM}, {ME}, {topics}, and the extensions and groups of IM");
                (topic, format!("no topic `{}`; {known}", topic.text))
            })
        }
        Expected::Message { from: who, to, .. } | Expected::Receipt { by: who, of: to, .. } => {
            let who = who.as_ref().filter(|who| !is_extension(scenario, who));
            let to = to.as_ref().filter(|to| !is_chat(scenario, to));
            who.or(to).map(|word| (word, format!("no extension or group `{}`", word.text)))
        }
        Expected::Call { from: Some(from), .. }
            if !scenario.extensions.iter().any(|extension| extension.number == *from) =>
        {
            Some((from, format!("no extension `{}`", from.text)))
        }
        _ => None,
    }
}
