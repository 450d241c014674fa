//! The page on Axeos holds the table that the code follows. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::fmt::Write as _;

use tieline_axeos::EVENT_TYPES;

const BEGIN: &str = "<!-- events:begin -->\n";
const END: &str = "<!-- events:end -->";

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
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/axeos.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("the begin mark");
    let (shown, tail) = rest.split_once(END).expect("the end mark");
    if std::env::var_os("TIELINE_BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).expect("written");
    } else {
        assert_eq!(shown, table(), "run TIELINE_BLESS=1 cargo test -p tieline-axeos --test docs");
    }
}
