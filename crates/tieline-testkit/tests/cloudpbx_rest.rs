//! The table of CloudPBX's REST samples against the files and against a strict parser.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tieline_testkit::{CLOUDPBX_REST, RestKind};

#[test]
fn every_file_is_listed_and_every_entry_holds_its_own_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cloudpbx/rest");
    let mut found = BTreeSet::new();
    for folder in ["document", "assumed"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("readable") {
            let name = entry.expect("readable").file_name();
            found.insert(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    let listed: BTreeSet<String> = CLOUDPBX_REST.iter().map(|fixture| format!("{}.json", fixture.name)).collect();
    assert_eq!(found, listed);
    for fixture in CLOUDPBX_REST {
        let on_disk = std::fs::read_to_string(root.join(format!("{}.json", fixture.name))).expect(fixture.name);
        assert_eq!(fixture.text, on_disk, "{}", fixture.name);
    }
}

#[test]
fn the_document_is_whole() {
    let kinds: Vec<_> = CLOUDPBX_REST.iter().filter(|fixture| fixture.is_documented()).map(|f| f.kind).collect();
    assert_eq!(kinds, [RestKind::Cdr, RestKind::Record, RestKind::SendSms]);
}

#[test]
fn each_fixture_is_json_of_its_kind() {
    for fixture in CLOUDPBX_REST {
        let value: Value = serde_json::from_str(fixture.text).expect(fixture.name);
        let has = |key| match fixture.kind {
            RestKind::SendSms => value.get(key).is_some(),
            _ => value.get(0).is_some_and(|row| row.get(key).is_some()),
        };
        let key = match fixture.kind {
            RestKind::Cdr => "calldate",
            RestKind::Record => "format",
            RestKind::SendSms => "responseStatus",
        };
        assert!(has(key), "{}", fixture.name);
    }
}
