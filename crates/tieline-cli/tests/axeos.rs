//! Axeos on the command line: `listen`, `snapshot`, `call`.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use common::{code, deserted_port, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tieline_axeos::{Event, PhoneStatus};
use tieline_testkit::adapter::axeos::{AxeosPbx, Fault, answer};
use tieline_tls::ServerTls;

const KEY: &str = "swordfish";
/// Of `apiKey:swordfish`.
const BASIC: &str = "YXBpS2V5OnN3b3JkZmlzaA==";

/// A command to a PBX, with the key in the environment.
fn command(words: &[&str]) -> Command {
    let mut command = tieline();
    command.args(words).env("TIELINE_KEY", KEY);
    command
}

fn api(pbx: &AxeosPbx) -> String {
    format!("{}/apis/pbx", pbx.url)
}

/// A program that ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Program {
    /// Starts it, and gives the lines of its standard output.
    fn start(mut command: Command) -> (Self, impl Iterator<Item = String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        (Self(child), lines)
    }
}

/// The phone of every PBX of the tests rings.
fn rings() -> Event<String> {
    let mut status = PhoneStatus::<String>::default();
    status.phone_uuid = Some("p1".into());
    status.status = Some("ringing".into());
    Event::PhoneStatusUpdate(status)
}

#[test]
fn listen_prints_lists_and_events_as_json_lines() {
    let pbx = AxeosPbx::start();
    let (_program, mut lines) = Program::start(command(&["listen", &api(&pbx), "--only", "phone *", "-o", "json"]));
    let mut next = || serde_json::from_str::<Value>(&lines.next().expect("a line")).expect("JSON");
    assert_eq!(next()["data"], json!({"state":"live","connection":1}));
    let lists = next();
    assert_eq!(
        (&lists["kind"], &lists["vendor"], &lists["stream"]),
        (&json!("snapshot"), &json!("axeos"), &json!("events"))
    );
    assert_eq!(lists["data"]["users"][0]["username"], "anna");
    assert_eq!(lists["data"]["phones"][0]["phone_username"], "desk");
    pbx.publish(3);
    pbx.tell(rings());
    let event = next();
    assert_eq!((&event["kind"], &event["type"]), (&json!("event"), &json!("phone status update")));
    assert_eq!((&event["data"]["seq"], &event["data"]["status"]), (&json!(5), &json!("ringing")));
    let asked = pbx.asked();
    assert!(asked.iter().all(|asked| asked.text.contains(BASIC)), "{asked:?}");
}

