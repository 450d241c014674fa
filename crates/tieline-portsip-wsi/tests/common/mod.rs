//! Messages to try.

use proptest::prelude::*;
use tieline_portsip_wsi::EVENT_TYPES;
use tieline_testkit::WSI;

/// Samples with a few characters changed.
pub(crate) fn near_samples() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0usize..4, r#"[\[\]{}:,"\\ 0-9eEu.+\-tfn\x00ü]{0,3}"#);
    (prop::sample::select(WSI), prop::collection::vec(edit, 0..4)).prop_map(|(fixture, edits)| {
        let mut text: Vec<char> = fixture.text.chars().collect();
        for (at, len, with) in edits {
            let at = at.index(text.len().max(1));
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// Objects of any fields under a known or unknown tag, in any order.
pub(crate) fn any_event() -> impl Strategy<Value = String> {
    let tag = prop_oneof![prop::sample::select(EVENT_TYPES).prop_map(|row| row.event_type.to_owned()), "[a-z_]{1,12}",];
    let fields = [
        "extension",
        "extension_id",
        "time",
        "status",
        "call_targets",
        "agents",
        "fail_code",
        "online",
        "presence",
        "tenant_id",
        "queue_number",
        "caller",
        "callee",
        "event_type",
        "waiting_list",
        "sla_time_secs",
        "x",
    ];
    let value = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<String>().prop_map(|s| serde_json::to_string(&s).expect("a string")),
        prop::sample::select(
            &["null", "[]", "{}", "[{}]", r#"[{"extension":"sip:1@a"}]"#, r#"{"event_type":"call_hold"}"#][..]
        )
        .prop_map(str::to_owned),
    ];
    let members = prop::collection::vec((prop::sample::select(fields.to_vec()), value), 0..8);
    (tag, members, any::<prop::sample::Index>()).prop_map(|(tag, members, at)| {
        let mut members: Vec<_> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        members.insert(at.index(members.len() + 1), format!("\"event_type\":\"{tag}\""));
        format!("{{{}}}", members.join(" , "))
    })
}
