//! The table of CloudPBX's stream samples against the files and against a strict parser.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tieline_testkit::{CLOUDPBX_STREAM, StreamFixture, StreamKind};

fn by_name(name: &str) -> Option<&'static StreamFixture> {
    CLOUDPBX_STREAM.iter().find(|fixture| fixture.name == name)
}

#[test]
fn every_file_is_listed_and_every_entry_holds_its_own_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cloudpbx/stream");
    let mut found = BTreeSet::new();
    for folder in ["document", "assumed", "invalid"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("readable") {
            let name = entry.expect("readable").file_name();
            found.insert(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    let listed: BTreeSet<String> = CLOUDPBX_STREAM.iter().map(|fixture| format!("{}.json", fixture.name)).collect();
    assert_eq!(found, listed);
    for fixture in CLOUDPBX_STREAM {
        let on_disk = std::fs::read_to_string(root.join(format!("{}.json", fixture.name))).expect(fixture.name);
        assert_eq!(fixture.text, on_disk, "{}", fixture.name);
    }
}

#[test]
fn the_document_is_whole() {
    assert_eq!(CLOUDPBX_STREAM.iter().filter(|fixture| fixture.is_documented()).count(), 7);
    assert_eq!(CLOUDPBX_STREAM.iter().filter(|fixture| fixture.invalid.is_some()).count(), 3);
}

#[test]
fn each_valid_fixture_is_json_of_its_kind() {
    for fixture in CLOUDPBX_STREAM.iter().filter(|fixture| fixture.invalid.is_none()) {
        let value: Value = serde_json::from_str(fixture.text).unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        let kind = if value.get("text").is_some() { StreamKind::Envelope } else { StreamKind::Events };
        assert_eq!(kind, fixture.kind, "{}", fixture.name);
    }
}

#[test]
fn each_invalid_fixture_stops_serde_json_where_it_says_and_names_what_was_meant() {
    for fixture in CLOUDPBX_STREAM {
        let Some(invalid) = fixture.invalid else { continue };
        assert!(fixture.name.starts_with("invalid/"), "{}", fixture.name);
        let error = serde_json::from_str::<Value>(fixture.text).expect_err(fixture.name);
        assert_eq!((error.line(), error.column()), (invalid.line, invalid.column), "{}: {error}", fixture.name);
        let corrected = by_name(invalid.corrected).unwrap_or_else(|| panic!("no fixture {}", invalid.corrected));
        assert_eq!((corrected.kind, corrected.invalid), (fixture.kind, None), "{}", fixture.name);
    }
}
