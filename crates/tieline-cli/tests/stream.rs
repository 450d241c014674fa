//! The event stream of CloudPBX on the command line: `listen`, and `sms send --wait`.

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};

use common::server::{Answer, Server};
use common::{Sim, code, deserted_port, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tieline_testkit::adapter::{Gate, Pbx, Peer};

const KEY: &str = "swordfish";
const SMS: &str = "3421756012963258480";

/// The address of the stream of the simulator, without its key.
fn stream_of(sim: &Sim) -> String {
    let url = sim.text("/cloudpbx/stream");
    url.split_once('?').expect("a key").0.to_owned()
}

/// `listen` to the simulator.
fn listen_sim(sim: &Sim, options: &[&str]) -> Command {
    let mut command = tieline();
    command.args(["listen", &stream_of(sim)]).args(options).env("TIELINE_KEY", sim.text("/cloudpbx/key"));
    command
}

/// `listen` to a scripted PBX.
fn listen(pbx: &Pbx, options: &[&str]) -> Command {
    let mut command = tieline();
    command.args(["listen", &address(pbx)]).args(options).env("TIELINE_KEY", KEY);
    command
}

fn address(pbx: &Pbx) -> String {
    format!("http://127.0.0.1:{}/ws/pbx_Biuro", pbx.port)
}

/// A PBX that says this to everybody who comes, and then nothing.
fn saying(messages: &'static [&'static str]) -> Pbx {
    Pbx::start(move |mut peer, _| {
        messages.iter().for_each(|message| peer.say(*message));
        peer.agree();
    })
}

/// The lines that are not about the line itself, without their times.
fn told(output: &Output) -> Vec<Value> {
    let mut lines = lines(output);
    lines.retain(|line| line["data"]["state"] != "live");
    for line in &mut lines {
        let line = line.as_object_mut().expect("an object");
        assert!(line.remove("received").is_some_and(|at| at.as_str().is_some_and(|at| at.ends_with('Z'))));
        line.remove("n");
    }
    lines
}

