//! `tieline rec`, run as people and programs run it.

mod common;

use std::path::Path;
use std::process::Output;

use common::pbx::Pbx;
use common::server::{Answer, Server};
use common::{code, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tempfile::TempDir;

fn ask(server: &Server, arguments: &[&str]) -> Output {
    let mut command = tieline();
    command.args(arguments).args(["--api", &server.url]).env("TIELINE_KEY", "key");
    run(command)
}

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("recordings").display().to_string();
    (folder, dir)
}

/// The smallest WAV file with so many samples of 8 bits.
fn wav(samples: u32) -> Vec<u8> {
    let format = b"fmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data";
    let mut file = [b"RIFF", &(36 + samples).to_le_bytes()[..], b"WAVE", format, &samples.to_le_bytes()].concat();
    file.resize(44 + samples as usize, 128);
    file
}

fn names(dir: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Outcome and file name of each download.
fn outcomes(output: &Output) -> Vec<(String, Option<String>)> {
    let lines = lines(output);
    let downloads = lines.iter().filter(|line| line["kind"] == "download");
    let name = |line: &Value| Some(Path::new(line["file"].as_str()?).file_name()?.to_string_lossy().into_owned());
    let mut found: Vec<_> =
        downloads.map(|line| (line["outcome"].as_str().expect("a word").to_owned(), name(line))).collect();
    found.sort();
    found
}

#[test]
fn list_prints_each_recording_with_its_time() {
    let pbx = Pbx::after_minutes(10);
    let output = pbx.ask(&["rec", "list"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let mut lines = lines(&output);
    let summary = lines.pop().expect("a summary");
    assert_eq!(summary["records"], json!(lines.len()));
    assert!(lines.len() > 5);
    for line in lines {
        assert_eq!((&line["kind"], &line["ts_rule"]), (&json!("recording"), &json!("uniqueid")));
        assert_eq!((&line["call"], &line["data"]["format"]), (&line["data"]["uniqueid"], &json!("wav")));
        assert!(line["ts"].as_str().is_some_and(|ts| ts.starts_with("2026-01-01T")), "{line}");
    }
}

#[test]
fn list_has_a_csv_form_and_a_table() {
    let server = Server::start(|_| {
        Some((
            200,
            br#"[{"uniqueid":"1552558647.371","src":"101","dst":"105","format":"wav","date":"2019-03-14 11:17:28"}]"#
                .into(),
        ))
    });
    assert_eq!(
        stdout(&ask(&server, &["rec", "list", "--csv"])),
        "uniqueid,src,dst,format,date,ts,ts_rule,ts_later,utc_offset\n\
         1552558647.371,101,105,wav,2019-03-14 11:17:28,2019-03-14T10:17:27.000Z,uniqueid,,3600\n"
    );
    let table = stdout(&ask(&server, &["rec", "list", "-o", "human"]));
    assert!(table.contains("2019-03-14 11:17:28") && table.contains("1552558647.371"), "{table}");
}

#[test]
fn pull_downloads_what_is_listed_and_skips_what_is_there_whole() {
    let pbx = Pbx::after_minutes(10);
    let (_folder, dir) = folder();
    let output = pbx.ask(&["rec", "pull", "--dir", &dir]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let listed = lines(&pbx.ask(&["rec", "list"])).len() - 1;
    let found = names(&dir);
    assert_eq!(found.len(), listed);
    assert!(found.iter().all(|name| name.starts_with("2026-01-01_") && name.ends_with(".wav")), "{found:?}");
    let summary = lines(&output).pop().expect("a summary");
    let expected = json!({"v":1,"kind":"summary","n":listed + 1,"vendor":"cloudpbx","stream":"rest","fetched":listed,
        "skipped":0,"failed":0});
    assert_eq!(summary, expected);
    assert!(stderr(&output).contains(&format!("{listed}/{listed} fetched")), "{}", stderr(&output));

    // One is cut off, one is something else, one has more than it should: these are not whole.
    let path = |at: usize| Path::new(&dir).join(&found[at]);
    let whole = std::fs::read(path(0)).expect("a file");
    std::fs::write(path(0), &whole[..whole.len() - 1]).expect("written");
    std::fs::write(path(1), "<html>").expect("written");
    std::fs::write(path(2), [&std::fs::read(path(2)).expect("a file")[..], b"more"].concat()).expect("written");
    let again = pbx.ask(&["rec", "pull", "--dir", &dir]);
    let outcomes = outcomes(&again);
    let fetched: Vec<_> =
        outcomes.iter().filter(|(word, _)| word == "fetched").filter_map(|(_, name)| name.clone()).collect();
    assert_eq!(fetched, found[..3]);
    assert_eq!(outcomes.iter().filter(|(word, _)| word == "skipped").count(), listed - 3);
    assert_eq!(std::fs::read(path(0)).expect("a file"), whole);
    assert_eq!(names(&dir), found);
}

#[test]
fn pull_takes_ids_and_gives_them_the_same_names() {
    let pbx = Pbx::after_minutes(10);
    let (_folder, dir) = folder();
    let listed = lines(&pbx.ask(&["rec", "list"]));
    let id = listed[0]["call"].as_str().expect("an id");
    let output = pbx.ask(&["rec", "pull", id, id, "1.1", "--dir", &dir]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 fetched, 0 were there already, 1 failed"), "{}", stderr(&output));
    let reports = lines(&output);
    let failed = reports.iter().find(|line| line["outcome"] == "failed").expect("one that failed");
    assert_eq!((&failed["call"], &failed["error"]), (&json!("1.1"), &json!("there is no such recording")));
    let all = pbx.ask(&["rec", "pull", "--dir", &dir]);
    assert_eq!(outcomes(&all).iter().filter(|(word, _)| word == "skipped").count(), 1);
}

#[test]
fn a_recording_that_fails_does_not_stop_the_others() {
    let list = r#"[{"uniqueid":"cut","format":"wav"},{"uniqueid":"page","format":"wav"},{"uniqueid":"empty","format":"wav"},
        {"uniqueid":"gone","format":"wav"},{"uniqueid":"good","format":"wav"},{"uniqueid":"good","format":"wav"},{"src":"1"}]"#;
    let server = Server::start(move |request| -> Answer {
        Some(match request.rsplit('/').next().expect("a path") {
            "record" => (200, list.into()),
            "cut" => (200, wav(10)[..50].to_owned()),
            "page" => (200, b"<html>an error</html>".into()),
            "empty" => (200, wav(0)),
            "gone" => return None,
            _ => (200, wav(10)),
        })
    });
    let (_folder, dir) = folder();
    let output = ask(&server, &["rec", "pull", "--dir", &dir]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 fetched, 0 were there already, 4 failed"), "{}", stderr(&output));
    assert_eq!(names(&dir), ["recording_good.wav"]);
}

#[test]
fn no_id_leaves_the_folder() {
    let list =
        r#"[{"uniqueid":"../../escaped","format":"../x"},{"uniqueid":"C:\\x"},{"uniqueid":"NUL","format":"wav"}]"#;
    let server =
        Server::start(move |request| Some((200, if request == "GET /record" { list.into() } else { wav(10) })));
    let (folder, dir) = folder();
    let output = ask(&server, &["rec", "pull", "--dir", &dir]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_eq!(names(&dir), ["recording_..%2F..%2Fescaped.bin", "recording_C%3A%5Cx.wav", "recording_NUL.wav"]);
    assert_eq!(names(&folder.path().display().to_string()), ["recordings"]);
}

#[test]
fn days_or_ids_but_not_both() {
    let server = Server::start(|_| Some((200, b"[]".into())));
    let both = ["rec", "pull", "1.1", "--from", "2021-10-01", "--dir", "."];
    assert_eq!(code(&ask(&server, &both)), Some(2));
    assert_eq!(code(&ask(&server, &["rec", "pull"])), Some(2), "--dir is missing");
    assert!(server.asked().is_empty());
}
