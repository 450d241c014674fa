//! The page on bad input holds the matrix. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::collections::BTreeSet;

use tieline_testkit::bad_input::{BAD_INPUT, table};

const BEGIN: &str = "<!-- matrix:begin -->\n";
const END: &str = "<!-- matrix:end -->";

#[test]
fn the_page_holds_the_matrix() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bad-input.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("the begin mark");
    let (shown, tail) = rest.split_once(END).expect("the end mark");
    if std::env::var_os("TIELINE_BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).expect("written");
    } else {
        assert_eq!(shown, table(), "run TIELINE_BLESS=1 cargo test -p tieline-testkit --test bad_input");
    }
}

#[test]
fn every_row_has_a_name_of_its_own_and_is_tested_somewhere() {
    let names: BTreeSet<&str> = BAD_INPUT.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), BAD_INPUT.len());
    assert!(BAD_INPUT.iter().all(|row| !row.suites.is_empty()));
}
