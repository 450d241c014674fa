//! The page on TLS holds the table of certificates. `TIELINE_BLESS=1 cargo test` writes it anew.
#![cfg(feature = "certificates")]

use std::collections::BTreeSet;

use tieline_testkit::certificates::{CERTIFICATES, Mode, Verdict, table};

#[test]
fn the_page_holds_the_table() {
    tieline_testkit::assert_page_holds("tls.md", "certificates", &table());
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
