//! The table of Axeos samples against the files and against a strict parser.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tieline_testkit::{AXEOS, AxeosKind};

#[test]
fn every_file_is_listed_and_every_entry_is_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/axeos");
    let mut found = BTreeSet::new();
    for folder in std::fs::read_dir(&root).expect("fixtures are readable") {
        let folder = folder.expect("fixtures are readable");
        for file in std::fs::read_dir(folder.path()).expect("fixtures are readable") {
            let file = file.expect("fixtures are readable");
            found.insert(format!("{}/{}", folder.file_name().to_string_lossy(), file.file_name().to_string_lossy()));
        }
    }
    let listed: BTreeSet<String> = AXEOS.iter().map(|fixture| format!("{}.json", fixture.name)).collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), AXEOS.len(), "names are unique");
    for fixture in AXEOS {
        let text = std::fs::read_to_string(root.join(format!("{}.json", fixture.name))).expect(fixture.name);
        assert_eq!(fixture.text, text, "{}", fixture.name);
    }
}

#[test]
fn lists_are_arrays_and_calls_are_objects() {
    for fixture in AXEOS {
        let value: Value = serde_json::from_str(fixture.text).unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        let is_list = matches!(fixture.kind, AxeosKind::Users | AxeosKind::Phones | AxeosKind::Events);
        assert_eq!(value.is_array(), is_list, "{}", fixture.name);
    }
}
