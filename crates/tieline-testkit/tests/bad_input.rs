//! The page on bad input holds the matrix. `TIELINE_BLESS=1 cargo test` writes it anew.

use std::collections::BTreeSet;

use tieline_testkit::bad_input::{BAD_INPUT, table};

#[test]
fn the_page_holds_the_matrix() {
    tieline_testkit::assert_page_holds("bad-input.md", "matrix", &table());
}

#[test]
fn every_row_has_a_name_of_its_own_and_is_tested_somewhere() {
    let names: BTreeSet<&str> = BAD_INPUT.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), BAD_INPUT.len());
    assert!(BAD_INPUT.iter().all(|row| !row.suites.is_empty()));
}
