//! The page on CloudPBX holds the tables that the code follows. `TIELINE_BLESS=1 cargo test` writes them anew.

use std::fmt::Write as _;

use tieline_cloudpbx::SmsState;
use tieline_cloudpbx::stream::{DeviceState, EVENT_TYPES, State};
use tieline_testkit::assert_page_holds;

fn events() -> String {
    let mut out = String::from("| event | fields |\n|---|---|\n");
    for (event, fields) in EVENT_TYPES {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        writeln!(out, "| `{event}` | {} |", fields.join(", ")).expect("a string");
    }
    out
}

fn states() -> String {
    let mut out = String::from("| number | `statusValue`, `status` | `m_status` |\n|--:|---|---|\n");
    for value in -2..=32 {
        let state = State::NAMED
            .iter()
            .map(|(state, _)| *state)
            .chain([State::REMOVED, State::DEACTIVATED])
            .find(|state| state.value() == value)
            .map(|state| state.to_string());
        let device = DeviceState::new(value).name();
        if state.is_some() || device.is_some() {
            writeln!(out, "| {value} | {} | {} |", state.unwrap_or_default(), device.unwrap_or_default())
                .expect("a string");
        }
    }
    out
}

fn messages() -> String {
    let mut out = String::from("| state | final |\n|---|:-:|\n");
    for word in SmsState::<&str>::KNOWN {
        let last = if SmsState::from_word(*word).is_final() { "●" } else { "" };
        writeln!(out, "| `{word}` | {last} |").expect("a string");
    }
    out
}

#[test]
fn the_page_holds_the_tables_of_events_and_states() {
    for (name, table) in [("events", events()), ("states", states()), ("sms", messages())] {
        assert_page_holds("cloudpbx.md", name, &table);
    }
}
