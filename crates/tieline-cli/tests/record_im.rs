//! `tieline record` and `tieline replay` of PortSIP IM, and what `tieline lint` says of such a capture.

mod common;

use std::collections::BTreeSet;
use std::process::Output;

use common::capture::{Folder, read, redactor, replay};
use common::{Sim, code, lines, run, stderr, stdout, tieline};
use serde_json::Value;
use tieline_sim::capture::What;
use tieline_testkit::adapter::im::{Chat, GROUP, TOKEN};
use tieline_testkit::leaks::{Words, known, words};

/// What `im` prints of a user of the simulator, at this address; the user has a token and a password.
fn im(sim: &Sim, address: &str, arguments: &[&str]) -> Output {
    let of = |key: &str| sim.text(&format!("/im/users/0/{key}")).to_owned();
    let mut command = tieline();
    command.arg("im").args(arguments).args(["--server", &format!("ws://{address}/im"), "--user", &of("username")]);
    command.args(["--domain", sim.text("/im/domain")]);
    command.env("TIELINE_TOKEN", of("token")).env("TIELINE_PASSWORD", of("password"));
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{arguments:?}: {}", stderr(&output));
    output
}

/// The messages of the wire that `im tail` printed.
fn messages(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The longer words of what people wrote.
fn written(messages: &[Value]) -> BTreeSet<String> {
    let texts = messages.iter().filter_map(|message| message.pointer("/data/content")?.as_str());
    texts.flat_map(words).filter(|word| word.len() > 4).collect()
}

/// The words of a capture, none of them known or written.
fn assert_nothing_leaks(capture: &str, sim: &Sim, written: &BTreeSet<String>) {
    let found = Words::of(capture);
    assert_eq!(found.leaked(&known(&sim.contract)), [""; 0]);
    let in_clear: Vec<_> = written.iter().filter(|word| found.has(word)).collect();
    assert_eq!(in_clear, [""; 0]);
}

#[test]
fn a_capture_of_im_holds_nothing_of_anybody_and_replays_to_the_same_messages() {
    const TAIL: [&str; 5] = ["tail", "--raw", "--presence", "--count", "100"];
    let (sim, folder) = (Sim::start(&["--speed", "600"]), Folder::new());
    let (file, menu) = (folder.path("im.tlr"), folder.path("menu.txt"));
    let proxy = folder.proxy(sim.text("/im/url"), &file);
    let heard = messages(&im(&sim, proxy.text("address"), &TAIL));
    // Passwords and files go over HTTP.
    im(&sim, proxy.text("address"), &["token", "-o", "json"]);
    std::fs::write(&menu, "Soup for Alice Novak").expect("written");
    im(&sim, proxy.text("address"), &["upload", menu.to_str().expect("text")]);
    let output = proxy.interrupt();
    assert_eq!(code(&output), Some(130), "{}", stderr(&output));

    let capture = read(&file);
    assert!(!capture.cut && capture.header.protocol.as_deref() == Some("im"), "{:?}", capture.header);
    let written = written(&heard);
    assert!(written.len() > 10, "{written:?}");
    assert_nothing_leaks(&std::fs::read_to_string(&file).expect("the capture"), &sim, &written);

    let pbx = replay(&file, &["--speed", "max"]);
    let again = messages(&im(&sim, pbx.text("address"), &TAIL));
    drop(pbx.interrupt());
    for (at, (heard, again)) in heard.iter().zip(&again).enumerate() {
        let mapped: Value = serde_json::from_slice(&redactor().message(heard.to_string().as_bytes())).expect("JSON");
        assert_eq!(&mapped, again, "message {at}");
    }
    assert_eq!(heard.len(), again.len());
}

#[test]
fn im_is_recorded_by_a_client_and_lint_names_who_reads_the_capture() {
    let (sim, folder) = (Sim::start(&["--speed", "600"]), Folder::new());
    let file = folder.path("im.tlr");
    let mut record = tieline();
    record.args(["record", sim.text("/im/url"), "--user", sim.text("/im/users/0/username"), "--count", "40", "--json"]);
    record.args(["--domain", sim.text("/im/domain"), "--redact-key"]).arg(&folder.key).arg("-o").arg(&file);
    record.env("TIELINE_TOKEN", sim.text("/im/users/0/token"));
    let recorded = run(record);
    assert_eq!(code(&recorded), Some(0), "{}", stderr(&recorded));
    let capture = read(&file);
    assert!(!capture.cut && capture.header.protocol.as_deref() == Some("im"), "{:?}", capture.header);
    assert!(!capture.entries.iter().any(|entry| matches!(entry.what, What::Unreadable { .. })));
    let texts = ["customer", "headset", "october", "shared", "solved", "minutes"].map(str::to_owned);
    assert_nothing_leaks(&std::fs::read_to_string(&file).expect("the capture"), &sim, &BTreeSet::from(texts));

    let mut lint = tieline();
    lint.args(["lint", "--strict", "-o", "json"]).arg(&file);
    let linted = run(lint);
    let summary = lines(&linted).pop().expect("a summary");
    assert_eq!((code(&linted), &summary["messages"], lines(&linted).len()), (Some(0), &0.into(), 1), "{summary}");
    let words = stderr(&linted);
    for part in ["a capture of im", "nothing in it was looked at", "tieline replay", "tieline im tail"] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn lint_names_who_reads_a_capture_of_axeos_and_looks_at_the_next_file() {
    let folder = Folder::new();
    let (axeos, wsi) = (folder.path("axeos.tlr"), folder.path("wsi.jsonl"));
    let header = r#"{"tieline":"capture","v":1,"protocol":"axeos"}"#;
    let line = r#"{"connection":1,"from":"server","kind":"text","t":1,"text":"{}"}"#;
    std::fs::write(&axeos, format!("{header}\n{line}\n")).expect("written");
    std::fs::write(&wsi, "{\"event_type\":\"call_hold\"}\n").expect("written");
    let mut lint = tieline();
    lint.args(["lint", "-o", "json"]).arg(&axeos).arg(&wsi);
    let linted = run(lint);
    assert_eq!(lines(&linted).pop().expect("a summary")["messages"], 1);
    let words = stderr(&linted);
    assert!(words.contains("a capture of axeos") && words.contains("`tieline listen`"), "{words}");
}

#[test]
fn lint_looks_past_the_lines_of_im_in_a_capture_of_several_protocols() {
    let folder = Folder::new();
    let file = folder.path("mixed.tlr");
    let request = |connection: u64, target: &str| {
        format!(r#"{{"connection":{connection},"kind":"request","method":"GET","t":1,"target":"{target}"}}"#)
    };
    let text = |connection: u64, text: &str| {
        let line =
            serde_json::json!({"connection": connection, "from": "server", "kind": "text", "t": 2, "text": text});
        line.to_string()
    };
    let lines_of_it = [
        r#"{"tieline":"capture","v":1,"protocol":"wsi"}"#.to_owned(),
        request(1, "/wsi"),
        request(2, "/im"),
        text(2, r#"{"pres":{"topic":"me","what":"on"}}"#),
        text(1, r#"{"event_type":"call_hold","tenant_id":7}"#),
    ];
    std::fs::write(&file, lines_of_it.join("\n")).expect("written");
    let mut lint = tieline();
    lint.args(["lint", "-o", "json"]).arg(&file);
    let linted = run(lint);
    let summary = lines(&linted).pop().expect("a summary");
    assert_eq!((&summary["messages"], &summary["bent"], &summary["unknown"]), (&1.into(), &1.into(), &0.into()));
    assert!(stderr(&linted).contains("connection 2 is to IM"), "{}", stderr(&linted));
}

#[test]
fn messages_of_im_are_recorded_and_replayed_under_their_pseudonyms() {
    let (chat, folder) = (Chat::serving(), Folder::new());
    let file = folder.path("im.tlr");
    let im = |url: &str, arguments: &[&str]| {
        let mut command = tieline();
        command.arg("im").args(arguments).args(["--server", url, "--user", "alice", "--domain", "portsip.io"]);
        command.env("TIELINE_TOKEN", TOKEN);
        run(command)
    };
    let upstream = chat.pbx.url.clone();
    let target =
        upstream.split_once("://").and_then(|(_, rest)| Some(rest[rest.find('/')?..].to_owned())).expect("a path");
    let proxy = folder.proxy(&upstream, &file);
    let url = format!("ws://{}{target}", proxy.text("address"));
    let sent = im(&url, &["send", GROUP, "Call Alice Novak at 18005550101, please.", "-o", "json"]);
    assert_eq!(code(&sent), Some(0), "{}", stderr(&sent));
    let history = im(&url, &["history", GROUP, "-o", "json"]);
    assert_eq!(code(&history), Some(0), "{}", stderr(&history));
    let output = proxy.interrupt();
    assert_eq!(code(&output), Some(130), "{}", stderr(&output));

    let whole = std::fs::read_to_string(&file).expect("the capture");
    for secret in ["Alice", "alice", "Novak", "18005550101", TOKEN, "portsip.io", &GROUP[3..], "please"] {
        assert!(!whole.contains(secret), "{secret}");
    }
    let pbx = replay(&file, &["--speed", "max"]);
    let (url, group) = (format!("ws://{}{target}", pbx.text("address")), redactor().text(GROUP));
    assert!(group.starts_with("grp") && group != GROUP, "{group}");
    let again = im(&url, &["send", &group, "anything", "-o", "json"]);
    assert_eq!(code(&again), Some(0), "{}", stderr(&again));
    assert_eq!(lines(&again)[0]["seq"], lines(&sent)[0]["seq"]);
    let again = im(&url, &["history", &group, "-o", "json"]);
    assert_eq!(code(&again), Some(0), "{}", stderr(&again));
    let numbers = |output: &Output| {
        lines(output).iter().map(|line| (line["kind"].clone(), line["seq"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&again), numbers(&history));
}
