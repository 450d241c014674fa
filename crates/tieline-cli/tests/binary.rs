//! The binary, run as people and programs run it.

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use common::{Sim, deserted_port, lines, run, stderr, tieline};

impl Sim {
    /// `listen` as the first user, in the v16 dialect.
    fn listen(&self, options: &[&str]) -> Command {
        let mut command = tieline();
        command
            .args(["listen", self.text("/wsi/dialects/v16"), "--user", self.text("/wsi/users/0/username")])
            .args(["--domain", self.text("/wsi/domain")])
            .args(options)
            .env("TIELINE_PASSWORD", self.text("/wsi/users/0/password"));
        command
    }
}

#[test]
fn sim_prints_the_contract_and_nothing_else() {
    let mut sim = Sim::start(&["--seed", "7"]);
    assert_eq!((sim.contract["ready"].as_bool(), sim.contract["seed"].as_u64()), (Some(true), Some(7)));
    assert!(sim.text("/wsi/url").starts_with("ws://127.0.0.1:"));
    for pointer in [
        "/wsi/dialects/v12",
        "/wsi/dialects/v16",
        "/wsi/dialects/v22",
        "/wsi/users/0/extension",
        "/wsi/users/0/group",
        "/wsi/users/0/role",
        "/wsi/tenant/name",
        "/wsi/tenant/password",
        "/wsi/tenant/id",
        "/wsi/admin/username",
        "/wsi/admin/password",
        "/wsi/queues/0",
        "/cloudpbx/url",
        "/cloudpbx/stream",
        "/cloudpbx/name",
        "/cloudpbx/key",
    ] {
        assert!(!sim.text(pointer).is_empty());
    }
    assert!(run(sim.listen(&["--count", "3"])).status.success());
    sim.child.kill().expect("killed");
    let mut rest = String::new();
    sim.child.stdout.take().expect("piped").read_to_string(&mut rest).expect("read");
    assert_eq!(rest, "");
}

#[test]
fn listen_prints_json_lines_through_a_pipe() {
    let sim = Sim::start(&[]);
    let output = run(sim.listen(&["--count", "20"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = lines(&output);
    assert_eq!(lines[0]["kind"], "state");
    assert_eq!(lines[0]["data"]["state"], "live");
    let events: Vec<_> = lines.iter().filter(|line| line["kind"] == "event" || line["kind"] == "snapshot").collect();
    assert_eq!(events.len(), 20);
    for event in events {
        assert_eq!(event["type"], event["data"]["event_type"]);
        assert_eq!((&event["v"], &event["vendor"], &event["stream"]), (&1.into(), &"portsip".into(), &"wsi".into()));
    }
}

#[test]
fn raw_prints_the_frames_and_nothing_else() {
    let sim = Sim::start(&[]);
    let output = run(sim.listen(&["--raw", "--count", "5"]));
    let lines = lines(&output);
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|line| line["event_type"].is_string() && line.get("v").is_none()));
}

#[test]
fn only_prints_the_types_that_match() {
    let sim = Sim::start(&[]);
    let output = run(sim.listen(&["--only", "target_*,call_start", "--count", "6"]));
    let lines = lines(&output);
    let types: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types.len(), 6);
    assert!(types.iter().all(|name| name.starts_with("target_") || *name == "call_start"), "{types:?}");
}

