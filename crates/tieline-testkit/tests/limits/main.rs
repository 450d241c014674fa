//! `docs/limits.md` has every limit: its default, which the sources bear out, and its test, which is there.
//! `TIELINE_BLESS=1 cargo test` writes the table anew.

mod rows;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rows::{ROWS, Row, STRUCTS};

fn read(below_crates: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below_crates);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table() -> String {
    let mut table = String::from("| limit | default | of what | test |\n|---|---|---|---|\n");
    for Row { limit, what, default, test: (file, name), .. } in ROWS {
        let _ = writeln!(table, "| `{limit}` | {default} | {what} | [`{name}`](../crates/{file}) |");
    }
    table
}

#[test]
fn the_page_holds_the_table() {
    tieline_testkit::assert_page_holds("limits.md", "limits", &table());
}

#[test]
fn every_default_is_that_of_the_code() {
    for Row { limit, source: (file, text), .. } in ROWS {
        assert!(read(file).contains(text), "{limit}: `{text}` does not stand in {file}");
    }
}

#[test]
fn every_limit_has_a_test() {
    for Row { limit, test: (file, name), .. } in ROWS {
        let text = read(file);
        let there = text.contains(&format!("fn {name}(")) || text.contains(&format!("fn {name}<"));
        assert!(there, "{limit}: {file} has no `{name}`");
    }
}

#[test]
fn every_field_of_a_struct_of_limits_is_in_the_table() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.limit).collect();
    assert_eq!(rows.len(), ROWS.len(), "a limit twice");
    for (file, name, shown, others) in STRUCTS {
        let text = read(file);
        let (_, body) = text.split_once(&format!("pub struct {name} {{")).expect("the struct");
        let (body, _) = body.split_once("\n}").expect("its end");
        for field in body.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':')) {
            let (field, _) = field;
            let row = format!("{shown}::{field}");
            assert!(others.contains(&field) || rows.contains(row.as_str()), "{row} is not in the table");
        }
    }
}
