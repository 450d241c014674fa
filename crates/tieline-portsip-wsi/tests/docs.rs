//! The page on WSI holds the table that the code follows. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::fmt::Write as _;

use tieline_portsip_wsi::{Dialect, EVENT_TYPES, Evidence, Topic};

fn table() -> String {
    let mut out =
        String::from("| topic | event, and v12 key | v12 | v16 | v22 | payload |\n|---|---|:-:|:-:|:-:|---|\n");
    for topic in Topic::ALL.iter().filter(|topic| !topic.is_global()) {
        for info in EVENT_TYPES.iter().filter(|info| info.topic == *topic) {
            let [v12, v16, v22] =
                [Dialect::V12, Dialect::V16, Dialect::V22].map(|d| if info.dialects.contains(&d) { "●" } else { "" });
            let payload = if info.evidence == Evidence::Documented { "documented" } else { "*assumed*" };
            writeln!(out, "| `{topic}` | `{}` | {v12} | {v16} | {v22} | {payload} |", info.event_type)
                .expect("a string");
        }
    }
    out
}

#[test]
fn the_page_holds_the_table_of_events() {
    tieline_testkit::assert_page_holds("wsi.md", "events", &table());
}
