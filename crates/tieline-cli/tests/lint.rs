//! `tieline lint`, run as people and programs run it.

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Output, Stdio};

use common::{code, lines, tieline};
use serde_json::Value;
use tieline_testkit::{Dialect, WSI};

/// The program with options and something on standard input.
fn lint(options: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut command = tieline();
    command.arg("lint").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.as_ref().to_vec();
    // Written aside: the program answers before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ran");
    writer.join().expect("joined").expect("written");
    output
}

/// Line, column, code and path of each anomaly.
fn places(output: &Output) -> Vec<(u64, u64, String, String)> {
    let lines = lines(output);
    let anomalies = lines.iter().filter(|line| line["kind"] == "anomaly");
    let number = |value: &Value| value.as_u64().expect("a number");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    anomalies
        .map(|line| (number(&line["line"]), number(&line["column"]), word(&line["code"]), word(&line["path"])))
        .collect()
}

fn place(line: u64, column: u64, code: &str, path: &str) -> (u64, u64, String, String) {
    (line, column, code.into(), path.into())
}

fn summary(output: &Output) -> Value {
    lines(output).pop().expect("a summary")
}

const BENT: &str = r#"{"event_type":"call_hold","tenant_id":7}"#;
const CLEAN: &str = r#"{"event_type":"call_hold","tenant_id":"7"}"#;

#[test]
fn one_message_a_line_is_told_by_line_and_column() {
    let output = lint(&[], format!("{CLEAN}\n\n{BENT}\r\n{{\"event_type\":\n"));
    assert_eq!(places(&output), [place(3, 39, "other-kind", "tenant_id"), place(4, 15, "not-json", "")]);
}

#[test]
fn a_pretty_printed_sample_is_told_by_line_and_column() {
    let text = "{\n  \"event_type\": \"call_hold\",\n  \"tenant_id\": 7\n}\n";
    assert_eq!(places(&lint(&[], text)), [place(3, 16, "other-kind", "tenant_id")]);
}

#[test]
fn values_one_after_the_other_are_messages_each() {
    let output = lint(&[], format!("{CLEAN} {BENT}\n{{\n}}{BENT}"));
    assert_eq!(
        places(&output),
        [
            place(1, 82, "other-kind", "tenant_id"),
            place(2, 1, "unknown-message", ""),
            place(3, 40, "other-kind", "tenant_id"),
        ]
    );
}

#[test]
fn columns_count_characters_and_a_byte_order_mark_none() {
    let output = lint(&[], "\u{FEFF}{\"event_type\":\"call_hold\",\"aor\":\"ü\",\"new\":1}\n");
    assert_eq!(places(&output), [place(1, 37, "unknown-key", "new")]);
}

#[test]
fn a_json_line_has_these_keys() {
    let output = lint(&[], BENT);
    let line = lines(&output).remove(0);
    let expected = r#"{"v":1,"kind":"anomaly","n":1,"vendor":"portsip","stream":"wsi","file":"stdin","file_line":1,"within":"file","line":1,"column":39,"severity":"bent","code":"other-kind","path":"tenant_id","words":"a number found, the documents write a string"}"#;
    assert_eq!(line, serde_json::from_str::<Value>(expected).expect("JSON"));
    let expected = r#"{"v":1,"kind":"summary","n":2,"messages":1,"odd":1,"broken":0,"bent":1,"unknown":0}"#;
    assert_eq!(summary(&output), serde_json::from_str::<Value>(expected).expect("JSON"));
}

#[test]
fn people_read_file_line_column_severity_words_and_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("capture.jsonl");
    std::fs::write(&file, format!("{CLEAN}\n{BENT}\n")).expect("written");
    let name = file.display().to_string();
    let output = tieline().args(["lint", "-o", "human", &name]).output().expect("ran");
    let expected = format!("{name}:2:39: bent: a number found, the documents write a string (tenant_id)\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    let summary = "2 messages, 1 of them odd: 0 broken, 1 bent, 0 unknown\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), summary);
}

