//! What the control interface tells.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::Pbx;
use crate::world::{Side, TargetState};

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Where the run stands.
pub(super) fn state(pbx: &Pbx) -> Value {
    let now = pbx.scenario_now();
    let clock = pbx.play().world().clock();
    let time = jiff::Timestamp::from_microsecond(clock.unix_micros(now)).ok();
    json!({
        "name": pbx.run.name(),
        "t": millis(now.since_epoch()),
        "time": time.map(|time| format!("{time:.3}")),
        "end": pbx.run.end().map(|end| millis(end.since_epoch())),
        "over": pbx.is_over(),
    })
}

/// The calls that go on, with their names.
pub(super) fn calls(pbx: &Pbx) -> Value {
    let play = pbx.play();
    let named = |key| play.stage().calls().find(|(_, known)| *known == key).map(|(name, _)| name);
    let call = |call: &crate::world::Call| {
        let of = |state: TargetState| {
            let mut numbers: Vec<&str> = call
                .targets
                .iter()
                .filter(|target| target.state == state)
                .map(|target| target.party.number.as_str())
                .collect();
            numbers.dedup();
            numbers
        };
        json!({
            "id": named(call.key),
            "session_id": call.info.session_id,
            "from": call.info.caller.number,
            "to": call.info.callee.number,
            "since": millis(call.started.since_epoch()),
            "ringing": of(TargetState::Ringing),
            "talking": call.is_talking().then(|| call.connected().map(|target| target.party.number.as_str())).flatten(),
            "held_by": call.held_by.map(|side| if side == Side::Caller { "caller" } else { "callee" }),
            "queue": call.queue,
        })
    };
    play.world().calls().filter(|call| call.tenant == play.tenant()).map(call).collect()
}

/// The connections of clients.
pub(super) fn clients(pbx: &Pbx) -> Value {
    let client = |client: crate::record::ClientConnection| {
        json!({
            "connection": client.number,
            "address": client.address.to_string(),
            "scenario": millis(client.scenario.since_epoch()),
            "path": client.path,
            "messages": client.messages,
            "ended": client.ended.map(|(_, why)| why.as_str()),
        })
    };
    pbx.record.connections().into_iter().map(client).collect()
}

/// What clients did: of the connection that `connection=N` names, or all.
pub(super) fn transcript(pbx: &Pbx, query: &str) -> Value {
    let only: Option<u64> =
        query.split('&').find_map(|pair| pair.strip_prefix("connection=")).and_then(|n| n.parse().ok());
    let entries = pbx.record.entries();
    entries
        .iter()
        .filter(|entry| only.is_none_or(|only| entry.connection == only))
        .map(|entry| entry.to_json())
        .collect()
}

/// The rules in force, and how often each was applied.
pub(super) fn faults(pbx: &Pbx) -> Value {
    let rules = pbx.faults.rules();
    rules.into_iter().map(|(rule, applied)| json!({"rule": rule.to_string(), "applied": applied})).collect()
}
