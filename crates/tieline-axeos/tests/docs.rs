//! The page on Axeos holds the table that the code follows. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::fmt::Write as _;

use tieline_axeos::EVENT_TYPES;

fn table() -> String {
    let mut out = String::from("| event | fields | in the directory |\n|---|---|---|\n");
    for info in EVENT_TYPES {
        let fields: Vec<String> = info.fields.iter().map(|field| format!("`{field}`")).collect();
        writeln!(out, "| `{}` | {} | {} |", info.event_type, fields.join(", "), info.effect).expect("a string");
    }
    out
}

#[test]
fn the_page_holds_the_table_of_events() {
    tieline_testkit::assert_page_holds("axeos.md", "events", &table());
}
