//! The page on TLS holds the table of certificates. `TIELINE_BLESS=1 cargo test` writes it anew.
#![cfg(feature = "certificates")]

use std::collections::BTreeSet;

use tieline_testkit::certificates::{CERTIFICATES, Mode, Verdict, table};

const BEGIN: &str = "<!-- certificates:begin -->\n";
const END: &str = "<!-- certificates:end -->";

#[test]
fn the_page_holds_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tls.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("the begin mark");
    let (shown, tail) = rest.split_once(END).expect("the end mark");
    if std::env::var_os("TIELINE_BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).expect("written");
    } else {
        assert_eq!(shown, table(), "run TIELINE_BLESS=1 cargo test -p tieline-testkit --features certificates");
    }
}

#[test]
fn each_certificate_has_one_row_and_none_is_refused_insecurely() {
    let rows: BTreeSet<String> = CERTIFICATES.iter().map(|row| format!("{:?}", row.served)).collect();
    assert_eq!(rows.len(), CERTIFICATES.len());
    for row in CERTIFICATES {
        assert!(row.cells().any(|cell| cell == (Mode::Insecure, Verdict::Accepted)), "{}", row.words);
        assert!(!row.cells().any(|cell| cell == (Mode::System, Verdict::Accepted)), "{}", row.words);
    }
}