#[test]
fn human_output_is_for_people() {
    let sim = Sim::start(&[]);
    let output = run(sim.listen(&["-o", "human", "--count", "5"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("live") && !text.contains('{') && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_wrong_password_exits_with_3_and_the_servers_words() {
    let sim = Sim::start(&[]);
    let mut command = sim.listen(&[]);
    command.env("TIELINE_PASSWORD", "not-the-password");
    let output = run(command);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("name or password error"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("not-the-password"));
}

#[test]
fn a_password_comes_from_a_file_or_standard_input_too() {
    let sim = Sim::start(&[]);
    let password = sim.text("/wsi/users/0/password").to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{password}\r\n")).expect("written");
    let mut command = sim.listen(&["--count", "1", "--password-file", &file.display().to_string()]);
    command.env_remove("TIELINE_PASSWORD");
    assert!(run(command).status.success());

    let mut command = sim.listen(&["--count", "1", "--password-file", "-"]);
    command.env_remove("TIELINE_PASSWORD").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("started");
    writeln!(child.stdin.take().expect("piped"), "{password}").expect("written");
    assert!(child.wait_with_output().expect("ran").status.success());
}

#[test]
fn without_a_password_the_remedy_is_named() {
    let sim = Sim::start(&[]);
    let mut command = sim.listen(&[]);
    command.env_remove("TIELINE_PASSWORD");
    let output = run(command);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--password-file"), "{}", stderr(&output));
}

#[test]
fn a_refused_topic_exits_with_7() {
    let sim = Sim::start(&[]);
    let output = run(sim.listen(&["--topic", "trunk_events"]));
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("trunk_events"));
}

#[test]
fn nobody_there_exits_with_5() {
    let mut command = tieline();
    command.args(["listen", &format!("ws://127.0.0.1:{}/wsi", deserted_port()), "--user", "u", "--domain", "d"]);
    let output = run({
        command.env("TIELINE_PASSWORD", "p");
        command
    });
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
}

#[test]
fn a_path_of_something_else_exits_with_6() {
    let sim = Sim::start(&[]);
    let url = sim.text("/wsi/url").replace("/wsi", "/elsewhere");
    let mut command = tieline();
    command.args(["listen", &url, "--protocol", "wsi", "--user", "u", "--domain", "d"]).env("TIELINE_PASSWORD", "p");
    let output = run(command);
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
}

#[test]
fn a_self_signed_pbx_exits_with_4_and_the_pin_that_accepts_it() {
    let sim = Sim::start(&["--tls"]);
    assert!(sim.text("/wsi/url").starts_with("wss://"));
    let refused = run(sim.listen(&["--count", "1"]));
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    let pin = sim.text("/pin");
    assert!(stderr(&refused).contains(&format!("--tls-pin {pin}")), "{}", stderr(&refused));
    let accepted = run(sim.listen(&["--count", "1", "--tls-pin", pin]));
    assert!(accepted.status.success(), "{}", stderr(&accepted));
    let insecure = run(sim.listen(&["--count", "1", "--tls-insecure"]));
    assert!(insecure.status.success() && stderr(&insecure).contains("not verified"), "{}", stderr(&insecure));
}

#[test]
fn a_closed_pipe_exits_with_0() {
    let sim = Sim::start(&[]);
    let mut child = sim.listen(&[]).stdout(Stdio::piped()).spawn().expect("started");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn standard_error_that_nobody_reads_changes_no_exit_code() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = tieline();
    command.args(["lint", "-o", "human"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(writer);
    let mut child = command.spawn().expect("started");
    child.stdin.take().expect("piped").write_all(b"{\"broken\":\n").expect("written");
    assert_eq!(common::code(&child.wait_with_output().expect("ends")), Some(9));
}

#[cfg(unix)]
#[test]
fn who_waits_for_a_password_can_be_stopped_with_130() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = folder.path().join("begun");
    let mut command = tieline();
    command.args(["listen", "ws://127.0.0.1:1/", "--user", "a", "--domain", "b", "--password-cmd"]);
    let mut child = command.arg(format!("touch '{}'; exec sleep 20", begun.display())).spawn().expect("started");
    while !begun.exists() {
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("ran").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}

#[test]
fn a_line_that_is_lost_is_an_end_where_reconnecting_is_off() {
    let mut sim = Sim::start(&[]);
    let mut child =
        sim.listen(&["--no-reconnect"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    sim.child.kill().expect("killed");
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).expect("read");
    assert_eq!(child.wait().expect("ended").code(), Some(5));
}

#[test]
fn the_command_line_itself_is_checked_with_2() {
    for arguments in
        [&["listen"][..], &["sim", "--speed", "0"], &["listen", "ws://h/x", "--tls-pin", "nonsense"], &["dance"]]
    {
        let mut command = tieline();
        command.args(arguments);
        assert_eq!(run(command).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn help_teaches_the_exit_codes_and_examples() {
    let mut command = tieline();
    command.arg("--help");
    let help = run(command);
    assert!(String::from_utf8_lossy(&help.stdout).contains("the login or the key was refused"));
    let mut command = tieline();
    command.args(["listen", "--help"]);
    assert!(String::from_utf8_lossy(&run(command).stdout).contains("TIELINE_PASSWORD"));
}

#[test]
fn demo_ends_by_itself_with_a_summary_of_what_was_seen() {
    let mut command = tieline();
    command.arg("demo");
    let output = run(command);
    assert!(output.status.success());
    let lines = lines(&output);
    assert!(lines.iter().any(|line| line["kind"] == "gap"), "the cut is told");
    assert!(lines.iter().filter(|line| line["kind"] == "event").count() > 100);
    assert!(stderr(&output).contains("call_start") && stderr(&output).contains("1 gap"), "{}", stderr(&output));
}
