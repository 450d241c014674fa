//! From a text to a scenario.

mod expect;
mod fields;
mod im;
mod node;
mod setting;
mod step;

use std::time::Duration;

use serde_json::Value as Json;

use super::place::Mistake;
use super::step::Moment;
use super::{Pace, Scenario};
use fields::{Fields, Mistakes};
use node::Node;

pub use step::VERBS;

/// The longest text that is read.
const MOST_BYTES: usize = 1 << 20;
/// The most parts that a list of the setting may have.
const MOST_PARTS: usize = 500;
/// The most steps of a timeline.
const MOST_STEPS: usize = 20_000;

/// Reads a scenario; whether it can be played is not looked at.
pub(super) fn scenario(text: &str) -> Result<Scenario, Vec<Mistake>> {
    if text.len() > MOST_BYTES {
        return Err(vec![Mistake::at(Default::default(), format!("longer than {MOST_BYTES} bytes"))]);
    }
    let root = node::from_toml(text).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Mistakes::default();
    let scenario = document(&root, &mut mistakes);
    match scenario {
        Some(scenario) if mistakes.0.is_empty() => Ok(scenario),
        _ => Err(mistakes.0),
    }
}

/// Reads one step from JSON, in the words of a timeline without `at`.
pub(crate) fn step(json: &Json) -> Result<Moment, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let node = node::from_json(json);
    let moment = Fields::of(&node, "an object with one step", &mut mistakes)
        .and_then(|mut fields| {
            let act = step::act(&mut fields, &mut mistakes);
            fields.finish(&mut mistakes);
            act
        })
        .map(|(place, act)| Moment { at: Duration::ZERO, place, act, random: false });
    match moment {
        Some(moment) if mistakes.0.is_empty() => Ok(moment),
        _ => Err(mistakes.0),
    }
}

/// Reads a time as scenarios write it: `90s`, `1m30s`, `250ms`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    fields::parse_time(text)
}

fn document(root: &Node, mistakes: &mut Mistakes) -> Option<Scenario> {
    let mut fields = Fields::of(root, "a table", mistakes)?;
    let mut scenario = Scenario::empty();
    if let Some(name) = fields.text("name", mistakes) {
        scenario.name = name;
    }
    if let Some(seed) = fields.whole("seed", 0, i64::MAX, mistakes) {
        scenario.seed = u64::try_from(seed).unwrap_or_default();
    }
    if let Some(node) = fields.take("start")
        && let Some(start) = setting::start(node, mistakes)
    {
        scenario.start = start;
    }
    let paces = [("real", Pace::Real), ("scaled", Pace::Scaled(10.0)), ("stepped", Pace::Stepped)];
    scenario.pace = fields.choice("time", &paces, mistakes).unwrap_or(Pace::Real);
    if let Some(node) = fields.take("speed") {
        match (setting::speed(node, mistakes), &mut scenario.pace) {
            (Some(speed), Pace::Scaled(own)) => *own = speed,
            (Some(_), _) => mistakes.note(node.place, "`speed` needs `time = \"scaled\"`"),
            (None, _) => {}
        }
    }
    scenario.length = fields.time("length", mistakes);
    if let Some(patience) = fields.time("patience", mistakes) {
        scenario.patience = patience;
    }
    if let Some(node) = fields.take("pbx") {
        setting::pbx(node, &mut scenario, mistakes);
    }
    if let Some(node) = fields.take("clients") {
        setting::clients(node, &mut scenario, mistakes);
    }
    let trunks = several(&mut fields, "trunk", MOST_PARTS, mistakes);
    scenario.trunks = trunks.iter().filter_map(|node| setting::trunk(node, mistakes)).collect();
    let extensions = several(&mut fields, "extension", MOST_PARTS, mistakes);
    scenario.extensions = extensions.iter().filter_map(|node| setting::extension(node, mistakes)).collect();
    let queues = several(&mut fields, "queue", MOST_PARTS, mistakes);
    scenario.queues = queues.iter().filter_map(|node| setting::queue(node, mistakes)).collect();
    let groups = several(&mut fields, "group", MOST_PARTS, mistakes);
    scenario.groups = groups.iter().filter_map(|node| im::group(node, mistakes)).collect();
    let steps = several(&mut fields, "timeline", MOST_STEPS, mistakes);
    let mut before = Duration::ZERO;
    for node in steps {
        if let Some(moment) = step::moment(node, before, mistakes) {
            before = moment.at;
            scenario.timeline.push(moment);
        }
    }
    fields.finish(mistakes);
    Some(scenario)
}

/// A list that may be long, but not endless.
fn several<'n>(fields: &mut Fields<'n>, key: &'static str, most: usize, mistakes: &mut Mistakes) -> &'n [Node] {
    let list = fields.list(key, mistakes);
    if let Some(first_too_many) = list.get(most) {
        mistakes.note(first_too_many.place, format!("more than {most} of `{key}`"));
    }
    list.get(..most).unwrap_or(list)
}
