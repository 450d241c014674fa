//! `listen` against a PBX that misbehaves, in every protocol: what it says, how it ends, and that it goes on.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use common::listen::Protocol::{Axeos, Stream, Wsi};
use common::listen::{ALL, Heard, hear, word};
use common::{Sim, code, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tieline_sim::fault::{Memory, Rule};

/// The line was lost once, for this reason, and came back.
fn assert_recovers(fault: &str, options: &[&str], cause: &str) {
    for protocol in ALL {
        if protocol == Axeos && fault.contains("close") {
            continue;
        }
        let count = if fault.contains("close") { "40" } else { "250" };
        let heard = hear(protocol, &[fault], &[&["--count", count], options].concat());
        let of = format!("{protocol:?} {fault}");
        heard.assert_goes_on(&of);
        assert_eq!(heard.said(), protocol.recovery(), "{of}");
        let down = heard.all("down")[0];
        assert_eq!(down["data"]["class"], "retry", "{of}");
        if protocol != Axeos {
            assert_eq!(down["data"]["cause"], cause, "{of}");
        }
        // Only the log of Axeos can be read on from where it was.
        assert_eq!(heard.all("gap")[0]["data"]["recovered"], json!(protocol == Axeos), "{of}");
    }
}

#[test]
fn a_reset_line_is_told_and_opened_again() {
    assert_recovers("ON,nth=1:reset=20000", &[], "the line was lost");
}

#[test]
fn a_half_open_line_is_found_by_its_silence() {
    assert_recovers("ON,nth=1:black-hole=20000", &["--idle-timeout", "2s"], "the line went silent");
}

#[test]
fn a_close_of_any_code_is_told_and_the_line_opened_again() {
    for code in ["1000", "1001", "1011", "1013", "4000"] {
        let fault = format!("ON,nth=6:close={code}");
        assert_recovers(&fault, &[], &format!("closed by the peer with code {code}"));
    }
}

#[test]
fn a_refused_or_mute_first_connection_is_the_end_unless_retries_are_wished() {
    for protocol in ALL {
        for (fault, options) in [
            ("ON,nth=1-2:refuse", &[][..]),
            ("ON,nth=1-2:mute", &["--connect-timeout", "600ms"]),
            ("ON,nth=1-2:http=503", &[]),
        ] {
            let of = format!("{protocol:?} {fault}");
            let heard = hear(protocol, &[fault], options);
            assert_eq!(heard.code, Some(5), "{of}: {}", heard.stderr);
            let heard = hear(protocol, &[fault], &[&["--retry", "--count", "30"], options].concat());
            heard.assert_goes_on(&of);
            // Of the failures before the first success the last one is told.
            assert_eq!(heard.said(), ["down", "live"], "{of}");
        }
    }
}

#[test]
fn an_overloaded_server_is_asked_again_when_it_says() {
    for (protocol, nth) in [(Wsi, 2), (Stream, 2), (Axeos, 5)] {
        for answer in ["503,1", "429,1"] {
            let faults = [format!("ON,nth={nth}:http={answer}"), "ON,nth=5:close=1012".to_owned()];
            // A poll fails by itself; a WebSocket has to be closed first.
            let faults: Vec<_> =
                faults.iter().map(String::as_str).take(if protocol == Axeos { 1 } else { 2 }).collect();
            let heard = hear(protocol, &faults, &["--count", "60"]);
            let of = format!("{protocol:?} {answer}");
            heard.assert_goes_on(&of);
            let down = heard.all("down");
            let last = down.last().expect("a loss");
            assert!(last["data"]["cause"].as_str().expect("words").contains(&answer[..3]), "{of} {last}");
            // Waits of its own choice are no longer than 200 ms here.
            assert!(last["data"]["retry_in_seconds"].as_f64().expect("a time") > 0.2, "{of} {last}");
            assert_eq!(heard.all("gap").len(), 1, "{of}");
        }
    }
}

#[test]
fn a_refused_login_is_the_end_whether_at_first_or_after_a_loss() {
    for protocol in ALL {
        let heard = hear(protocol, &["ON:login-refused"], &["--retry"]);
        assert_eq!((heard.code, heard.said()), (Some(3), vec![]), "{protocol:?}: {}", heard.stderr);
    }
    for protocol in [Wsi, Stream] {
        let heard = hear(protocol, &["ON,nth=2:login-refused", "ON,nth=5:close=1012"], &[]);
        assert_eq!(
            (heard.code, heard.said()),
            (Some(3), vec!["live", "down", "gap"]),
            "{protocol:?}: {}",
            heard.stderr
        );
        assert!(heard.stderr.contains("refused"), "{}", heard.stderr);
    }
    let heard = hear(Axeos, &["ON,nth=6:login-refused"], &[]);
    assert_eq!((heard.code, heard.said()), (Some(3), vec!["live", "gap"]), "{}", heard.stderr);
}

#[test]
fn an_expired_token_is_renewed_where_there_is_a_login_and_the_end_where_there_is_a_key() {
    assert_eq!(hear(Wsi, &["ON,nth=6:token-expired"], &["--count", "60"]).said(), Wsi.recovery());
    let heard = hear(Wsi, &["ON,nth=6:token-expired", "ON,nth=2-:login-refused"], &["--count", "60"]);
    assert_eq!((heard.code, heard.said()), (Some(3), vec!["live", "down", "gap"]), "{}", heard.stderr);
    for protocol in [Stream, Axeos] {
        let heard = hear(protocol, &["ON,nth=6:token-expired"], &["--count", "60"]);
        assert_eq!((heard.code, heard.said()), (Some(3), vec!["live", "gap"]), "{protocol:?}: {}", heard.stderr);
        assert!(heard.stderr.contains("401"), "{}", heard.stderr);
    }
}

#[test]
fn what_is_not_permitted_ends_with_its_code() {
    for (protocol, expected) in [(Wsi, 7), (Stream, 3), (Axeos, 3)] {
        let heard = hear(protocol, &["ON:permission-denied"], &[]);
        assert_eq!(heard.code, Some(expected), "{protocol:?}: {}", heard.stderr);
    }
}

#[test]
fn a_topic_that_is_refused_after_a_loss_is_told_and_the_others_go_on() {
    // Three topics are subscribed to at first, and three again.
    let heard = hear(Wsi, &["ON,nth=4:permission-denied", "ON,nth=8:close=1012"], &["--count", "60"]);
    heard.assert_goes_on("a lost topic");
    assert_eq!(heard.said(), Wsi.recovery());
    assert!(
        heard.stderr.contains("is no longer subscribed to") && heard.stderr.contains("no permission"),
        "{}",
        heard.stderr
    );
}

#[test]
fn a_message_that_is_no_json_is_kept_and_told_and_the_next_is_read() {
    for kind in ["full-width-comma", "missing-comma", "stray-bracket", "cut"] {
        for protocol in [Wsi, Stream] {
            let heard = hear(protocol, &[&format!("ON,nth=7:bad-json={kind}")], &["--count", "20"]);
            let of = format!("{protocol:?} {kind}");
            heard.assert_goes_on(&of);
            assert_eq!(
                heard.said().into_iter().filter(|said| *said != "gap").collect::<Vec<_>>(),
                ["live", "error"],
                "{of}"
            );
            let data = &heard.all("error")[0]["data"];
            assert!(data["line"] == 1 && data["column"].as_u64().is_some_and(|column| column > 1), "{of} {data}");
            let bytes = data["bytes"].as_str().expect("the message");
            assert!(serde_json::from_str::<Value>(bytes).is_err() && bytes.starts_with('{'), "{of} {bytes}");
        }
        // An answer is asked for again, and then nothing is missing.
        let heard = hear(Axeos, &[&format!("ON,nth=2:bad-json={kind}")], &["--count", "100"]);
        heard.assert_goes_on(kind);
        assert_eq!(heard.said(), Axeos.recovery(), "{kind}");
        assert!(heard.all("down")[0]["data"]["cause"].as_str().expect("words").contains("cannot be read"));
        assert_numbers_have_no_holes(&heard);
    }
}

fn numbers(heard: &Heard) -> Vec<u64> {
    heard.events().map(|event| event["data"]["seq"].as_u64().expect("a number")).collect()
}

fn assert_numbers_have_no_holes(heard: &Heard) {
    let numbers = numbers(heard);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
}

#[test]
fn an_answer_that_stays_unreadable_is_passed_and_the_gap_told() {
    let heard = hear(Axeos, &["ON,nth=2-8:bad-json"], &["--count", "100"]);
    heard.assert_goes_on("unreadable");
    assert_eq!(heard.all("gap")[0]["data"]["recovered"], json!(false));
    assert_eq!(heard.all("live").len(), 2);
}

#[test]
fn what_no_document_knows_passes_through() {
    for protocol in ALL {
        for (fault, count, found) in [
            ("unknown-event", 1, "x_unknown_event"),
            ("unknown-field", 1, "x_unknown_field"),
            ("unknown-value", 30, "x_unknown_word"),
        ] {
            let from = if count == 1 { "nth=2" } else { "nth=2-" };
            let heard = hear(protocol, &[&format!("ON,{from}:{fault}")], &["--count", "100"]);
            let of = format!("{protocol:?} {fault}");
            heard.assert_goes_on(&of);
            assert_eq!(heard.said(), ["live"], "{of}");
            let all = heard.lines.iter().map(|line| line["data"].to_string());
            assert!(all.filter(|data| data.contains(found)).count() >= 1, "{of}");
        }
        let heard = hear(protocol, &["ON:numbers-as-strings"], &["--count", "60"]);
        heard.assert_goes_on("numbers");
        assert_eq!(heard.said(), ["live"], "{protocol:?}");
    }
    let heard = hear(Wsi, &["ON,nth=5-:unknown-event"], &["--count", "5", "--only", "x_unknown_event"]);
    assert!(heard.events().all(|event| event["type"] == "x_unknown_event"));
}

#[test]
fn doubled_and_reordered_events_are_told_where_numbers_tell_of_them() {
    // Of records none is like another.
    let heard = hear(Wsi, &["ON,nth=2:duplicate"], &["--count", "5", "--topic", "cdr_events"]);
    let records: Vec<_> = heard.events().map(|event| event["data"].to_string()).collect();
    let doubled: Vec<_> = records.windows(2).map(|pair| pair[0] == pair[1]).collect();
    assert_eq!(doubled, [false, true, false, false], "no number tells them apart");

    let heard = hear(Stream, &["ON,nth=30:duplicate"], &["--count", "60"]);
    heard.assert_goes_on("duplicate");
    assert_eq!((heard.said(), &heard.all("note")[0]["data"]["note"]), (vec!["live", "note"], &json!("repeated")));
    let heard = hear(Stream, &["ON,nth=30:reorder"], &["--count", "60"]);
    heard.assert_goes_on("reorder");
    assert_eq!((heard.said(), &heard.all("note")[0]["data"]["note"]), (vec!["live", "note"], &json!("inverted")));

    for fault in ["ON:duplicate", "ON:reorder"] {
        let heard = hear(Axeos, &[fault], &["--count", "40"]);
        heard.assert_goes_on(fault);
        assert_eq!(heard.said(), ["live"], "{fault}");
        assert_numbers_have_no_holes(&heard);
    }
}

#[test]
fn numbers_that_skip_or_start_over_are_gaps() {
    let heard = hear(Stream, &["ON,nth=30:rewind"], &["--count", "80"]);
    heard.assert_goes_on("rewind");
    assert_eq!(heard.all("gap")[0]["data"]["cause"], "reset");
    let heard = hear(Axeos, &["ON,nth=2:skip=1000"], &["--count", "100"]);
    heard.assert_goes_on("skip");
    assert_eq!(heard.said(), ["live", "gap", "resynced"]);
    assert_eq!(heard.all("gap")[0]["data"]["recovered"], json!(false));
    // Messages may overtake each other, so that a hole is told after a while.
    let heard = hear(Stream, &["ON,nth=30:skip=7"], &["--fail-on-gap"]);
    assert_eq!(heard.code, Some(8), "{}", heard.stderr);
    let gap = heard.lines.last().expect("a gap")["data"].clone();
    assert_eq!(
        (&gap["cause"], gap["last"].as_i64().zip(gap["first"].as_i64()).map(|(last, first)| last - first)),
        (&json!("missing"), Some(6))
    );
}

#[test]
fn a_burst_is_printed_whole() {
    for (protocol, burst) in [(Wsi, 2000), (Stream, 2000), (Axeos, 2000)] {
        let count = (burst + 100).to_string();
        let heard = hear(protocol, &[&format!("ON,nth=20:burst={burst}")], &["--count", &count]);
        heard.assert_goes_on("burst");
        assert_eq!(heard.said(), ["live"], "{protocol:?}");
        // Snapshots of WSI count too.
        assert!(heard.events().count() > burst, "{protocol:?}");
        if protocol == Axeos {
            assert_numbers_have_no_holes(&heard);
        }
    }
}

#[test]
fn torn_and_merged_writes_are_read_like_any_others() {
    for protocol in ALL {
        let heard = hear(protocol, &["ON:split=5"], &["--count", "40"]);
        heard.assert_goes_on("split");
        assert_eq!(heard.said(), ["live"], "{protocol:?}");
    }
    for protocol in [Wsi, Stream] {
        let heard = hear(protocol, &["ON:merge=7"], &["--count", "40"]);
        heard.assert_goes_on("merge");
        assert_eq!(heard.said(), ["live"], "{protocol:?}");
    }
}

#[test]
fn a_message_beyond_the_limit_loses_the_line_and_not_the_program() {
    for protocol in [Wsi, Stream] {
        let heard = hear(protocol, &["ON,nth=6:oversized=1100000"], &["--count", "40"]);
        heard.assert_goes_on("oversized");
        assert_eq!(heard.said(), protocol.recovery(), "{protocol:?}");
        let cause = &heard.all("down")[0]["data"]["cause"];
        assert_eq!(cause, "the peer broke the protocol: a message is longer than the limit");
    }
    let heard = hear(Axeos, &["ON,nth=2:oversized=1100000"], &["--count", "100"]);
    heard.assert_goes_on("an answer has more room");
    assert_eq!(heard.said(), ["live"]);
}

#[test]
fn the_first_gap_ends_listen_with_8_where_that_is_asked_for() {
    for (protocol, fault) in [
        (Wsi, "ON,nth=6:close=1011"),
        (Wsi, "ON,nth=1:reset=6000"),
        (Stream, "ON,nth=6:close=1011"),
        (Stream, "ON,nth=30:rewind"),
        (Axeos, "ON,nth=1:reset=20000"),
        (Axeos, "ON,nth=2:skip=1000"),
        (Axeos, "ON,nth=2:bad-json"),
    ] {
        let heard = hear(protocol, &[fault], &["--fail-on-gap"]);
        assert_eq!(heard.code, Some(8), "{protocol:?} {fault}: {}", heard.stderr);
        assert_eq!(heard.lines.last().map(word), Some("gap"), "{protocol:?} {fault}");
        assert_eq!(heard.all("gap").len(), 1);
    }
}

/// `listen` to a simulator in this process, until it is dropped.
struct Listening {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Listening {
    fn to(protocol: common::listen::Protocol, sim: &tieline_sim::Sim) -> Self {
        let mut command = protocol.listen(&sim.contract());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("a line").expect("text")).expect("JSON")
    }

    /// Reads to a line of this kind or state, past all others.
    fn find(&mut self, what: &str) -> Value {
        loop {
            let line = self.next();
            if word(&line) == what {
                return line;
            }
        }
    }
}

fn with_sim(test: impl FnOnce(&tieline_sim::Sim)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let sim = runtime.block_on(tieline_sim::Sim::builder().speed(60.0).start()).expect("a simulator");
    test(&sim);
}

#[test]
fn a_restart_is_survived_with_and_without_memory() {
    for protocol in ALL {
        for memory in [Memory::Kept, Memory::Lost] {
            with_sim(|sim| {
                let mut listening = Listening::to(protocol, sim);
                // So many that new numbers have not overtaken the old ones when the line is back.
                let events = if memory == Memory::Lost { 600 } else { 20 };
                (0..events).for_each(|_| drop(listening.find("event")));
                if protocol == Stream {
                    // Nothing is numbered before the line is back.
                    sim.pause();
                }
                sim.restart(memory);
                listening.find("down");
                listening.find("live");
                sim.resume();
                let gap = listening.find("gap");
                let recovered = protocol == Axeos && memory == Memory::Kept;
                assert_eq!(gap["data"]["recovered"], json!(recovered), "{protocol:?} {memory:?} {gap}");
                if protocol == Stream && memory == Memory::Lost {
                    assert_eq!(listening.find("gap")["data"]["cause"], "reset");
                }
                (0..20).for_each(|_| drop(listening.find("event")));
            });
        }
    }
}

#[test]
fn a_clock_that_jumps_disturbs_nothing() {
    for protocol in ALL {
        with_sim(|sim| {
            let mut listening = Listening::to(protocol, sim);
            listening.find("event");
            for seconds in [-86_400, 172_800] {
                sim.skew_clock(seconds);
                for _ in 0..20 {
                    let line = listening.next();
                    assert!(matches!(word(&line), "event" | "snapshot"), "{protocol:?} {line}");
                }
            }
        });
    }
}

#[test]
fn one_line_after_the_other_fails_and_listen_goes_on() {
    for protocol in ALL {
        with_sim(|sim| {
            let mut listening = Listening::to(protocol, sim);
            listening.find("event");
            for fault in ["reset", "http=503", "refuse"] {
                sim.faults().clear();
                sim.faults().add(format!("nth=1-2:{fault}").parse::<Rule>().expect("a rule"));
                sim.kill_connections();
                listening.find("gap");
                listening.find("event");
            }
            let most = sim.clients().len();
            assert!(most < 20, "{most} connections");
        });
    }
}

#[test]
fn single_calls_end_with_the_code_of_what_is_wrong() {
    for (fault, expected) in [
        ("http=503", 5),
        ("refuse", 5),
        ("reset=100", 5),
        ("login-refused", 3),
        ("token-expired", 3),
        ("permission-denied", 3),
        ("bad-json", 6),
        ("unknown-field", 0),
        ("numbers-as-strings", 0),
        ("oversized=100000", 0),
    ] {
        let sim = Sim::start(&["--speed", "300", "--fault", &format!("on=cloudpbx-rest:{fault}")]);
        let mut command = tieline();
        command.args(["cdr", "--api", sim.text("/cloudpbx/url")]).env("TIELINE_KEY", sim.text("/cloudpbx/key"));
        let output = run(command);
        assert_eq!(code(&output), Some(expected), "{fault}: {}", stderr(&output));
    }
}

// ---- `sim` itself

#[test]
fn what_is_no_fault_ends_sim_with_2_and_what_is_expected() {
    for (fault, expected) in [
        ("explode", "`explode` is no fault"),
        ("on=wsi:skip", "`skip` is no fault of wsi"),
        ("nth=0:mute", "`0` is no number or range"),
    ] {
        let mut command = tieline();
        command.args(["sim", "--fault", fault]);
        let output = run(command);
        assert_eq!(code(&output), Some(2), "{fault}");
        let said = stderr(&output);
        assert!(said.contains(expected) && said.contains("--fault help"), "{said}");
    }
}

#[test]
fn the_faults_are_listed_on_request() {
    let mut command = tieline();
    command.args(["sim", "--fault", "help"]);
    let output = run(command);
    assert_eq!((code(&output), stdout(&output)), (Some(0), format!("{}\n", tieline_sim::fault::GRAMMAR)));
}

#[test]
fn a_transcript_tells_what_clients_did_and_no_secret() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    let sim = Sim::start(&["--transcript", path, "--fault", "on=wsi,nth=8:close=1011"]);
    let mut command = Wsi.listen(&sim.contract);
    command.args(["--count", "40"]);
    assert_eq!(code(&run(command)), Some(0));
    let sent = |text: &str| text.contains("\"closed\"");
    while !std::fs::read_to_string(path).is_ok_and(|text| sent(&text)) {
        std::thread::yield_now();
    }
    let text = std::fs::read_to_string(path).expect("text");
    let lines: Vec<Value> = text.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
    let texts: Vec<&str> = lines.iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(texts.iter().filter(|text| text.contains("\"auth\"") && text.contains("[redacted]")).count(), 2);
    assert_eq!(lines.iter().filter(|line| line["kind"] == "opened").count(), 2);
    assert!(lines.iter().any(|line| line["fault"] == "close=1011"));
    for user in sim.contract["wsi"]["users"].as_array().expect("a list") {
        assert!(!text.contains(user["password"].as_str().expect("text")));
    }
    let mut lint = tieline();
    lint.args(["lint", path]);
    assert_eq!(code(&run(lint)), Some(0), "its lines are those that lint reads");
}

#[test]
fn an_address_that_connects_too_often_is_turned_away() {
    let sim = Sim::start(&["--connects-per-minute", "1"]);
    let mut first = Wsi.listen(&sim.contract);
    first.args(["--count", "1"]);
    assert_eq!(code(&run(first)), Some(0));
    let second = run(Wsi.listen(&sim.contract));
    assert_eq!(code(&second), Some(5), "{}", stderr(&second));
}