#[test]
fn a_transcript_is_told_by_the_line_of_the_file_and_the_place_in_the_text() {
    let transcript = concat!(
        r#"{"t":0,"from":"client","text":"{\"command\":\"auth\",\n\"username\":\"u\"}"}"#,
        "\n",
        r#"{"t":5,"from":"server","text":"{\"status\":0,\n\"new\":1}"}"#,
        "\n",
    );
    let output = lint(&[], transcript);
    assert_eq!(places(&output), [place(1, 1, "missing", ""), place(2, 1, "unknown-key", "new")]);
    let lines = lines(&output);
    assert_eq!((&lines[1]["file_line"], &lines[1]["within"]), (&2.into(), &"text".into()));
    let people = lint(&["-o", "human"], transcript);
    let text = String::from_utf8_lossy(&people.stdout).into_owned();
    assert!(text.ends_with("stdin:2: text 2:1: unknown: unknown key (new)\n"), "{text}");
}

#[test]
fn what_listen_printed_is_told_where_it_stands() {
    let captured = concat!(
        r#"{"v":1,"kind":"state","n":1,"vendor":"portsip","stream":"wsi","data":{"state":"live"}}"#,
        "\n",
        r#"{"v":1,"kind":"event","n":2,"stream":"wsi","data":{"event_type":"call_hold","new":1}}"#,
        "\n",
        r#"{"v":1,"kind":"error","n":3,"stream":"wsi","data":{"error":"…","bytes":"{\"a\""}}"#,
        "\n",
    );
    let output = lint(&[], captured);
    assert_eq!(places(&output), [place(2, 77, "unknown-key", "new"), place(1, 5, "not-json", "")]);
    assert_eq!(summary(&output)["messages"], 2);
    assert_eq!(lines(&output)[1]["file_line"], 3);
}

#[test]
fn a_dialect_makes_what_belongs_to_others_unknown() {
    let text = r#"{"event_type":"queue_created","queue_number":"8001"}"#;
    assert_eq!(places(&lint(&["--dialect", "v22"], text)), []);
    assert_eq!(places(&lint(&["--dialect", "v16"], text)), [place(1, 15, "later-version", "event_type")]);
}

#[test]
fn a_line_that_is_not_utf8_is_told_and_the_run_goes_on() {
    let output = lint(&["--protocol", "wsi"], [b"{\"status\":0,\"error\":\"\xFF\"}\n", BENT.as_bytes()].concat());
    assert_eq!(places(&output), [place(1, 22, "not-utf8", ""), place(2, 39, "other-kind", "tenant_id")]);
}

#[test]
fn a_line_over_the_limit_is_told_and_the_run_goes_on() {
    let long = format!("{{\"event_type\":\"{}\"}}\n{BENT}\n", "x".repeat(17 << 20));
    let output = lint(&[], long);
    assert_eq!(places(&output), [place(1, 1, "too-long", ""), place(2, 39, "other-kind", "tenant_id")]);
    assert_eq!(code(&output), Some(9));
}

#[test]
fn what_a_capture_puts_around_a_message_does_not_make_it_too_long() {
    let message = format!("{{\"x\":\"{}\"}}", "\\\"".repeat(5 << 20));
    let line = serde_json::json!({"t": 1, "connection": 1, "kind": "text", "from": "server", "text": message});
    let output = lint(&["--protocol", "wsi"], line.to_string());
    assert_eq!(summary(&output)["messages"], 1);
    assert!(places(&output).iter().all(|(_, _, code, _)| code != "too-long"), "{:?}", places(&output));
}

#[test]
fn broken_messages_exit_with_9_and_odd_ones_only_when_strict() {
    assert_eq!(code(&lint(&[], CLEAN)), Some(0));
    assert_eq!(code(&lint(&["--strict"], CLEAN)), Some(0));
    assert_eq!(code(&lint(&[], BENT)), Some(0));
    assert_eq!(code(&lint(&["--strict"], BENT)), Some(9));
    assert_eq!(code(&lint(&[], "nonsense")), Some(9));
    assert_eq!(code(&lint(&[], "")), Some(0));
}

