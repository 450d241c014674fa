//! `tieline sim run` and `tieline sim check`.

mod common;

use std::path::{Path, PathBuf};

use common::{code, run, stderr, tieline};

fn gallery(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tieline-sim/scenarios").join(name)
}

fn scenario(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).expect("written");
    path
}

const OFFICE: &str =
    "time = \"stepped\"\npatience = \"10ms\"\nextension = [{ number = \"101\", name = \"Alice Novak\" }]\n";

#[test]
fn the_gallery_has_no_mistakes() {
    let mut command = tieline();
    command.args(["sim", "check"]);
    for name in ["screen-pop", "queue-overflow", "sla-breach", "agent-day", "dst-night", "flapping-line"] {
        command.arg(gallery(&format!("{name}.toml")));
    }
    let output = run(command);
    assert_eq!((code(&output), String::from_utf8_lossy(&output.stdout).as_ref()), (Some(0), ""));
}

#[test]
fn a_mistake_is_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = scenario(&folder, &format!("{OFFICE}timeline = [{{ at = \"1s\", register = \"102\" }}]\n"));
    let mut command = tieline();
    command.args(["sim", "check"]).arg(&path);
    let output = run(command);
    assert_eq!(code(&output), Some(9));
    let expected = format!("{}:4:37: no extension `102`\n", path.display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);

    let mut command = tieline();
    command.args(["sim", "run"]).arg(&path);
    let output = run(command);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains(":4:37: no extension `102`"), "{}", stderr(&output));
}

#[test]
fn a_run_without_expectations_ends_with_code_0() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = scenario(&folder, &format!("{OFFICE}timeline = [{{ at = \"1s\", unregister = \"101\" }}]\n"));
    let mut command = tieline();
    command.args(["sim", "run"]).arg(&path);
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("scenario: 0 met, 0 failed, 0 pending; seed 7\n"));
}

#[test]
fn what_did_not_happen_is_code_9_and_a_failure_in_junit() {
    let folder = tempfile::tempdir().expect("a folder");
    let timeline = "timeline = [{ at = \"1s\", expect = { login = \"101\", within = \"2s\" } }]\n";
    let path = scenario(&folder, &format!("{OFFICE}{timeline}"));
    let junit = folder.path().join("report.xml");
    let mut command = tieline();
    command.args(["sim", "run", "--json", "--seed", "3"]).arg(&path).arg("--junit").arg(&junit);
    let output = run(command);
    assert_eq!(code(&output), Some(9), "{}", stderr(&output));
    let lines = common::lines(&output);
    assert_eq!((lines.len(), &lines[0]["ready"], &lines[1]["success"]), (2, &true.into(), &false.into()));
    assert_eq!(lines[0]["seed"], 3);
    let junit = std::fs::read_to_string(junit).expect("the report");
    assert!(junit.contains("<failure message=\"did not happen\">"), "{junit}");
}

#[test]
fn a_junit_file_that_cannot_be_written_is_told_before_anything_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = scenario(&folder, &format!("{OFFICE}length = \"2000h\"\n"));
    let mut command = tieline();
    command.args(["sim", "run", "--json"]).arg(&path).arg("--junit").arg(folder.path().join("no/report.xml"));
    let output = run(command);
    assert_eq!((code(&output), output.stdout.len()), (Some(2), 0), "{}", stderr(&output));
    assert!(stderr(&output).contains("report.xml"), "{}", stderr(&output));
}

#[test]
fn options_of_the_day_and_the_words_of_scenarios_exclude_each_other() {
    let mut command = tieline();
    command.args(["sim", "--seed", "9", "check", "x.toml"]);
    assert_eq!(code(&run(command)), Some(2));
}
