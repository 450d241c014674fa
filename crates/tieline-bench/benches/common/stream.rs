//! A mixed stream of WSI events, made by the simulator from a seed.

use tieline_core::json::{Encode as _, Scanner};
use tieline_core::{Instant, Text};
use tieline_portsip_wsi::{Dialect, EVENT_TYPES, Evidence};
use tieline_sim::day::Day;
use tieline_sim::wsi;

const SEED: [u8; 16] = [7; 16];
const START: i64 = 1_767_250_800;
/// How much of the simulated day is asked for at once.
const STEP_MS: u64 = 60_000;
/// Of the events that no document shows, whose payload is a short guess, so many are left out for each that is taken.
const ASSUMED_LEFT_OUT: usize = 5;

/// The first `count` events of a day in a call centre as v12, v16 and v22 tell them, one after the other: every occurrence in
/// all three dialects. Keys stand in the order of the documents, so `event_type` is not the first one in `call_*`.
pub(crate) fn events(count: usize) -> Vec<Text> {
    let mut day = Day::new(SEED, START).expect("the offices open");
    let mut events = Vec::with_capacity(count);
    let mut assumed = 0;
    let mut until = 0;
    loop {
        until += STEP_MS;
        for occurrence in day.advance(Instant::from_millis(until)) {
            for dialect in [Dialect::V12, Dialect::V16, Dialect::V22] {
                for rendered in wsi::render(&occurrence, dialect, day.world().clock()) {
                    let word = rendered.event.event_type();
                    if is_assumed(word, dialect) {
                        assumed += 1;
                        if assumed % (ASSUMED_LEFT_OUT + 1) != 0 {
                            continue;
                        }
                    }
                    let json = rendered.event.to_json();
                    let sorted = word.starts_with("call_") && dialect != Dialect::V22;
                    events.push(Text::from(if sorted { with_sorted_tag(&json) } else { json }));
                    if events.len() == count {
                        return events;
                    }
                }
            }
        }
    }
}

fn is_assumed(word: &str, dialect: Dialect) -> bool {
    let mut rows = EVENT_TYPES.iter().filter(|row| row.event_type == word && row.dialects.contains(&dialect));
    rows.all(|row| row.evidence == Evidence::Assumed)
}

/// The same event with `event_type` where the alphabet puts it.
fn with_sorted_tag(json: &str) -> String {
    let mut scanner = Scanner::new(json, 64);
    let mut members = scanner.object().expect("an event is an object");
    let mut rest = Vec::new();
    let mut tag = "";
    while let Some(key) = scanner.key(&mut members).expect("an event is JSON") {
        let value = scanner.skip_value().expect("an event is JSON");
        if key == *"event_type" { tag = value } else { rest.push((key, value)) }
    }
    let place = rest.iter().position(|(key, _)| **key > *"event_type").unwrap_or(rest.len());
    rest.insert(place, ("event_type".into(), tag));
    let members: Vec<String> = rest.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The mean length of an event in bytes.
pub(crate) fn mean_bytes(events: &[Text]) -> usize {
    events.iter().map(|event| event.len()).sum::<usize>() / events.len().max(1)
}
