//! `tieline im` and `tieline doctor`, run against the simulator: the main ways, and what `im tail` says of what goes wrong.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use common::{Sim, code, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tieline_sim::fault::{Memory, Rule};
use tieline_sim::scenario::{Extension, Group, Pace, Scenario, Step};

/// A command with the login of a user of `tieline sim`.
fn im(sim: &Sim, user: usize, arguments: &[&str]) -> Command {
    let of = |key: &str| sim.text(&format!("/im/users/{user}/{key}")).to_owned();
    let mut command = tieline();
    command.arg("im").args(arguments);
    command.args(["--server", sim.text("/im/url"), "--user", &of("username"), "--domain", sim.text("/im/domain")]);
    command.env("TIELINE_TOKEN", of("token"));
    command
}

fn succeeds(command: Command) -> Vec<Value> {
    let output = run(command);
    assert!(output.status.success(), "{}", stderr(&output));
    lines(&output)
}

#[test]
fn people_write_to_each_other_and_read_it_later() {
    let sim = Sim::start(&[]);
    let (alice, carla) = (sim.text("/im/users/0/user"), sim.text("/im/users/2/user"));
    for text in ["Room 12 is ready.", "Really."] {
        let sent = succeeds(im(&sim, 0, &["send", carla, text]));
        assert_eq!((sent.len(), &sent[0]["kind"]), (1, &json!("sent")));
    }
    let history = succeeds(im(&sim, 2, &["history", alice]));
    let texts: Vec<&Value> =
        history.iter().filter(|line| line["kind"] == "message").map(|line| &line["text"]).collect();
    assert_eq!(texts, ["Room 12 is ready.", "Really."]);
    assert_eq!(history[0]["from"], alice);
    let topics = succeeds(im(&sim, 2, &["topics"]));
    assert!(topics.iter().any(|topic| topic["topic"] == alice), "{topics:?}");
    assert!(topics.iter().any(|topic| topic["topic"] == sim.text("/im/groups/0/topic")), "{topics:?}");
}

#[test]
fn a_group_is_created_filled_handed_over_and_deleted() {
    let sim = Sim::start(&[]);
    let bob = sim.text("/im/users/1/user");
    let created = succeeds(im(&sim, 0, &["group", "create", "Kitchen", "--invite", bob]));
    let topic = created[0]["topic"].as_str().expect("a topic").to_owned();
    let members = succeeds(im(&sim, 0, &["group", "members", &topic]));
    let users: Vec<&str> = members.iter().filter_map(|member| member["user"].as_str()).collect();
    assert!(users.contains(&bob) && users.len() == 2, "{members:?}");
    succeeds(im(&sim, 0, &["group", "rename", &topic, "Bar"]));
    succeeds(im(&sim, 0, &["group", "transfer", &topic, bob]));
    let refused = run(im(&sim, 0, &["group", "rename", &topic, "Kitchen"]));
    assert_eq!(code(&refused), Some(7), "{}", stderr(&refused));
    succeeds(im(&sim, 1, &["group", "delete", &topic]));
}

#[test]
fn files_go_to_the_simulator_and_come_back() {
    let (sim, folder) = (Sim::start(&[]), tempfile::tempdir().expect("a folder"));
    let (menu, back) = (folder.path().join("menu.txt"), folder.path().join("back.txt"));
    std::fs::write(&menu, "Soup").expect("written");
    let sent = succeeds(im(&sim, 0, &["upload", menu.to_str().expect("text")]));
    let id = sent[0]["id"].as_str().or_else(|| sent[0]["file"].as_str()).expect("an id").to_owned();
    succeeds(im(&sim, 1, &["download", &id, "--to", back.to_str().expect("text")]));
    assert_eq!(std::fs::read_to_string(&back).expect("read"), "Soup");
}