#[test]
fn listen_ends_with_the_code_of_what_is_wrong() {
    for (status, expected) in [("401 No", 3), ("403 No", 3), ("404 No", 6)] {
        let pbx = AxeosPbx::start();
        pbx.faults([Fault::Say(answer(status, "", ""))]);
        let output = run(command(&["listen", &api(&pbx)]));
        assert_eq!(code(&output), Some(expected), "{}", stderr(&output));
    }
    let pbx = AxeosPbx::start();
    pbx.faults([Fault::Say(answer("500 Oops", "", ""))]);
    let output = run(command(&["listen", &pbx.url, "--protocol", "axeos", "--no-reconnect"]));
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    let output = run(command(&["listen", &api(&pbx), "--ext", "101"]));
    assert_eq!(code(&output), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--ext is of PortSIP WSI"));
}

#[test]
fn a_gap_ends_listen_where_that_is_wished() {
    let pbx = AxeosPbx::start();
    pbx.faults([Fault::Cut(0)]);
    let (mut program, lines) = Program::start(command(&["listen", &api(&pbx), "--fail-on-gap"]));
    pbx.await_faults();
    pbx.publish(1);
    let kinds: Vec<Value> =
        lines.map(|line| serde_json::from_str::<Value>(&line).expect("JSON")["kind"].take()).collect();
    assert_eq!(kinds, ["state", "snapshot", "state", "state", "gap"]);
    assert_eq!(program.0.wait().expect("an end").code(), Some(8));
}

#[test]
fn snapshot_prints_a_line_a_user_as_the_reference_client_does() {
    let pbx = AxeosPbx::start();
    let output = run(command(&["snapshot", &pbx.url, "-o", "human"]));
    assert_eq!((code(&output), stdout(&output).as_str()), (Some(0), "anna: idle\n"), "{}", stderr(&output));
    let output = run(command(&["snapshot", &pbx.url, "-o", "human", "--verbose"]));
    let text = stdout(&output);
    assert!(text.lines().count() > 1 && text.contains("anna") && text.contains("desk"), "{text}");
    let output = run(command(&["snapshot", &pbx.url]));
    let lines = lines(&output);
    assert_eq!(lines.len(), 1);
    let user = &lines[0];
    assert_eq!((&user["kind"], &user["vendor"], &user["stream"]), (&json!("user"), &json!("axeos"), &json!("rest")));
    let data = &user["data"];
    assert_eq!((&data["line"], &data["status"]), (&json!("anna: idle"), &json!("idle")));
    assert_eq!((&data["user"]["uuid"], &data["phone"]["uuid"]), (&json!("u1"), &json!("p1")));
}

#[test]
fn snapshot_follows_changes_until_stopped() {
    let pbx = AxeosPbx::start();
    let (_program, mut lines) = Program::start(command(&["snapshot", &pbx.url, "-o", "human", "--follow"]));
    assert_eq!(lines.next().as_deref(), Some("anna: idle"));
    pbx.publish(2);
    pbx.tell(rings());
    assert_eq!(lines.next().as_deref(), Some("anna: ringing"));
    pbx.await_poll();
    pbx.restart(1);
    let rest: Vec<String> = lines.by_ref().take(3).collect();
    assert!(rest[0].contains("down") && rest[1].contains("gap"), "{rest:?}");
    assert_eq!(rest[2], "anna: idle", "the list is read anew");
}

#[test]
fn call_is_made_once_and_says_what_became_of_it() {
    let pbx = AxeosPbx::start();
    let url = api(&pbx);
    let output = run(command(&["call", "anna", "+4685550100", "--api", &url, "--auto-answer"]));
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let line = &lines(&output)[0];
    assert_eq!((&line["kind"], &line["vendor"], &line["call"]), (&json!("call"), &json!("axeos"), &json!("1.2")));
    assert_eq!(line["status"], "success");
    let asked = pbx.asked().pop().expect("a call");
    assert!(asked.text.ends_with("user_name=anna&number=%2B4685550100&auto_answer=true"), "{asked:?}");

    pbx.break_calls([
        Fault::Say(answer("200 OK", "", r#"{"status":"busy"}"#)),
        Fault::Cut(20),
        Fault::Say(answer("503 Busy", "", "")),
        Fault::Say(answer("400 Odd", "", "")),
        Fault::Say(answer("401 No", "", "")),
    ]);
    for expected in [7, 10, 10, 7, 3] {
        let output = run(command(&["call", "anna", "101", "--api", &pbx.url, "--protocol", "axeos"]));
        assert_eq!(code(&output), Some(expected), "{}", stderr(&output));
    }
    assert_eq!(pbx.lines(), ["POST call"; 6], "each once");
    let output = run(command(&["call", "anna", "tel:1", "--api", &url]));
    assert_eq!(code(&output), Some(2), "{}", stderr(&output));
}

#[test]
fn no_secret_is_printed_wherever_it_stood() {
    let pbx = AxeosPbx::start();
    let with_key = format!("{}?key={KEY}", pbx.url);
    let mut command = tieline();
    command.args(["snapshot", &with_key, "--log", "trace"]);
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("the API key stands in the address"), "{}", stderr(&output));
    let odd = format!("{}?other={KEY}", pbx.url);
    let refused = run(self::command(&["snapshot", &odd]));
    assert_eq!(code(&refused), Some(2));
    for output in [output, refused] {
        assert!(!stderr(&output).contains(KEY) && !stdout(&output).contains(KEY), "{}", stderr(&output));
    }
    let mut command = tieline();
    command.args(["snapshot", &pbx.url, "--user", "anna"]).env("TIELINE_PASSWORD", "hunter2");
    assert_eq!(code(&run(command)), Some(0));
    let asked = pbx.asked().pop().expect("a call");
    assert!(asked.text.contains("authorization: Basic YW5uYTpodW50ZXIy\r\n"), "{asked:?}");
}

#[test]
fn whoever_is_not_there_or_not_trusted_is_told_with_a_remedy() {
    let nobody = format!("http://127.0.0.1:{}", deserted_port());
    let output = run(command(&["snapshot", &nobody]));
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let pbx = AxeosPbx::secure(&tls);
    for words in [&["snapshot"][..], &["snapshot", "--follow"], &["listen", "--protocol", "axeos"]] {
        let mut command = command(words);
        command.arg(&pbx.url);
        let output = run(command);
        assert_eq!(code(&output), Some(4), "{}", stderr(&output));
        assert!(stderr(&output).contains(&tls.pin().to_string()), "{}", stderr(&output));
    }
    let pin = tls.pin().to_string();
    let output = run(command(&["snapshot", &pbx.url, "--tls-pin", &pin, "-o", "human"]));
    assert_eq!(stdout(&output), "anna: idle\n", "{}", stderr(&output));
}