#[test]
fn listen_prints_the_events_of_the_simulated_pbx_as_json_lines() {
    let sim = Sim::start(&[]);
    let output = run(listen_sim(&sim, &["--count", "20"]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let lines = lines(&output);
    assert_eq!((&lines[0]["kind"], &lines[0]["data"]), (&json!("state"), &json!({"state":"live","connection":1})));
    let events = &lines[1..];
    assert_eq!(events.len(), 20);
    let mut last = 0;
    for event in events {
        assert_eq!(
            (&event["kind"], &event["vendor"], &event["stream"]),
            (&"event".into(), &"cloudpbx".into(), &"events".into())
        );
        let word = event["type"].as_str().expect("a type");
        assert!(["subscriber", "extstatus", "queue", "qmember"].contains(&word), "{word}");
        assert_eq!(event["data"].as_object().expect("an object").keys().collect::<Vec<_>>(), [word]);
        let id = event["id"].as_i64().expect("a number");
        assert!(id >= last && event["part"].is_u64(), "{event}");
        last = id;
    }
}

#[test]
fn an_event_is_told_with_its_message_and_its_repair() {
    let pbx = saying(&[
        r#"{"id":385,"channel":"pbx_Biuro","text":{"queue":{"peer":"K1","calls":"1","x":1.50},"fax":[2]}}"#,
        r#"{"id":386,"channel":"pbx_Biuro","text":{"qmember":{"m_location":"SIP\MojaCentrala-101"}}}"#,
    ]);
    let output = run(listen(&pbx, &["--count", "3"]));
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let of = |word: &str, id: i64, part: u64, data: Value| json!({"v":1,"kind":"event","vendor":"cloudpbx","stream":"events","type":word,"id":id,"part":part,"data":data});
    let mut repaired = of("qmember", 386, 0, json!({"qmember":{"m_location":"SIP\\MojaCentrala-101"}}));
    repaired["repaired"] = json!(true);
    assert_eq!(
        told(&output),
        [
            of("queue", 385, 0, json!({"queue":{"peer":"K1","calls":"1","x":1.5}})),
            of("fax", 385, 1, json!({"fax":[2]})),
            repaired,
        ]
    );
    assert!(stdout(&output).contains(r#""x":1.50"#), "numbers are as they came");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let pbx = saying(&[
        r#"{"id":1,"channel":"pbx_Biuro","text":{"data}}"#,
        r#"{"id":2,"channel":"pbx_Biuro","text":{"queue":{"calls":[]},"extstatus":{"exten":"1","status":4}}}"#,
        r#"{"other":true}"#,
        r#"{"id":3,"channel":"pbx_Biuro","text":{"queue":{}}}"#,
    ]);
    let output = run(listen(&pbx, &["--count", "2"]));
    let told = told(&output);
    let kinds: Vec<_> = told.iter().map(|line| line["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["error", "error", "event", "note", "event"]);
    assert_eq!(told[0]["data"]["bytes"], r#"{"id":1,"channel":"pbx_Biuro","text":{"data}}"#);
    assert_eq!((&told[1]["type"], &told[1]["data"]["bytes"]), (&json!("queue"), &json!(r#"{"queue":{"calls":[]}}"#)));
    assert_eq!(told[3]["data"], json!({"note":"no message of the stream","bytes":"{\"other\":true}"}));
}

#[test]
fn the_numbers_tell_what_came_late_twice_anew_or_not_at_all() {
    let pbx = Pbx::start(|mut peer, _| {
        for id in [90, 92, 91, 91, 1, 3] {
            peer.say(format!(r#"{{"id":{id},"channel":"c","text":{{"queue":{{}}}}}}"#));
        }
    });
    let output = run(listen(&pbx, &["--no-reconnect"]));
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    let mut told = told(&output);
    let end = told.pop().expect("the gap that no line follows");
    assert_eq!((&end["kind"], &end["data"]["cause"]), (&json!("gap"), &json!("the line was lost")));
    told.retain(|line| line["kind"] != "event");
    let told: Vec<_> = told.into_iter().map(|mut line| (line["kind"].take(), line["data"].take())).collect();
    assert_eq!(
        told,
        [
            (json!("note"), json!({"note":"inverted","id":91,"highest":92,"was_missing":false})),
            (json!("note"), json!({"note":"repeated","id":91})),
            (json!("gap"), json!({"cause":"reset","last":92,"id":1})),
            (json!("gap"), json!({"cause":"missing","first":2,"last":2})),
        ]
    );
}

#[test]
fn a_lost_line_is_told_and_what_is_stale_since() {
    let pbx = Pbx::start(|mut peer, number| {
        match number {
        0 => peer.say(
            r#"{"id":1,"channel":"c","text":{"subscriber":{"peer":"Biuro-101","statusValue":1},"qmember":{"queue":"K1","peer":"Biuro-101"},"cmember":{"conference":"R","channel":"SIP/1"}}}"#,
        ),
        _ => {
            peer.say(r#"{"id":2,"channel":"c","text":{"queue":{"peer":"K1","calls":"0"}}}"#);
            peer.agree();
        }
    }
    });
    let output = run(listen(&pbx, &["--count", "4"]));
    let told = told(&output);
    let shapes: Vec<_> = told
        .iter()
        .map(|line| (line["kind"].as_str().expect("a kind"), line["data"]["state"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        shapes,
        [
            ("event", ""),
            ("event", ""),
            ("event", ""),
            ("state", "down"),
            ("gap", ""),
            ("state", "stale"),
            ("event", "")
        ]
    );
    assert_eq!(told[4]["data"]["recovered"], json!(false));
    let stale = json!({"state":"stale","complete":true,"states":[
        {"type":"subscriber","peer":"Biuro-101"},
        {"type":"qmember","peer":"Biuro-101","queue":"K1"},
        {"type":"cmember","conference":"R","channel":"SIP/1"}]});
    assert_eq!(told[5]["data"], stale);
}

#[test]
fn a_gap_is_an_end_where_it_was_asked_for() {
    let pbx =
        saying(&[r#"{"id":80,"channel":"c","text":{"queue":{}}}"#, r#"{"id":1,"channel":"c","text":{"queue":{}}}"#]);
    let output = run(listen(&pbx, &["--fail-on-gap"]));
    assert_eq!(code(&output), Some(8), "{}", stderr(&output));
}

#[test]
fn raw_prints_each_message_once_and_only_those_that_match() {
    let pbx = saying(&[
        r#"{"id":1,"channel":"c","text":{"queue":{},"extstatus":{},"qmember":{}}}"#,
        r#"{"id":2,"channel":"c","text":{"subscriber":{}}}"#,
        r#"{"id":3,"channel":"c","text":{"extstatus":{"exten":"1"}}}"#,
    ]);
    let output = run(listen(&pbx, &["--raw", "--only", "extstatus,q*", "--count", "4"]));
    assert_eq!(
        stdout(&output).lines().collect::<Vec<_>>(),
        [
            r#"{"id":1,"channel":"c","text":{"queue":{},"extstatus":{},"qmember":{}}}"#,
            r#"{"id":3,"channel":"c","text":{"extstatus":{"exten":"1"}}}"#,
        ]
    );
}

#[test]
fn people_read_a_line_an_event_and_no_event_can_play_with_their_terminal() {
    let pbx = saying(&[
        r#"{"id":1,"channel":"c","text":{"subscriber":{"peer":"Biuro-101","statusValue":9,"connectPeerNumber":"105","connectPeerName":"\u001b[31mJan"}}}"#,
        r#"{"id":2,"channel":"c","text":{"qmember":{"peer":"Biuro-101","queue":"K1","m_status":"8","m_paused":"1","m_reason":"tea"},"queue":{"peer":"K1","calls":"3"},"smsSendResponse":{"MsgId":"7","to":"48600100200","status":"SENT"}}}"#,
    ]);
    let output = run(listen(&pbx, &["--count", "4", "-o", "human"]));
    let text = stdout(&output);
    let expected = [
        "live                   connection 1",
        "subscriber             Biuro-101 in use|ringing, with 105 \u{fffd}[31mJan",
        "qmember                Biuro-101 in K1 on hold, in a break: tea",
        "queue                  K1: 3 waiting",
        "smsSendResponse        7 to 48600100200: SENT",
    ];
    let shown: Vec<_> = text.lines().map(|line| line.split_once("  ").expect("a time").1).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_key_in_the_address_is_taken_with_a_warning_and_never_printed() {
    let pbx = Pbx::raw(|io, _| {
        let (mut peer, target) = Peer::accept_at(io);
        peer.say(format!(r#"{{"id":1,"channel":"c","text":{{"queue":{{"peer":"{}"}}}}}}"#, target.len()));
        peer.agree();
    });
    let mut command = tieline();
    let url = format!("{}?pbxkey={KEY}", address(&pbx));
    command.args(["listen", &url, "--count", "1", "--log", "debug"]);
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("the API key stands in the address") && said.contains("pbxkey=[redacted]"), "{said}");
    assert!(!said.contains(KEY) && !stdout(&output).contains(KEY), "{said}");
    let path = format!("/ws/pbx_Biuro?pbxkey={KEY}");
    assert_eq!(told(&output)[0]["data"]["queue"]["peer"], path.len().to_string());
}

#[test]
fn a_key_file_goes_before_the_key_in_the_address() {
    let sim = Sim::start(&[]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), sim.text("/cloudpbx/key").to_owned() + "\n").expect("written");
    let mut command = tieline();
    command.args(["listen", &(stream_of(&sim) + "?pbxkey=wrong"), "--count", "1", "--key-file"]).arg(file.path());
    assert_eq!(code(&run(command)), Some(0));
}

#[test]
fn a_wrong_key_exits_with_3_and_the_remedy() {
    let sim = Sim::start(&[]);
    let mut command = listen_sim(&sim, &["--retry"]);
    command.env("TIELINE_KEY", "not-the-key");
    let output = run(command);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("--key-file") && !stderr(&output).contains("not-the-key"), "{}", stderr(&output));
}

#[test]
fn a_refusal_after_the_handshake_exits_with_3() {
    let pbx = Pbx::start(|mut peer, _| peer.refuse(r#"{"http_status":403,"explain":"no"}"#));
    let output = run(listen(&pbx, &[]));
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
}

#[test]
fn nobody_there_exits_with_5_and_something_else_with_6() {
    let mut command = tieline();
    command.args(["listen", &format!("ws://127.0.0.1:{}/ws/pbx_A", deserted_port())]).env("TIELINE_KEY", KEY);
    let output = run(command);
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    let server = Server::start(|_| Some((404, b"no".to_vec())));
    let mut command = tieline();
    command.args(["listen", &format!("{}/ws/pbx_A", server.url)]).env("TIELINE_KEY", KEY);
    let output = run(command);
    assert_eq!(code(&output), Some(6), "{}", stderr(&output));
}

#[test]
fn the_command_line_is_checked_with_2_before_anything_is_dialled() {
    let pbx = saying(&[]);
    let url = address(&pbx);
    let odd = url.replace("pbx_", "");
    for arguments in [
        &["listen", &url, "--topic", "cdr_events"][..],
        &["listen", &url, "--dialect", "v16"],
        &["listen", &odd],
        &["listen", &odd, "--protocol", "cloudpbx"],
        &["sms", "send", "600100200", "x", "--wait"],
        &["sms", "send", "600100200", "x", "--timeout", "3s"],
        &["sms", "send", "600100200", "x", "--wait", "--stream", &odd],
    ] {
        let mut command = tieline();
        command.args(arguments).env("TIELINE_KEY", KEY);
        let output = run(command);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {}", stderr(&output));
    }
    let mut without_key = tieline();
    without_key.args(["listen", &url]);
    let output = run(without_key);
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("TIELINE_KEY"), "{}", stderr(&output));
    assert_eq!(pbx.accepted(), 0);
}

#[test]
fn a_tls_pbx_is_listened_to_with_its_pin_and_refused_without_it() {
    let sim = Sim::start(&["--tls"]);
    let output = run(listen_sim(&sim, &["--count", "1"]));
    assert_eq!(code(&output), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains(sim.text("/pin")), "{}", stderr(&output));
    assert_eq!(code(&run(listen_sim(&sim, &["--count", "1", "--tls-pin", sim.text("/pin")]))), Some(0));
}

#[test]
fn what_the_simulated_pbx_says_is_as_documented() {
    let sim = Sim::start(&[]);
    let captured = run(listen_sim(&sim, &["--raw", "--count", "100"]));
    assert!(captured.status.success(), "{}", stderr(&captured));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &captured.stdout).expect("written");
    let mut command = tieline();
    command.args(["lint", "--strict"]).arg(file.path());
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    assert!(lines(&output)[0]["messages"].as_u64().is_some_and(|messages| messages > 0));
}

// ---- sms send --wait

/// A PBX that takes messages once `told` is open, and opens `asked`; its stream tells these states.
fn gateway(states: &'static [&'static str]) -> (Server, Pbx) {
    let (asked, told) = (Gate::new(), Gate::new());
    let (ask, tell) = (asked.clone(), told.clone());
    let server = Server::start(move |request| {
        assert_eq!(request, "POST /sendSMS");
        asked.open();
        told.pass();
        accepted()
    });
    let pbx = Pbx::start(move |mut peer, _| {
        ask.pass();
        for (at, state) in states.iter().enumerate() {
            peer.say(state_message(at + 1, SMS, state));
        }
        tell.open();
        peer.agree();
    });
    (server, pbx)
}

#[expect(clippy::unnecessary_wraps, reason = "what a server's closure gives")]
fn accepted() -> Answer {
    let body = format!(r#"{{"responseId":"{SMS}","responseStatus":"QUEUE","responseErrorMessage":null}}"#);
    Some((200, body.into_bytes()))
}

fn state_message(id: usize, sms: &str, state: &str) -> String {
    format!(
        r#"{{"id":{id},"channel":"c","text":{{"smsSendResponse":{{"MsgId":"{sms}","to":"48600100200","status":"{state}"}}}}}}"#
    )
}

fn send(server: &Server, pbx: &Pbx, options: &[&str]) -> Output {
    let mut command = tieline();
    command.args(["sms", "send", "600100200", "text", "--wait", "--api", &server.url, "--stream", &address(pbx)]);
    run({
        command.args(options).env("TIELINE_KEY", KEY);
        command
    })
}

#[test]
fn wait_tells_each_state_also_one_that_came_before_the_answer() {
    let (server, pbx) = gateway(&["ACCEPTED", "SENT", "DELIVERED"]);
    let output = send(&server, &pbx, &[]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let lines = lines(&output);
    let states: Vec<_> = lines.iter().map(|line| (line["state"].as_str().expect("a state"), &line["final"])).collect();
    let (no, yes) = (json!(false), json!(true));
    assert_eq!(
        states,
        [("QUEUE", &no), ("ACCEPTED", &no), ("SENT", &no), ("DELIVERED", &yes), ("DELIVERED", &Value::Null)]
    );
    assert!(lines.iter().enumerate().all(|(at, line)| line["n"] == at + 1 && line["id"] == SMS), "{lines:?}");
    assert_eq!(
        lines[4],
        json!({"v":1,"kind":"summary","n":5,"vendor":"cloudpbx","stream":"rest","id":SMS,"outcome":"delivered",
               "state":"DELIVERED","stream_was_lost":false})
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_message_that_is_not_delivered_exits_with_11_and_its_state() {
    for state in [&["EXPIRED"], &["UNDELIVERED"], &["FAILED"], &["REJECTED"], &["STOP"]] {
        let (server, pbx) = gateway(state);
        let output = send(&server, &pbx, &[]);
        assert_eq!(code(&output), Some(11), "{}", stderr(&output));
        assert!(stderr(&output).contains(state[0]), "{}", stderr(&output));
        assert_eq!(lines(&output).last().expect("a summary")["outcome"], "undelivered");
    }
}

#[test]
fn a_message_that_nobody_knows_of_exits_with_12() {
    for (states, timeout) in [(&["UNKNOWN"], "2m"), (&["NOT_FOUND"], "2m"), (&["SENT"], "1s")] {
        let (server, pbx) = gateway(states);
        let output = send(&server, &pbx, &["--timeout", timeout]);
        assert_eq!(code(&output), Some(12), "{}", stderr(&output));
        let summary = lines(&output).pop().expect("a summary");
        assert_eq!((&summary["outcome"], &summary["state"]), (&json!("unknown"), &json!(states[0])));
        assert!(stderr(&output).contains("tieline cdr"), "{}", stderr(&output));
    }
}

#[test]
fn people_see_the_states_as_they_come() {
    let server = Server::start(|_| accepted());
    let seen = Gate::new();
    let go = seen.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        go.pass();
        peer.say(state_message(1, "1", "REJECTED"));
        peer.say(state_message(2, SMS, "DELIVERED"));
        peer.agree();
    });
    let mut command = tieline();
    command.args(["sms", "send", "600100200", "text", "--wait", "-o", "human", "--api", &server.url]);
    command.args(["--stream", &address(&pbx)]).env("TIELINE_KEY", KEY).stdout(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    out.read_line(&mut first).expect("a line");
    assert_eq!(first, format!("{SMS}  QUEUE\n"));
    seen.open();
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("read");
    assert_eq!(rest, format!("{SMS}  DELIVERED\n"));
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn nothing_is_sent_where_the_stream_cannot_be_opened() {
    let server = Server::start(|_| accepted());
    let pbx = Pbx::raw(|mut io, _| {
        use std::io::Write as _;
        let mut head = BufReader::new(&mut io).lines();
        while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        drop(write!(io, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
    });
    let output = send(&server, &pbx, &[]);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("Nothing was sent."), "{}", stderr(&output));
    assert!(server.asked().is_empty());
}

#[test]
fn the_simulated_pbx_delivers_and_rejects() {
    let sim = Sim::start(&[]);
    for (to, outcome, exit) in [("600100200", "delivered", 0), ("600100201", "undelivered", 11)] {
        let mut command = tieline();
        command.args([
            "sms",
            "send",
            to,
            "text",
            "--wait",
            "--api",
            sim.text("/cloudpbx/url"),
            "--stream",
            &stream_of(&sim),
        ]);
        command.env("TIELINE_KEY", sim.text("/cloudpbx/key"));
        let output = run(command);
        assert_eq!(code(&output), Some(exit), "{}", stderr(&output));
        assert_eq!(lines(&output).last().expect("a summary")["outcome"], outcome);
    }
}