#[test]
fn tail_prints_what_the_people_of_the_day_write() {
    let sim = Sim::start(&["--speed", "200"]);
    let output = run(im(&sim, 0, &["tail", "--presence", "--count", "3"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let messages: Vec<Value> = lines(&output).into_iter().filter(|line| line["kind"] == "message").collect();
    assert!(messages.iter().all(|message| message["text"].is_string()), "{messages:?}");
}

#[test]
fn a_wrong_token_ends_with_3() {
    let sim = Sim::start(&[]);
    let mut command = im(&sim, 0, &["topics"]);
    command.env("TIELINE_TOKEN", "wrong");
    let output = run(command);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
}

#[test]
fn doctor_examines_im_of_the_simulator() {
    let sim = Sim::start(&[]);
    let mut command = common::doctor::doctor(sim.text("/im/url"), &["--for", "1s"]);
    command.args(["--user", sim.text("/im/users/0/username"), "--domain", sim.text("/im/domain")]);
    command.env("TIELINE_TOKEN", sim.text("/im/users/0/token"));
    let examined = common::doctor::Examined::by(command);
    assert_eq!(examined.code(), Some(0), "{}", stdout(&examined.output));
    for step in ["tcp", "upgrade", "login", "subscription"] {
        assert_eq!(examined.outcome(step), "ok", "{}", examined.step(step));
    }
}

#[test]
fn people_are_told_how_to_log_in_to_im() {
    let mut child: Child =
        tieline().args(["sim", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("started");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut told = String::new();
    while !told.contains("tieline im tail") {
        assert_ne!(out.read_line(&mut told).expect("a line"), 0, "{told}");
    }
    child.kill().expect("ended");
    child.wait().expect("ended");
    assert!(told.contains("IM       ws://127.0.0.1:") && told.contains("Sales Department (sales)"), "{told}");
}

/// So many messages are written, one each second of the scenario; who waits for all of them gets no other.
const MESSAGES: usize = 60;

/// Alice writes a message each second of a scenario, so many, of which the simulator makes thirty a second, and Robot Nine
/// can hear her with the command.
struct Talk {
    // Dropped before the threads that it runs on.
    sim: tieline_sim::Sim,
    tail: Command,
    _runtime: tokio::runtime::Runtime,
}

impl Talk {
    fn of(messages: u64, rule: Option<&str>, arguments: &[&str]) -> Self {
        let second = Duration::from_secs;
        let mut scenario = Scenario::builder("talk")
            .pace(Pace::Scaled(30.0))
            .length(second(100_000))
            .extension(Extension::new("101", "Alice Novak"))
            .extension(Extension::new("109", "Robot Nine").im(false))
            .group(Group::new("ops", "Operations", "101").member("109"));
        for number in 0..messages {
            scenario = scenario.at(second(20 + number), Step::message("101", "ops", format!("m{}", number + 1)));
        }
        let mut builder = tieline_sim::Sim::builder().scenario(scenario.build().expect("a scenario"));
        if let Some(rule) = rule {
            builder = builder.fault(rule.parse::<Rule>().expect("a rule"));
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let sim = runtime.block_on(builder.start()).expect("a simulator");
        let group = sim.im_group("ops").expect("a group");
        let mut tail = tieline();
        tail.args(["im", "tail", &group, "--after", "0", "--server", &sim.im_url(), "--user", "robot"]);
        tail.args(["--domain", "acme.test"]).args(arguments);
        tail.env("TIELINE_TOKEN", sim.im_token("109").expect("a token").expose());
        Self { sim, tail, _runtime: runtime }
    }
}

/// Runs `im tail` in a talk in which something goes wrong.
fn tail(rule: &str, arguments: &[&str]) -> (Output, Vec<Value>) {
    let talk = Talk::of(1_000, Some(rule), arguments);
    let output = run(talk.tail);
    let told = lines(&output);
    (output, told)
}

/// Runs `im tail` in a talk of so many messages whose PBX is restarted once `before` of them were heard.
fn restarted(messages: u64, before: usize, memory: Memory, arguments: &[&str]) -> (ExitStatus, Vec<Value>) {
    let mut talk = Talk::of(messages, None, arguments);
    let mut child = talk.tail.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
    let (mut told, mut heard) = (Vec::<Value>::new(), 0);
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        told.push(serde_json::from_str(&line.expect("text")).expect("JSON"));
        heard += usize::from(told.last().is_some_and(|line| line["kind"] == "message"));
        if heard == before {
            talk.sim.restart(memory);
            heard += 1;
        }
    }
    (child.wait().expect("ended"), told)
}

/// What stands in the place of events: `down`, `live`, `missing` and so on, in order.
fn states(told: &[Value]) -> Vec<&str> {
    told.iter().filter(|line| line["kind"] != "message").filter_map(|line| line["state"].as_str()).collect()
}

/// Every message came once, up to the last. On a slow machine those after a gap may be as many as were asked for before the
/// gap is closed; of what is missing then it was told.
fn assert_whole(told: &[Value], of: &str) {
    let messages = told.iter().filter(|line| line["kind"] == "message");
    let numbers: Vec<u64> = messages.filter_map(|line| line["seq"].as_u64()).collect();
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!((numbers.len(), distinct.len()), (MESSAGES, MESSAGES), "{of}: {numbers:?}");
    let last = distinct.last().copied().expect("some");
    let open = open_gap(told);
    let lost: Vec<u64> = (1..=last).filter(|seq| !distinct.contains(seq) && !open.contains(seq)).collect();
    assert_eq!(lost, [0; 0], "{of}: {numbers:?} {open:?}");
}

/// The numbers that were told to be missing, if it was not told since that they are complete. To fetch them takes less than
/// a second, in which thirty others are written.
fn open_gap(told: &[Value]) -> Range<u64> {
    let at = told.iter().rposition(|line| line["state"] == "missing" || line["state"] == "complete");
    match at.map(|at| told.split_at(at).1) {
        Some([gap, since @ ..]) if gap["state"] == "missing" => {
            assert!(since.len() < 30, "{gap} is not fetched: {since:?}");
            gap["first"].as_u64().expect("a number")..gap["last"].as_u64().map_or(u64::MAX, |last| last + 1)
        }
        _ => 0..0,
    }
}

#[test]
fn tail_survives_lost_lines_and_gets_what_was_written_meanwhile() {
    for (rule, cause) in [
        ("on=im-line,nth=10:close=1011", "closed by the peer with code 1011"),
        ("on=im-line,nth=1:reset=3000", "the line was lost"),
        ("on=im-line,nth=10:token-expired", "closed by the peer with code 1008"),
    ] {
        let (output, told) = tail(rule, &["--count", "60"]);
        assert!(output.status.success(), "{rule} {}", stderr(&output));
        assert_whole(&told, rule);
        let states = states(&told);
        let lost = ["live", "down", "live"].iter().all(|state| states.contains(state));
        assert!(lost, "{rule}: {states:?}");
        let down = told.iter().find(|line| line["state"] == "down").expect("told");
        assert_eq!(down["cause"].as_str().map(|told| told.contains(cause)), Some(true), "{rule}: {down}");
    }
}

#[test]
fn tail_tells_of_messages_that_are_missing_and_fetches_them() {
    let (output, told) = tail("on=im-line,nth=10:skip=5", &["--count", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_whole(&told, "skip");
    let states = states(&told);
    assert!(states.contains(&"missing") && states.contains(&"complete"), "{states:?}");
}

#[test]
fn tail_prints_doubled_and_overtaken_messages_once_and_what_it_cannot_read_is_told() {
    for rule in ["on=im-line,nth=10-20:duplicate", "on=im-line,nth=10:reorder", "on=im-line,nth=10:merge=5"] {
        let (output, told) = tail(rule, &["--count", "60"]);
        assert!(output.status.success(), "{rule} {}", stderr(&output));
        assert_whole(&told, rule);
    }
    for rule in ["on=im-line,nth=10:bad-json", "on=im-line,nth=10:unknown-event", "on=im-line,nth=10:oversized"] {
        let (output, told) = tail(rule, &["--count", "60"]);
        assert!(output.status.success(), "{rule} {}", stderr(&output));
        assert_whole(&told, rule);
        assert!(states(&told).iter().any(|state| ["missing", "unreadable", "down"].contains(state)), "{rule}");
    }
    let (output, told) = tail("on=im-line,nth=10-20:unknown-field", &["--count", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_whole(&told, "unknown-field");
    let (output, told) = tail("on=im-line,nth=10-20:numbers-as-strings", &["--count", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_whole(&told, "numbers-as-strings");
}

#[test]
fn tail_tells_when_the_numbers_of_a_topic_went_back() {
    let (output, told) = tail("on=im-line,nth=20:rewind", &["--fail-on-gap"]);
    assert_eq!(code(&output), Some(8), "{}", stderr(&output));
    let reset = told.iter().find(|line| line["state"] == "reset").expect("told");
    assert!(reset["before"].as_u64() > reset["last"].as_u64(), "{reset}");
}

#[test]
fn tail_survives_a_restart_with_and_without_memory() {
    let (status, told) = restarted(1_000, 20, Memory::Kept, &["--count", "60"]);
    assert!(status.success(), "{told:?}");
    assert_whole(&told, "restart");
    assert!(states(&told).contains(&"down"), "{told:?}");
    // What Alice writes from then on has numbers below those before, however late the line is back.
    let (status, told) = restarted(60, 40, Memory::Lost, &["--fail-on-gap"]);
    assert_eq!(status.code(), Some(8), "{told:?}");
    assert!(states(&told).contains(&"reset"), "{told:?}");
}

#[test]
fn a_login_that_is_refused_or_a_server_that_is_down_has_its_code() {
    let (output, _) = tail("on=im-line:login-refused", &[]);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    let (output, _) = tail("on=im-line,nth=1:refuse", &[]);
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    let (output, told) = tail("on=im-line,nth=1:http=503", &["--retry", "--count", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_whole(&told, "http=503");
}