#[test]
fn a_file_that_is_not_there_exits_with_2_and_is_named() {
    let output = tieline().args(["lint", "no-such-file"]).output().expect("ran");
    assert_eq!(code(&output), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file"));
}

#[test]
fn a_text_in_utf_16_is_refused_with_the_remedy() {
    let output = lint(&[], b"\xFF\xFE{\0}\0");
    assert_eq!(code(&output), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("UTF-8"));
}

#[test]
fn a_message_is_told_as_soon_as_it_is_read() {
    let mut command = tieline();
    let mut child = command.arg("lint").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("piped");
    writeln!(stdin, "{BENT}").expect("written");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert!(line.contains("other-kind"), "{line}");
    drop(stdin);
    assert!(child.wait().expect("ended").code().is_some());
}

#[test]
fn no_value_is_printed() {
    let text = r#"{"command":"auth","username":["hunter2"],"password":{"hunter2":1},"secret":"hunter2"}"#;
    for form in ["human", "json"] {
        let output = lint(&["-o", form], text);
        let printed = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&printed).contains("hunter2"), "{form}");
    }
}

#[test]
fn the_documents_samples_in_one_file_are_told_where_each_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("samples.json");
    let samples = WSI.iter().filter(|fixture| fixture.dialect == Dialect::V16 || fixture.dialect == Dialect::Invalid);
    let mut text = String::new();
    let mut broken = Vec::new();
    for fixture in samples {
        if fixture.dialect == Dialect::Invalid {
            broken.push(text.lines().count() + 1..=text.lines().count() + fixture.text.lines().count());
        }
        text.push_str(fixture.text);
        text.push_str(if fixture.text.ends_with('\n') { "" } else { "\n" });
    }
    std::fs::write(&file, &text).expect("written");
    let output = tieline().arg("lint").arg(Path::new(&file)).output().expect("ran");
    let found = lines(&output).into_iter().filter(|line| line["severity"] == "broken");
    let found: Vec<_> = found.map(|line| line["line"].as_u64().expect("a number") as usize).collect();
    assert_eq!(found.len(), broken.len(), "{found:?} {broken:?}");
    assert!(found.iter().zip(&broken).all(|(line, sample)| sample.contains(line)), "{found:?} {broken:?}");
    assert_eq!(summary(&output)["messages"], 22 + 6);
}

#[test]
fn what_the_simulated_pbx_says_is_as_documented() {
    for dialect in ["v12", "v16", "v22"] {
        let mut sim = tieline();
        sim.args(["sim", "--json", "--listen", "127.0.0.1:0", "--speed", "60"]).stdout(Stdio::piped());
        let mut sim = sim.spawn().expect("started");
        let mut contract = String::new();
        BufReader::new(sim.stdout.as_mut().expect("piped")).read_line(&mut contract).expect("a line");
        let contract: Value = serde_json::from_str(&contract).expect("JSON");
        let text = |pointer: &str| contract.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
        let mut listen = tieline();
        let url = text(&format!("/wsi/dialects/{dialect}"));
        listen.args(["listen", &url, "--dialect", dialect, "--raw", "--count", "150"]);
        match dialect {
            "v12" => listen
                .args(["--tenant", &text("/wsi/tenant/name")])
                .env("TIELINE_PASSWORD", text("/wsi/tenant/password")),
            _ => listen
                .args(["--user", &text("/wsi/users/0/username"), "--domain", &text("/wsi/domain")])
                .env("TIELINE_PASSWORD", text("/wsi/users/0/password")),
        };
        let captured = listen.output().expect("ran");
        let _ = sim.kill();
        let _ = sim.wait();
        assert!(captured.status.success(), "{}", String::from_utf8_lossy(&captured.stderr));
        let output = lint(&["--strict", "--dialect", dialect], captured.stdout);
        assert_eq!(places(&output), [], "{dialect}");
        assert_eq!(summary(&output)["messages"], 150);
    }
}
