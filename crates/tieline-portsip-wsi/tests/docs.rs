//! The page on WSI holds the table that the code follows. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::fmt::Write as _;

use tieline_portsip_wsi::{Dialect, EVENT_TYPES, Evidence, Topic};

const BEGIN: &str = "<!-- events:begin -->\n";
const END: &str = "<!-- events:end -->";

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
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/wsi.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("the begin mark");
    let (shown, tail) = rest.split_once(END).expect("the end mark");
    if std::env::var_os("TIELINE_BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).expect("written");
    } else {
        assert_eq!(shown, table(), "run TIELINE_BLESS=1 cargo test -p tieline-portsip-wsi --test docs");
    }
}
