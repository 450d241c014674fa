//! The table of fixtures against the files and against a strict parser.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tieline_testkit::{
    Dialect, Fixture, IM, IM_RECORDINGS, IM_TRANSCRIPTS, ImFixture, ImSource, Kind, Side, Transcript, WSI,
};

fn folder(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V12 => "v12",
        Dialect::V16 => "v16",
        Dialect::V22 => "v22",
        Dialect::Assumed => "assumed",
        Dialect::Invalid => "invalid",
    }
}

fn by_name(name: &str) -> Option<&'static Fixture> {
    WSI.iter().find(|fixture| fixture.name == name)
}

fn files(dir: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).expect("fixtures are readable") {
        let entry = entry.expect("fixtures are readable");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("has a type").is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn every_file_is_listed_and_every_entry_is_a_file() {
    let mut found = BTreeSet::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for folder in ["wsi", "im"] {
        files(&fixtures.join(folder), &format!("{folder}/"), &mut found);
    }
    let wsi = WSI.iter().map(|fixture| format!("wsi/{}.json", fixture.name));
    let im = IM.iter().map(|fixture| format!("im/{}.json", fixture.name));
    let recorded = IM_RECORDINGS.iter().map(|file| format!("im/recorded/{}.jsonl", file.name));
    let transcripts = IM_TRANSCRIPTS.iter().map(|(name, _)| format!("im/transcripts/{name}.jsonl"));
    let listed: BTreeSet<String> = wsi.chain(im).chain(recorded).chain(transcripts).collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), WSI.len() + IM.len() + IM_RECORDINGS.len() + IM_TRANSCRIPTS.len(), "names are unique");
}

#[test]
fn every_entry_holds_the_text_of_its_own_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wsi");
    for fixture in WSI {
        let on_disk = std::fs::read_to_string(root.join(format!("{}.json", fixture.name))).expect(fixture.name);
        assert_eq!(fixture.text, on_disk, "{}", fixture.name);
    }
}

#[test]
fn the_documents_are_whole() {
    let count = |dialect| WSI.iter().filter(|fixture| fixture.dialect == dialect).count();
    assert_eq!(count(Dialect::V12), 19);
    assert_eq!(count(Dialect::V16), 22);
    assert_eq!(count(Dialect::V22), 33);
    assert_eq!(count(Dialect::Invalid), 6);
}

#[test]
fn each_valid_fixture_is_a_json_object_of_its_kind() {
    for fixture in WSI.iter().filter(|fixture| fixture.dialect != Dialect::Invalid) {
        let value: Value = serde_json::from_str(fixture.text).unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        let has = |key: &str| value.get(key).is_some();
        let kind = match () {
            () if has("event_type") => Kind::Event,
            () if value.get("status").is_some_and(Value::is_i64) => Kind::Reply,
            () if has("command") => Kind::Command,
            () => Kind::Record,
        };
        assert_eq!(kind, fixture.kind, "{}", fixture.name);
        assert_eq!(fixture.invalid, None, "{}", fixture.name);
    }
}

#[test]
fn each_invalid_fixture_stops_serde_json_at_the_stated_position() {
    for fixture in WSI.iter().filter(|fixture| fixture.dialect == Dialect::Invalid) {
        let invalid = fixture.invalid.unwrap_or_else(|| panic!("{} lacks its position", fixture.name));
        let error = serde_json::from_str::<Value>(fixture.text).expect_err(fixture.name);
        assert_eq!((error.line(), error.column()), (invalid.line, invalid.column), "{}: {error}", fixture.name);
    }
}

#[test]
fn each_invalid_fixture_names_a_valid_corrected_form_of_the_same_kind() {
    for fixture in WSI {
        let Some(invalid) = fixture.invalid else { continue };
        let corrected = by_name(invalid.corrected).unwrap_or_else(|| panic!("no fixture {}", invalid.corrected));
        assert_ne!(corrected.dialect, Dialect::Invalid, "{}", fixture.name);
        assert_eq!(corrected.kind, fixture.kind, "{}", fixture.name);
        assert_ne!(corrected.text, fixture.text, "{}", fixture.name);
    }
}

#[test]
fn the_corrected_queue_status_has_waiting_list_and_agents_as_two_arrays() {
    for name in ["v16/11-event-queue_status", "v22/10-event-queue_status"] {
        let value: Value = serde_json::from_str(by_name(name).expect(name).text).expect(name);
        assert_eq!(value["waiting_list"].as_array().expect(name).len(), 1);
        assert_eq!(value["agents"].as_array().expect(name).len(), 1);
    }
}

#[test]
fn a_name_tells_folder_and_kind() {
    for fixture in WSI {
        let kind = match fixture.kind {
            Kind::Event => "event",
            Kind::Command => "command",
            Kind::Reply => "reply",
            Kind::Record => "record",
        };
        let (dir, file) = fixture.name.split_once('/').expect("dir/file");
        assert_eq!(dir, folder(fixture.dialect), "{}", fixture.name);
        assert!(file.contains(&format!("-{kind}-")), "{}", fixture.name);
    }
}

#[test]
fn each_im_sample_is_one_json_object_with_one_message_unless_it_is_listed_as_invalid() {
    for fixture in IM {
        let value = serde_json::from_str::<Value>(fixture.text);
        assert_eq!(value.is_err(), fixture.source == ImSource::Invalid, "{}", fixture.name);
        if let Ok(value) = value {
            let keys: Vec<_> = value.as_object().expect(fixture.name).keys().filter(|key| *key != "extra").collect();
            assert_eq!(keys.len(), 1, "{}", fixture.name);
        }
    }
}

#[test]
fn the_im_document_is_whole() {
    let shown = IM.iter().filter(|fixture| fixture.source == ImSource::Document);
    let (of_client, of_server): (Vec<&ImFixture>, Vec<&ImFixture>) = shown.partition(|f| f.from == Side::Client);
    assert_eq!((of_client.len(), of_server.len()), (14, 16));
}

#[test]
fn the_name_of_an_im_sample_tells_folder_and_sender() {
    for fixture in IM {
        let folder = match fixture.source {
            ImSource::Document => "document",
            ImSource::Assumed => "assumed",
            ImSource::Invalid => "invalid",
        };
        let sender = if fixture.from == Side::Client { "client" } else { "server" };
        let (dir, file) = fixture.name.split_once('/').expect("dir/file");
        assert_eq!(dir, folder, "{}", fixture.name);
        assert!(file.contains(&format!("-{sender}-")), "{}", fixture.name);
    }
}

#[test]
fn every_recording_has_messages_of_both_sides() {
    for file in IM_RECORDINGS {
        let frames = file.frames();
        assert!(frames.iter().any(|frame| frame.from == Side::Client), "{}", file.name);
        assert!(frames.iter().any(|frame| frame.from == Side::Server), "{}", file.name);
    }
}

#[test]
fn every_im_transcript_parses_and_begins_with_the_login() {
    for (name, text) in IM_TRANSCRIPTS {
        let lines = Transcript::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(lines[0].from == Side::Client && lines[0].text.starts_with("{\"login\""), "{name}");
    }
}
